"""Figures of censored worlds: weights recomputed naively, and later accounts followed as the world's own are."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.models_censored import follow_later, judge_followed
from benchmarks.worlds import make_world
from icp_ml.survival import churn_rate

HORIZON = 12.0


def uncensored_before(t, time, event):
    """Return the Kaplan-Meier chance of not being censored before ``t``, churn at a time coming before censoring."""
    chance = 1.0
    for u in sorted({u for u, e in zip(time, event, strict=True) if not e and u < t}):
        at_risk = sum(v > u or (v == u and not e) for v, e in zip(time, event, strict=True))
        chance *= 1 - sum(v == u and not e for v, e in zip(time, event, strict=True)) / at_risk
    return chance


def naive(p, time, event):
    """Return Uno's concordance and the IPCW Brier score by loops over all customers."""
    n, above, pairs, errors, total = len(p), 0.0, 0.0, 0.0, 0.0
    for i in range(n):
        if event[i] and time[i] <= HORIZON:
            weight = 1 / uncensored_before(time[i], time, event)
            errors, total = errors + weight * (1 - p[i]) ** 2, total + weight
            for j in range(n):
                if time[j] > time[i] or (time[j] == time[i] and not event[j]):
                    above += weight**2 * ((p[i] > p[j]) + (p[i] == p[j]) / 2)
                    pairs += weight**2
        elif time[i] >= HORIZON:
            weight = 1 / uncensored_before(HORIZON, time, event)
            errors, total = errors + weight * p[i] ** 2, total + weight
    return above / pairs, errors / total


@pytest.mark.parametrize("seed", range(4))
def test_concordance_and_brier_score_are_those_of_their_definitions(seed):
    rng = np.random.default_rng(seed)
    time = np.where(rng.random(60) < 0.3, 12.0, np.round(rng.uniform(1, 18, 60)))  # ties, some on the anniversary
    event, p = rng.random(60) < 0.5, np.round(rng.random(60), 1)
    found = judge_followed(p, time, event, HORIZON)
    concordance, brier = naive(p, time, event)
    assert found == pytest.approx({"uno_c": concordance, "ipcw_brier": brier})


def test_without_censoring_every_customer_weighs_one():
    time, event = np.array([3.0, 12.0, 15.0, 20.0]), np.array([True, True, True, False])
    p = np.array([0.9, 0.2, 0.4, 0.1])
    found = judge_followed(p, time, event, HORIZON)
    assert found["uno_c"] == pytest.approx(4 / 5)  # the second leaves on the anniversary, before the third
    assert found["ipcw_brier"] == pytest.approx((0.1**2 + 0.8**2 + 0.4**2 + 0.1**2) / 4)


def test_later_accounts_churn_at_their_true_rate_and_are_censored_like_the_worlds_own():
    world = make_world("censored", 2, 4000)
    known, truth = world.fresh(20_000, 9)
    later = follow_later(world, known, truth)
    customers = later.accounts[later.customers]
    assert churn_rate(customers["follow_up_months"], customers["churned"], 12) == pytest.approx(
        truth["churn"].mean(), abs=0.04
    )
    censored = ~customers["churned"] & (customers["follow_up_months"] < 12)
    assert censored.mean() == pytest.approx(world.censored_share, abs=0.05)
    assert world.censored_share > 0.6
