"""The outcomes that rules are searched and judged on: who is measured, an additive score, and rates inside a group.

``churn`` is measured on customers by Kaplan-Meier, ``won`` on decided accounts as a plain rate, ``won_and_kept`` on
decided accounts as win rate times Kaplan-Meier retention, ``pull`` on customers as a mean. Contract, section 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.criteria.deviance import Deviance
from icp_ml.survival import kaplan_meier, kept_pseudo_values, logrank_scores, supported_horizon

_SEARCHED_HORIZONS = 2

OutcomeName = Literal["churn", "won", "won_and_kept", "pull"]


@dataclass(frozen=True)
class GroupRate:
    """A rate in one group: ``variance`` is of the estimate, ``n`` accounts, ``events`` of them with the outcome."""

    estimate: float
    variance: float
    n: int
    events: int


@dataclass(frozen=True)
class Outcome:
    """One outcome on the accounts it is measured on.

    Parameters
    ----------
    name : str
        ``churn``, ``won``, ``won_and_kept`` or ``pull``.
    rows : ndarray, shape (n,), int
        Positions of the measured accounts in the cohort.
    strata : ndarray, shape (n,), int
        Periods within which outcomes are exchangeable if nothing matters.
    horizon : int
        Months at which churn and retention are read.
    won : ndarray, shape (n,), float
        1 won, 0 lost (ones for churn).
    time, entry : ndarray, shape (n,), float
        Months of follow-up and of delayed entry; NaN for accounts that are no customers.
    churned : ndarray, shape (n,), bool
        Churn seen at ``time``.
    value : ndarray, shape (n,), float
        Pull, 0..1, for ``pull``; empty otherwise.
    """

    name: OutcomeName
    rows: np.ndarray
    strata: np.ndarray
    horizon: int
    won: np.ndarray
    time: np.ndarray
    entry: np.ndarray
    churned: np.ndarray
    value: np.ndarray

    @property
    def label(self) -> str:
        """Name as the contract spells it, for instance ``churn_12m``."""
        suffix = {"churn": f"churn_{self.horizon}m", "won_and_kept": f"won_and_kept_{self.horizon}m"}
        return suffix.get(self.name, self.name)

    @property
    def followed(self) -> np.ndarray:
        """Which accounts are customers with follow-up, shape (n,), bool."""
        return ~np.isnan(self.time)

    @property
    def _until(self) -> int:
        """Months to which leaving counts in the search: what drives a group out goes on doing so at later renewals."""
        return _SEARCHED_HORIZONS * self.horizon

    @property
    def fewer_events(self) -> float:
        """How many had the outcome or how many had not, whichever are fewer; for pull half of those measured."""
        if self.name == "pull":
            return len(self.rows) / 2
        if self.name == "churn":
            return float(np.sum(self.churned & (self.time <= self._until) & self.followed))
        had = float(self.values().sum())
        return min(had, len(self.rows) - had)

    def subset(self, mask: np.ndarray) -> Outcome:
        """Return the same outcome on some of its accounts."""
        value = self.value[mask] if self.value.size else self.value
        return Outcome(
            self.name, self.rows[mask], self.strata[mask], self.horizon, self.won[mask], self.time[mask],
            self.entry[mask], self.churned[mask], value,
        )  # fmt: skip

    def scores(self) -> np.ndarray:
        """Return additive scores that sum to zero within every stratum, shape (n,), high where the outcome is more."""
        if self.name == "churn":
            return logrank_scores(self.time, self.churned, self._until, self.entry, self.strata)
        return _centred(self.values(), self.strata)

    def values(self) -> np.ndarray:
        """Return each account's outcome on its own scale, shape (n,): their mean is the rate.

        Where censoring hides it, a pseudo-observation stands for it.
        """
        if self.name == "won":
            return self.won
        if self.name == "pull":
            return self.value
        kept, followed = np.zeros(len(self.won)), self.followed
        if followed.any():
            kept[followed] = kept_pseudo_values(
                self.time[followed], self.churned[followed], self.horizon, self.entry[followed]
            )
            kept[~followed] = kept[followed].mean()  # won, but nothing is known of keeping yet: as all others
        return 1 - kept if self.name == "churn" else self.won * kept

    def deviance(self, sign: int) -> Deviance:
        """Return the scale on which groups are compared by ``sign * scores()``: events against expected, or shares."""
        if self.name == "pull":
            return Deviance()
        if self.name == "churn":
            events = self.churned & (self.time <= self._until) & self.followed
            return Deviance("poisson", float(events.mean()), sign)
        return Deviance("binomial", float(self.values().mean()), sign)

    def rate(self, mask: np.ndarray) -> GroupRate | None:
        """Return the rate among the accounts of a bool mask; None where it is undefined."""
        n = int(mask.sum())
        if n == 0:
            return None
        if self.name == "churn":
            return self._churn_rate(mask)
        if self.name == "won":
            return _share(self.won[mask])
        if self.name == "pull":
            value = self.value[mask]
            spread = float(value.var(ddof=1)) / n if n > 1 else float("nan")
            return GroupRate(float(value.mean()), spread, n, n)
        return self._won_and_kept_rate(mask)

    def _churn_rate(self, mask: np.ndarray) -> GroupRate | None:
        followed = mask & self.followed
        if not followed.any():
            return None
        curve = kaplan_meier(self.time[followed], self.churned[followed], self.entry[followed])
        events = int(np.sum(self.churned[followed] & (self.time[followed] <= self.horizon)))
        churn = 1 - float(curve.survival_at(self.horizon))
        return GroupRate(churn, float(curve.variance_at(self.horizon)), int(followed.sum()), events)

    def _won_and_kept_rate(self, mask: np.ndarray) -> GroupRate | None:
        win, churn = _share(self.won[mask]), self._churn_rate(mask & (self.won > 0))
        if churn is None:
            return GroupRate(0.0, win.variance, win.n, 0) if win.estimate == 0 else None
        kept = 1 - churn.estimate
        variance = win.estimate**2 * churn.variance + kept**2 * win.variance
        return GroupRate(win.estimate * kept, variance, win.n, win.events - churn.events)


def measured_horizon(cohort: Cohort) -> int | None:
    """Return the months at which keeping can be read: the horizon, or the longest month with 30 customers at risk.

    None where even the first month has fewer: keeping is then not measured.
    """
    customers = cohort.accounts[cohort.customers]
    if customers.empty:
        return None
    time = customers["follow_up_months"].to_numpy(dtype=float)
    entry = customers["entry_months"].to_numpy(dtype=float)
    return supported_horizon(time, customers["churned"].to_numpy(dtype=bool), cohort.horizon, entry=entry)


def churn_outcome(cohort: Cohort, horizon: int) -> Outcome:
    """Return churn among the cohort's customers, periods by start."""
    rows = np.flatnonzero(cohort.customers & (cohort.accounts["follow_up_months"].to_numpy(dtype=float) > 0))
    return _measured("churn", cohort, rows, horizon, "started_at")


def won_outcome(cohort: Cohort, horizon: int, kept: bool) -> Outcome:
    """Return winning, or winning and keeping, among decided accounts, periods by decision."""
    name: OutcomeName = "won_and_kept" if kept else "won"
    return _measured(name, cohort, np.flatnonzero(cohort.decided), horizon, "decided_at")


def pull_outcome(cohort: Cohort, horizon: int, among: np.ndarray) -> Outcome:
    """Return pull among the customers of a bool mask for whom it is measured."""
    measured = ~np.isnan(cohort.accounts["pull_score"].to_numpy(dtype=float, na_value=np.nan))
    return _measured("pull", cohort, np.flatnonzero(among & measured), horizon, "started_at")


def _measured(name: OutcomeName, cohort: Cohort, rows: np.ndarray, horizon: int, dated: str) -> Outcome:
    accounts = cohort.accounts.iloc[rows]
    customers = accounts["is_customer"].to_numpy(dtype=bool)
    time = np.where(customers, accounts["follow_up_months"].to_numpy(dtype=float, na_value=np.nan), np.nan)
    entry = np.where(customers, accounts["entry_months"].to_numpy(dtype=float, na_value=0.0), np.nan)
    value = accounts["pull_score"].to_numpy(dtype=float, na_value=np.nan) if name == "pull" else np.empty(0)
    return Outcome(
        name, rows, period_strata(accounts[dated]), horizon, (accounts["outcome"] == "won").to_numpy(dtype=float),
        time, entry, accounts["churned"].to_numpy(dtype=bool) & customers, value,
    )  # fmt: skip


def period_strata(dates: pd.Series, per_stratum: int = 250, most: int = 12) -> np.ndarray:
    """Return periods of about equal numbers of accounts by date, shape (n,), int; undated accounts in the first."""
    strata = max(1, min(most, len(dates) // per_stratum))
    position = dates.rank(method="average", na_option="top").to_numpy() - 1
    return np.minimum((position * strata / max(len(dates), 1)).astype(int), strata - 1)


def _share(values: np.ndarray) -> GroupRate:
    n, k = len(values), float(values.sum())
    shrunk = (k + 1) / (n + 2)  # Laplace: a group without or with only events still has a spread
    return GroupRate(k / n, shrunk * (1 - shrunk) / n, n, round(k))


def _centred(values: np.ndarray, strata: np.ndarray) -> np.ndarray:
    means = np.bincount(strata, values) / np.maximum(np.bincount(strata), 1)
    return np.asarray(values - means[strata])
