"""How far relative risks must be stretched for the churn that held-out customers saw.

Where churn sits at renewals a third of a risky group may leave in one day. A Poisson likelihood takes the chance to
leave for the hazard, which understates the risky most: relative hazards of 5 come out as 4. Here the slope of the
margins maximises the grouped-time likelihood, of which :func:`icp_ml.models.hazard.fit_baseline` gives the steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

_MOST_BINS = 200
"""Margins are rounded to so many quantiles, so that the cost does not grow with customers times churn days."""
_NEWTON_STEPS = 40
_LARGEST_CHANGE = 1.0
_CERTAIN = 5.0
"""Largest mean hazard of one step: where everybody left, the likelihood has no maximum."""
_TOLERANCE = 1e-3


def hazard_slope(
    margin: np.ndarray, time: np.ndarray, event: np.ndarray, entry: np.ndarray, horizon: float, largest: float
) -> float:
    """Return the slope of margins, between 0 and ``largest``, under which churn up to the horizon was likeliest.

    Parameters
    ----------
    margin : ndarray of float, shape (n,)
        Log relative hazards of customers the model was not fitted on.
    time, event, entry : ndarray, shape (n,)
        Follow-up as in :mod:`icp_ml.survival`.
    horizon : float
        Months; nothing after it counts.
    largest : float
        Above it a slope would enlarge what few customers suggest.

    Returns
    -------
    float
        0 where all margins are equal or nobody churned.

    References
    ----------
    Prentice and Gloeckler (1978), doi:10.2307/2529588.
    """
    churned = event & (time <= horizon)
    if np.ptp(margin) < 1e-9 or not churned.any():
        return 0.0
    steps = _Steps.of(margin, time, churned, entry)
    found = minimize_scalar(
        lambda slope: -steps.log_likelihood(slope),
        bounds=(0.0, largest),
        method="bounded",
        options={"xatol": _TOLERANCE},
    )
    # The search never tries its own bounds.
    return max((0.0, float(found.x), largest), key=steps.log_likelihood)


@dataclass(frozen=True)
class _Steps:
    """Customers at risk and churned by churn time (rows) and bin of the margin (columns)."""

    centre: np.ndarray
    at_risk: np.ndarray
    churned: np.ndarray

    @classmethod
    def of(cls, margin: np.ndarray, time: np.ndarray, churned: np.ndarray, entry: np.ndarray) -> _Steps:
        """Count."""
        bins, centre = _binned(margin)
        times = np.unique(time[churned])
        left = np.searchsorted(times, time, side="right")
        entered = np.where(entry > 0, np.searchsorted(times, entry, side="right"), 0)
        change = np.zeros((len(times) + 1, len(centre)))
        seen = left > entered
        np.add.at(change, (entered[seen], bins[seen]), 1.0)
        np.add.at(change, (left[seen], bins[seen]), -1.0)
        events = np.zeros((len(times), len(centre)))
        np.add.at(events, (np.searchsorted(times, time[churned]), bins[churned]), 1.0)
        return cls(centre, np.cumsum(change, axis=0)[:-1], events)

    def log_likelihood(self, slope: float) -> float:
        """Return the likelihood at a slope, each step at its best."""
        risk = np.exp(slope * self.centre)
        hazard = self._hazards(risk)[:, None] * risk
        stayed = (self.at_risk - self.churned) * hazard
        with np.errstate(divide="ignore", invalid="ignore"):
            left = np.where(self.churned > 0, self.churned * np.log(-np.expm1(-hazard)), 0.0)
        return float((left - stayed).sum())

    def _hazards(self, risk: np.ndarray) -> np.ndarray:
        """Solve each step's ``sum over those at risk of 1 - exp(-d risk) = churned`` by Newton on the logarithm."""
        due, exposed = self.churned.sum(axis=1), self.at_risk @ risk
        largest = np.log(_CERTAIN * self.at_risk.sum(axis=1) / exposed)
        log_step = np.minimum(np.log(due / exposed), largest)
        for _ in range(_NEWTON_STEPS):
            hazard = np.exp(log_step)[:, None] * risk
            kept = np.exp(-hazard)
            excess = (self.at_risk * (1 - kept)).sum(axis=1) - due
            slope = (self.at_risk * hazard * kept).sum(axis=1)
            change = np.clip(excess / np.maximum(slope, 1e-12), -_LARGEST_CHANGE, _LARGEST_CHANGE)
            log_step = np.minimum(log_step - change, largest)
            if np.abs(change).max() < 1e-9:
                break
        return np.asarray(np.exp(log_step))


def _binned(margin: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the bin of each margin and the mean of each bin; every value its own bin where these are few."""
    values, bins = np.unique(margin, return_inverse=True)
    if len(values) > _MOST_BINS:
        edges = np.unique(np.quantile(margin, np.linspace(0, 1, _MOST_BINS + 1)[1:-1]))
        bins = np.unique(np.searchsorted(edges, margin, side="right"), return_inverse=True)[1]
    count = np.bincount(bins)
    return bins, np.bincount(bins, weights=margin) / count
