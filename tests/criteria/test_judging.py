from dataclasses import replace

import numpy as np
import pytest
from worlds import config, world

from icp_ml.conditions import Condition, Rule
from icp_ml.criteria.judging import holm, judge_rules, permutation_p_value
from icp_ml.criteria.outcomes import Outcome

BAD = Rule((Condition("industry", "in", ("agency",)), Condition("employee_count", "below", 50.0)))
NOISE = Rule((Condition("noise_level", "in", ("p",)),))
TINY = Rule((Condition("employee_count", "below", 4.0),))


def _won(won, inside):
    n = len(won)
    nan = np.full(n, np.nan)
    outcome = Outcome(
        "won", np.arange(n), np.zeros(n, int), 12, np.array(won, float), nan, nan, np.zeros(n, bool), np.empty(0)
    )
    return outcome, np.array(inside, bool)


def test_the_permutation_p_value_is_fishers_exact_one():
    # 4 of 4 won inside, 1 of 5 outside: of C(9,4)=126 choices of four, C(5,4)=5 hold four wins.
    outcome, inside = _won([1, 1, 1, 1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0, 0])
    assert permutation_p_value(outcome, inside, 1, 0) == pytest.approx(5 / 126, abs=0.01)
    assert permutation_p_value(outcome, inside, -1, 0) == 1.0


def test_accounts_of_another_period_say_nothing_of_a_rule():
    # All wins fell in the rule's own period: within periods nothing differs.
    outcome, inside = _won([1, 1, 1, 1, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0, 0])
    assert permutation_p_value(replace(outcome, strata=np.array([0] * 4 + [1] * 4)), inside, 1, 0) == 1.0


def test_holm_multiplies_the_smallest_by_all_and_never_goes_down():
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([]) == []


def test_a_true_exclusion_is_supported_and_noise_is_not():
    cohort, _ = world(11)
    true, noise = judge_rules(cohort, config(), [("exclude", BAD), ("exclude", NOISE)], 12)
    assert (true.standing, true.supported) == ("supported", True)
    assert true.evidence.outcome == "churn_12m"
    assert true.evidence.risk_difference.low > 0.2
    assert (noise.standing, noise.supported) == ("not supported", False)
    assert noise.evidence.extra["smallest_difference"] < 0.25
    assert noise.verdict.startswith("Not supported by the data: ")
    assert set(true.evidence.extra) == {"p_value", "smallest_difference", "replication_later", "adjustment"}
    assert true.receipt["arr_lost_to_churn"] > 0


def test_a_criterion_is_judged_on_won_and_kept_in_the_direction_it_claims():
    cohort, _ = world(12)
    wanted, (refused,) = (
        judge_rules(cohort, config(), [("include", BAD)], 12)[0],
        judge_rules(cohort, config(), [("exclude", BAD)], 12),
    )
    assert wanted.evidence.outcome == "won_and_kept_12m"
    assert wanted.supported is False
    assert "points the other way" in wanted.verdict
    assert refused.supported is True


def test_a_handful_of_accounts_cannot_be_judged_and_still_has_a_receipt():
    cohort, _ = world(13, accounts=800)
    rule = Rule((Condition("employee_count", "at_most", float(np.sort(cohort.attributes["employee_count"])[5])),))
    (judged,) = judge_rules(cohort, config(), [("exclude", rule)], 12)
    assert judged.supported is None
    assert judged.evidence is None
    assert judged.verdict.startswith("Cannot be judged: only ")
    assert judged.receipt["accounts"] >= 6


def test_a_group_that_could_have_shown_only_a_chasm_cannot_be_judged():
    cohort, _ = world(14, accounts=400)
    few = np.zeros(400, bool)
    few[np.flatnonzero(cohort.customers)[:10]] = True
    cohort = replace(cohort, attributes=cohort.attributes.assign(noise_level=np.where(few, "p", "q")))
    (judged,) = judge_rules(cohort, config(), [("exclude", NOISE)], 12)
    assert judged.evidence.extra["smallest_difference"] > 0.25
    assert judged.standing == "cannot be judged"
    assert "points or more would have shown" in judged.verdict


def test_a_certain_difference_too_small_to_matter_is_no_finding():
    cohort, _ = world(15)
    strict = config(criteria={"min_risk_difference": 0.9})
    (judged,) = judge_rules(cohort, strict, [("exclude", BAD)], 12)
    assert judged.supported is False
    assert "less than the 90 points that count as a finding" in judged.verdict


def test_a_wider_rule_is_told_to_stand_in_for_the_rule_inside_it():
    cohort, _ = world(16)
    wide = Rule((Condition("industry", "in", ("agency",)),))
    (judged,) = judge_rules(cohort, config(), [("exclude", wide)], 12, {"X1": BAD})
    assert judged.evidence.extra["adjustment"]["verdict"] == "stands in for X1"


def test_a_rule_is_not_held_against_itself():
    cohort, _ = world(16)
    (judged,) = judge_rules(cohort, config(), [("exclude", BAD)], 12, {"X1": BAD})
    assert "X1" not in judged.evidence.extra["adjustment"]["beside"]


def test_without_contracts_an_exclusion_is_judged_on_winning():
    cohort, _ = world(17, keeping=False, win_in=0.1)
    (judged,) = judge_rules(cohort, config(), [("exclude", BAD)], 12)
    assert (judged.evidence.outcome, judged.supported) == ("won", True)
    assert judged.evidence.risk_difference.high < 0


def test_more_rules_judged_together_need_stronger_evidence_each():
    cohort, _ = world(18)
    alone = judge_rules(cohort, config(), [("exclude", NOISE)], 12)[0].evidence
    together = judge_rules(cohort, config(), [("exclude", NOISE), ("exclude", TINY), ("include", BAD)], 12)[0].evidence
    assert together.q_value >= alone.q_value
    assert together.extra["p_value"] == alone.extra["p_value"]
    assert together.extra["smallest_difference"] > alone.extra["smallest_difference"]
