from __future__ import annotations

import numpy as np
import pytest

from icp_ml.survival import churn_rate, ipcw_weights, kaplan_meier, kept_pseudo_values


def tied_follow_up(seed, n=40):
    rng = np.random.default_rng(seed)
    time = np.append(rng.integers(0, 16, n - 1), 16).astype(float)
    return time, np.append(rng.random(n - 1) < 0.5, False), np.where(rng.random(n) < 0.4, rng.integers(0, 6, n), 0.0)


def naive_pseudo_values(time, event, horizon, entry):
    n, values = len(time), []
    whole = kaplan_meier(time, event, entry).survival_at(horizon)
    for i in range(n):
        without = kaplan_meier(*(np.delete(a, i) for a in (time, event, entry))).survival_at(horizon)
        values.append(n * whole - (n - 1) * without)
    return values


def test_weights_worked_out_by_hand():
    # Censored at 6 with three at risk: those known later stand for 1 / (2/3).
    weights = ipcw_weights([3, 6, 9, 12, 7], [True, False, True, False, False], 12)
    # At 6 four are at risk (G = 3/4), at 7 three (G = 3/4 * 2/3 = 1/2).
    assert weights == pytest.approx([1, 0, 2, 2, 0])


def test_churn_comes_before_censoring_on_the_same_day():
    # At 6 one churns and one is censored: only the two that did not churn could be censored, G = 1/2.
    assert ipcw_weights([6, 6, 12], [True, False, False], 12) == pytest.approx([1, 0, 2])


def test_followed_to_exactly_the_horizon_is_known_to_be_kept():
    assert ipcw_weights([12, 12, 30], [False, True, True], 12).tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("seed", range(6))
def test_the_weighted_share_churned_is_kaplan_meiers(seed):
    time, event, _ = tied_follow_up(seed)
    weights = ipcw_weights(time, event, 12)
    assert weights.sum() == pytest.approx(len(time))
    assert weights[event & (time <= 12)].sum() / len(time) == pytest.approx(churn_rate(time, event, 12))


@pytest.mark.parametrize("seed", range(6))
def test_pseudo_values_equal_leaving_each_customer_out(seed):
    time, event, entry = tied_follow_up(seed)
    for late in (np.zeros(len(time)), entry):
        assert kept_pseudo_values(time, event, 12, late) == pytest.approx(naive_pseudo_values(time, event, 12, late))


def test_pseudo_values_survive_estimates_that_reach_zero():
    time, event = np.array([2.0, 4.0, 4.0, 6.0]), np.array([True, True, False, True])
    entry = np.zeros(4)
    assert kept_pseudo_values(time, event, 12, entry) == pytest.approx(naive_pseudo_values(time, event, 12, entry))
    assert kept_pseudo_values(time, event, 5, entry) == pytest.approx(naive_pseudo_values(time, event, 5, entry))


def test_without_censoring_a_pseudo_value_is_whether_the_customer_was_kept():
    assert kept_pseudo_values([3, 12, 13, 30], [True, True, True, False], 12) == pytest.approx([0, 0, 1, 1])


def test_who_was_never_at_risk_carries_the_overall_estimate():
    values = kept_pseudo_values([5, 8, 4], [True, False, True], 12, entry=[0, 0, 6])
    assert values[2] == pytest.approx(0.5)
