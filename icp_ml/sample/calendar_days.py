"""Dates as whole days since 1970-01-01, the form in which the sample is computed."""

from __future__ import annotations

import datetime as dt

import numpy as np

FIRST_DAY = dt.date(2022, 7, 1)
AS_OF = dt.date(2026, 6, 30)
NEVER = np.int64(2**40)


def day_number(day: dt.date) -> int:
    """Return days since 1970-01-01.

    >>> day_number(dt.date(1970, 1, 2))
    1
    """
    return (day - dt.date(1970, 1, 1)).days


def add_months(days: np.ndarray, months: int) -> np.ndarray:
    """Return the same day so many calendar months later, or that month's last day where there is none.

    >>> int(add_months(np.array([day_number(dt.date(2024, 2, 29))]), 12)[0]) == day_number(dt.date(2025, 2, 28))
    True
    """
    date = days.astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    offset = (date - month.astype("datetime64[D]")).astype(np.int64)
    target = month + np.timedelta64(months, "M")
    first = target.astype("datetime64[D]").astype(np.int64)
    length = (target + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int64) - first
    return first + np.minimum(offset, length - 1)


def workday_before(days: np.ndarray) -> np.ndarray:
    """Move Saturdays and Sundays to the Friday before; 1970-01-01 was a Thursday."""
    weekday = (days + 3) % 7
    return days - np.maximum(weekday - 4, 0)


def iso(days: np.ndarray) -> np.ndarray:
    """Write days as ISO dates (object array); :data:`NEVER` and later become empty text."""
    known = days < NEVER
    text = np.where(known, days, 0).astype("datetime64[D]").astype(str).astype(object)
    return np.where(known, text, "")
