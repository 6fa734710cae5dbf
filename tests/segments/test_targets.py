from __future__ import annotations

import numpy as np
import pytest

from icp_ml.segments.targets import Targets, outcome_targets


def test_scores_sum_to_zero_and_churn_exposure_is_the_variance_of_its_scores(simulated):
    cohort, _ = simulated(4000, 0, structured=False)
    targets = outcome_targets(cohort, cohort.decided)
    assert targets.names == ("win", "churn", "pull", "expansion")
    np.testing.assert_allclose(targets.scores.sum(axis=0), 0.0, atol=1e-6)
    # Over random groups, the squared sum is as large as the exposure says.
    rng = np.random.default_rng(0)
    ratios = []
    for _ in range(400):
        group = rng.random(len(targets.scores)) < 0.1
        ratios.append(targets.scores[group].sum(axis=0) ** 2 / targets.exposures[group].sum(axis=0))
    np.testing.assert_allclose(np.mean(ratios, axis=0), 1.0, atol=0.25)


def test_outcomes_measured_too_rarely_are_left_out_with_the_reason(simulated):
    cohort, _ = simulated(80, 0)
    targets = outcome_targets(cohort, cohort.decided)
    assert "pull" not in targets.names
    assert "fewer than 60" in targets.absent["pull"]
    assert "too few to compare" in targets.absent["churn"]


def test_outcomes_that_go_together_prove_less_than_independent_ones():
    rng = np.random.default_rng(1)
    one, two = rng.normal(size=(2, 500, 1))
    ones = np.ones((500, 2))
    together = Targets(("a", "b"), np.hstack([one, one]), ones, {})
    apart = Targets(("a", "b"), np.hstack([one, two]), ones, {})
    # Twice one chi-squared: 2 * 6.635 at one in a hundred; two independent ones: 9.21.
    assert together.critical(0.01) == pytest.approx(13.27, abs=0.01)
    assert apart.critical(0.01) == pytest.approx(9.21, abs=0.2)
    assert together.chance(together.critical(0.01)) == pytest.approx(0.01)


def test_explaining_less_than_random_cells_is_certain_to_be_reached_by_chance():
    targets = Targets(("win",), np.array([[1.0], [-1.0]]), np.ones((2, 1)), {})
    assert targets.chance(-3.0) == targets.chance(0.0) == 1.0
