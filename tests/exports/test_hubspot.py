"""HubSpot's formulas, evaluated as Python: its functions are defined here as its manual says."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest

from icp_ml.conditions import Rule
from icp_ml.exports.hubspot import hubspot_files
from icp_ml.exports.scope import Scope
from tests.exports.conftest import criterion, item
from tests.exports.formula_worlds import random_frame, random_rule_conditions

FUNCTIONS = {
    "is_present": lambda value: not (value == "" or (isinstance(value, float) and math.isnan(value))),
    "string": str,
    "bool": bool,
    "contains": lambda text, part: part in text,
    "concatenate": lambda *parts: "".join(parts),
    "max": max,
    "min": min,
    "true": True,
    "false": False,
}


def properties(files):
    return {p["name"]: p for p in json.loads(files["properties.json"])["inputs"]}


def as_python(formula):
    """Return a formula's Python: one `=`, `!(`, and `if a then b elseif c then d else e`."""
    quoted = re.split(r"('(?:[^'\\]|\\.)*')", formula)
    for place in range(0, len(quoted), 2):
        text = re.sub(r"(?<![<>!=])=(?!=)", "==", quoted[place])
        text = text.replace("!(", " not (")
        quoted[place] = re.sub(r"\belseif\b", "else if", text)
    return _branches("".join(quoted))


def _branches(text):
    if not text.strip().startswith("if "):
        return text
    test, rest = text.strip()[3:].split(" then ", 1)
    yes, no = rest.split(" else ", 1)
    return f"(({yes}) if ({test}) else ({_branches(no)}))"


def evaluate(files, account):
    values = dict(account)
    for name, said in properties(files).items():
        values[name] = eval(as_python(said["calculationFormula"]), {"__builtins__": {}}, FUNCTIONS | values)
    return values


@pytest.mark.parametrize("seed", range(8))
def test_formulas_answer_as_the_rules_say(release, seed):
    rng = np.random.default_rng(seed)
    rules = {name: Rule(random_rule_conditions(rng)) for name in ("X1", "C1")}
    release.criteria["criteria"] = [criterion(name, rule) for name, rule in rules.items()]
    points = [(rules["X1"], "X1", -40), (Rule(random_rule_conditions(rng)), "C1", 25)]
    release.criteria["scorecard"]["items"] = [item(name, rule, count) for rule, name, count in points]
    files = hubspot_files(Scope(release))
    frame = random_frame(rng, 60)
    expected = release.rules.score_frame(frame)
    for row, wanted in zip(frame.to_dict("records"), expected.to_dict("records"), strict=True):
        account = {
            "numberofemployees": row["size"],
            "industry": row["industry"] if isinstance(row["industry"], str) else "",
            "is_b2b_c": bool(row["b2b"]),
            "tech_stack": ";".join(row["stack"]),
        }
        found = evaluate(files, account)
        assert (found["icp_score"], found["icp_tier"]) == (wanted["icp_score"], wanted["icp_tier"])


@pytest.mark.parametrize(("base", "tier"), [(49, "red"), (50, "yellow"), (69, "yellow"), (70, "green")])
def test_tier_edges_count_as_the_contract_says(release, base, tier):
    release.criteria["criteria"] = []
    release.criteria["scorecard"]["base"] = base
    assert evaluate(hubspot_files(Scope(release)), {})["icp_tier"] == tier


def test_the_body_is_what_the_properties_api_takes_and_each_says_whether_it_was_reviewed(release):
    files = hubspot_files(Scope(release))
    assert list(properties(files)) == ["icp_x1", "icp_c1", "icp_c2", "icp_score", "icp_tier"]
    for said in properties(files).values():
        assert said["fieldType"] == "calculation_equation"
        assert said["description"].startswith("Not reviewed")
    assert files["README.md"].splitlines()[1].startswith("Not reviewed")
