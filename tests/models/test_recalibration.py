"""Scaling margins to what held-out accounts support."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logit

from icp_ml.models.recalibration import LARGEST_SLOPE, recalibrate


def test_equal_margins_give_the_base_rate() -> None:
    intercept, slope = recalibrate(np.zeros(4), np.array([1.0, 0, 0, 0]), np.zeros(4), "logistic")
    assert slope == 0.0
    assert intercept == pytest.approx(logit(0.25), abs=1e-5)


def test_margins_that_point_the_wrong_way_are_silenced() -> None:
    label = np.array([1.0, 1, 1, 0, 0, 0, 0, 1])
    intercept, slope = recalibrate(1 - 2 * label, label, np.zeros(8), "logistic")
    assert (slope, round(intercept, 5)) == (0.0, 0.0)


def test_a_slope_is_never_larger_than_the_limit() -> None:
    rng = np.random.default_rng(0)
    margin = rng.normal(size=500)
    label = (rng.random(500) < 1 / (1 + np.exp(-5 * margin))).astype(float)
    assert recalibrate(margin, label, np.zeros(500), "logistic")[1] == LARGEST_SLOPE


@pytest.mark.parametrize("loss", ["poisson", "logistic"])
def test_it_minimises_the_loss(loss: str) -> None:
    rng = np.random.default_rng(1)
    margin, offset = rng.normal(size=400), rng.normal(-1, 0.3, 400)
    label = (rng.random(400) < np.exp(np.minimum(offset - 0.5 + 0.6 * margin, 0))).astype(float)

    def cost(beta: np.ndarray) -> float:
        eta = offset + beta[0] + beta[1] * margin
        return float(np.sum((np.exp(eta) if loss == "poisson" else np.logaddexp(0, eta)) - label * eta))

    naive = minimize(cost, [0.0, 1.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-8}).x
    assert recalibrate(margin, label, offset, loss) == pytest.approx(tuple(naive), abs=1e-4)
