"""What chance alone does to counts: tests that hold on small samples, and the variation that was usual before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.special import gammaln, ndtri

_DOUBT = 0.10
"""Past periods that differ more than chance does in one of ten stable histories count as varying by themselves."""
_PRIOR_FREEDOM = 7
"""Weight of the belief that periods vary by chance alone, in periods: a few quarters estimate their variance poorly."""
_MOST_TRIALS = 1_000_000
_LARGEST_KAPPA = 1e7
_POWER = 0.80


@dataclass(frozen=True)
class Variation:
    """How much past periods differed from each other.

    Parameters
    ----------
    factor : float
        Variance among them over what chance explains, at least 1.
    freedom : int
        Degrees of freedom behind it, those of the prior belief included.
    """

    factor: float = 1.0
    freedom: int = 0

    def tail(self, z: float) -> float:
        """Return the chance of a deviation above ``z`` standard deviations of chance, 0 where chance alone counts."""
        return float(stats.t.sf(z / np.sqrt(self.factor), self.freedom)) if self.factor > 1 else 0.0


def usual_variation(z: ArrayLike) -> Variation:
    """Estimate how much periods vary beyond chance: seasons, campaigns, a slow drift.

    Parameters
    ----------
    z : array-like of float, shape (n_periods,)
        Deviation of each past period from all of them, in standard deviations of chance.

    Returns
    -------
    Variation
        A factor of 1 unless the periods differ with p under 0.1, and drawn towards 1 otherwise.

    References
    ----------
    Smyth (2004), doi:10.2202/1544-6115.1027: variances moderated by a prior.

    Examples
    --------
    >>> usual_variation([3.0, -3.0, 3.0, -3.0]), usual_variation([1.0, -1.0])
    (Variation(factor=4.3, freedom=10), Variation(factor=1.0, freedom=0))
    """
    squares, freedom = float(np.sum(np.square(z))), len(np.asarray(z)) - 1
    if freedom < 1 or stats.chi2.sf(squares, freedom) > _DOUBT:
        return Variation()
    factor = (_PRIOR_FREEDOM + squares) / (_PRIOR_FREEDOM + freedom)
    return Variation(max(factor, 1.0), _PRIOR_FREEDOM + freedom)


def share_p(known: ArrayLike, n_known: ArrayLike, new: ArrayLike, n_new: int) -> np.ndarray:
    """Return two-sided exact p-values that a share is the same before and now (Fisher), twice the smaller tail.

    >>> share_p([0], [3], [3], 3).round(3).tolist()
    [0.1]
    """
    before, size, now = np.asarray(known), np.asarray(n_known), np.asarray(new)
    lower = stats.hypergeom.cdf(now, size + n_new, before + now, n_new)
    upper = stats.hypergeom.sf(now - 1, size + n_new, before + now, n_new)
    return np.asarray(np.minimum(1.0, 2 * np.minimum(lower, upper)))


def count_tails(observed: int, expected: float, variance: float, error: float) -> tuple[float, float]:
    """Return the chances of so few events, and of so many, where the expectation is itself an estimate.

    The count of independent events with mean ``expected`` and variance ``variance`` is taken for the binomial with the
    same two moments (trials rounded up, which widens it); the estimate's own variance makes it a beta-binomial. Exact
    for equal probabilities that are known.

    Parameters
    ----------
    observed : int
        Events seen.
    expected, variance : float
        Sum of the forecasts, and of ``p (1 - p)``.
    error : float
        Variance of ``expected`` as an estimate.

    Returns
    -------
    lower, upper : float
        ``P(count <= observed)`` and ``P(count >= observed)``.

    Examples
    --------
    >>> [round(tail, 4) for tail in count_tails(0, 1.0, 0.5, 0.0)]
    [0.25, 1.0]
    """
    trials = np.ceil(expected**2 / max(expected - variance, 1e-12) - 1e-6)
    # Where forecasts are near certain the binomial may hold fewer events than were seen: it is widened to hold them.
    trials = int(np.clip(trials, max(np.ceil(expected + 1e-9), observed), max(_MOST_TRIALS, observed)))
    rate = expected / trials
    kappa = min(trials**2 * rate * (1 - rate) / error - 1 if error > 0 else np.inf, _LARGEST_KAPPA)
    if kappa <= 0:
        return 1.0, 1.0
    counts = np.arange(observed + 1)
    a, b = rate * kappa, (1 - rate) * kappa
    log_ways = gammaln(trials + 1) - gammaln(counts + 1) - gammaln(trials - counts + 1)
    log_beta = gammaln(counts + a) + gammaln(trials - counts + b) - gammaln(trials + kappa)
    mass = np.exp(log_ways + log_beta - (gammaln(a) + gammaln(b) - gammaln(kappa)))
    lower = float(min(mass.sum(), 1.0))
    return lower, float(min(1.0, max(1.0 - lower + mass[-1], 0.0)))


def visible(deviation: float, level: float) -> float:
    """Return the smallest shift seen in 80 % of cases by a one-sided test, given its standard deviation."""
    return float((ndtri(1 - level) + ndtri(_POWER)) * deviation)


def holm(p: Sequence[float], weights: Sequence[float], alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """Reject hypotheses with at most ``alpha`` chance of any false one, the likelier to matter given more weight.

    Parameters
    ----------
    p, weights : sequence of float
        P-values, and each one's share of the budget, above 0.
    alpha : float
        Chance of one or more false rejections.

    Returns
    -------
    rejected : ndarray of bool
    level : ndarray of float
        What each p-value had to stay under as the first to be rejected.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6(2), 65-70, weighted version.

    Examples
    --------
    >>> holm([0.02, 0.03, 0.5], [2, 1, 1], 0.05)[0].tolist()
    [True, False, False]
    >>> holm([0.02, 0.03], [1, 1], 0.05)[0].tolist()
    [True, True]
    """
    found, share = np.asarray(p, dtype=float), np.asarray(weights, dtype=float)
    rejected, left = np.zeros(len(found), dtype=bool), share.sum()
    for i in np.argsort(found / share, kind="stable"):
        if found[i] > alpha * share[i] / left:
            break
        rejected[i] = True
        left -= share[i]
    return rejected, alpha * share / share.sum() if len(share) else share
