"""Cumulative hazard and log-rank scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from icp_ml.survival.risk import FollowUp, follow_up


@dataclass(frozen=True)
class StepFunction:
    """A step function from 0 that jumps at ``times`` to ``values``, right-continuous.

    >>> StepFunction(np.array([2.0]), np.array([0.5]))([1, 2, 3]).tolist()
    [0.0, 0.5, 0.5]
    """

    times: np.ndarray
    values: np.ndarray

    def __call__(self, t: ArrayLike) -> np.ndarray:
        """Return the value at each of ``t``, jumps at ``t`` included."""
        index = np.searchsorted(self.times, np.asarray(t, dtype=float), side="right")
        return np.concatenate([[0.0], self.values])[index]


def nelson_aalen(time: ArrayLike, event: ArrayLike, entry: ArrayLike | None = None) -> StepFunction:
    """Estimate the cumulative churn hazard ``sum over churn times u <= t of churned(u) / at_risk(u)``.

    Parameters
    ----------
    time, event, entry : array-like
        As in :func:`icp_ml.survival.kaplan_meier`.

    Returns
    -------
    StepFunction
        Cumulative hazard by months; 0 everywhere where nobody churned.

    References
    ----------
    Aalen (1978), doi:10.1214/aos/1176344247.

    Examples
    --------
    >>> nelson_aalen([3, 6, 6, 12], [True, True, False, False])([3, 6]).tolist()
    [0.25, 0.5833333333333333]
    """
    return _cumulative_hazard(follow_up(time, event, entry))


def logrank_scores(
    time: ArrayLike,
    event: ArrayLike,
    horizon: float,
    entry: ArrayLike | None = None,
    strata: ArrayLike | None = None,
) -> np.ndarray:
    """Return each customer's churn seen minus churn expected up to the horizon.

    The martingale residual at the horizon, ``event by h - (L(min(time, h)) - L(min(entry, h)))`` with ``L`` the
    cumulative hazard of all customers of the stratum: above 0 for those who churned sooner than expected. The sum over
    a group is the log-rank numerator of the group against all, and the sum over a stratum is 0.

    Parameters
    ----------
    time, event, entry : array-like, shape (n,)
        As in :func:`icp_ml.survival.kaplan_meier`.
    horizon : float
        Months; nothing after it counts.
    strata : array-like, shape (n,), optional
        Labels within which expectations are formed, for instance start year.

    Returns
    -------
    ndarray of float, shape (n,)
        Scores; 0 for customers who were never at risk by the horizon.

    References
    ----------
    Therneau, Grambsch and Fleming (1990), doi:10.1093/biomet/77.1.147.

    Examples
    --------
    >>> logrank_scores([3, 12], [True, False], 12).tolist()
    [0.5, -0.5]
    """
    observations = follow_up(time, event, entry)
    if strata is None:
        return _scores(observations, horizon)
    labels = np.unique(np.asarray(strata), return_inverse=True)[1]
    if labels.shape != observations.time.shape:
        raise ValueError(f"strata must have one label a customer; found {len(labels)} of {len(observations.time)}")
    scores = np.zeros(len(labels))
    for label in range(labels.max(initial=-1) + 1):
        rows = np.flatnonzero(labels == label)
        stratum = FollowUp(observations.time[rows], observations.event[rows], observations.entry[rows])
        scores[rows] = _scores(stratum, horizon)
    return scores


def _scores(observations: FollowUp, horizon: float) -> np.ndarray:
    """Score one stratum."""
    hazard = _cumulative_hazard(observations)
    seen = observations.event & observations.observed & (observations.time <= horizon)
    # At -inf (seen from the start) the hazard is 0 even where somebody churned in month 0.
    expected = hazard(np.minimum(observations.time, horizon)) - hazard(np.minimum(observations.entry, horizon))
    return np.where(observations.observed, seen - expected, 0.0)


def _cumulative_hazard(observations: FollowUp) -> StepFunction:
    """Nelson-Aalen on checked follow-up."""
    times, churned, risk = observations.event_table()
    return StepFunction(times, np.cumsum(churned / risk))
