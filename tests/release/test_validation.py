from __future__ import annotations

import copy

import pytest
from jsonschema import Draft202012Validator

from icp_ml.errors import DataError
from icp_ml.release.validation import criteria_schema, validate_document, validate_segments


@pytest.fixture
def broken(document):
    return copy.deepcopy(document)


def test_the_schema_is_itself_valid():
    Draft202012Validator.check_schema(criteria_schema())


def test_what_we_write_passes(document):
    validate_document(document)


def test_the_contract_s_own_example_passes():
    when = {"and": [{"!=": [{"var": "employee_count"}, None]}, {"<": [{"var": "employee_count"}, 40]}]}
    difference = {"estimate": 0.37, "low": 0.29, "high": 0.45, "level": 0.90}
    evidence = {"outcome": "churn_12m", "n": 212, "events": 101, "rate": 0.48, "rate_elsewhere": 0.11}
    item = {"and": [{"!=": [{"var": "employee_count"}, None]}, {"<=": [50, {"var": "employee_count"}, 500]}]}
    validate_document(
        {
            "schema_version": "1.0",
            "name": "acme",
            "release_id": "r",
            "as_of": "2026-06-30",
            "churn_horizon_months": 12,
            "currency": "EUR",
            "attributes": {"employee_count": {"type": "number", "unit": "people", "column": "NumberOfEmployees"}},
            "review": None,
            "criteria": [
                {
                    "id": "X1",
                    "key": "9c1f",
                    "kind": "exclude",
                    "status": "proposed",
                    "text": "Fewer than 40 employees",
                    "when": when,
                    "evidence": {**evidence, "risk_difference": difference, "q_value": 0.0001},
                    "receipt": {"arr_won": 0},
                }
            ],
            "scorecard": {
                "target": "won_and_kept",
                "base": 52,
                "items": [
                    {"criterion": "X1", "attribute": "employee_count", "when": item, "points": 18, "text": "50 to 500"}
                ],
            },
            "tiers": {"green": 70, "red": 50, "actions": {"green": "pursue", "yellow": "inbound", "red": "decline"}},
            "not_proposed": None,
        }
    )


def test_an_unknown_key_is_no_fault(broken):
    broken["criteria"][0]["note"] = {"anything": [1, 2]}
    broken["later"] = True
    validate_document(broken)


def test_a_wrong_status_is_named_with_its_path(broken):
    broken["criteria"][1]["status"] = "maybe"
    with pytest.raises(DataError, match=r"criteria\[1\]\.status: must be one of proposed, accepted.*found 'maybe'"):
        validate_document(broken)


def test_a_missing_key_is_named(broken):
    del broken["tiers"]["red"]
    with pytest.raises(DataError, match=r"tiers: 'red' is a required property"):
        validate_document(broken)


def test_an_operator_outside_the_grammar_is_refused(broken):
    broken["criteria"][0]["when"] = {"map": [{"var": "employee_count"}, 1]}
    with pytest.raises(
        DataError, match=r"criteria\[0\]\.when: only !, !=, <, <=, ==, >, >=, and, in, or may stand here"
    ):
        validate_document(broken)


def test_an_operator_outside_the_grammar_is_refused_deep_inside(broken):
    broken["criteria"][0]["when"] = {"and": [{"!=": [{"var": "n"}, None]}, {"<": [{"+": [1, 2]}, 40]}]}
    with pytest.raises(DataError, match=r"criteria\[0\]\.when\.and\[1\]"):
        validate_document(broken)


def test_a_proposal_without_evidence_is_refused_but_a_manual_rule_may_have_none(broken):
    broken["criteria"][0]["evidence"] = None
    with pytest.raises(DataError, match=r"criteria\[0\]\.evidence: must be object; found null"):
        validate_document(broken)
    broken["criteria"][0]["status"] = "manual"
    validate_document(broken)


def test_an_exclusion_cannot_be_called_a_criterion(broken):
    broken["criteria"][0]["id"] = "C7"
    with pytest.raises(DataError, match=r"criteria\[0\]\.id: 'C7' does not match '\^X'"):
        validate_document(broken)


def test_an_id_twice_is_refused(broken):
    broken["criteria"][1]["id"] = "X1"
    with pytest.raises(DataError, match=r"criteria\[1\]\.id: 'X1' stands twice"):
        validate_document(broken)


def test_an_undeclared_attribute_is_named_with_the_nearest(broken):
    broken["scorecard"]["items"][0]["when"] = {"==": [{"var": "has_revop"}, True]}
    with pytest.raises(DataError, match=r"scorecard\.items\[0\].*'has_revop'.*did you mean 'has_revops'"):
        validate_document(broken)


def test_a_rule_that_does_not_fit_its_attribute_s_type_is_refused(broken):
    broken["criteria"][0]["when"] = {"==": [{"var": "employee_count"}, True]}
    with pytest.raises(DataError, match=r"when: 'is' does not fit 'employee_count', which is of type number"):
        validate_document(broken)


def test_a_scorecard_line_must_belong_to_a_criterion(broken):
    broken["scorecard"]["items"][0]["criterion"] = "X9"
    with pytest.raises(DataError, match=r"scorecard\.items\[0\]\.criterion: no criterion is called 'X9'"):
        validate_document(broken)


def test_tier_edges_must_be_in_order(broken):
    broken["tiers"].update(red=80)
    with pytest.raises(DataError, match=r"tiers: red \(80\) must not exceed green \(70\)"):
        validate_document(broken)


def test_a_newer_minor_version_is_read_and_a_major_one_is_not(broken):
    broken["schema_version"] = "1.4"
    validate_document(broken)
    broken["schema_version"] = "2.0"
    with pytest.raises(DataError, match=r"is of schema version 2\.0; this version of icp-ml reads 1\.x"):
        validate_document(broken)


def test_at_most_five_faults_are_listed(broken):
    for entry in broken["criteria"]:
        entry["status"], entry["text"] = "maybe", ""
    with pytest.raises(DataError, match="and 3 more"):
        validate_document(broken)


def test_a_segment_without_a_rule_is_named_with_its_path():
    with pytest.raises(DataError, match=r"segments\[0\] must have an 'id' and a 'rule' with 'when'"):
        validate_segments({"segments": [{"id": "S1"}]})
    with pytest.raises(DataError, match=r"segments\[0\]\.rule\.when: "):
        validate_segments({"segments": [{"id": "S1", "rule": {"when": {"map": []}}}]})
    with pytest.raises(DataError, match="must hold an object with a list 'segments'"):
        validate_segments([])
