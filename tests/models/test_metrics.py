"""Measures of probability forecasts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from icp_ml.models import metrics

ONES = np.ones((1, 4))
CASE = np.array([0.0, 0.0, 1.0, 1.0])
P = np.array([0.1, 0.4, 0.35, 0.8])
GROUP = np.zeros(4, dtype=int)


def test_auc_counts_pairs() -> None:
    assert metrics.auc(ONES, P, CASE, 1 - CASE, GROUP).tolist() == [0.75]


def test_ties_count_half_so_a_constant_has_no_skill() -> None:
    assert metrics.auc(ONES, np.full(4, 0.3), CASE, 1 - CASE, GROUP).tolist() == [0.5]


def test_accounts_of_different_cutoffs_are_not_compared() -> None:
    # Within groups {0, 2} and {1, 3} both pairs are right; across them one is wrong.
    assert metrics.auc(ONES, P, CASE, 1 - CASE, np.array([0, 1, 0, 1])).tolist() == [1.0]


def test_resamples_give_what_repeating_the_rows_gives() -> None:
    rng = np.random.default_rng(0)
    score, case = rng.random(60).round(1), (rng.random(60) < 0.4).astype(float)
    weight = metrics.resample_weights(60, 3, 1)
    fast = metrics.auc(weight, score, case, 1 - case, np.zeros(60, dtype=int))
    for counts, value in zip(weight.astype(int), fast, strict=True):
        assert value == pytest.approx(roc_auc_score(np.repeat(case, counts), np.repeat(score, counts)))


def test_the_first_resample_is_the_sample() -> None:
    weight = metrics.resample_weights(5, 2, 0)
    assert weight[0].tolist() == [1.0] * 5
    assert weight.sum(axis=1).tolist() == [5.0] * 3


def test_brier_and_log_loss_by_hand() -> None:
    case, p = np.array([1.0, 0.0]), np.array([0.5, 0.2])
    weight = np.ones((1, 2))
    assert metrics.brier(weight, p, case, 1 - case)[0] == pytest.approx((0.25 + 0.04) / 2)
    assert metrics.log_loss(weight, p, case, 1 - case)[0] == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2)


def test_an_account_of_unknown_status_counts_for_nothing() -> None:
    weight = np.ones((1, 3))
    case, control, p = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]), np.array([0.5, 0.2, 0.99])
    assert metrics.brier(weight, p, case, control)[0] == pytest.approx(0.145)


def test_lift_compares_the_highest_decile_with_all() -> None:
    p, case = np.arange(20) / 20, np.zeros(20)
    case[[19, 18, 3, 4]] = 1
    assert metrics.top_lift(np.ones((1, 20)), p, case, 1 - case)[0] == pytest.approx(1.0 / 0.2)


def test_the_calibration_slope_is_that_of_a_logistic_regression() -> None:
    rng = np.random.default_rng(2)
    p = rng.uniform(0.05, 0.9, 300)
    case = (rng.random(300) < 1 / (1 + np.exp(-0.5 * logit(p)))).astype(float)
    naive = LogisticRegression(C=1e9, tol=1e-10).fit(logit(p)[:, None], case).coef_[0, 0]
    assert metrics.calibration(np.ones((1, 300)), p, case, 1 - case, False)[0] == pytest.approx(naive, abs=1e-3)


@pytest.mark.parametrize("stretch", [0.2, 3.0, 4.0])
def test_the_calibration_slope_of_forecasts_far_too_flat_or_spread_is_found(stretch: float) -> None:
    rng = np.random.default_rng(5)
    margin = rng.normal(-1, 1, 500)
    case = (rng.random(500) < 1 / (1 + np.exp(-margin))).astype(float)
    x = stretch * margin
    naive = LogisticRegression(C=1e9, tol=1e-10).fit(x[:, None], case).coef_[0, 0]
    found = metrics.calibration(np.ones((1, 500)), 1 / (1 + np.exp(-x)), case, 1 - case, False)[0]
    assert found == pytest.approx(naive, rel=0.02)


def test_forecasts_half_as_likely_as_the_truth_have_a_positive_intercept() -> None:
    case, p = np.array([1.0, 1.0, 0.0, 0.0]), np.full(4, 0.2)
    intercept = metrics.calibration(ONES, p, case, 1 - case, True)[0]
    assert intercept == pytest.approx(-logit(0.2))


def test_what_is_undefined_is_absent() -> None:
    case = np.zeros(4)
    assert np.isnan(metrics.auc(ONES, P, case, 1 - case, GROUP)[0])
    assert np.isnan(metrics.calibration(ONES, np.full(4, 0.2), CASE, 1 - CASE, False)[0])
    assert metrics.interval(np.full(10, np.nan)) == (None, None)


def test_an_interval_holds_the_middle_of_the_resamples() -> None:
    assert metrics.interval(np.arange(101.0)) == pytest.approx((5.0, 95.0))
