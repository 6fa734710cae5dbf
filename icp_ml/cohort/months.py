"""Calendar months: anniversaries are whole numbers, month ends are clipped."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def to_days(dates: ArrayLike) -> np.ndarray:
    """Return dates as ``datetime64[D]``, whatever their unit; a time of day is dropped, missing stays NaT."""
    return np.asarray(dates, dtype="datetime64").astype("datetime64[D]")


def add_months(start: ArrayLike, months: ArrayLike) -> np.ndarray:
    """Return the day ``months`` calendar months after ``start``, at the latest the last day of its month.

    Parameters
    ----------
    start : array-like of datetime64
        Days; NaT stays NaT.
    months : array-like of int
        Calendar months, also negative.

    Returns
    -------
    ndarray of datetime64[D]
        Anniversaries.

    Examples
    --------
    >>> add_months(["2024-01-31", "2024-02-29"], [1, 12]).astype(str).tolist()
    ['2024-02-29', '2025-02-28']
    """
    days = to_days(start)
    month = days.astype("datetime64[M]")
    target = month + np.asarray(months, dtype="timedelta64[M]")
    first = target.astype("datetime64[D]")
    last = (target + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    return np.minimum(first + (days - month.astype("datetime64[D]")), last)


def months_between(start: ArrayLike, end: ArrayLike) -> np.ndarray:
    """Return calendar months from ``start`` to ``end``; an anniversary is exactly a whole number.

    Between two anniversaries the number grows evenly by days. The anniversary of a 29th, 30th or 31st in a shorter
    month is that month's last day.

    Parameters
    ----------
    start, end : array-like of datetime64
        Days, broadcast against each other.

    Returns
    -------
    ndarray of float
        Months, negative where the end comes first, NaN where either is missing.

    Examples
    --------
    >>> months_between(["2024-01-31", "2024-02-29", "2024-01-01"], ["2024-02-29", "2025-02-28", "2024-01-16"]).tolist()
    [1.0, 12.0, 0.4838709677419355]
    """
    begin, finish = np.broadcast_arrays(to_days(start), to_days(end))
    months = np.full(begin.shape, np.nan)
    known = ~(np.isnat(begin) | np.isnat(finish))
    begin, finish = begin[known], finish[known]
    whole = (finish.astype("datetime64[M]") - begin.astype("datetime64[M]")).astype(int)
    whole -= add_months(begin, whole) > finish
    passed = add_months(begin, whole)
    months[known] = whole + (finish - passed) / (add_months(begin, whole + 1) - passed)
    return months
