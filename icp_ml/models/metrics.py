"""Measures of probability forecasts, for many bootstrap resamples at once.

Everywhere ``weight`` has shape (draws, n): how often each account is in each resample, and ``case`` and ``control``
have shape (n,): the weight of each account as one with and without the event. Without censoring these are 1 and 0;
under censoring they are inverse probability of censoring weights, 0 for accounts whose status is unknown. Figures have
shape (draws,), NaN where a resample leaves them undefined.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

_STEPS = 30


def resample_weights(n: int, draws: int, random_state: int) -> np.ndarray:
    """Return bootstrap weights, shape (draws + 1, n); the first row is the sample itself."""
    drawn = np.random.default_rng(random_state).multinomial(n, np.full(n, 1 / n), size=draws)
    return np.vstack([np.ones((1, n)), drawn])


def auc(weight: np.ndarray, score: np.ndarray, case: np.ndarray, control: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return the chance that a case scores above a control of the same group; ties count half.

    With censoring weights this is the cumulative/dynamic AUC at the horizon (Uno et al. 2007,
    doi:10.1198/016214507000000149). Groups are cut-offs: models fitted at different times are not compared.
    """
    above, pairs = np.zeros(len(weight)), np.zeros(len(weight))
    for label in np.unique(group):
        rows = np.flatnonzero(group == label)
        rows = rows[np.argsort(score[rows], kind="stable")]
        starts = np.flatnonzero(np.r_[True, np.diff(score[rows]) > 0])
        cases = np.add.reduceat(weight[:, rows] * case[rows], starts, axis=1)
        controls = np.add.reduceat(weight[:, rows] * control[rows], starts, axis=1)
        below = np.cumsum(controls, axis=1) - controls
        above += (cases * (below + controls / 2)).sum(axis=1)
        pairs += cases.sum(axis=1) * controls.sum(axis=1)
    return _ratio(above, pairs)


def brier(weight: np.ndarray, probability: np.ndarray, case: np.ndarray, control: np.ndarray) -> np.ndarray:
    """Return the mean squared error, by censoring weights where there are any (Graf et al. 1999)."""
    return _ratio(weight @ (case * (1 - probability) ** 2 + control * probability**2), weight @ (case + control))


def log_loss(weight: np.ndarray, probability: np.ndarray, case: np.ndarray, control: np.ndarray) -> np.ndarray:
    """Return the mean negative log-likelihood."""
    p = np.clip(probability, 1e-6, 1 - 1e-6)
    return _ratio(weight @ -(case * np.log(p) + control * np.log1p(-p)), weight @ (case + control))


def top_lift(weight: np.ndarray, probability: np.ndarray, case: np.ndarray, control: np.ndarray) -> np.ndarray:
    """Return the event rate in the decile with the highest predictions over the rate of all; ties stay together."""
    top = probability >= np.quantile(probability, 0.9, method="higher")
    inside = _ratio(weight @ (case * top), weight @ ((case + control) * top))
    return _ratio(inside, _ratio(weight @ case, weight @ (case + control)))


def calibration(
    weight: np.ndarray, probability: np.ndarray, case: np.ndarray, control: np.ndarray, fixed_slope: bool
) -> np.ndarray:
    """Return the calibration slope, or with ``fixed_slope`` the calibration-in-the-large.

    The slope of a logistic regression of the outcome on the log-odds predicted: 1 is right, below 1 too spread. In the
    large: the intercept with slope 1, 0 is right, above 0 too low (Van Calster et al. 2019,
    doi:10.1186/s12916-019-1466-7).
    """
    x = logit(np.clip(probability, 1e-6, 1 - 1e-6))
    if fixed_slope:
        return _intercept(weight, x, case, control)
    if np.ptp(x) < 1e-6:
        return np.full(len(weight), np.nan)
    centre = x.mean()
    return _slope(weight, x - centre, case, control)


def interval(draws: np.ndarray, level: float = 0.90) -> tuple[float | None, float | None]:
    """Return percentile ends of resampled figures; None where too many resamples leave the figure undefined."""
    known = draws[np.isfinite(draws)]
    if len(known) < 0.9 * len(draws):
        return None, None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _ratio(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    """Divide, NaN by zero."""
    return np.divide(over, under, out=np.full(np.shape(over), np.nan), where=under > 0)


def _intercept(weight: np.ndarray, x: np.ndarray, case: np.ndarray, control: np.ndarray) -> np.ndarray:
    """Newton's method on the intercept of each resample."""
    cases, total, a = weight @ case, case + control, np.zeros(len(weight))
    for _ in range(_STEPS):
        p = expit(np.clip(x + a[:, None], -30, 30))
        step = (cases - (weight * p) @ total) / np.maximum((weight * p * (1 - p)) @ total, 1e-12)
        a += np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-6:
            break
    bounded = (cases > 0) & (weight @ control > 0)
    return np.where(bounded, a, np.nan)


def _slope(weight: np.ndarray, x: np.ndarray, case: np.ndarray, control: np.ndarray) -> np.ndarray:
    """Newton's method on intercept and slope of each resample."""
    total, cases, cases_x = case + control, weight @ case, weight @ (case * x)
    # From a flat line: from slope 1 Newton's method overshoots where forecasts are far too spread, and ends anywhere.
    a, b = logit(np.clip(_ratio(cases, weight @ total), 1e-6, 1 - 1e-6)), np.zeros(len(weight))
    for _ in range(_STEPS):
        p = expit(np.clip(a[:, None] + b[:, None] * x, -30, 30))
        wp, wv = weight * p, weight * p * (1 - p)
        g0, g1 = cases - wp @ total, cases_x - wp @ (total * x)
        h0, h1, h2 = wv @ total, wv @ (total * x), wv @ (total * x * x)
        det = np.maximum(h0 * h2 - h1 * h1, 1e-12)
        step_a, step_b = (h2 * g0 - h1 * g1) / det, (h0 * g1 - h1 * g0) / det
        a, b = a + np.clip(step_a, -2, 2), b + np.clip(step_b, -2, 2)
        if max(np.abs(step_a).max(), np.abs(step_b).max()) < 1e-6:
            break
    bounded = (cases > 0) & (weight @ control > 0) & (np.abs(b) < 25)
    return np.where(bounded, b, np.nan)
