"""Intervals for proportions."""

from __future__ import annotations

import math

from scipy.special import ndtri


def wilson_interval(k: float, n: float, level: float = 0.90) -> tuple[float, float]:
    """Return Wilson's score interval for a proportion.

    Parameters
    ----------
    k, n : float
        Successes and trials, ``0 <= k <= n``; effective (fractional) sizes are allowed.
    level : float, default 0.90
        Two-sided coverage.

    Returns
    -------
    tuple of float
        Low and high end. With no trials nothing is known: ``(0.0, 1.0)``.

    Raises
    ------
    ValueError
        If ``k`` is outside ``0..n`` or ``level`` outside 0..1.

    References
    ----------
    Wilson (1927), doi:10.1080/01621459.1927.10502953; recommended for small n by Brown, Cai and DasGupta (2001),
    doi:10.1214/ss/1009213286.

    Examples
    --------
    >>> [round(end, 4) for end in wilson_interval(0, 10, 0.95)]
    [0.0, 0.2775]
    """
    if not 0 <= k <= n or not 0 < level < 1:
        raise ValueError(f"0 <= k <= n and 0 < level < 1 must hold; found k={k}, n={n}, level={level}")
    if n == 0:
        return 0.0, 1.0
    z = float(ndtri(0.5 + level / 2))
    rate, spread = k / n, z * z / n
    centre = (rate + spread / 2) / (1 + spread)
    half = math.sqrt(rate * (1 - rate) * spread + spread * spread / 4) / (1 + spread)
    return (0.0 if k == 0 else max(0.0, centre - half)), (1.0 if k == n else min(1.0, centre + half))
