"""A figure under two releases on the same accounts: the difference, and the range that chance leaves it.

Every figure here is a ratio of sums over accounts, ``sum(num) / sum(den)``: a mean, a share, a rate inside a tier. Its
difference between two releases moves with each account by a known amount (its influence), and accounts are independent,
so that the sum of squares gives the standard error and Student's t the interval. An account that both releases treat
alike cancels out: that is what pairing gains. Censoring weights inside ``num`` are taken as given, which makes ranges a
little too wide, never too narrow.

Money is skewed: a few large customers hold much of it, and a sample without them looks better, or worse, than it is.
There the interval reaches as far as either Student's t or the studentised bootstrap does, which follows the skew
(Hesterberg 2015, doi:10.1080/00031305.2015.1089789). docs/comparing.md says how often it then holds what it promises.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import t

LEVEL = 0.90
DRAWS = 2000
SKEW_FADES = 10_000
"""Accounts that move a mean, from which their skew no longer shows in it, and resampling would only take time."""
_CELLS = 4_000_000
"""Resample weights held in memory at a time."""


@dataclass(frozen=True)
class Ratio:
    """A figure as a ratio of sums over the same accounts.

    Parameters
    ----------
    num, den : ndarray of float, shape (n_accounts,)
        What is added up, and over what.
    """

    num: np.ndarray
    den: np.ndarray

    @property
    def value(self) -> float:
        """The figure; NaN where nothing is in it."""
        total = float(self.den.sum())
        return float(self.num.sum()) / total if total else float("nan")

    @property
    def influence(self) -> np.ndarray:
        """How much each account moves the figure, to first order, shape (n_accounts,)."""
        return np.asarray((self.num - self.value * self.den) / self.den.sum())


@dataclass(frozen=True)
class Difference:
    """A figure before and after, and the difference with its range.

    Parameters
    ----------
    before, after : float
        The figure under either release.
    estimate, low, high : float
        After minus before, and its 90 % interval.
    n : int
        Accounts it rests on.
    differing : int
        Accounts that count otherwise under the one than under the other.
    """

    before: float
    after: float
    estimate: float
    low: float
    high: float
    n: int
    differing: int

    @property
    def told(self) -> bool:
        """Whether a difference can be told from none."""
        return self.low > 0 or self.high < 0

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {**vars(self), "level": LEVEL}


def difference(before: Ratio, after: Ratio) -> Difference:
    """Return how a figure differs between two releases on the same accounts.

    Parameters
    ----------
    before, after : Ratio
        The figure under either, over the same accounts in the same order; neither is empty.

    Returns
    -------
    Difference
        The interval is of length 0 only where no account counts otherwise.
    """
    differing = (before.num != after.num) | (before.den != after.den)
    counted = (before.den != 0) | (after.den != 0)
    n, estimate = int(counted.sum()), after.value - before.value
    if not differing.any():
        return Difference(before.value, after.value, 0.0, 0.0, 0.0, n, 0)
    moved = after.influence - before.influence
    error = float(np.sqrt(np.sum(moved**2) * n / max(n - 1, 1)))
    reach = error * float(t.ppf((1 + LEVEL) / 2, max(n - 1, 1)))
    return Difference(before.value, after.value, estimate, estimate - reach, estimate + reach, n, int(differing.sum()))


def skewed_difference(before: np.ndarray, after: np.ndarray, random_state: int = 0, draws: int = DRAWS) -> Difference:
    """Return how a mean over accounts differs, where a few accounts may hold most of it.

    Parameters
    ----------
    before, after : ndarray of float, shape (n_accounts,)
        What each account adds under either release.
    random_state : int, optional
        Seed of the resamples.
    draws : int, optional
        How many resamples.

    Returns
    -------
    Difference
    """
    everyone = np.ones(len(before))
    plain = difference(Ratio(before, everyone), Ratio(after, everyone))
    if not 2 <= plain.differing < SKEW_FADES:
        return plain
    low, high = _studentised(after - before, random_state, draws)
    return replace(plain, low=min(plain.low, low), high=max(plain.high, high))


def _studentised(moved: np.ndarray, random_state: int, draws: int) -> tuple[float, float]:
    """Return the bootstrap-t interval of a mean.

    Accounts that move nothing are alike, so a resample needs to know only how many of them it holds.
    """
    n, some = len(moved), moved[moved != 0]
    chances = np.append(np.full(len(some), 1 / n), max(1 - len(some) / n, 0.0))
    mean, error = moved.mean(), moved.std(ddof=1) / np.sqrt(n)
    drawn, size = np.random.default_rng(random_state), max(1, _CELLS // len(some))
    powers = np.column_stack([some, some**2])
    parts = [
        drawn.multinomial(n, chances, size=min(size, draws - start))[:, :-1] @ powers for start in range(0, draws, size)
    ]
    means, squares = np.concatenate(parts).T / n
    errors = np.sqrt(np.maximum(squares - means**2, 0.0) / (n - 1))
    # A resample without any spread says nothing of how far off its mean is.
    usable = errors > 0
    low, high = np.quantile((means - mean)[usable] / errors[usable], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(mean - high * error), float(mean - low * error)
