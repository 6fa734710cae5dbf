"""Two ways to give each customer a value at the horizon in spite of censoring."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from icp_ml.survival.kaplan_meier import kaplan_meier
from icp_ml.survival.risk import FollowUp, follow_up


def ipcw_weights(time: ArrayLike, event: ArrayLike, horizon: float) -> np.ndarray:
    """Return inverse probability of censoring weights for the status at the horizon.

    A customer who churned at ``t <= horizon`` weighs ``1 / G(t-)``, one followed to the horizon without churn
    ``1 / G(horizon-)``, one censored before it 0, where ``G(t-)`` is the Kaplan-Meier chance of not being censored
    before ``t``. Churn precedes censoring at the same time, so the weights sum to n and the weighted share churned is
    exactly one minus Kaplan-Meier.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        As in :func:`icp_ml.survival.kaplan_meier`, all seen from the start.
    horizon : float
        Months; follow-up of exactly the horizon without churn counts as kept.

    Returns
    -------
    ndarray of float, shape (n,)
        Weights. Where nobody is followed to the horizon the kept have no representative and the sum falls short of n.

    References
    ----------
    Graf et al. (1999), doi:10.1002/(SICI)1097-0258(19990915/30)18:17/18<2529::AID-SIM274>3.0.CO;2-5; equality with
    Kaplan-Meier: Satten and Datta (2001), doi:10.1198/000313001317098185.

    Examples
    --------
    >>> ipcw_weights([3, 6, 12, 12], [True, False, False, True], 12).round(9).tolist()
    [1.0, 0.0, 1.5, 1.5]
    """
    observations = follow_up(time, event)
    times, censored = np.unique(observations.time[~observations.event], return_counts=True)
    ends, churned = np.unique(observations.time[observations.event], return_counts=True)
    tied = np.zeros(len(times), dtype=int)
    _, left, right = np.intersect1d(times, ends, assume_unique=True, return_indices=True)
    tied[left] = churned[right]
    uncensored = np.concatenate([[1.0], np.cumprod(1 - censored / (observations.at_risk(times) - tied))])
    known = (observations.event & (observations.time <= horizon)) | (observations.time >= horizon)
    before = uncensored[np.searchsorted(times, np.minimum(observations.time, horizon), side="left")]
    return np.where(known, 1 / np.where(known, before, 1.0), 0.0)


def kept_pseudo_values(time: ArrayLike, event: ArrayLike, horizon: float, entry: ArrayLike | None = None) -> np.ndarray:
    """Return jackknife pseudo-observations of being kept at the horizon.

    ``n S(h) - (n - 1) S_without_i(h)`` with ``S`` the Kaplan-Meier estimate: 1 or 0 without censoring, and unbiased for
    each customer's chance to be kept under censoring that does not depend on who they are. All n leave-one-out
    estimates come from one pass over the risk sets.

    Parameters
    ----------
    time, event, entry : array-like, shape (n,)
        As in :func:`icp_ml.survival.kaplan_meier`.
    horizon : float
        Months.

    Returns
    -------
    ndarray of float, shape (n,)
        Pseudo-observations, also below 0 and above 1; customers never at risk carry the overall estimate.

    Raises
    ------
    NotEnoughDataError
        If nobody was ever at risk.

    References
    ----------
    Andersen, Klein and Rosthoj (2003), doi:10.1093/biomet/90.1.15.

    Examples
    --------
    >>> kept_pseudo_values([3, 12], [True, False], 12).tolist()
    [0.0, 1.0]
    """
    estimate = kaplan_meier(time, event, entry)
    observations = estimate.observations
    within = estimate.times <= horizon
    times, churned, risk = estimate.times[within], estimate.churned[within], estimate.risk[within]
    without = _leave_one_out(observations, times, churned, risk)
    n, overall = len(observations.time), estimate.survival_at(horizon)
    return n * overall - (n - 1) * np.where(observations.observed, without, overall)


def _leave_one_out(observations: FollowUp, times: np.ndarray, churned: np.ndarray, risk: np.ndarray) -> np.ndarray:
    """Kaplan-Meier after the last of ``times`` without each customer in turn."""
    others = np.maximum(risk - 1, 1)
    whole = _log_prefix(1 - churned / risk)
    # Where the one left out was alone at risk, nobody is left to churn: the factor is 1.
    reduced = _log_prefix(np.where(risk > 1, 1 - churned / others, 1.0))
    first = np.searchsorted(times, observations.entry, side="right")
    last = np.maximum(np.searchsorted(times, observations.time, side="right"), first)
    own = observations.event & (last > first)
    own[own] = times[last[own] - 1] == observations.time[own]
    stop = np.where(own, last - 1, last)
    exponent = whole[first] + reduced[stop] - reduced[first] + whole[-1] - whole[last]
    at = last[own] - 1
    mine = _log_prefix(np.where(risk > 1, 1 - (churned - 1) / others, 1.0))
    exponent[own] += mine[at + 1] - mine[at]
    # Zeros are counted in the imaginary part, since minus infinity would not cancel in the differences above.
    return np.where(exponent.imag > 0.5, 0.0, np.exp(exponent.real))


def _log_prefix(factors: np.ndarray) -> np.ndarray:
    """Cumulative log of the factors with a leading 0; zero factors add 1 to the imaginary part instead."""
    zero = factors <= 0
    return np.concatenate([[0.0], np.cumsum(np.log(np.where(zero, 1.0, factors)) + 1j * zero)])
