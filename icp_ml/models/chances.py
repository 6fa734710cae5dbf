"""From a model's log scale to chances and points, and back."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

LARGEST_HAZARD = 20.0
"""Cumulative hazard behind the largest chance to churn, 1 - 2e-9: nobody leaves for certain, and a chance of exactly 1
has no way back to its logarithm."""
_FLAT = 1e-6
"""Below this distance on the log scale the curve is taken for its tangent."""


def chance_of(log_margin: np.ndarray | float, outcome: str) -> np.ndarray:
    """Return the chance at a calibrated margin: log-odds for ``win``, log cumulative hazard for ``churn``.

    >>> float(chance_of(0.0, "win")), round(float(chance_of(0.0, "churn")), 4)
    (0.5, 0.6321)
    """
    margin = np.asarray(log_margin, dtype=float)
    return np.asarray(expit(margin)) if outcome == "win" else chance_to_leave(np.exp(margin))


def chance_to_leave(hazard: np.ndarray) -> np.ndarray:
    """Return the chance to have left that a cumulative hazard makes, at most that of :data:`LARGEST_HAZARD`.

    >>> chance_to_leave(np.array([0.0, np.log(2), 100.0])).round(9).tolist()
    [0.0, 0.5, 0.999999998]
    """
    return np.asarray(-np.expm1(-np.minimum(hazard, LARGEST_HAZARD)))


def log_margin_of(chance: np.ndarray | float, outcome: str) -> np.ndarray:
    """Return the calibrated margin of a chance, the inverse of :func:`chance_of`.

    >>> round(float(log_margin_of(chance_of(-1.3, "churn"), "churn")), 9)
    -1.3
    """
    p = np.asarray(chance, dtype=float)
    return np.asarray(np.log(p) - np.log1p(-p) if outcome == "win" else np.log(-np.log1p(-p)))


def points_at(effect: np.ndarray | float, chance: float, outcome: str) -> np.ndarray:
    """Return by how much an effect on the log scale moves an account that has this chance without it.

    >>> round(float(points_at(np.log(2), 0.2, "win")), 4)
    0.1333
    """
    return chance_of(log_margin_of(chance, outcome) + np.asarray(effect, dtype=float), outcome) - chance


def shared_points(effects: np.ndarray, base: float, outcome: str) -> np.ndarray:
    """Return what each effect on the log scale moves the chance by; they add up to the whole move exactly.

    The move from the chance at ``base`` to that at ``base + sum(effects)`` is shared in proportion to the effects:
    the Aumann-Shapley values of the curve along the straight line (Sundararajan et al. 2017, arXiv:1703.01365).
    The curve rises, so each share has the sign of its effect.

    Parameters
    ----------
    effects : ndarray of float, shape (n_attributes,)
        On the log scale.
    base : float
        Where the account starts on that scale.
    outcome : {"churn", "win"}
        Which curve.

    Examples
    --------
    >>> shared_points(np.array([np.log(4), -np.log(2)]), 0.0, "win").round(4).tolist()
    [0.3333, -0.1667]
    """
    total = float(np.sum(effects))
    ends = (base, base + total) if abs(total) > _FLAT else (base - _FLAT, base + _FLAT)
    slope = float(chance_of(ends[1], outcome) - chance_of(ends[0], outcome)) / (ends[1] - ends[0])
    return np.asarray(effects, dtype=float) * slope
