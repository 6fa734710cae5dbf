"""Salesforce's formulas, evaluated as Python: its functions are defined here as its manual says."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from icp_ml.conditions import Condition, Rule
from icp_ml.errors import DataError
from icp_ml.exports.salesforce import salesforce_files
from icp_ml.exports.scope import Scope
from tests.exports.conftest import ATTRIBUTES, criterion, item
from tests.exports.formula_worlds import random_frame, random_rule_conditions

SPACE = "{http://soap.sforce.com/2006/04/metadata}"
FUNCTIONS = {
    "AND": lambda *parts: all(parts),
    "OR": lambda *parts: any(parts),
    "NOT": lambda part: not part,
    "IF": lambda test, yes, no: yes if test else no,
    "ISBLANK": lambda number: math.isnan(number),
    "ISPICKVAL": lambda field, value: field == value,
    "INCLUDES": lambda field, value: value in field,
    "MAX": max,
    "MIN": min,
    "MID": lambda text, start, length: text[start - 1 : start - 1 + length],
    "TRUE": True,
}


def formulas(files):
    """Return each field's formula by name, from the files as Salesforce would read them."""
    found = {}
    for path, text in files.items():
        if path.endswith(".xml"):
            field = ET.fromstring(text.encode())
            found[field.findtext(f"{SPACE}fullName")] = field.findtext(f"{SPACE}formula")
    return found


def evaluate(files, account):
    """Return every field of one account, the rules' first."""
    values = dict(account)
    for name, formula in formulas(files).items():
        values[name] = eval(formula.replace(" & ", " + "), {"__builtins__": {}}, FUNCTIONS | values)
    return values


def account_of(row):
    return {
        "NumberOfEmployees": row["size"],
        "Industry": row["industry"] if isinstance(row["industry"], str) else "",
        "Is_B2B__c": bool(row["b2b"]),
        "Tech_Stack__c": row["stack"],
    }


@pytest.mark.parametrize("seed", range(8))
def test_formulas_answer_as_the_rules_say(release, seed):
    rng = np.random.default_rng(seed)
    rules = {name: Rule(random_rule_conditions(rng)) for name in ("X1", "C1", "C2")}
    release.criteria["criteria"] = [criterion(name, rule) for name, rule in rules.items()]
    other = Rule(random_rule_conditions(rng))
    points = [(rules["X1"], "X1", -40), (rules["C1"], "C1", 25), (other, "C2", 20)]
    release.criteria["scorecard"]["items"] = [item(name, rule, count) for rule, name, count in points]
    files = salesforce_files(Scope(release))
    frame = random_frame(rng, 60)
    expected = release.rules.score_frame(frame)
    for row, wanted in zip(frame.to_dict("records"), expected.to_dict("records"), strict=True):
        found = evaluate(files, account_of(row))
        assert found["ICP_Score__c"] == wanted["icp_score"]
        assert found["ICP_Tier__c"] == wanted["icp_tier"]
        assert found["ICP_Matched_Criteria__c"] == wanted["matched_criteria"]


@pytest.mark.parametrize(("base", "tier"), [(49, "red"), (50, "yellow"), (69, "yellow"), (70, "green")])
def test_tier_edges_count_as_the_contract_says(release, base, tier):
    release.criteria["criteria"] = []
    release.criteria["scorecard"]["base"] = base
    assert evaluate(salesforce_files(Scope(release)), {})["ICP_Tier__c"] == tier


def test_each_file_and_the_readme_say_whether_a_person_has_reviewed_the_release(release):
    files = salesforce_files(Scope(release))
    assert all("Not reviewed" in "\n".join(text.splitlines()[:2]) for text in files.values())


def test_a_column_that_is_no_field_name_is_renamed_and_said_so(release):
    release.criteria["criteria"] = [criterion("C1", Rule((Condition("stack", "has", "zendesk"),)))]
    files = salesforce_files(Scope(release))
    assert formulas(files)["ICP_C1__c"] == 'INCLUDES(Tech_Stack__c, "zendesk")'
    assert "- Tech_Stack__c (column 'Tech Stack')" in files["README.md"]


def test_a_formula_that_is_too_long_is_refused(release):
    levels = tuple(f"a rather long level {i}" for i in range(100))
    release.criteria["criteria"] = [criterion("C1", Rule((Condition("industry", "in", levels),)))]
    with pytest.raises(DataError, match=r"the formula of ICP_C1__c needs [\d,]+ characters and 3,900 are allowed"):
        salesforce_files(Scope(release))


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("NumberOfEmployees", "NumberOfEmployees"),
        ("has_revops", "has_revops__c"),
        ("Fit__c", "Fit__c"),
        ("2nd", "f_2nd__c"),
    ],
)
def test_a_column_is_a_field_of_salesforce_s_own_or_a_custom_one(release, column, field):
    release.criteria["attributes"] = {**ATTRIBUTES, "size": {**ATTRIBUTES["size"], "column": column}}
    release.criteria["criteria"] = [criterion("C1", Rule((Condition("size", "above", 1.0),)))]
    assert formulas(salesforce_files(Scope(release)))["ICP_C1__c"] == f"AND(NOT(ISBLANK({field})), {field} > 1)"


def test_two_columns_that_would_have_one_field_are_refused(release):
    release.criteria["attributes"] = {**ATTRIBUTES, "industry": {"type": "category", "column": "tech stack"}}
    stack = Rule((Condition("industry", "in", ("a",)), Condition("stack", "has", "b")))
    release.criteria["criteria"] = [criterion("C1", stack)]
    with pytest.raises(DataError, match="'tech stack' and 'Tech Stack' would both be the field"):
        salesforce_files(Scope(release))


def test_a_level_with_a_line_break_is_refused(release):
    release.criteria["criteria"] = [criterion("C1", Rule((Condition("industry", "in", ("a\nb",)),)))]
    with pytest.raises(DataError, match="holds a line break"):
        salesforce_files(Scope(release))


def test_paths_are_those_of_a_salesforce_project(release):
    fields = {Path(path).parent.as_posix() for path in salesforce_files(Scope(release)) if path.endswith(".xml")}
    assert fields == {"force-app/main/default/objects/Account/fields"}
