"""Partial pooling: what many small groups say together, so that none of them shouts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from icp_ml.criteria.types import Interval

SCALE = 0.2  # of the prior on the spread between groups, in shares: two in three lie below 20 points
_GRID = 120
_WIDEST = 4.0  # scales to which the spread is looked for
_STEPS = 45  # halvings of a bracket: far finer than any figure is shown


@dataclass(frozen=True)
class Pooled:
    """What groups say together.

    Parameters
    ----------
    overall : Interval
        The mean that the groups scatter around.
    groups : tuple of Interval
        Each group's own figure, drawn towards the mean by as much as its own data is uncertain.
    gaps : tuple of Interval
        Each group's figure less the mean.
    spread : float
        Standard deviation of the groups' true figures around the mean (posterior mean).
    """

    overall: Interval
    groups: tuple[Interval, ...]
    gaps: tuple[Interval, ...]
    spread: float


def pool(estimates: np.ndarray, variances: np.ndarray, level: float = 0.90, scale: float = SCALE) -> Pooled:
    """Pool the groups' estimates in part: as much as they agree, and each by how little it knows by itself.

    The normal-normal random-effects model: a group's estimate is normal around its true figure with a known variance,
    the true figures are normal around a mean with an unknown spread. The mean has a flat prior, the spread a
    half-normal one (Gelman 2006, doi:10.1214/06-BA117A); the mean is integrated out exactly, the spread on a grid
    (Röver 2020, doi:10.18637/jss.v093.i06). Plugging in one estimate of the spread instead, which with few groups is
    often 0, gives intervals that are too short (Morris 1983, doi:10.1080/01621459.1983.10477920).

    Parameters
    ----------
    estimates, variances : ndarray, shape (k,)
        Each group's own figure, and its variance, above 0.
    level : float, default 0.90
        Of all intervals.
    scale : float, default 0.2
        Of the prior on the spread, in the unit of the estimates.

    Raises
    ------
    ValueError
        If there is no group, or a variance is not above 0.
    """
    d, v = np.asarray(estimates, dtype=float), np.asarray(variances, dtype=float)
    if not d.size or d.shape != v.shape or not (v > 0).all():
        raise ValueError(f"each group needs an estimate and a variance above 0; found {d.tolist()} and {v.tolist()}")
    spreads = scale * _WIDEST * (np.arange(_GRID + 1) / _GRID) ** 2
    weights = _posterior(d, v, spreads, scale)
    parts = [given_spread(d, v, spread) for spread in spreads]
    mean, mean_var, group, group_var, gap, gap_var = (np.array(part) for part in zip(*parts, strict=True))
    (overall,) = _intervals(mean[:, None], mean_var[:, None], weights, level)
    groups, gaps = _intervals(group, group_var, weights, level), _intervals(gap, gap_var, weights, level)
    return Pooled(overall, groups, gaps, float(weights @ spreads))


def given_spread(
    d: np.ndarray, v: np.ndarray, spread: float
) -> tuple[float, float, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return mean, groups, and gaps between them, each followed by its variance, for a known spread between groups.

    >>> mean, _, groups, variances, _, _ = given_spread(np.array([0.0, 0.2]), np.array([0.01, 0.01]), 0.1)
    >>> round(mean, 3), groups.round(3).tolist(), variances.round(4).tolist()
    (0.1, [0.05, 0.15], [0.0075, 0.0075])
    """
    weight = 1 / (v + spread**2)
    mean, variance = float(weight @ d / weight.sum()), float(1 / weight.sum())
    own = spread**2 * weight  # the share of a group's own figure; the rest is the mean's
    gap = own * (d - mean)
    return mean, variance, mean + gap, own * v + (1 - own) ** 2 * variance, gap, own * v + own**2 * variance


def heterogeneity(d: np.ndarray, v: np.ndarray) -> float:
    """Return Cochran's Q: squared distances from the weighted mean, in variances (doi:10.2307/3001666).

    >>> round(heterogeneity(np.array([0.0, 0.2]), np.array([0.01, 0.01])), 9)
    2.0
    """
    weight = 1 / v
    return float(weight @ d**2 - (weight @ d) ** 2 / weight.sum())


def _posterior(d: np.ndarray, v: np.ndarray, spreads: np.ndarray, scale: float) -> np.ndarray:
    """Return how likely each spread on the grid is, summing to 1; the mean is integrated out."""
    total = v + spreads[:, None] ** 2
    weight = 1 / total
    mean = (weight @ d) / weight.sum(axis=1)
    log = -0.5 * (np.log(total) + (d - mean[:, None]) ** 2 / total).sum(axis=1) - 0.5 * np.log(weight.sum(axis=1))
    log += stats.halfnorm.logpdf(spreads, scale=scale)
    density = np.exp(log - log.max()) * np.gradient(spreads)
    return np.asarray(density / density.sum())


def _intervals(means: np.ndarray, variances: np.ndarray, weights: np.ndarray, level: float) -> tuple[Interval, ...]:
    """Return mean and central interval of mixtures of normals, one a column; shape (grid, k) each."""
    errors = np.sqrt(np.maximum(variances, 1e-18))
    tail = (1 - level) / 2
    low, high = (_quantile(means, errors, weights, chance) for chance in (tail, 1 - tail))
    middle = weights @ means
    return tuple(Interval(float(m), float(a), float(b), level) for m, a, b in zip(middle, low, high, strict=True))


def _quantile(means: np.ndarray, errors: np.ndarray, weights: np.ndarray, chance: float) -> np.ndarray:
    """Return the quantile of each column's mixture by halving a bracket that surely holds it."""
    reach = 10 * errors.max(axis=0)
    low, high = means.min(axis=0) - reach, means.max(axis=0) + reach
    for _ in range(_STEPS):
        middle = (low + high) / 2
        below = weights @ special.ndtr((middle - means) / errors) < chance
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)
