"""What was seen of a customer in its first days: one column a signal and aggregate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.cohort.months import months_between, to_days

AGGREGATES = {"count": "times", "mean": "average", "sum": "total", "last": "last"}
"""What is made of a signal's values in the window, and what its column is called after."""
ARR = "arr_at_start"

_LEAST_CUSTOMERS = 10
"""Customers of whom a signal must have been seen."""
_REPEATED = 0.1
"""Share of those with a signal who have it more than once, under which total and last value hardly say more."""
_MOST_SIGNALS = 30
_LEAST_ARR = 0.5
"""Share of customers whose ARR must be known."""


@dataclass(frozen=True)
class Seen:
    """What a column holds: an aggregate of a signal in the window, or the ARR at the start (no signal)."""

    signal: str | None
    aggregate: str


@dataclass(frozen=True)
class EarlyLife:
    """What was seen of each customer whose window has passed, in the order of the cohort.

    Parameters
    ----------
    frame : DataFrame, shape (n, n_columns)
        Numbers, indexed by ``account_id``. A signal that never occurred has count and total 0 and everything else
        missing; where a customer's window had passed before anybody's was recorded, all of it is missing.
    columns : mapping of str to Seen
        What each column holds.
    rows : ndarray of int, shape (n,)
        Positions of the customers in the cohort.
    day : ndarray of datetime64[D], shape (n,)
        First day after the window: from it on the customer's forecast can be made.
    months : ndarray of float, shape (n,)
        Calendar months from the start to that day.
    on_first_day : mapping of str to float
        By signal, the share of what was seen in the window that is dated on the very day of the start.
    """

    frame: pd.DataFrame
    columns: Mapping[str, Seen]
    rows: np.ndarray
    day: np.ndarray
    months: np.ndarray
    on_first_day: Mapping[str, float] = field(default_factory=dict)

    @property
    def signals(self) -> list[str]:
        """Signals that made a column, in the order of the alphabet."""
        return sorted({seen.signal for seen in self.columns.values() if seen.signal is not None})


def early_life(cohort: Cohort, signals: pd.DataFrame, window_days: int) -> EarlyLife:
    """Return what was seen of each customer in the ``window_days`` from its first start, the last day not included.

    Customers of before ``covers_from`` are left out: nobody knows what of their first days was recorded.

    Parameters
    ----------
    cohort : Cohort
        Who is a customer since when.
    signals : DataFrame
        ``account`` (position in the cohort), ``occurred``, ``signal``, ``value``, none after ``as_of``; from
        :func:`icp_ml.cohort.asof.records_by`.
    window_days : int
        Length of the window.

    Returns
    -------
    EarlyLife
        Customers whose window has passed by ``as_of``. Nothing outside a customer's own window enters.
    """
    accounts = cohort.accounts
    started = to_days(accounts["started_at"])
    day = started + np.timedelta64(window_days, "D")
    covered = ~(accounts["entry_months"].to_numpy(dtype=float, na_value=np.nan) > 0)
    rows = np.flatnonzero((day <= np.datetime64(cohort.as_of, "D")) & covered)
    within = _within(signals, started, rows, window_days)
    parts: dict[str, tuple[Seen, np.ndarray]] = _arr(accounts["arr_start"].to_numpy(dtype=float)[rows])
    for signal in _frequent(within):
        own = within[within["signal"] == signal]
        first = own["occurred"].min()
        known = day[rows] > to_days([first])[0]
        parts |= {
            _name(signal, aggregate): (Seen(signal, aggregate), np.where(known, values, np.nan))
            for aggregate, values in _aggregates(own, len(rows)).items()
        }
    kept = {_free(name, cohort): part for name, part in parts.items() if _varies(part[1])}
    on_first_day = (within["occurred"] == within["started"]).groupby(within["signal"]).mean()
    return EarlyLife(
        pd.DataFrame({name: values for name, (_, values) in kept.items()}, index=accounts.index[rows]),
        {name: seen for name, (seen, _) in kept.items()},
        rows,
        day[rows],
        months_between(started[rows], day[rows]),
        {str(signal): float(share) for signal, share in on_first_day.items()},
    )


def _within(signals: pd.DataFrame, started: np.ndarray, rows: np.ndarray, window_days: int) -> pd.DataFrame:
    """Signals inside the window of their customer, who is told by position in ``rows``; in an order that is theirs."""
    place = np.full(len(started), -1)
    place[rows] = np.arange(len(rows))
    account, occurred = signals["account"].to_numpy(), to_days(signals["occurred"])
    begin = started[account]
    inside = (place[account] >= 0) & (occurred >= begin) & (occurred < begin + np.timedelta64(window_days, "D"))
    within = signals[inside & signals["signal"].notna().to_numpy()]
    within = within.assign(
        customer=place[within["account"]], started=started[within["account"]].astype("datetime64[ns]")
    )
    # Sums in one order, and the last of several values of one day the largest, however the file is sorted.
    return within.sort_values(["signal", "customer", "occurred", "value"], na_position="first", ignore_index=True)


def _frequent(within: pd.DataFrame) -> list[str]:
    """Signals seen of enough customers, those of most first if there are many, in the order of the alphabet."""
    customers = within.groupby("signal")["customer"].nunique()
    enough = customers[customers >= _LEAST_CUSTOMERS]
    return sorted(sorted(enough.index.astype(str), key=lambda name: (-enough[name], name))[:_MOST_SIGNALS])


def _aggregates(own: pd.DataFrame, n: int) -> dict[str, np.ndarray]:
    """Aggregate one signal by customer; what would only repeat another aggregate is left out."""
    by_customer = own.groupby("customer")["value"]
    count = np.bincount(own["customer"].to_numpy(), minlength=n).astype(float)
    found = {"count": count, "mean": by_customer.mean().reindex(range(n)).to_numpy(dtype=float)}
    if own["value"].nunique() > 1 and (count > 1).sum() >= _REPEATED * (count > 0).sum():
        total = by_customer.sum(min_count=1).reindex(range(n)).to_numpy(dtype=float)
        found["sum"] = np.where(count > 0, total, 0.0)
        found["last"] = by_customer.last().reindex(range(n)).to_numpy(dtype=float)
    return found


def _arr(values: np.ndarray) -> dict[str, tuple[Seen, np.ndarray]]:
    """ARR at the start, where it is known of enough customers."""
    known = np.isfinite(values)
    return {ARR: (Seen(None, "last"), values)} if len(values) and known.mean() >= _LEAST_ARR else {}


def _varies(values: np.ndarray) -> bool:
    """Whether a column tells any two customers apart."""
    return len(np.unique(values[np.isfinite(values)])) > 1


def _name(signal: str, aggregate: str) -> str:
    return f"{signal}, {AGGREGATES[aggregate]}"


def _free(name: str, cohort: Cohort) -> str:
    """Return a name that no attribute has."""
    while name in cohort.attributes.columns:
        name += " (seen)"
    return name
