"""Figures of any group of accounts from what is known of each: a share, a ratio of sums, or a mean, with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from icp_ml.segments.figures import LEVEL, Figure
from icp_ml.survival import wilson_interval
from icp_ml.survival.ratios import mean_interval, ratio_interval

FEWEST = 10


@dataclass(frozen=True)
class Share:
    """How many of some accounts something holds for, with Wilson's interval.

    Parameters
    ----------
    hits, among : ndarray of bool, shape (n,)
        Accounts that it holds for, and those that are asked.
    who : str
        What the latter are, in the plural.
    """

    hits: np.ndarray
    among: np.ndarray
    who: str

    @property
    def limits(self) -> tuple[float, float]:
        """Return the ends that no figure lies beyond."""
        return 0.0, 1.0

    def figure(self, members: np.ndarray) -> Figure:
        """Return the share in a group given as a mask, ``count`` being how many it holds for."""
        asked = self.among & members
        n, k = int(asked.sum()), int(np.sum(self.hits & asked))
        if n < FEWEST:
            return too_few(n, self.who)
        return _figure(k / n, *wilson_interval(k, n, LEVEL), n) | {"count": k}


@dataclass(frozen=True)
class Ratio:
    """One sum over another, accounts being what varies.

    Parameters
    ----------
    top, bottom : ndarray of float, shape (n,)
        Accounts where either is NaN, or the latter not above 0, are left out.
    who : str
        What the accounts are, in the plural.
    counted : bool, default False
        The former counts occurrences: none of them in ``sum(bottom)`` years leaves room for ``-ln(0.05)`` (Hanley and
        Lippman-Hand 1983, doi:10.1001/jama.1983.03330370053031).
    """

    top: np.ndarray
    bottom: np.ndarray
    who: str
    counted: bool = False

    @property
    def limits(self) -> tuple[float, float]:
        """Return the ends that no figure lies beyond."""
        return -math.inf if np.nanmin(self.top, initial=0.0) < 0 else 0.0, math.inf

    def figure(self, members: np.ndarray) -> Figure:
        """Return the ratio in a group given as a mask."""
        used = members & ~np.isnan(self.top) & (self.bottom > 0)
        n, top, bottom = int(used.sum()), self.top[used], self.bottom[used]
        if n < FEWEST:
            return too_few(n, self.who)
        if self.counted and not top.any():
            return _figure(0.0, 0.0, -math.log((1 - LEVEL) / 2) / bottom.sum(), n)
        ratio, low, high = ratio_interval(top, bottom, LEVEL)
        return all_the_same(n, self.who) if high - low < 1e-9 else _figure(ratio, max(low, self.limits[0]), high, n)


@dataclass(frozen=True)
class Mean:
    """The mean of a value, with the interval of :func:`icp_ml.survival.ratios.mean_interval`.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        Accounts where it is NaN are left out.
    who : str
        What the accounts are, in the plural.
    """

    values: np.ndarray
    who: str

    @property
    def limits(self) -> tuple[float, float]:
        """Return the ends that no figure lies beyond."""
        return -math.inf, math.inf

    def figure(self, members: np.ndarray) -> Figure:
        """Return the mean in a group given as a mask."""
        values = self.values[members & ~np.isnan(self.values)]
        n = len(values)
        if n < FEWEST:
            return too_few(n, self.who)
        if np.ptp(values) < 1e-9:
            return all_the_same(n, self.who)
        return _figure(*mean_interval(values, LEVEL), n)


Counted = Share | Ratio | Mean


def too_few(n: int, who: str) -> Figure:
    """Return an absent figure: too few accounts to give one."""
    return {"absent": f"{n} {who} are fewer than {FEWEST}"}


def all_the_same(n: int, who: str) -> Figure:
    """Return an absent figure: where no account differs, no interval says how sure the figure is."""
    return {"absent": f"all {n} {who} have the same value, so that no range can be given"}


def _figure(estimate: float, low: float, high: float, n: int) -> Figure:
    ends = {"estimate": estimate, "low": low, "high": high}
    return {end: round(float(value), 6) for end, value in ends.items()} | {"level": LEVEL, "n": n}
