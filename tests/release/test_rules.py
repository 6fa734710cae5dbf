from __future__ import annotations

import copy
import json

import pytest

from icp_ml.release.rules import ActiveRules, SegmentRules
from icp_ml.segments.document import segments_document


@pytest.fixture
def scored(document, latest):
    return ActiveRules.from_document(document).score_frame(latest)


def test_scores_tiers_and_matches_are_those_worked_out_by_hand(scored):
    # base 52; X1 (under 40): -70; C1 (50 to 500 with RevOps): +25; X2 is rejected: its -30 never counts
    # a1: 52 - 70 clipped to 0; a2, a3: 52 + 25; a4: nothing known of size; a5: 40 is not under 40; a6: under 50
    assert scored["icp_score"].tolist() == [0, 77, 77, 52, 52, 52]
    assert scored["icp_tier"].tolist() == ["red", "green", "green", "yellow", "yellow", "yellow"]
    assert scored["matched_criteria"].tolist() == ["X1", "C1;C2", "C1", "C2", "C2", ""]


def test_reasons_are_the_points_and_the_rules_without_points(scored):
    assert json.loads(scored["reasons"].iloc[0]) == [{"text": "Fewer than 40 employees", "points": -70}]
    assert json.loads(scored["reasons"].iloc[1]) == [
        {"text": "50 to 500 with RevOps", "points": 25},
        {"text": "Not retail", "points": 0},
    ]
    assert scored["reasons"].iloc[5] == "[]"


def test_rejecting_a_criterion_takes_its_points_and_its_match_and_leaves_the_base(document, latest):
    rejected = copy.deepcopy(document)
    rejected["criteria"][2]["status"] = "rejected"
    scored = ActiveRules.from_document(rejected).score_frame(latest)
    assert scored["icp_score"].tolist() == [0, 52, 52, 52, 52, 52]
    assert scored["matched_criteria"].tolist() == ["X1", "C2", "", "C2", "C2", ""]


@pytest.mark.parametrize("status", ["proposed", "accepted", "edited", "manual"])
def test_every_status_but_rejected_is_active(document, status):
    document["criteria"][1]["status"] = status
    assert [r.id for r in ActiveRules.from_document(document).rules] == ["X1", "X2", "C1", "C2"]


def test_an_exclusion_makes_red_whatever_the_score(document, latest):
    document["scorecard"]["base"] = 90
    document["criteria"][1]["status"] = "accepted"
    scored = ActiveRules.from_document(document).score_frame(latest)
    assert scored.loc["a3", ["icp_score", "icp_tier"]].tolist() == [85, "red"]


@pytest.mark.parametrize(("base", "tier"), [(49, "red"), (50, "yellow"), (69, "yellow"), (70, "green")])
def test_tier_edges_count_as_the_contract_says(document, latest, base, tier):
    document["scorecard"]["base"] = base
    assert ActiveRules.from_document(document).score_frame(latest).loc["a5", "icp_tier"] == tier


def test_a_score_never_leaves_0_to_100(document, latest):
    document["scorecard"]["base"] = 99
    scores = ActiveRules.from_document(document).score_frame(latest)["icp_score"]
    assert (scores.min(), scores.max()) == (29, 100)


def test_without_rules_every_account_has_the_base(document, latest):
    document["criteria"], document["scorecard"]["items"], document["scorecard"]["base"] = [], [], 60
    scored = ActiveRules.from_document(document).score_frame(latest)
    assert set(scored["icp_score"]) == {60}
    assert set(scored["icp_tier"]) == {"yellow"}
    assert set(scored["matched_criteria"]) == {""}
    assert set(scored["reasons"]) == {"[]"}


def test_no_accounts_give_no_rows(document, latest):
    assert ActiveRules.from_document(document).score_frame(latest.iloc[:0]).shape == (0, 4)


def test_only_attributes_of_active_rules_are_needed(document):
    assert ActiveRules.from_document(document).attributes == ("employee_count", "has_revops", "industry")


def test_an_account_is_in_the_first_segment_whose_rule_holds(segments, config, cohort, latest):
    rules = SegmentRules.from_document(segments_document(segments, cohort, config))
    assert rules.assign(latest).tolist() == ["S1", "S1", "S1", "S2", "S2", "S1"]
    assert SegmentRules(()).assign(latest).tolist() == [""] * 6


def test_scoring_leaves_its_input_alone(document, latest):
    before = latest.copy(deep=True)
    ActiveRules.from_document(document).score_frame(latest)
    assert latest.equals(before)
