"""A release for other engines: the same rules as SQL, JsonLogic, CRM formulas and tables for people.

Every form carries exactly the rules that count, says first whether a person has reviewed them, and states what it
cannot say. What a condition means stays in :mod:`icp_ml.conditions`: a form brings a
:class:`~icp_ml.conditions.Writer`.
"""
