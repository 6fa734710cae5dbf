import numpy as np
import pytest
from worlds import ATTRIBUTES, config, world

from icp_ml.conditions import Condition, Rule
from icp_ml.criteria.discovery import discover_criteria
from icp_ml.scorecard.building import build_scorecard

NAMES = list(ATTRIBUTES)
PLANTED = Rule((Condition("employee_count", "below", 50.0), Condition("industry", "in", ("agency",))))


def _overlap(rule: Rule, truth: np.ndarray, frame) -> float:
    found = rule.mask(frame)
    return 2 * (found & truth).sum() / (found.sum() + truth.sum())


def test_a_planted_exclusion_comes_out_as_one_rule_with_its_boundary():
    cohort, bad = world(1)
    result = discover_criteria(cohort, config(), NAMES, seed=7)
    exclusions = [p for p in result.proposals if p.kind == "exclude"]
    assert len(exclusions) == 1
    assert _overlap(exclusions[0].rule, bad, cohort.attributes) >= 0.95
    evidence = exclusions[0].evidence
    assert evidence.outcome == "churn_12m"
    assert evidence.q_value <= 0.05
    assert evidence.risk_difference.low > 0.2


def test_a_region_easy_to_win_and_quick_to_leave_is_excluded_and_no_criterion():
    cohort, bad = world(2, win_in=0.8, churn_in=0.6)
    result = discover_criteria(cohort, config(), NAMES, seed=7)
    assert any(p.kind == "exclude" and _overlap(p.rule, bad, cohort.attributes) > 0.9 for p in result.proposals)
    for proposal in (p for p in result.proposals if p.kind == "include"):
        assert not (proposal.rule.mask(cohort.attributes) & bad).any()


@pytest.mark.slow
def test_noise_gives_no_criterion():
    proposed = 0
    for seed in range(12):
        cohort, _ = world(100 + seed, 1500, churn_in=0.2, churn=0.2)
        proposed += bool(discover_criteria(cohort, config(), NAMES, seed=seed).proposals)
    assert proposed <= 2  # 1 in 20 allowed: three or more of twelve has a chance of 2 in 100


def test_nothing_found_says_the_smallest_difference_that_would_have_been_seen():
    cohort, _ = world(100, 800, churn_in=0.2, churn=0.2)
    result = discover_criteria(cohort, config(), NAMES, seed=0)
    assert result.proposals == ()
    assert "points to be seen" in result.not_proposed
    assert "Not enough evidence" in result.not_proposed


def test_without_subscriptions_the_lost_are_excluded_and_nothing_is_said_of_churn():
    cohort, bad = world(3, win_in=0.05, win=0.5, keeping=False)
    result = discover_criteria(cohort, config(), NAMES, seed=7)
    assert {p.evidence.outcome for p in result.proposals} == {"won"}
    assert _overlap(result.proposals[0].rule, bad, cohort.attributes) > 0.9


def test_without_opportunities_churn_alone_is_searched():
    cohort, bad = world(4, 6000, wins=False)
    result = discover_criteria(cohort, config(), NAMES, seed=7)
    assert {p.evidence.outcome for p in result.proposals} == {"churn_12m"}
    assert _overlap(result.proposals[0].rule, bad, cohort.attributes) > 0.9


def test_an_attribute_for_adjustment_never_becomes_a_criterion():
    cohort, _ = world(1)
    attributes = {**ATTRIBUTES, "industry": {"type": "category", "use": "adjust"}}
    result = discover_criteria(cohort, config(attributes=attributes), NAMES, seed=7)
    assert all("industry" not in p.rule.attributes for p in result.proposals)


def test_the_same_inputs_give_the_same_answer():
    cohort, _ = world(5, 1500)
    assert discover_criteria(cohort, config(), NAMES, seed=3) == discover_criteria(cohort, config(), NAMES, seed=3)


def test_the_two_numbers_of_an_icp_are_the_revenue_refused_and_the_part_of_it_lost():
    cohort, _ = world(1)
    result = discover_criteria(cohort, config(), NAMES, seed=7)
    hit = np.any([p.rule.mask(cohort.attributes) for p in result.proposals if p.kind == "exclude"], axis=0)
    taken = cohort.accounts["arr_start"].to_numpy()[hit & cohort.customers].sum()
    assert result.totals["revenue_taken_now"] == taken
    assert 0 < result.totals["revenue_to_be_replaced"] < taken


def test_the_stated_icp_is_told_what_it_gets_wrong():
    cohort, _ = world(1)
    stated = config(
        stated_icp=[{"attribute": "industry", "in": ["agency", "retail"]}, {"attribute": "noise_number", "above": 50}],
        stated_exclusions=[
            {"when": [{"attribute": "industry", "in": ["agency"]}, {"attribute": "employee_count", "below": 50}]},
            {"when": [{"attribute": "noise_level", "in": ["p"]}]},
        ],
    )
    audit = discover_criteria(cohort, stated, NAMES, seed=7).stated
    assert any("Too broad" in s and "X1" in s for s in audit.findings)
    assert any("No visible effect" in s and "noise number" in s for s in audit.findings)
    assert [e["supported"] for e in audit.exclusions] == [True, False]
    assert audit.exclusions[1]["verdict"].startswith("Not supported by the data")


def test_an_id_of_a_rule_that_is_gone_is_retired_and_one_that_stays_is_kept():
    cohort, _ = world(1)
    first = discover_criteria(cohort, config(), NAMES, seed=7)
    exclusion = first.proposals[0]
    gone = {"id": "X9", "kind": "exclude", "when": Rule((Condition("noise_number", "below", 20.0),)).jsonlogic()}
    kept = {"id": "X4", "kind": "exclude", "when": exclusion.rule.jsonlogic()}
    again = discover_criteria(cohort, config(), NAMES, 7, {"criteria": [gone, kept], "retired_ids": ["C3"]})
    assert again.proposals[0].id == "X4"
    assert again.retired_ids == ("C3", "X9")


def test_with_too_few_customers_to_follow_winning_alone_is_searched():
    cohort, _ = world(3, 600, win_in=0.02, win=0.03)
    result = discover_criteria(cohort, config(), NAMES, seed=7)
    assert {s["outcome"] for s in result.searched["searches"]} == {"won"}
    assert build_scorecard(cohort, result.proposals, config(), 12).target == "won"


def test_with_neither_winning_nor_keeping_to_compare_nothing_is_proposed_and_it_is_said_why():
    cohort, _ = world(1, 400, wins=False, keeping=False)
    result = discover_criteria(cohort, config(), NAMES, seed=7)
    assert result.proposals == ()
    assert "neither won and lost deals nor customers to follow" in result.not_proposed
