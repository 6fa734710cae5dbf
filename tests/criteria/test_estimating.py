import numpy as np
import pytest

from icp_ml.criteria.estimating import after_gate, risk_difference, scaled_gate, smallest_detectable
from icp_ml.criteria.outcomes import Outcome

NORMAL_95 = 1.6448536269514722  # of an interval that leaves out 5 % on each side


def _won(*values: float) -> Outcome:
    won, nothing = np.array(values, dtype=float), np.full(len(values), np.nan)
    strata, never = np.zeros(len(won), int), np.zeros(len(won), bool)
    return Outcome("won", np.arange(len(won)), strata, 12, won, nothing, nothing, never, np.empty(0))


# Inside 3 of 4 are won, outside 1 of 6. Variances with one more won and one more lost: 4/6 * 2/6 / 4, 2/8 * 6/8 / 6.
TEN = _won(1, 1, 1, 0, 1, 0, 0, 0, 0, 0)
INSIDE = np.arange(10) < 4
DIFFERENCE, VARIANCE = 3 / 4 - 1 / 6, 1 / 18 + 1 / 32


def test_far_beyond_the_gate_the_interval_is_the_ordinary_one():
    interval = after_gate(0.40, 0.03, gate=4.0)
    assert np.allclose(
        [interval.estimate, interval.low, interval.high], [0.40, 0.40 - 1.645 * 0.03, 0.40 + 1.645 * 0.03], atol=1e-3
    )


def test_an_effect_that_just_passed_is_promised_smaller_than_seen():
    interval = after_gate(0.15, 0.03, gate=4.8)
    assert 0 <= interval.low < interval.estimate < 0.12


def test_the_sign_is_kept():
    up, down = after_gate(0.2, 0.04, 3.0), after_gate(-0.2, 0.04, 3.0)
    assert np.allclose([down.estimate, down.low, down.high], [-up.estimate, -up.high, -up.low])


def test_without_a_search_nothing_is_taken_back():
    assert after_gate(0.1, 0.05, 0.0).estimate == 0.1


def test_an_effect_without_an_error_is_given_as_it_is():
    assert [after_gate(0.3, error, 2.0).low for error in (0.0, np.inf, np.nan)] == [0.3, 0.3, 0.3]


def test_no_bound_lies_further_down_than_the_gate_is_high():
    """An effect just at the gate may be nothing at all; what it may not be is far less than nothing."""
    interval = after_gate(0.153, 0.03, gate=5.0)
    assert np.isclose(interval.low, 0.153 - 5.0 * 0.03)
    assert interval.high > 0.1


def test_the_difference_of_four_against_six_by_hand():
    found = risk_difference(TEN, INSIDE)
    half = NORMAL_95 * np.sqrt(VARIANCE)
    assert np.allclose([found.estimate, found.low, found.high], [DIFFERENCE, DIFFERENCE - half, 1.0])  # 1.07 is none
    assert found.level == 0.90


def test_optimism_is_taken_off_and_counts_as_uncertain_by_its_own_size():
    found = risk_difference(TEN, INSIDE, optimism=0.1)
    half = NORMAL_95 * np.sqrt(VARIANCE + 0.01)
    expected = [DIFFERENCE - 0.1, DIFFERENCE - 0.1 - half, min(DIFFERENCE - 0.1 + half, 1.0)]
    assert np.allclose([found.estimate, found.low, found.high], expected)


def test_optimism_brings_a_negative_difference_nearer_to_none_too():
    up, down = (risk_difference(TEN, mask, optimism=0.1) for mask in (INSIDE, ~INSIDE))
    assert np.allclose([down.estimate, down.low, down.high], [-up.estimate, -up.high, -up.low])


def test_no_difference_of_rates_is_more_than_one():
    found = risk_difference(_won(1, 1, 1, 0, 0, 0), np.arange(6) < 3)
    assert found.estimate == 1.0
    assert found.high == 1.0
    assert found.low < 1.0


def test_where_nobody_is_inside_or_outside_there_is_no_difference():
    assert risk_difference(TEN, np.zeros(10, bool)) is None
    assert risk_difference(TEN, np.ones(10, bool)) is None
    assert scaled_gate(TEN, np.ones(10, bool), 3.0, 2.0) == 0


def test_the_gate_stands_to_the_difference_as_it_stood_to_the_statistic():
    error = np.sqrt(VARIANCE)
    assert np.isclose(scaled_gate(TEN, INSIDE, statistic=4.0, gate=3.0), 0.75 * DIFFERENCE / error)
    assert np.isclose(scaled_gate(TEN, ~INSIDE, statistic=4.0, gate=3.0), 0.75 * DIFFERENCE / error)


def test_a_statistic_that_shaping_lowered_below_its_gate_is_at_the_gate():
    assert np.isclose(scaled_gate(TEN, INSIDE, 2.0, 3.0), DIFFERENCE / np.sqrt(VARIANCE))
    assert scaled_gate(TEN, INSIDE, 0.0, 3.0) == 0


def test_the_gate_lies_before_what_is_left_when_optimism_is_taken_off():
    error = np.sqrt(VARIANCE + 0.01)
    assert np.isclose(scaled_gate(TEN, INSIDE, 4.0, 3.0, optimism=0.1), 0.75 * (DIFFERENCE - 0.1) / error)
    assert scaled_gate(TEN, INSIDE, 4.0, 3.0, optimism=0.9) == 0  # more than there is: nothing is left to gate


@pytest.mark.parametrize("optimism", [0.0, 0.1])
def test_a_rule_that_just_reached_its_gate_may_be_nothing_and_one_far_beyond_keeps_its_difference(optimism):
    near = risk_difference(TEN, INSIDE, scaled_gate(TEN, INSIDE, 3.0, 3.0, optimism), optimism=optimism)
    far = risk_difference(TEN, INSIDE, scaled_gate(TEN, INSIDE, 30.0, 3.0, optimism), optimism=optimism)
    plain = risk_difference(TEN, INSIDE, optimism=optimism)
    assert near.low <= far.low
    assert near.low <= 1e-5
    assert np.isclose(near.high, plain.high)
    assert 0.9 * (DIFFERENCE - optimism) < far.estimate <= DIFFERENCE - optimism


def test_at_the_gate_the_interval_runs_from_nothing_to_the_ordinary_bound_and_the_estimate_is_a_third_of_the_way():
    found = after_gate(3.0, 1.0, 3.0)
    assert np.allclose([found.low, found.estimate, found.high], [0, (3 + 1.644854) / 3, 3 + 1.644854], atol=1e-5)
    lost = after_gate(-3.0, 1.0, 3.0)
    assert np.allclose([-lost.high, -lost.estimate, -lost.low], [found.low, found.estimate, found.high])


def test_the_smallest_detectable_difference_of_a_quarter_of_the_accounts_by_hand():
    # 40 of 100 won: variance 41/102 * 61/102 an account; (3 + 0.8416) standard errors of 25 against 75
    hundred = _won(*([1] * 40 + [0] * 60))
    expected = (3 + 0.8416212) * np.sqrt(41 / 102 * 61 / 102 / (100 * 0.25 * 0.75))
    assert np.isclose(smallest_detectable(hundred, 3.0), expected)


def test_intervals_cover_the_truth_among_the_effects_that_passed_the_gate():
    rng = np.random.default_rng(0)
    for truth in (3.0, 4.0, 5.0):
        seen = rng.normal(truth, 1.0, 4000)
        passed = seen[seen > 4.0][:600]
        plain = np.mean([z - 1.645 <= truth <= z + 1.645 for z in passed])
        covered = np.mean([found.low <= truth <= found.high for found in (after_gate(z, 1.0, 4.0) for z in passed)])
        assert 0.87 <= covered <= 0.97
        assert truth > 3.5 or plain < 0.85  # the ordinary interval fails where few effects pass
