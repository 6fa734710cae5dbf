"""Conditions and figures read as a person would say them."""

from __future__ import annotations

import pytest

from icp_ml.conditions import Condition
from icp_ml.wording import condition_words, label_words, list_words, number_words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (40.0, "40"),
        (-1500.0, "-1,500"),
        (0.1 + 0.2, "0.3"),
        (123456.7, "123,456.7"),
        (999999.996, "1,000,000"),
        (1234567.25, "1,234,567.25"),
        (0.000012, "0.000012"),
    ],
)
def test_numbers_keep_their_digits_and_never_show_an_exponent(value, words):
    assert number_words(value) == words


@pytest.mark.parametrize(
    ("condition", "unit", "words"),
    [
        (Condition("employee_count", "between", (50.0, 500.0)), "people", "50 to 500 employees"),
        (Condition("employee_count", "between", (7.0, 7.0)), None, "7 employees"),
        (Condition("employee_count", "below", 40.0), None, "fewer than 40 employees"),
        (Condition("employee_count", "above", 1.0), None, "more than 1 employee"),
        (Condition("open_company_count", "at_least", 3.0), None, "at least 3 open companies"),
        (Condition("branch_count", "at_most", 2.0), None, "at most 2 branches"),
        (Condition("company_age", "at_least", 2.5), "years", "company age at least 2.5 years"),
        (Condition("MonthlyCharges", "between", (20.0, 70.0)), None, "MonthlyCharges 20 to 70"),
        (Condition("_count", "above", 1.0), None, "count above 1"),
        (Condition("has_revops", "is", True), None, "has revops"),
        (Condition("has_revops", "is", False), None, "has no revops"),
        (Condition("is_b2b", "is", False), None, "is not b2b"),
        (Condition("remote", "is", True), None, "remote is yes"),
        (Condition("has_", "is", False), None, "has is no"),
        (Condition("industry", "in", ("retail",)), None, "industry is retail"),
        (Condition("industry", "in", ("retail", "media", "banks")), None, "industry is retail, media or banks"),
        (Condition("industry", "not_in", ("retail",)), None, "industry is not retail"),
        (Condition("industry", "not_in", ("retail", "media")), None, "industry is neither retail nor media"),
        (Condition("industry", "in", (" ",)), None, "industry is ' '"),
        (Condition("tech_stack", "has", "zendesk"), None, "tech stack with zendesk"),
        (Condition("tech_stack", "has_any", ("zendesk", "jira")), None, "tech stack with zendesk or jira"),
        (Condition("tech_stack", "has_none", ("zendesk",)), None, "tech stack without zendesk"),
        (Condition("tech_stack", "has_none", ("zendesk", "jira")), None, "tech stack with neither zendesk nor jira"),
    ],
)
def test_a_condition_reads_as_a_person_would_say_it(condition, unit, words):
    assert condition_words(condition, unit) == words


def test_a_name_of_underscores_alone_stays_as_it_is():
    assert label_words("__") == "__"


def test_two_levels_are_joined_without_a_comma():
    assert list_words(("a", "b"), "nor") == "a nor b"
