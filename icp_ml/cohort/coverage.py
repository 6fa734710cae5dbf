"""Whether all customers of the earliest years are on record, or only those who stayed, or only those who left."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.cohort.months import months_between, to_days
from icp_ml.survival import MissingEndings, find_missing_endings, find_missing_survivors

_QUARTER = 3
_LIKE_LATER = 0.5
"""Endings of the first quarter under memory, as a share of the mean of the four after it."""


def partly_on_record(accounts: pd.DataFrame, horizon: int) -> list[str]:
    """Warn where too few of the earliest customers left, or too few stayed, to be all that there were.

    Parameters
    ----------
    accounts : DataFrame
        ``is_customer``, ``started_at``, ``ended_at``, ``follow_up_months``, ``churned``, ``entry_months`` by account.
    horizon : int
        Churn horizon in months.

    Returns
    -------
    list of str
        Sentences, none where everything is plausible.
    """
    customers = accounts[accounts["is_customer"]]
    years = customers["started_at"].dt.year
    followed = customers["follow_up_months"], customers["churned"], horizon, customers["entry_months"]
    notes = []
    if few := find_missing_endings(years, *followed):
        notes.append(
            f"of {few.customers} customers started up to {few.last_year} only {few.seen} churned within {horizon} "
            f"months, where later ones lead one to expect {few.expected:.0f}: the records may hold only the survivors "
            f"of that time; if so, set covers_from, for instance to {_memory_begins(customers, horizon, few)}"
        )
    if gone := find_missing_survivors(years, *followed):
        notes.append(
            f"of {gone.customers} customers started up to {gone.last_year} only {gone.seen} were still there after "
            f"{gone.months} months, where later ones lead one to expect {gone.expected:.0f}: the records may hold only "
            "those of that time who have left, which makes every churn rate too high; if so, add the others, or leave "
            f"out who started before {gone.last_year + 1}-01-01"
        )
    return notes


def _memory_begins(customers: pd.DataFrame, horizon: int, found: MissingEndings) -> np.datetime64:
    """Return the first quarter from which endings seem to be on record, else the year after the suspect ones.

    It has about as many endings as the quarters after it, and with late entry from then on none are missing.
    """
    ended = to_days(customers["ended_at"].dropna())
    months = ended.astype("datetime64[M]").astype(int)
    quarters, count = np.unique(months // _QUARTER, return_counts=True)
    for quarter in quarters:
        next_four = count[(quarters > quarter) & (quarters <= quarter + 4)].sum() / 4
        day = np.datetime64(int(quarter) * _QUARTER, "M").astype("datetime64[D]")
        if count[quarters == quarter][0] >= _LIKE_LATER * next_four and _complete_from(customers, horizon, day):
            return day
    return np.datetime64(f"{found.last_year + 1}-01-01")


def _complete_from(customers: pd.DataFrame, horizon: int, day: np.datetime64) -> bool:
    """Whether nobody seems to be missing if customers of earlier starts come under observation on a day."""
    started = to_days(customers["started_at"])
    entry = np.maximum(months_between(started, np.maximum(started, day)), customers["entry_months"])
    years = customers["started_at"].dt.year
    time, event = customers["follow_up_months"], customers["churned"]
    return find_missing_endings(years, time, event, horizon, entry) is None
