"""What was proposed is held against the truth of accounts nobody has seen."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmarks.worlds import make_world
from benchmarks.worlds_scores import is_false, measure_search, promise, score_proposals, true_difference
from icp_ml.conditions import Condition, Rule
from icp_ml.criteria.types import Evidence, Interval, Proposal


def proposal(kind, rule, outcome="churn_12m", estimate=0.3, low=0.2, high=0.4, verdict="holds"):
    """Return a proposal that promises a difference."""
    evidence = Evidence(
        outcome, 100, 40, 0.4, 0.1, Interval(estimate, low, high), 0.01, {"adjustment": {"verdict": verdict}}
    )
    return Proposal(kind[0].upper(), kind, rule, rule.text(), evidence)


def below(value):
    """Return a rule on headcount."""
    return Rule((Condition("employee_count", "below", float(value)),))


# Four accounts: two inside "fewer than 40", won with 0.2 and 0.6, two outside, won with 0.5 both.
KNOWN = pd.DataFrame({"employee_count": [10.0, 20.0, 100.0, 200.0]})
TRUTH = pd.DataFrame({"win": [0.2, 0.6, 0.5, 0.5], "churn": [0.5, 0.3, 0.1, 0.3], "churn_own": [0.1, 0.3, 0.1, 0.4]})
INSIDE_CHURN = (0.2 * 0.5 + 0.6 * 0.3) / 0.8  # of those won: 0.35
OUTSIDE_CHURN = (0.1 + 0.3) / 2


@pytest.fixture(scope="module")
def world():
    """Return a world with one planted exclusion and one planted criterion."""
    return make_world("main_effects", 1, accounts=300)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("churn_12m", INSIDE_CHURN - OUTSIDE_CHURN),
        ("won", 0.4 - 0.5),
        ("won_and_kept_12m", (0.2 * 0.5 + 0.6 * 0.7) / 2 - (0.5 * 0.9 + 0.5 * 0.7) / 2),
        ("churn_6m", (INSIDE_CHURN - OUTSIDE_CHURN) * 0.2 * 5.5 / 11.5),
    ],
)
def test_the_true_difference_is_that_of_the_proposals_own_outcome(world, outcome, expected):
    assert true_difference(world, proposal("exclude", below(40), outcome), KNOWN, TRUTH) == pytest.approx(expected)


def test_a_promise_is_covered_or_not_and_its_optimism_points_in_the_promised_direction(world):
    true = INSIDE_CHURN - OUTSIDE_CHURN  # 0.15
    covered = promise(world, proposal("exclude", below(40), estimate=0.25, low=0.1, high=0.4), KNOWN, TRUTH)
    assert covered == pytest.approx([1, 100 * (0.25 - true), 30])
    missed = promise(world, proposal("exclude", below(40), estimate=0.25, low=0.2, high=0.3), KNOWN, TRUTH)
    assert missed == pytest.approx([0, 10, 10])
    downward = promise(world, proposal("include", below(40), "won", -0.15, -0.2, -0.05), KNOWN, TRUTH)
    assert downward == pytest.approx([1, 5, 15])


def test_a_rule_is_false_without_an_effect_of_its_own_or_with_the_opposite_one(world):
    flat = TRUTH.assign(churn_own=0.2)
    assert is_false(world, proposal("exclude", below(40)), KNOWN, flat)
    own = TRUTH.assign(churn_own=[0.4, 0.4, 0.1, 0.1])
    assert not is_false(world, proposal("exclude", below(40)), KNOWN, own)
    assert is_false(world, proposal("include", below(40), estimate=-0.3), KNOWN, own)


def test_a_confounded_rule_is_not_false_where_its_verdict_says_what_it_stands_in_for(world):
    confounded = make_world("confounded", 1, accounts=300)
    told = proposal("exclude", below(40), verdict="stands in for discount")
    flat = TRUTH.assign(churn_own=0.1)
    assert not is_false(confounded, told, KNOWN, flat)
    assert is_false(confounded, proposal("exclude", below(40)), KNOWN, flat)
    assert is_false(world, told, KNOWN, flat)  # nothing confounds there: the words are no excuse


def test_the_planted_rules_themselves_get_full_marks(world):
    found = [proposal("exclude", world.excluded[0]), proposal("include", world.included[0], "won", 0.22, 0.1, 0.3)]
    scored = score_proposals(world, found)
    assert (scored["exclude"]["f1"], scored["include"]["f1"]) == (1.0, 1.0)
    assert (scored["recovered"], scored["planted_exclusions"], scored["false"], scored["stray"]) == (1, 1, 0, 0)
    assert [covered for covered, _, _ in scored["intervals"]] == [1.0, 1.0]


def test_a_meaningless_rule_is_false_and_stray(world):
    scored = score_proposals(world, [proposal("exclude", Rule((Condition("region", "in", ("north",)),)))])
    assert (scored["recovered"], scored["false"], scored["stray"]) == (0, 1, 1)
    assert scored["exclude"]["f1"] < 0.3


def test_an_easy_win_is_refused_only_if_it_is_excluded_and_no_criterion():
    world = make_world("easy_win_quick_churn", 1, accounts=300)
    (rule,) = world.easy_to_win
    pursued = proposal("include", rule, "won")
    assert score_proposals(world, [proposal("exclude", rule)])["easy_refused"] is True
    assert score_proposals(world, [proposal("exclude", rule), pursued])["easy_refused"] is False
    assert score_proposals(world, [pursued])["easy_refused"] is False
    assert score_proposals(world, [])["easy_refused"] is False


def test_in_a_confounded_world_silence_or_the_right_verdict_counts_as_told():
    world = make_world("confounded", 1, accounts=300)
    rule = Rule((Condition("region", "in", ("overseas",)),))
    told = proposal("exclude", rule, verdict="stands in for discount")
    assert score_proposals(world, [])["told"] is True
    assert score_proposals(world, [told])["told"] is True
    assert score_proposals(world, [told, proposal("exclude", rule)])["told"] is False


def test_rules_on_trending_attributes_are_counted():
    world = make_world("drift", 1, accounts=300)
    rules = [Rule((Condition("platform", "in", ("cloud",)),)), below(40)]
    assert score_proposals(world, [proposal("exclude", rule) for rule in rules])["trending"] == 1


@pytest.mark.slow
def test_the_search_itself_is_measured_from_end_to_end():
    result = measure_search(make_world("small_strong", 77, accounts=1500))
    assert (result["planted_exclusions"], result["recovered"]) == (1, 1)
    assert len(result["intervals"]) == result["proposals"]
    assert result["seconds"] > 0
