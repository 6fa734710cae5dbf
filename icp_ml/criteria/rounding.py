"""Thresholds that a person would say."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np


def roundness(value: float) -> int:
    """Return how long a number takes to say: the lower, the rounder.

    One significant digit costs 1, a last digit of 5 half a digit more than none, every further digit 2.

    >>> [roundness(v) for v in (50, 25, 40, 150, 37, 123)]
    [1, 2, 1, 2, 3, 5]
    """
    if value == 0:
        return 0
    digits = f"{abs(value):.6e}".split("e")[0].replace(".", "").rstrip("0")
    cost = 2 * len(digits) - 1
    return cost - 1 if len(digits) > 1 and digits[-1] == "5" else cost


def roundest_between(low: float, high: float) -> float:
    """Return the roundest number in the half-open interval ``(low, high]``, of equals the one nearest its middle.

    Raises
    ------
    ValueError
        If the interval is empty.

    >>> roundest_between(37, 41), roundest_between(0.31, 0.42), roundest_between(49, 50), roundest_between(-3, 2)
    (40.0, 0.4, 50.0, 0.0)
    """
    if not low < high:
        raise ValueError(f"the interval ({low}, {high}] is empty")
    if low < 0 <= high:
        return 0.0
    exponent = math.floor(math.log10(max(abs(low), abs(high))))
    for power in range(exponent + 1, exponent - 12, -1):
        for step in (10.0**power, 5 * 10.0 ** (power - 1)):
            near = round((low + high) / 2 / step)
            digits = 12 - power if power < 12 else 0
            fitting = [v for v in (round(k * step, digits) for k in (near, near - 1, near + 1)) if low < v <= high]
            if fitting:
                return float(fitting[0])
    return float(high)


def round_cuts(values: np.ndarray, parts: int) -> np.ndarray:
    """Return at most ``parts - 1`` round cut points that split the known values into about equal parts.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Numbers, NaN where missing.
    parts : int
        Into how many parts to split.

    Returns
    -------
    ndarray, shape (k,)
        Ascending; ``values < cut`` and ``values >= cut`` are both non-empty for each.
    """
    known = np.sort(values[~np.isnan(values)])
    distinct = np.unique(known)
    if distinct.size < 2:
        return np.empty(0)
    if distinct.size <= parts + 1:
        return np.array([roundest_between(a, b) for a, b in pairwise(distinct)])
    half = 0.5 / parts
    cuts = set()
    for share in np.arange(1, parts) / parts:
        low, high = np.quantile(known, [max(share - half / 2, 0), min(share + half / 2, 1)])
        low, high = _widened(distinct, low, high)
        cuts.add(roundest_between(low, high))
    return np.array(sorted(cuts))


def _widened(distinct: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """Widen to neighbouring distinct values, so that a cut always parts some from some."""
    if low < high:
        return low, high
    at = int(np.searchsorted(distinct, low))
    at = min(max(at, 1), distinct.size - 1)
    return float(distinct[at - 1]), float(distinct[at])
