"""What a model learns from, and how margins become probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from icp_ml.models.targets import ChurnTarget, WinLink, WinTarget

NOBODY_LATE = np.zeros(4)
TIME = np.array([2.0, 4.0, 6.0, 20.0])
EVENT = np.array([True, False, True, True])


def test_expected_churn_is_the_hazard_of_all_over_the_time_each_was_seen_up_to_the_horizon() -> None:
    # At 2 months 1 of 4 churned, at 6 1 of the 2 left; the last is counted up to month 12, not to its end at 20.
    target = ChurnTarget(TIME, EVENT, NOBODY_LATE, 12.0)
    np.testing.assert_allclose(np.exp(target.offset), [1 / 4, 1 / 4, 1 / 4 + 1 / 2, 1 / 4 + 1 / 2])
    assert target.label.tolist() == [1.0, 0.0, 1.0, 0.0]


def test_a_late_entrant_is_not_charged_with_the_churn_before_it_came() -> None:
    # At 2 months 1 of 3 churned, since the last came in at 3; at 6 1 of 2.
    target = ChurnTarget(TIME, EVENT, np.array([0.0, 0.0, 0.0, 3.0]), 12.0)
    np.testing.assert_allclose(np.exp(target.offset), [1 / 3, 1 / 3, 1 / 3 + 1 / 2, 1 / 2])


def test_a_customer_seen_before_anybody_churned_has_next_to_no_exposure() -> None:
    target = ChurnTarget(np.array([1.0, 5.0]), np.array([False, True]), np.zeros(2), 12.0)
    assert np.exp(target.offset)[0] == pytest.approx(1e-6)


def test_taking_some_keeps_their_follow_up_and_the_horizon() -> None:
    taken = ChurnTarget(TIME, EVENT, np.arange(4.0), 9.0, outcome="early_churn").take(np.array([3, 1]))
    assert (taken.time.tolist(), taken.event.tolist(), taken.entry.tolist()) == ([20.0, 4.0], [True, False], [3.0, 1.0])
    assert (taken.horizon, taken.outcome) == (9.0, "early_churn")
    assert WinTarget(np.array([True, False, True])).take(np.array([1, 2])).won.tolist() == [False, True]


def test_the_churn_rate_of_all_is_kaplan_meiers_at_any_month() -> None:
    target = ChurnTarget(TIME, EVENT, NOBODY_LATE, 12.0)
    assert [target.base_rate(m) for m in (1, 2, None)] == pytest.approx([0.0, 0.25, 1 - 0.75 * 0.5])
    estimate, low, high = target.observed_rate(2)
    assert estimate == pytest.approx(0.25)
    assert low < estimate < high


def test_a_win_link_is_a_line_on_the_log_odds() -> None:
    link = WinLink(intercept=-1.0, slope=0.5)
    np.testing.assert_allclose(link.probability(np.array([2.0, 4.0])), [0.5, 1 / (1 + np.exp(-1.0))])


def test_a_churn_link_multiplies_the_hazard() -> None:
    # Means of 40 and 10 months: margins are the true log relative risks, so the slope is about 1.
    rng = np.random.default_rng(0)
    margin = np.where(rng.random(4000) < 0.25, np.log(4.0), 0.0)
    left = rng.exponential(40 / np.exp(margin))
    target = ChurnTarget(np.minimum(left, 24.0), left <= 24, np.zeros(4000), 12.0)
    link = target.link(margin)
    assert link.slope == pytest.approx(1.0, abs=0.1)
    np.testing.assert_allclose(link.probability(np.log([1.0, 4.0])), 1 - np.exp(-12 / 40 * np.array([1, 4])), atol=0.03)
    np.testing.assert_allclose(np.exp(link.log_margin(margin)), -np.log1p(-link.probability(margin)), rtol=1e-9)
