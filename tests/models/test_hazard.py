"""The baseline hazard."""

from __future__ import annotations

import numpy as np
import pytest

from icp_ml.models.hazard import BaselineHazard, fit_baseline


def test_a_step_solves_the_grouped_likelihood() -> None:
    # Risks 1 and 2, one of them churned: (1 - x) + (1 - x^2) = 1 has x = (sqrt(5) - 1) / 2.
    hazard = fit_baseline(np.array([6.0, 6.0]), np.array([True, False]), np.zeros(2), np.array([1.0, 2.0]), 12.0)
    assert hazard.steps(6.0) == pytest.approx(-np.log((np.sqrt(5) - 1) / 2))


def test_with_equal_risks_it_is_kaplan_meier_even_at_a_large_step() -> None:
    time, event = np.full(20, 12.0), np.arange(20) < 8
    hazard = fit_baseline(time, event, np.zeros(20), np.ones(20), 12.0)
    assert 1 - np.exp(-hazard.at(12.0)) == pytest.approx(0.4)


def test_beyond_what_was_seen_it_goes_on_at_its_mean_pace() -> None:
    time = np.r_[np.full(3, 4.0), np.full(12, 6.0)]
    hazard = fit_baseline(time, time == 4.0, np.zeros(15), np.ones(15), 12.0)
    assert hazard.observed_to == 6.0
    assert hazard.at(12.0) == pytest.approx(2 * hazard.at(6.0))


def test_late_entrants_are_not_at_risk_before_they_enter() -> None:
    time, entry = np.full(30, 6.0), np.r_[np.zeros(15), np.full(15, 3.0)]
    time[:3] = 2.0
    hazard = fit_baseline(time, time == 2.0, entry, np.ones(30), 12.0)
    assert 1 - np.exp(-hazard.at(2.0)) == pytest.approx(3 / 15)


def test_who_enters_on_the_day_others_churn_was_not_at_risk_of_it() -> None:
    time, entry = np.r_[np.full(3, 3.0), np.full(27, 6.0)], np.r_[np.zeros(15), np.full(15, 3.0)]
    hazard = fit_baseline(time, time == 3.0, entry, np.ones(30), 12.0)
    assert 1 - np.exp(-hazard.at(3.0)) == pytest.approx(3 / 15)


def test_churn_of_none_but_the_few_who_were_followed_long_is_read_off_them() -> None:
    # 30 late entrants leave the count at month 5; of the 3 seen longer 1 leaves at 6.
    time, entry = np.r_[np.full(30, 5.0), 6.0, 8.0, 8.0], np.r_[np.full(30, 1.0), np.zeros(3)]
    hazard = fit_baseline(time, time == 6.0, entry, np.ones(33), 12.0)
    assert 1 - np.exp(-hazard.at(8.0)) == pytest.approx(1 / 3)


def test_everybody_churning_at_once_leaves_a_finite_hazard() -> None:
    hazard = fit_baseline(np.full(12, 3.0), np.ones(12, dtype=bool), np.zeros(12), np.ones(12), 12.0)
    assert hazard.steps(3.0) == pytest.approx(5.0)


def test_the_state_is_read_back() -> None:
    hazard = fit_baseline(np.full(12, 3.0), np.arange(12) < 4, np.zeros(12), np.ones(12), 12.0)
    assert BaselineHazard.from_state(hazard.state()).at(9.0) == hazard.at(9.0)
