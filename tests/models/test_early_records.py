"""Customers past their window, and what was known of them at a past day."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from early_worlds import Company, company

from icp_ml.cohort.asof import records_by
from icp_ml.cohort.months import months_between, to_days
from icp_ml.config.schema import Config
from icp_ml.features.early_life import early_life
from icp_ml.models.early_records import EarlyRecords, early_records
from icp_ml.survival import churn_rate
from icp_ml.tables.tables import Tables


def records_of(given: Company) -> EarlyRecords:
    cohort = given.cohort
    signals = records_by(given.tables, given.config).signals
    seen = early_life(cohort, signals, given.config.outcomes.observation_window_days)
    return early_records(cohort, seen, seen.frame)


@pytest.fixture(scope="module")
def given() -> Company:
    return company(300, seed=3)


def test_only_those_still_there_and_still_followed_after_the_window_enter(given: Company) -> None:
    accounts = given.cohort.accounts
    day = to_days(accounts["started_at"]) + np.timedelta64(90, "D")
    until = np.datetime64("2026-05-31")
    left = to_days(accounts["ended_at"])
    still = (day < until) & ~(accounts["churned"].to_numpy() & (left <= day))
    records = records_of(given)
    assert list(records.frame.index) == list(accounts.index[still])
    assert 0 < still.sum() < len(accounts)
    assert (records.begun == day[still]).all()


def test_churn_given_the_window_is_the_conditional_one_of_all_customers(given: Company) -> None:
    """With one start day for all, nothing is approximate: P(leave by h | there after w) = 1 - S(h) / S(w)."""
    periods = given.tables.subscriptions
    months = months_between(to_days(periods["started_at"]), to_days(periods["ended_at"]))
    start = np.full(len(periods), np.datetime64("2025-01-01"))
    ended = pd.Series(start.astype("datetime64[ns]")) + pd.to_timedelta(
        np.nan_to_num(months * 30.0, nan=9999), unit="D"
    )
    same = periods.assign(started_at=start.astype("datetime64[ns]"), ended_at=ended.to_numpy())
    signals = given.tables.signals.assign(occurred_at=pd.Timestamp("2025-01-20"))
    moved = Company(Tables(**{**vars(given.tables), "subscriptions": same, "signals": signals}), given.config)
    accounts = moved.cohort.accounts
    time, event = accounts["follow_up_months"].to_numpy(), accounts["churned"].to_numpy()
    expected = 1 - (1 - churn_rate(time, event, 12)) / (1 - churn_rate(time, event, 3))
    assert records_of(moved).target.base_rate() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("cutoff", ["2024-09-30", "2025-06-30"])
def test_what_was_known_at_a_cut_off_is_what_a_cohort_of_that_day_holds(given: Company, cutoff: str) -> None:
    """The slow way: throw away what came after the day, and build everything anew."""
    records = records_of(given)
    rows, target = records.known_at(np.datetime64(cutoff))
    back = replace(given.tables, as_of=pd.Timestamp(cutoff).date())
    then = records_of(Company(back, given.config))
    assert list(records.frame.index[rows]) == list(then.frame.index)
    np.testing.assert_array_equal(target.time, then.target.time)
    np.testing.assert_array_equal(target.event, then.target.event)
    assert target.outcome == "early_churn"
    assert len(rows) < len(records.frame)


def test_customers_of_before_the_system_covers_are_not_there(given: Company) -> None:
    covered = Config.model_validate(given.config.model_dump(by_alias=True) | {"covers_from": "2024-06-30"})
    records = records_of(Company(given.tables, covered))
    assert records.started.min() >= np.datetime64("2024-06-30")
    assert records.testable.all()
