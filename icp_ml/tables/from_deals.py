"""Contract periods derived from won deals, for companies without a table of subscriptions. Contract, section 2.

A won new deal opens ``term_months`` (default 12) from its closing day; a won renewal extends that term; a won expansion
adds ARR until the current term's end. While a renewal deal is open at the term's end, follow-up ends there, censored.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

DEFAULT_TERM_MONTHS = 12
COLUMNS = ("account_id", "started_at", "ended_at", "arr", "currency", "end_reason", "censored_at", "term_ends_at")


@dataclass
class _Period:
    """One derived period; ``renewed`` once a renewal follows it, ``base`` the term an expansion adds to."""

    start: pd.Timestamp
    end: pd.Timestamp
    arr: float
    renewed: bool = False
    base: _Period | None = None


def derive_subscriptions(opportunities: pd.DataFrame, as_of: dt.date, grace_days: int) -> pd.DataFrame:
    """Return the contract periods that won deals open.

    Parameters
    ----------
    opportunities : DataFrame
        Typed deals as they stood at ``as_of``.
    as_of : date
        Last day covered; a term that ends later is active.
    grace_days : int
        A renewal closed up to this long after the term's end extends it without a gap; a later one opens a new term.

    Returns
    -------
    DataFrame
        Columns of subscriptions with ``censored_at`` (the term's end at which a renewal deal was open; ``ended_at`` is
        then NaT) and ``term_ends_at`` (a running term's planned end). Sorted by the account's first row, then start.
    """
    won = opportunities[(opportunities["outcome"] == "won") & opportunities["closed_at"].notna()]
    pending = _open_renewals(opportunities)
    rows: list[dict[str, object]] = []
    for account, deals in won.groupby("account_id", sort=False):
        periods = _periods(deals.sort_values(["closed_at", "opportunity_id"], kind="stable"), grace_days)
        created = pending.get(str(account), np.array([], dtype="datetime64[ns]"))
        rows += [_row(str(account), period, as_of, created) for period in periods]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    dates = dict.fromkeys(("started_at", "ended_at", "censored_at", "term_ends_at"), "datetime64[ns]")
    words = dict.fromkeys(("account_id", "currency", "end_reason"), "str")
    return frame.astype({**dates, **words, "arr": "float64"})


def _open_renewals(opportunities: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return, by account, the creation days of renewal deals that are open."""
    chosen = (opportunities["outcome"] == "open") & (opportunities["kind"] == "renewal")
    groups = opportunities[chosen].groupby("account_id", sort=False)["created_at"]
    return {str(account): created.to_numpy() for account, created in groups}


def _periods(deals: pd.DataFrame, grace_days: int) -> list[_Period]:
    """Return the periods of one account, its won deals being in the order they closed."""
    periods: list[_Period] = []
    extras: list[_Period] = []
    grace = pd.Timedelta(days=grace_days)
    for kind, day, months, amount in zip(
        deals["kind"], deals["closed_at"], deals["term_months"], deals["amount"], strict=True
    ):
        current = _current(periods, day) if kind == "expansion" else None
        if current is not None:
            extras.append(_Period(day, current.end, amount, base=current))
            continue
        renewed = _renewable(periods, day, grace) if kind == "renewal" else None
        if renewed is not None:
            renewed.renewed = True
        start = day if renewed is None else renewed.end
        term = pd.DateOffset(months=max(1, round(months)) if months > 0 else DEFAULT_TERM_MONTHS)
        periods.append(_Period(start, start + term, amount))
    return sorted([*periods, *extras], key=lambda p: p.start)


def _current(periods: list[_Period], day: pd.Timestamp) -> _Period | None:
    """Return the term that runs on a day; of several, the one that ends last."""
    return max((p for p in periods if p.start <= day < p.end), key=lambda p: p.end, default=None)


def _renewable(periods: list[_Period], day: pd.Timestamp, grace: pd.Timedelta) -> _Period | None:
    """Return the term a renewal extends: not yet renewed, not lapsed, its end nearest to the day."""
    standing = [p for p in periods if not p.renewed and day <= p.end + grace]
    return min(standing, key=lambda p: abs(p.end - day), default=None)


def _row(account: str, period: _Period, as_of: dt.date, renewals_created: np.ndarray) -> dict[str, object]:
    running = period.end > pd.Timestamp(as_of)
    renewed = (period.base or period).renewed
    waiting = not running and not renewed and bool((renewals_created <= period.end.to_datetime64()).any())
    return {
        "account_id": account,
        "started_at": period.start,
        "ended_at": pd.NaT if running or waiting else period.end,
        "arr": period.arr,
        "currency": None,
        "end_reason": None,
        "censored_at": period.end if waiting else pd.NaT,
        "term_ends_at": period.end if running else pd.NaT,
    }
