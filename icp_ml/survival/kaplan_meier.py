"""Kaplan-Meier retention with delayed entry, its intervals, and how far the data carry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from icp_ml.errors import NotEnoughDataError
from icp_ml.survival.intervals import wilson_interval
from icp_ml.survival.risk import FollowUp, follow_up


@dataclass(frozen=True)
class KaplanMeier:
    """A product-limit estimate of the share kept, a step function that falls at churn times.

    Parameters
    ----------
    times : ndarray of float, shape (k,)
        Distinct churn times in months, ascending.
    churned, risk : ndarray of int, shape (k,)
        Churned at, and at risk at, each of ``times``.
    survival : ndarray of float, shape (k,)
        Share kept after each of ``times``.
    observations : FollowUp
        What it was estimated from.
    """

    times: np.ndarray
    churned: np.ndarray
    risk: np.ndarray
    survival: np.ndarray
    observations: FollowUp

    @property
    def n(self) -> int:
        """Customers that were ever at risk."""
        return int(self.observations.observed.sum())

    @property
    def last(self) -> float:
        """Longest follow-up in months; beyond it the estimate is only carried forward."""
        return float(self.observations.time[self.observations.observed].max())

    def survival_at(self, t: float) -> float:
        """Return the share kept beyond ``t`` months; churn at exactly ``t`` counts as lost."""
        index = self._index(t)
        return float(self.survival[index - 1]) if index else 1.0

    def at_risk(self, t: float) -> int:
        """Return how many are still under observation at ``t`` months: ``entry < t <= time``."""
        return int(self.observations.at_risk(np.array([t], dtype=float))[0])

    def events_by(self, t: float) -> int:
        """Return how many churned at or before ``t`` months."""
        return int(self.churned[: self._index(t)].sum())

    def variance_at(self, t: float) -> float:
        """Return Greenwood's variance of :meth:`survival_at`; 0 before the first churn and once nobody is kept."""
        survival = self.survival_at(t)
        if survival in (0.0, 1.0):
            return 0.0
        churned, risk = self.churned[: self._index(t)], self.risk[: self._index(t)]
        return float(survival**2 * np.sum(churned / (risk * (risk - churned))))

    def interval_at(self, t: float, level: float = 0.90) -> tuple[float, float]:
        """Return an interval for :meth:`survival_at`.

        Wilson's interval at the effective sample size ``S(1 - S) / Var(S)``, the number of fully followed customers
        that would give Greenwood's variance; where ``S`` is 1 it is the number at risk at ``t``, where it is 0 that at
        the last churn. Without censoring it is exactly Wilson's interval, until nobody is kept: no more are kept then
        than just before the last churn, and that bounds it, so that the last one of many who leaves does not make all
        the others unknown. Chosen over log-log, which does not exist before the first churn.

        Parameters
        ----------
        t : float
            Months.
        level : float, default 0.90
            Two-sided coverage.

        Returns
        -------
        tuple of float
            Low and high end of the share kept; ``(0.0, 1.0)`` where nobody is at risk and nothing happened.

        References
        ----------
        Rothman (1978), doi:10.1016/0021-9681(78)90043-7, preferred in small samples by Anderson, Bernstein and Pike
        (1982), Biometrics 38, 407-416; before the first churn: Dorey and Korn (1987), doi:10.1002/sim.4780060605.
        """
        survival, index = self.survival_at(t), self._index(t)
        low, high = self._wilson(t, survival, level)
        if survival == 0.0 and index > 1:
            before = float(self.survival[index - 2])
            high = min(high, self._wilson(float(self.times[index - 2]), before, level)[1])
        return low, high

    def effective_n(self, t: float) -> float:
        """Count the fully followed customers that would tell as much of the share kept at ``t`` months.

        Once nobody is kept it is what told as much just before the last churn, where that is more.
        """
        survival, index = self.survival_at(t), self._index(t)
        if survival == 0.0 and index > 1:
            before = self._informed_by(float(self.times[index - 2]), float(self.survival[index - 2]))
            return max(before, self._informed_by(t, survival))
        return self._informed_by(t, survival)

    def _wilson(self, t: float, survival: float, level: float) -> tuple[float, float]:
        effective = self._informed_by(t, survival)
        return wilson_interval(survival * effective, effective, level)

    def _informed_by(self, t: float, survival: float) -> float:
        if survival == 1.0:
            return float(self.at_risk(t))
        if survival == 0.0:
            return float(self.risk[self._index(t) - 1])
        return survival * (1 - survival) / self.variance_at(t)

    def _index(self, t: float) -> int:
        """Count the churn times up to and with ``t``."""
        return int(np.searchsorted(self.times, t, side="right"))


def kaplan_meier(time: ArrayLike, event: ArrayLike, entry: ArrayLike | None = None) -> KaplanMeier:
    """Estimate the share kept over time.

    One computation serves with and without delayed entry, so that both mean the same; without it the estimate equals
    ``scipy.stats.ecdf`` on censored data.

    Parameters
    ----------
    time : array-like of float, shape (n,)
        Months from the start to churn or censoring.
    event : array-like of bool, shape (n,)
        Whether it was churn.
    entry : array-like of float, shape (n,), optional
        Months after the start at which each customer enters the risk set; default 0 for all.

    Returns
    -------
    KaplanMeier
        The estimate ``S(t) = prod over churn times u <= t of (1 - churned(u) / at_risk(u))``.

    Raises
    ------
    NotEnoughDataError
        If nobody was ever at risk.
    ValueError
        If the arrays do not fit together.

    References
    ----------
    Kaplan and Meier (1958), doi:10.1080/01621459.1958.10501452; delayed entry: Tsai, Jewell and Wang (1987),
    doi:10.1093/biomet/74.4.883.

    Examples
    --------
    >>> kaplan_meier([3, 6, 6, 12], [True, True, False, False]).survival_at(12)
    0.5
    """
    observations = follow_up(time, event, entry)
    if not observations.observed.any():
        raise NotEnoughDataError(
            f"retention needs at least one customer at risk; found {len(observations.time)} customers, none of them "
            "ever under observation; check the subscriptions, as_of and covers_from"
        )
    times, churned, risk = observations.event_table()
    return KaplanMeier(times, churned, risk, np.cumprod(1 - churned / risk), observations)


def churn_rate(time: ArrayLike, event: ArrayLike, horizon: float, entry: ArrayLike | None = None) -> float:
    """Return the Kaplan-Meier share churned within ``horizon`` months, the anniversary included.

    Parameters and exceptions as in :func:`kaplan_meier`.

    >>> churn_rate([3, 6, 6, 12], [True, True, False, False], 6)
    0.5
    """
    return 1.0 - kaplan_meier(time, event, entry).survival_at(horizon)


def supported_horizon(
    time: ArrayLike, event: ArrayLike, horizon: int, minimum: int = 30, entry: ArrayLike | None = None
) -> int | None:
    """Return the longest whole month up to ``horizon`` at which enough customers are at risk.

    Parameters
    ----------
    time, event, entry : array-like
        As in :func:`kaplan_meier`.
    horizon : int
        Months asked for.
    minimum : int, default 30
        Customers that must be at risk at the horizon.

    Returns
    -------
    int or None
        Months, at least 1; None where not even the first month has enough, so that no churn rate can be given.

    Examples
    --------
    >>> supported_horizon([2.5] * 30 + [12] * 29, [False] * 59, 12)
    2
    """
    months = np.arange(1, int(horizon) + 1)
    enough = months[follow_up(time, event, entry).at_risk(months.astype(float)) >= minimum]
    return int(enough[-1]) if len(enough) else None
