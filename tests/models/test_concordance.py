"""Uno's concordance."""

from __future__ import annotations

import numpy as np
import pytest

from icp_ml.models import metrics
from icp_ml.models.concordance import uno_c
from icp_ml.survival import ipcw_weights

ONE_GROUP = np.zeros(4, dtype=int)


def naive(
    weight: np.ndarray, score: np.ndarray, time: np.ndarray, event: np.ndarray, case: np.ndarray, group: np.ndarray
) -> float:
    """Every pair in turn, as Uno et al. (2011) define it."""
    right = pairs = 0.0
    for i in np.flatnonzero(case > 0):
        for j in np.flatnonzero(group == group[i]):
            if time[j] > time[i] or (time[j] == time[i] and not event[j]):
                share = weight[i] * weight[j] * case[i] ** 2
                pairs += share
                right += share * ((score[i] > score[j]) + 0.5 * (score[i] == score[j]))
    return right / pairs if pairs else np.nan


@pytest.mark.parametrize("seed", range(12))
def test_it_is_what_counting_all_pairs_gives(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, horizon = 70, 12
    # Whole months and rounded scores, so that times and scores tie; seed 0 has nobody censored.
    time, event = rng.integers(1, 20, n).astype(float), rng.random(n) < (1.0 if seed == 0 else 0.5)
    score, group = rng.random(n).round(1), rng.integers(0, 1 + seed % 3, n)
    case = ipcw_weights(time, event, horizon) * (event & (time <= horizon))
    weight = metrics.resample_weights(n, 70, seed)
    expected = [naive(row, score, time, event, case, group) for row in weight]
    np.testing.assert_allclose(uno_c(weight, score, time, event, case, group), expected, rtol=1e-10)


def test_a_pair_weighs_by_the_square_of_the_censoring_weight() -> None:
    # One of three is censored at 1, so G is 2/3 after it. Pairs: 2 < 3 only, and the censored one is in none.
    time, event = np.array([0.5, 1.0, 2.0, 3.0]), np.array([True, False, True, False])
    case = ipcw_weights(time, event, 3) * event
    assert case.tolist() == pytest.approx([1.0, 0.0, 1.5, 0.0])
    score = np.array([0.1, 0.5, 0.9, 0.2])
    # Who left at 0.5 has three pairs of weight 1, all wrong; who left at 2 one of weight 1.5 squared, right.
    assert uno_c(np.ones((1, 4)), score, time, event, case, ONE_GROUP)[0] == pytest.approx(2.25 / 5.25)


def test_one_censored_in_the_month_of_a_churn_outlives_it_and_one_that_left_in_it_does_not() -> None:
    time, event = np.array([6.0, 6.0, 6.0, 6.0]), np.array([True, True, False, False])
    score = np.array([0.9, 0.1, 0.5, 0.5])
    assert uno_c(np.ones((1, 4)), score, time, event, event * 1.0, ONE_GROUP).tolist() == [0.5]


def test_customers_of_different_cutoffs_are_not_compared() -> None:
    time, event = np.array([1.0, 2.0, 12.0, 12.0]), np.array([True, True, False, False])
    score = np.array([0.3, 0.9, 0.1, 0.5])
    case = event * 1.0
    assert uno_c(np.ones((1, 4)), score, time, event, case, np.array([0, 1, 0, 1])).tolist() == [1.0]
    assert uno_c(np.ones((1, 4)), score, time, event, case, ONE_GROUP)[0] == pytest.approx(3 / 5)


def test_what_happens_after_the_horizon_says_nothing() -> None:
    time, event = np.array([3.0, 14.0, 20.0, 30.0]), np.array([True, True, True, False])
    case = np.array([1.0, 0.0, 0.0, 0.0])
    score = np.array([0.9, 0.1, 0.2, 0.8])
    assert uno_c(np.ones((1, 4)), score, time, event, case, ONE_GROUP).tolist() == [1.0]


def test_without_a_pair_it_is_undefined() -> None:
    time, score = np.array([3.0, 4.0]), np.array([0.1, 0.2])
    nobody = np.zeros(2)
    assert np.isnan(uno_c(np.ones((1, 2)), score, time, nobody > 0, nobody, nobody)[0])


def test_censoring_does_not_move_it_where_harrells_would() -> None:
    """Early churn is easy to rank, late churn is not; heavy censoring hides the late."""
    rng = np.random.default_rng(5)
    n, horizon = 20_000, 24
    early = rng.random(n) < 0.5
    time = np.where(early, rng.uniform(0, 6, n), rng.uniform(6, 40, n))
    score = np.where(early, 1.0, 0.0) + rng.normal(size=n) * np.where(early, 0.3, 1.0)
    censored_at = rng.exponential(10, n)
    seen, event = np.minimum(time, censored_at), time <= censored_at
    everything = np.ones(n, dtype=bool)

    def c(time: np.ndarray, event: np.ndarray, case: np.ndarray) -> float:
        return float(uno_c(np.ones((1, n)), score, time, event, case, np.zeros(n, dtype=int))[0])

    truth = c(time, everything, (time <= horizon) * 1.0)
    within = event & (seen <= horizon)
    assert c(seen, event, ipcw_weights(seen, event, horizon) * within) == pytest.approx(truth, abs=0.01)
    assert abs(c(seen, event, within * 1.0) - truth) > 0.02
