from __future__ import annotations

import datetime as dt

import numpy as np

from icp_ml.sample.calendar_days import NEVER, add_months, day_number, iso, workday_before


def test_a_month_later_is_the_same_day_or_the_last_one_of_a_shorter_month() -> None:
    days = np.array(
        [day_number(dt.date(2024, 1, 31)), day_number(dt.date(2024, 2, 29)), day_number(dt.date(2023, 12, 5))]
    )
    assert iso(add_months(days, 1)).tolist() == ["2024-02-29", "2024-03-29", "2024-01-05"]
    assert iso(add_months(days, 12)).tolist() == ["2025-01-31", "2025-02-28", "2024-12-05"]


def test_a_weekend_moves_to_the_friday_before() -> None:
    friday = day_number(dt.date(2026, 6, 26))
    assert workday_before(np.arange(friday - 1, friday + 4)).tolist() == [
        friday - 1,
        friday,
        friday,
        friday,
        friday + 3,
    ]


def test_a_day_that_never_comes_is_an_empty_cell() -> None:
    assert iso(np.array([0, NEVER])).tolist() == ["1970-01-01", ""]
