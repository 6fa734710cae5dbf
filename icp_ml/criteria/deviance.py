"""How far a group's outcome stands from the rest: the signed root of the deviance.

The standardised sum of scores, (O - E) / sd, has a long tail where events are few and groups small, so that under
permutation its largest values come from the smallest groups, and a search led by it prefers slivers. The signed root
of the likelihood ratio is close to normal for small groups too (McCullagh & Nelder 1989, section 12.6), which gives
large groups their power back and puts boundaries where the likelihood has its maximum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

_TINY = 1e-6  # exact in single precision

Kind = Literal["normal", "poisson", "binomial"]


@dataclass(frozen=True)
class Deviance:
    """The scale on which groups are compared, for scores that sum to zero over all accounts.

    Parameters
    ----------
    kind : str
        ``poisson`` for counts of events against what was expected, ``binomial`` for shares, ``normal`` for means.
    mean : float
        Average events an account (poisson) or average share (binomial); unused for normal.
    direction : int
        +1 where a score is outcome less expected, -1 where it is expected less outcome.
    variance : float
        Variance of the scores; for counts and shares the deviance is divided by how much it exceeds theirs in theory.
    """

    kind: Kind = "normal"
    mean: float = 0.0
    direction: int = 1
    variance: float = 1.0

    def root(self, total: np.ndarray, count: np.ndarray, n: np.ndarray | int) -> np.ndarray:
        """Return the signed root of the deviance of groups against the other accounts, the sign that of the total.

        Parameters
        ----------
        total : ndarray
            Sum of the scores in each group.
        count : ndarray, same shape
            Accounts in each group, from 1 to ``n - 1``.
        n : int or ndarray
            Accounts in all, over which the scores sum to zero.
        """
        rest = n - count
        if self.kind == "normal" or not 0 < self.mean < (1 if self.kind == "binomial" else np.inf):
            spread = np.sqrt(count * rest / np.maximum(n - 1, 1) * self.variance)
            return np.asarray(np.divide(total, spread, out=np.zeros_like(spread), where=spread > 0))
        more = self.direction * total
        deviance = _poisson(more / count, self.mean, count) + _poisson(-more / rest, self.mean, rest)
        if self.kind == "binomial":
            other = 1 - self.mean
            deviance = deviance + _poisson(-more / count, other, count) + _poisson(more / rest, other, rest)
        return np.asarray(np.sign(total) * np.sqrt(np.maximum(deviance, 0) / self._dispersion(n)))

    def _dispersion(self, n: np.ndarray | int) -> np.ndarray:
        theory = self.mean * (1 - self.mean) if self.kind == "binomial" else self.mean
        return np.maximum(self.variance / theory * n / np.maximum(n - 1, 1), _TINY)


def _poisson(excess: np.ndarray, mean: float, count: np.ndarray) -> np.ndarray:
    """Return twice ``count`` times the log likelihood ratio of a mean of ``mean + excess`` against ``mean``."""
    ratio = np.maximum(excess / mean, _TINY - 1)
    return np.asarray(2 * mean * count * ((1 + ratio) * np.log1p(ratio) - ratio))
