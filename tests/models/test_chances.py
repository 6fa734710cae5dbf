"""The log scale, chances and points."""

from __future__ import annotations

import math

import numpy as np
import pytest

from icp_ml.models.chances import chance_of, log_margin_of, points_at, shared_points


@pytest.mark.parametrize("outcome", ["win", "churn", "early_churn"])
def test_a_chance_comes_back_from_its_margin(outcome: str) -> None:
    chances = np.array([0.001, 0.2, 0.5, 0.93])
    np.testing.assert_allclose(chance_of(log_margin_of(chances, outcome), outcome), chances, rtol=1e-12)


def test_doubling_the_hazard_of_one_in_five_squares_the_share_that_stays() -> None:
    assert points_at(math.log(2), 0.2, "churn") == pytest.approx(1 - 0.8**2 - 0.2)


@pytest.mark.parametrize("outcome", ["win", "churn"])
def test_shared_points_add_up_and_keep_the_sign_and_order_of_the_effects(outcome: str) -> None:
    effects = np.array([2.0, -0.5, 0.0, 0.3])
    points = shared_points(effects, -1.2, outcome)
    assert points.sum() == pytest.approx(float(chance_of(-1.2 + 1.8, outcome) - chance_of(-1.2, outcome)))
    assert np.sign(points).tolist() == [1, -1, 0, 1]
    assert points.argsort().tolist() == effects.argsort().tolist()


def test_effects_that_cancel_are_still_told_apart_at_the_slope_of_the_start() -> None:
    # The slope of the logistic curve at one half is a quarter.
    assert shared_points(np.array([0.4, -0.4]), 0.0, "win") == pytest.approx([0.1, -0.1], rel=1e-6)
