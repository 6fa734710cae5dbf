"""A condition on an attribute and a rule made of conditions: the one meaning behind every view.

A mask on a frame, words, JsonLogic, SQL and the config's spelling are all views of :class:`Condition`; no other package
knows an operator. Contract, sections 2 and 5: a missing value satisfies no condition, negations included, unless the
condition says "or unknown".

A frame of typed attributes holds ``float64`` for numbers (NaN is missing), text or NaN for categories, ``boolean`` (NA
is missing) for booleans and a tuple of texts for tags (missing only where the column is absent).
"""

from icp_ml.conditions.condition import Condition, Rule
from icp_ml.conditions.operators import LEVEL_OPS, NUMBER_OPS, OPS, TAG_OPS, AttributeLike, Logic
from icp_ml.conditions.writing import Writer, write_rule

__all__ = [
    "LEVEL_OPS",
    "NUMBER_OPS",
    "OPS",
    "TAG_OPS",
    "AttributeLike",
    "Condition",
    "Logic",
    "Rule",
    "Writer",
    "write_rule",
]
