"""Ratios of sums and differences between groups, with intervals."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

Ends = tuple[float, float, float]


def ratio_interval(top: ArrayLike, bottom: ArrayLike, level: float = 0.90) -> Ends:
    """Return ``sum(top) / sum(bottom)`` with an interval, customers being what varies.

    Linearised (Cochran 1977, Sampling Techniques, section 6.3) with Student's t. A customer counts by how long, or for
    how much, it was there, so that groups of unequal follow-up compare.

    Parameters
    ----------
    top, bottom : array-like of float, shape (n,)
        One value a customer, for instance events and years at risk; ``n >= 2`` and a positive sum of ``bottom``.
    level : float, default 0.90
        Two-sided coverage.

    Returns
    -------
    tuple of float
        Estimate, low and high end; all three are the same where customers do not differ.

    Examples
    --------
    >>> ratio_interval([1, 1], [2, 2])
    (0.5, 0.5, 0.5)
    """
    above, below = np.asarray(top, dtype=float), np.asarray(bottom, dtype=float)
    n = len(above)
    if n < 2 or not below.sum() > 0:
        raise ValueError(f"at least two customers and a positive sum must be given; found {n} and {below.sum():g}")
    ratio = float(above.sum() / below.sum())
    error = float(np.std(above - ratio * below, ddof=1) / (below.mean() * math.sqrt(n)))
    half = error * float(student.ppf(0.5 + level / 2, n - 1))
    return ratio, ratio - half, ratio + half


def difference_interval(here: Ends, elsewhere: Ends) -> Ends:
    """Return ``here`` less ``elsewhere`` with an interval made from theirs, the groups being independent.

    The method of variance estimates recovery keeps what is lopsided in either interval (Zou and Donner 2008,
    doi:10.1002/sim.3095).

    >>> difference_interval((0.5, 0.4, 0.6), (0.2, 0.2, 0.2))
    (0.3, 0.2, 0.4)
    """
    (a, a_low, a_high), (b, b_low, b_high) = here, elsewhere
    low = a - b - math.hypot(a - a_low, b_high - b)
    high = a - b + math.hypot(a_high - a, b - b_low)
    return round(a - b, 12), round(low, 12), round(high, 12)
