"""Contract periods to relationships, and the follow-up of each customer's first one."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from icp_ml.cohort.asof import stamps
from icp_ml.cohort.months import months_between, to_days

# Stands for "no end yet" where ends are compared; far from any real date and from overflow.
_OPEN_END = np.datetime64("2200-01-01", "D")


def number_relationships(periods: pd.DataFrame, grace_days: int) -> pd.DataFrame:
    """Return the periods with ``relationship``, 0 for an account's first, 1 for the one after it, and so on.

    Periods that overlap, or start at most ``grace_days`` after the latest end so far, are one relationship.

    Parameters
    ----------
    periods : DataFrame
        As in :class:`icp_ml.cohort.asof.Records`, sorted by account and start.
    grace_days : int
        Longest gap in days that is no churn.

    Returns
    -------
    DataFrame
        A copy with the column added.
    """
    account, started = periods["account"].to_numpy(), to_days(periods["started"])
    ended = np.where(periods["ended"].isna(), _OPEN_END, to_days(periods["ended"]))
    latest_end = pd.Series(ended.astype("int64")).groupby(account).cummax().to_numpy()
    first = np.r_[True, account[1:] != account[:-1]][: len(account)]
    gap = np.r_[0, started.astype("int64")[1:] - latest_end[:-1]][: len(account)]
    begins = ~first & (gap > grace_days)
    return periods.assign(relationship=pd.Series(begins.astype(int)).groupby(account).cumsum().to_numpy())


def follow_customers(
    periods: pd.DataFrame | None,
    n_accounts: int,
    as_of: np.datetime64,
    grace_days: int,
    covers_from: dt.date | None,
) -> pd.DataFrame:
    """Return what happened to each account's first relationship, one row an account.

    Follow-up ends for all at ``as_of`` less ``grace_days``: a relationship that ended by then churned on its end date,
    anything later is censored there. One that ended while its renewal was still open is censored at that end.

    Parameters
    ----------
    periods : DataFrame or None
        Numbered periods.
    n_accounts : int
        Accounts; the result has one row each, in order.
    as_of : datetime64[D]
        Last day covered.
    grace_days : int
        Days after an end within which a renewal may still come.
    covers_from : date, optional
        Day from which customers of earlier starts are under observation.

    Returns
    -------
    DataFrame
        ``started_at``, ``ended_at`` (churned only), ``observed_from``, ``followed_to`` : datetime64[ns].
        ``churned``, ``is_customer``, ``won_back`` : bool.
        ``entry_months``, ``follow_up_months``, ``follow_up_days`` : float, NaN without a start.
        ``periods`` : int, those of the first relationship.
    """
    first = _first_relationships(periods, n_accounts)
    started, end = to_days(first["started"]), to_days(first["ended"])
    until = as_of - np.timedelta64(grace_days, "D")
    over = end <= until
    churned = over & ~first["undecided"].to_numpy()
    followed_to = np.where(over, end, np.where(np.isnat(started), started, np.maximum(until, started)))
    months = months_between(started, followed_to)
    observed_from = started if covers_from is None else np.maximum(started, np.datetime64(covers_from, "D"))
    entry = months_between(started, observed_from)
    at_risk = np.where(entry > 0, months > entry, churned | (months > 0))
    return pd.DataFrame(
        {
            "started_at": stamps(started),
            "ended_at": stamps(np.where(churned, end, np.datetime64("NaT", "D"))),
            "observed_from": stamps(observed_from),
            "followed_to": stamps(followed_to),
            "churned": churned,
            "is_customer": at_risk & ~np.isnat(started),
            "won_back": first["won_back"].to_numpy(),
            "entry_months": entry,
            "follow_up_months": months,
            "follow_up_days": _days(followed_to - started),
            "periods": first["periods"].to_numpy(),
        }
    )


def _first_relationships(periods: pd.DataFrame | None, n_accounts: int) -> pd.DataFrame:
    """Start, end (NaT while active), whether its renewal was open, periods and win-back of each account's first."""
    every = pd.RangeIndex(n_accounts)
    if periods is None:
        missing = pd.Series(pd.NaT, index=every, dtype="datetime64[ns]")
        absent = pd.DataFrame({"started": missing, "ended": missing}, index=every)
        return absent.assign(undecided=False, won_back=False, periods=0)
    own = periods[periods["relationship"] == 0]
    own = own.assign(ended=own["ended"].fillna(pd.Timestamp(_OPEN_END)))
    by_account = own.groupby("account")
    first = by_account.agg(started=("started", "min"), ended=("ended", "max"), periods=("arr", "size"))
    last_to_end = own["ended"] == by_account["ended"].transform("max")
    undecided = own.loc[own["undecided"] & last_to_end, "account"]
    won_back = periods.loc[periods["relationship"] > 0, "account"]
    first = first.assign(ended=first["ended"].mask(first["ended"] == pd.Timestamp(_OPEN_END))).reindex(every)
    return first.assign(
        undecided=every.isin(undecided), won_back=every.isin(won_back), periods=first["periods"].fillna(0).astype(int)
    )


def _days(span: np.ndarray) -> np.ndarray:
    """Whole days of a time span as float, NaN where missing."""
    return np.where(np.isnat(span), np.nan, span.astype("timedelta64[D]").astype(float))
