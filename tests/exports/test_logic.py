from __future__ import annotations

import json

import pandas as pd
import pytest

from benchmarks.engine_answers import node_answers, node_is_here
from icp_ml.exports.logic import json_document, logic_document
from icp_ml.exports.scope import Scope
from icp_ml.release.rules import ActiveRules
from icp_ml.release.validation import validate_document

OPERATORS = {"and", "or", "!", "==", "!=", "<", "<=", ">", ">=", "in", "var"}


def operators(logic):
    """Return every operator in a rule."""
    if isinstance(logic, list):
        return set().union(*map(operators, logic)) if logic else set()
    if not isinstance(logic, dict):
        return set()
    return set(logic) | operators(list(logic.values()))


def test_the_object_has_score_tier_and_the_active_rules_by_id(release):
    document = logic_document(Scope(release))
    assert list(document["criteria"]) == ["X1", "C1", "C2"]
    assert operators(list(document["criteria"].values())) <= OPERATORS
    assert next(iter(document)) == "reviewed"
    assert document["reviewed"] is False


def test_score_and_tier_are_those_worked_out_by_hand(release):
    document = logic_document(Scope(release))
    assert document["score"] == {
        "max": [
            0,
            {
                "min": [
                    100,
                    {
                        "+": [
                            52,
                            {"if": [document["criteria"]["X1"], -70, 0]},
                            {"if": [document["criteria"]["C1"], 25, 0]},
                        ]
                    },
                ]
            },
        ]
    }
    red = {"or": [document["criteria"]["X1"], {"<": [document["score"], 50]}]}
    assert document["tier"] == {"if": [red, "red", {">=": [document["score"], 70]}, "green", "yellow"]}


@pytest.mark.skipif(not node_is_here(), reason="Node with json-logic-js is not here; make engines installs it")
@pytest.mark.parametrize(("base", "tier"), [(49, "red"), (50, "yellow"), (69, "yellow"), (70, "green")])
def test_tier_edges_count_as_the_contract_says(release, base, tier):
    release.criteria["criteria"] = []
    release.criteria["scorecard"]["base"] = base
    account = pd.DataFrame({"size": [30.0]})
    assert node_answers(account, release).iloc[0].tolist() == [base, tier, "", ""]


def test_json_is_the_contracts_document_with_the_active_rules_alone(release):
    release.criteria["criteria"][0]["status"] = "manual"  # a proposal without evidence would break the schema
    release.criteria["criteria"][3]["status"] = "manual"
    document = json_document(Scope(release))
    validate_document(document)
    assert [c["id"] for c in document["criteria"]] == ["X1", "C1", "C2"]
    assert [i["criterion"] for i in document["scorecard"]["items"]] == ["X1", "C1"]
    assert ActiveRules.from_document(document) == release.rules
    assert next(iter(document)) == "reviewed"
    assert document["segments"]["S1"]["name"] == "B2B"
    json.dumps(document, allow_nan=False)


def test_only_accepted_rules_where_that_is_asked_for(release):
    assert list(logic_document(Scope(release, "standard", accepted_only=True))["criteria"]) == ["C1"]
