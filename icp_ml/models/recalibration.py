"""Scale margins to what held-out accounts support."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from icp_ml.models.boosting import Loss

LARGEST_SLOPE = 1.5
"""Above it a slope would enlarge what few accounts suggest."""
_STEPS = 50
_LARGEST_STEP = 2.0
_RIDGE = 1e-6
_LARGEST_MARGIN = 30.0


def log_likelihood(eta: np.ndarray, label: np.ndarray, loss: Loss) -> np.ndarray:
    """Return the log-likelihood of 0/1 labels under margins with every known part in them, less what is constant.

    >>> log_likelihood(np.zeros(2), np.array([0.0, 1.0]), "poisson")
    array([-1., -1.])
    """
    eta = np.clip(eta, -_LARGEST_MARGIN, _LARGEST_MARGIN)
    cost = np.logaddexp(0.0, eta) if loss == "logistic" else np.exp(eta)
    return np.asarray(label * eta - cost)


def recalibrate(margin: np.ndarray, label: np.ndarray, offset: np.ndarray, loss: Loss) -> tuple[float, float]:
    """Fit ``offset + intercept + slope * margin`` to the labels, the slope between 0 and :data:`LARGEST_SLOPE`.

    A slope below 1 takes back what the margins of held-out accounts claim too much; at 0 it silences a model of noise.
    One above 1 makes up for trees that were stopped early.

    Parameters
    ----------
    margin : ndarray of float, shape (n,)
        Of accounts the model was not fitted on.
    label : ndarray of float, shape (n,)
        0/1.
    offset : ndarray of float, shape (n,)
        Known part of the margin.
    loss : {"poisson", "logistic"}
        Log link or logit link.

    Returns
    -------
    tuple of float
        Intercept and slope; the slope is 0 where all margins are equal.

    References
    ----------
    Cox (1958), doi:10.1093/biomet/45.3-4.562.
    """
    if np.ptp(margin) < 1e-9:
        return _newton(margin, label, offset, loss, 0.0)[0], 0.0
    intercept, slope = _newton(margin, label, offset, loss, None)
    if 0.0 <= slope <= LARGEST_SLOPE:
        return intercept, slope
    slope = min(max(slope, 0.0), LARGEST_SLOPE)
    return _newton(margin, label, offset, loss, slope)[0], slope


def _newton(
    margin: np.ndarray, label: np.ndarray, offset: np.ndarray, loss: Loss, fixed: float | None
) -> tuple[float, float]:
    """Newton's method on intercept and slope, or on the intercept alone."""
    columns = np.ones((len(margin), 1)) if fixed is not None else np.column_stack([np.ones(len(margin)), margin])
    known = offset + (fixed or 0.0) * margin
    beta = np.zeros(columns.shape[1])
    for _ in range(_STEPS):
        eta = np.clip(known + columns @ beta, -_LARGEST_MARGIN, _LARGEST_MARGIN)
        mean = expit(eta) if loss == "logistic" else np.exp(eta)
        weight = mean * (1 - mean) if loss == "logistic" else mean
        curvature = columns.T @ (weight[:, None] * columns) + _RIDGE * np.eye(len(beta))
        step = np.linalg.solve(curvature, columns.T @ (label - mean))
        beta += np.clip(step, -_LARGEST_STEP, _LARGEST_STEP)
        if np.abs(step).max() < 1e-10:
            break
    return float(beta[0]), float(beta[1]) if fixed is None else fixed
