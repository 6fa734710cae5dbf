from __future__ import annotations

import copy

import pytest

from icp_ml.conditions import Condition, Rule
from icp_ml.release.rule_changes import rule_changes


def told(before, after, **choices):
    return [(c.what, c.id, c.before, c.after) for c in rule_changes(before, after, **choices)]


@pytest.fixture
def newer(document):
    return copy.deepcopy(document)


def test_nothing_changed_from_a_release_to_itself(document):
    assert rule_changes(document, document) == []


def test_a_rule_that_came_and_one_that_went(document, newer):
    gone = newer["criteria"].pop(0)
    newer["scorecard"]["items"] = [i for i in newer["scorecard"]["items"] if i["criterion"] != "X1"]
    assert told(document, newer) == [("went", "X1", gone["text"], None)]
    assert told(newer, document) == [("came", "X1", None, gone["text"])]
    assert rule_changes(document, newer)[0].text == (
        "X1 went: “Fewer than 40 employees”; nothing found supports it any more."
    )


def test_a_rejected_rule_went_because_it_was_rejected(document, newer):
    newer["criteria"][2]["status"] = "rejected"
    (change,) = rule_changes(document, newer)
    assert (change.what, change.id) == ("went", "C1")
    assert change.text.endswith("it was rejected.")
    (back,) = rule_changes(newer, document)
    assert (back.what, back.id) == ("came", "C1")
    assert back.text.endswith("; before, it was rejected.")


def test_other_conditions_under_the_same_id_moved(document, newer):
    rule = Rule((Condition("employee_count", "below", 30.0),))
    newer["criteria"][0] |= {"key": rule.key(), "when": rule.jsonlogic(), "text": "Fewer than 30 employees"}
    newer["scorecard"]["items"][0]["when"] = rule.jsonlogic()
    assert told(document, newer) == [("moved", "X1", "Fewer than 40 employees", "Fewer than 30 employees")]


def test_points_base_edges_status_and_name(document, newer):
    newer["scorecard"]["items"][0]["points"] = -10
    newer["scorecard"]["base"] = 55
    newer["tiers"]["green"] = 75
    newer["criteria"][2] |= {"status": "accepted", "text": "The middle"}
    assert told(document, newer) == [
        ("renamed", "C1", "50 to 500 with RevOps", "The middle"),
        ("status", "C1", "proposed", "accepted"),
        ("points", "X1", -70, -10),
        ("base", "", 52, 55),
        ("tier", "green", 70, 75),
    ]


def test_a_scorecard_line_that_holds_for_others(document, newer):
    newer["scorecard"]["items"][0]["when"] = Rule((Condition("employee_count", "below", 10.0),)).jsonlogic()
    assert told(document, newer) == [("line", "X1", -70, -70)]


def test_a_column_that_is_read_from_elsewhere(document, newer):
    newer["attributes"]["employee_count"]["column"] = "Employees"
    (change,) = rule_changes(document, newer)
    assert change.what == "attribute"
    assert change.text == ("Attribute employee_count is read otherwise: column 'Employees', before 'Headcount'.")


def test_of_accepted_rules_alone_a_proposal_never_came(document, newer):
    newer["criteria"][3]["status"] = "accepted"
    assert told(document, newer, accepted_only=True) == [("came", "C2", None, "Not retail")]
    assert told(document, newer) == [("status", "C2", "proposed", "accepted")]
