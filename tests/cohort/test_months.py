from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.months import add_months, months_between, to_days


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2024-01-01", "2025-01-01", 12),
        ("2024-01-31", "2024-02-29", 1),
        ("2024-01-31", "2024-03-31", 2),
        ("2024-02-29", "2025-02-28", 12),
        ("2024-02-29", "2028-02-29", 48),
        ("2023-11-30", "2024-02-29", 3),
        ("2024-05-15", "2024-05-15", 0),
        ("2024-01-01", "2024-12-31", 11 + 30 / 31),
        ("2024-01-31", "2024-03-01", 1 + 1 / 31),
        ("2025-01-01", "2024-12-01", -1),
    ],
)
def test_months_between_worked_out_by_hand(start, end, months):
    assert months_between(start, end) == pytest.approx(months, abs=1e-12)


def test_every_anniversary_of_every_day_of_a_leap_cycle_is_exactly_a_whole_number():
    start = np.arange("2023-01-01", "2027-01-01", dtype="datetime64[D]")
    for months in (1, 2, 11, 12, 13, 48):
        assert (months_between(start, add_months(start, months)) == months).all()


def test_a_day_later_is_always_more():
    end = np.arange("2024-01-31", "2026-06-01", dtype="datetime64[D]")
    assert (np.diff(months_between("2024-01-31", end)) > 0).all()


def test_the_day_before_an_anniversary_is_less_and_the_day_after_more():
    start = np.datetime64("2024-03-31")
    day = np.timedelta64(1, "D")
    anniversary = add_months(start, 11)
    assert str(anniversary) == "2025-02-28"
    assert months_between(start, anniversary - day) < 11 < months_between(start, anniversary + day)


def test_add_months_clips_to_the_month_end_like_a_naive_loop():
    start = pd.Timestamp("2024-01-31")
    naive = [(start + pd.DateOffset(months=k)).date() for k in range(-30, 30)]
    assert add_months(start, np.arange(-30, 30)).astype(object).tolist() == naive


def test_missing_days_stay_missing():
    assert np.isnat(add_months(["NaT"], 1)).all()
    assert np.isnan(months_between(["NaT", "2024-01-01"], ["2024-01-01", "NaT"])).all()


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_a_time_of_day_is_dropped_in_any_unit(unit):
    stamps = pd.Series(pd.to_datetime(["2024-05-01 23:59", None])).astype(f"datetime64[{unit}]")
    assert to_days(stamps).astype(object).tolist() == [dt.date(2024, 5, 1), None]
