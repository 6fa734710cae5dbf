"""Tests hold on small samples: recomputed naively, and simulated where nothing changed."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from scipy import stats

from icp_ml.drift.chance import Variation, count_tails, holm, share_p, usual_variation, visible


def test_a_share_is_compared_by_counting_every_way_to_draw_the_accounts():
    # 2 of 10 before, 5 of 6 now: all C(16, 6) ways to choose who is new, 7 of the 16 having it.
    ways = {k: comb(7, k) * comb(9, 6 - k) for k in range(7)}
    upper = sum(w for k, w in ways.items() if k >= 5) / comb(16, 6)
    assert share_p([2], [10], [5], 6)[0] == pytest.approx(2 * upper)


def test_a_share_that_did_not_move_has_no_evidence():
    assert share_p([50], [100], [10], 20).tolist() == [1.0]


def test_a_count_of_equal_known_chances_is_binomial():
    lower, upper = count_tails(3, 10 * 0.2, 10 * 0.2 * 0.8, 0.0)
    assert lower == pytest.approx(stats.binom.cdf(3, 10, 0.2), abs=1e-5)
    assert upper == pytest.approx(stats.binom.sf(2, 10, 0.2), abs=1e-5)


def test_unequal_chances_are_close_to_counting_them_out():
    chances = np.array([0.02, 0.1, 0.5, 0.3, 0.05, 0.6, 0.2, 0.15, 0.4, 0.08] * 3)
    mass = np.array([1.0])
    for p in chances:
        mass = np.convolve(mass, [1 - p, p])
    lower, upper = count_tails(13, chances.sum(), (chances * (1 - chances)).sum(), 0.0)
    assert lower == pytest.approx(mass[:14].sum(), rel=0.01)
    assert upper == pytest.approx(mass[13:].sum(), rel=0.10)
    # The lower tail, the heavier one, is never told too small.
    assert count_tails(2, chances.sum(), (chances * (1 - chances)).sum(), 0.0)[0] >= mass[:3].sum()


def test_an_expectation_that_is_itself_estimated_widens_the_chance():
    known, estimated = (count_tails(60, 40.0, 30.0, error)[1] for error in (0.0, 30.0))
    # The variance doubles: roughly z = 19.5 / sqrt(30) becomes 19.5 / sqrt(60), and the upper tail is the longer one.
    assert known < 0.0005
    assert stats.norm.sf(19.5 / np.sqrt(60)) < estimated < 2 * stats.norm.sf(19.5 / np.sqrt(60))


def test_a_count_beyond_what_near_certain_forecasts_allow_is_no_error():
    lower, upper = count_tails(9, 4.9, 0.1, 0.0)
    assert lower == pytest.approx(1.0)
    assert 0.0 < upper < 0.01


@pytest.mark.parametrize("n_known", [60, 1000])
def test_the_error_of_the_estimate_keeps_the_level_where_the_reference_is_small(n_known):
    rng, alpha, n = np.random.default_rng(5), 0.05, 600
    rate = (rng.binomial(n_known, 0.3, 2000) / n_known).clip(0.01, 0.99)
    seen = rng.binomial(n, 0.3, 2000)
    tails = [
        min(count_tails(int(k), n * p, n * p * (1 - p), n * n * p * (1 - p) / n_known))
        for k, p in zip(seen, rate, strict=True)
    ]
    assert (2 * np.array(tails) <= alpha).mean() <= alpha + 0.02
    ignoring = [min(count_tails(int(k), n * p, n * p * (1 - p), 0.0)) for k, p in zip(seen, rate, strict=True)]
    assert (2 * np.array(ignoring) <= alpha).mean() > alpha + 0.02


def test_periods_that_differ_by_chance_alone_are_taken_for_stable():
    assert usual_variation([0.5, -1.2, 0.9, -0.1, 1.1]) == Variation(1.0, 0)
    assert usual_variation([3.0]) == usual_variation([]) == Variation(1.0, 0)


def test_periods_that_swing_make_a_deviation_less_telling():
    swinging = usual_variation([3.0, -3.0, 3.0, -3.0])
    assert swinging.factor == pytest.approx((7 + 36) / (7 + 3))
    assert swinging.tail(3.0) == pytest.approx(stats.t.sf(3 / np.sqrt(4.3), 10))
    assert Variation().tail(3.0) == 0.0


def test_the_budget_is_spent_by_weight_and_handed_on():
    rejected, level = holm([0.03, 0.04, 0.9], [3, 1, 1], 0.05)
    assert level == pytest.approx([0.03, 0.01, 0.01])
    assert rejected.tolist() == [True, False, False]  # 0.04 > 0.05 * 1 / 2
    assert holm([0.03, 0.02, 0.9], [3, 1, 1], 0.05)[0].tolist() == [True, True, False]  # 0.02 <= 0.05 * 1 / 2
    assert holm([], [], 0.05)[0].tolist() == []


def test_the_smallest_visible_shift_is_seen_in_four_cases_of_five():
    shift = visible(2.0, 0.01)
    assert stats.norm.sf(stats.norm.isf(0.01) - shift / 2.0) == pytest.approx(0.80)
