"""Forecasts set right by what later accounts showed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icp_ml.models.hazard import BaselineHazard
from icp_ml.models.history import ChurnRecords, WinRecords
from icp_ml.models.targets import ChurnLink, ChurnTarget, WinLink, WinTarget
from icp_ml.models.updating import Slice, update_over_time
from icp_ml.survival import StepFunction

CUTOFFS = ("2024-03-31", "2024-06-30", "2024-09-30", "2024-12-31")
EACH = 200


def test_an_update_of_winning_shifts_and_stretches_the_log_odds() -> None:
    updated = WinLink(0.5, 2.0).updated(0.1, 0.5)
    # 0.1 + 0.5 * (0.5 + 2 * 1)
    assert updated.log_margin(np.array([1.0])) == pytest.approx([1.35])


def _churn_link() -> ChurnLink:
    hazard = BaselineHazard(StepFunction(np.array([6.0, 12.0]), np.array([0.1, 0.3])), 12.0)
    return ChurnLink(0.5, hazard, 12.0)


def test_an_update_of_churn_multiplies_the_hazard_at_every_month() -> None:
    updated = _churn_link().updated(np.log(2.0), 1.0)
    for months, hazard in ((6.0, 0.1), (12.0, 0.3)):
        expected = 1 - np.exp(-2 * hazard * np.exp(0.5 * 1.0))
        assert updated.probability(np.array([1.0]), months) == pytest.approx([expected])


def test_the_evidence_of_churn_is_the_hazard_over_the_time_each_customer_was_seen() -> None:
    # Seen for 6 months; for 24, of which 12 count; and from month 6 to 12.
    target = ChurnTarget(np.array([6.0, 24.0, 12.0]), np.zeros(3, dtype=bool), np.array([0.0, 0.0, 6.0]), 12.0)
    relative, expected = _churn_link().evidence(np.array([0.0, 2.0, -2.0]), target)
    assert relative == pytest.approx([0.0, 1.0, -1.0])
    assert np.exp(expected) == pytest.approx([0.1, 0.3, 0.2])


def _world(seed: int, truth: float) -> tuple[list[Slice], WinRecords]:
    """Four slices of deals whose forecasts have log-odds of N(-1, 1), the true ones ``truth`` higher."""
    rng = np.random.default_rng(seed)
    n = EACH * len(CUTOFFS)
    margin = rng.normal(size=n)
    won = rng.random(n) < 1 / (1 + np.exp(-(truth - 1 + margin)))
    days = np.repeat(np.array(CUTOFFS, dtype="datetime64[D]"), EACH) + rng.integers(1, 80, n).astype("timedelta64[D]")
    records = WinRecords(pd.DataFrame(index=range(n)), WinTarget(won), days)
    slices = [
        Slice(cutoff, np.arange(k * EACH, (k + 1) * EACH), margin[k * EACH : (k + 1) * EACH], WinLink(-1.0, 1.0))
        for k, cutoff in enumerate(CUTOFFS)
    ]
    return slices, records


def test_forecasts_whose_level_is_off_are_set_right_on_the_accounts_that_come_next() -> None:
    slices, records = _world(1, truth=1.0)
    found = update_over_time(slices, records, 7)
    assert found.update is not None
    # Truth: an intercept of 1 and a slope of 1; 800 deals tell them within about 0.1 each.
    assert found.update.intercept == pytest.approx(1.0, abs=0.3)
    assert found.update.slope == pytest.approx(1.0, abs=0.3)
    last = slice(3 * EACH, 4 * EACH)
    plain = slices[3].probability(None).mean()
    observed = records.target.label[last].mean()
    assert abs(found.slices[3].probability(None).mean() - observed) < abs(plain - observed) / 2
    assert found.slices[0] is slices[0]


def test_forecasts_that_are_right_are_left_alone() -> None:
    changed = 0
    for seed in range(40):
        slices, records = _world(seed, truth=0.0)
        found = update_over_time(slices, records, seed)
        changed += found.update is not None
    # On 300 other seeds one world was changed; two of 40 at that rate come about once in a hundred times.
    assert changed <= 1


def test_an_update_at_a_cutoff_knows_nothing_of_later_outcomes() -> None:
    slices, records = _world(1, truth=1.0)
    # Every tenth of the last deals ends otherwise: too few for the verdict, enough for what is fitted to everything.
    late = (records.begun > np.datetime64(CUTOFFS[3])) & (np.arange(len(records.begun)) % 10 == 0)
    other = WinRecords(records.frame, WinTarget(records.target.won ^ late), records.begun)
    first = update_over_time(slices, records, 7)
    second = update_over_time(slices, other, 7)
    for one, two in zip(first.slices, second.slices, strict=True):
        np.testing.assert_array_equal(one.probability(None), two.probability(None))
    assert first.update != second.update


def test_too_few_known_accounts_change_nothing() -> None:
    slices, records = _world(1, truth=1.0)
    few = [Slice(s.cutoff, s.rows[:30], s.margin[:30], s.link) for s in slices]
    assert update_over_time(few, records, 7).update is None


def test_customers_too_young_to_be_judged_at_the_horizon_still_set_its_level_right() -> None:
    """Forecast at 80 % churn a year, truly 20 %, and nobody of the later customers followed for more than 4 months."""
    rng = np.random.default_rng(3)
    n = EACH * len(CUTOFFS)
    begun = np.repeat(np.array(CUTOFFS, dtype="datetime64[D]"), EACH) + np.timedelta64(1, "D")
    left = rng.exponential(12 / -np.log(0.8), n)
    time = np.minimum(left, 4.0)
    ended = begun + np.ceil(30.4 * left).astype("timedelta64[D]")
    target = ChurnTarget(time, left < 4.0, np.zeros(n), 12.0)
    records = ChurnRecords(pd.DataFrame(index=range(n)), target, begun, ended, 0)
    months = np.arange(1.0, 13.0)
    link = ChurnLink(1.0, BaselineHazard(StepFunction(months, -np.log(0.2) * months / 12), 12.0), 12.0)
    slices = [
        Slice(cutoff, np.arange(k * EACH, (k + 1) * EACH), np.zeros(EACH), link) for k, cutoff in enumerate(CUTOFFS)
    ]
    found = update_over_time(slices, records, 7)
    assert found.update is not None
    # 58 of 800 leave in 4 months: their number, and so the hazard, is known within about a quarter.
    assert found.update.of(link).probability(np.zeros(1)) == pytest.approx([0.2], abs=0.06)
