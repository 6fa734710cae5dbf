"""Cut the tables at ``as_of``: what was on record by then, keyed by the position of the account."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.cohort.months import to_days
from icp_ml.config.schema import Config
from icp_ml.tables.tables import Tables

DEAL_TEXTS = ("opportunity_id", "owner", "territory", "source", "loss_reason", "competitor")
DEAL_NUMBERS = ("amount", "discount_pct", "services_amount")


@dataclass(frozen=True)
class Records:
    """What was on record by ``as_of``; each frame has ``account``, the position of its account in ``ids``.

    Parameters
    ----------
    ids : Index
        Account ids in input order.
    rows : DataFrame
        Account rows: ``account``, ``observed`` (datetime64, NaT where undated), ``row`` (position in the table).
    deals : DataFrame or None
        ``kind``, ``outcome`` (a deal closed later is open), ``decided`` (the earlier of created and closed),
        ``closed``, ``cycle_days``, ``row`` and the deal's own texts and numbers.
    periods : DataFrame or None
        Paid periods: ``started``, ``ended`` (NaT while active), ``planned_end`` (also in the future), ``arr``,
        ``undecided`` (ended while its renewal was open); sorted by account and start.
    signals : DataFrame or None
        ``occurred``, ``signal``, ``value``.
    as_of : datetime64[D]
        Last day covered.
    dated : bool
        Whether account rows say since when they hold.
    counts : dict
        What was handled.
    """

    ids: pd.Index
    rows: pd.DataFrame
    deals: pd.DataFrame | None
    periods: pd.DataFrame | None
    signals: pd.DataFrame | None
    as_of: np.datetime64
    dated: bool
    counts: dict[str, int]


def records_by(tables: Tables, config: Config) -> Records:
    """Return what was on record by ``tables.as_of``; an account nothing was known of by then is not there."""
    as_of = np.datetime64(tables.as_of, "D")
    counts: dict[str, int] = {}
    accounts, dated = _account_rows(tables.accounts, as_of)
    every = pd.Index(tables.accounts["account_id"].unique(), name="account_id")
    rows = _keyed(accounts, every)
    deals, periods, signals = (
        None if frame is None else _keyed(frame, every)
        for frame in (
            _deals(tables.opportunities, config, as_of, counts),
            _periods(tables.subscriptions, as_of, counts),
            _signals(tables.signals, as_of),
        )
    )
    heard_of = np.zeros(len(every), dtype=bool)
    for frame in (rows, deals, periods):
        if frame is not None:
            heard_of[frame["account"].to_numpy()] = True
    position = np.where(heard_of, np.cumsum(heard_of) - 1, -1)
    return Records(
        every[heard_of],
        _moved(rows, position),
        None if deals is None else _moved(deals, position),
        None if periods is None else _sorted(_moved(periods, position)),
        None if signals is None else _moved(signals, position),
        as_of,
        dated,
        counts,
    )


def _keyed(frame: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    """Replace account ids by positions; rows of unknown accounts are left out."""
    return _known(frame.assign(account=ids.get_indexer(pd.Index(frame["account_id"]))).drop(columns="account_id"))


def _moved(frame: pd.DataFrame, position: np.ndarray) -> pd.DataFrame:
    """Replace account positions by new ones; rows of accounts without one are left out."""
    return _known(frame.assign(account=position[frame["account"].to_numpy()]))


def _known(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep the rows whose account has a position."""
    return frame[frame["account"] >= 0].reset_index(drop=True)


def _account_rows(accounts: pd.DataFrame, as_of: np.datetime64) -> tuple[pd.DataFrame, bool]:
    """Account rows observed by ``as_of``, undated ones included, and whether any is dated."""
    dated = "observed_at" in accounts and bool(accounts["observed_at"].notna().any())
    observed = to_days(accounts["observed_at"]) if dated else np.full(len(accounts), "NaT", dtype="datetime64[D]")
    rows = pd.DataFrame(
        {"account_id": accounts["account_id"].to_numpy(), "observed": stamps(observed), "row": np.arange(len(accounts))}
    )
    return rows[~(observed > as_of)], dated


def _deals(
    opportunities: pd.DataFrame | None, config: Config, as_of: np.datetime64, counts: dict[str, int]
) -> pd.DataFrame | None:
    """Deals created by ``as_of``, with the outcome known by then."""
    if opportunities is None:
        return None
    created, outcome = to_days(opportunities["created_at"]), opportunities["outcome"].to_numpy(dtype=object)
    # An open deal's close date is a forecast.
    closed = np.where(outcome == "open", np.datetime64("NaT", "D"), to_days(opportunities["closed_at"]))
    decided = np.fmin(created, closed)
    pending = closed > as_of
    deals = pd.DataFrame(
        {
            "account_id": opportunities["account_id"].to_numpy(),
            "kind": _texts(opportunities, "kind").fillna("new").array,
            "outcome": pd.array(np.where(pending, "open", outcome), dtype="str"),
            "decided": stamps(decided),
            "closed": stamps(np.where(pending, np.datetime64("NaT", "D"), closed)),
            "cycle_days": _cycle_days(created, np.where(pending, np.datetime64("NaT", "D"), closed)),
            "row": np.arange(len(opportunities)),
            **{name: _texts(opportunities, name).array for name in DEAL_TEXTS},
            **{name: _numbers(opportunities, name) for name in DEAL_NUMBERS},
        }
    )
    declined = (deals["outcome"] == "lost") & deals["loss_reason"].isin(config.outcomes.refused_reasons)
    deals = deals.assign(outcome=deals["outcome"].mask(declined, "refused"))
    known = decided <= as_of
    counts["closed_before_created"] = int((known & (closed < created)).sum())
    return deals[known]


def _cycle_days(created: np.ndarray, closed: np.ndarray) -> np.ndarray:
    """Days from creation to close; missing where either is, or where the close comes first."""
    days = (closed - created).astype("timedelta64[D]")
    usable = ~np.isnat(days) & (days >= np.timedelta64(0, "D"))
    return np.where(usable, days.astype(float), np.nan)


def _periods(subscriptions: pd.DataFrame | None, as_of: np.datetime64, counts: dict[str, int]) -> pd.DataFrame | None:
    """Paid periods started by ``as_of``; an end after it means active."""
    if subscriptions is None:
        return None
    started, ended = to_days(subscriptions["started_at"]), to_days(subscriptions["ended_at"])
    if "censored_at" in subscriptions:
        open_renewal = to_days(subscriptions["censored_at"])
    else:
        open_renewal = np.full(len(ended), "NaT", dtype="datetime64[D]")
    last_day = np.where(np.isnat(ended), open_renewal, ended)
    over = last_day <= as_of
    # The reader keeps the end of a term that still runs apart, since it has not happened yet.
    term = to_days(subscriptions["term_ends_at"]) if "term_ends_at" in subscriptions else last_day
    arr = _numbers(subscriptions, "arr")
    periods = pd.DataFrame(
        {
            "account_id": subscriptions["account_id"].to_numpy(),
            "started": stamps(started),
            "ended": stamps(np.where(over, last_day, np.datetime64("NaT", "D"))),
            "planned_end": stamps(np.where(np.isnat(last_day), term, last_day)),
            "arr": arr,
            "undecided": over & ~np.isnat(open_renewal),
        }
    )
    known = started <= as_of
    # A missing amount is a customer of unknown ARR; only 0 is none.
    paid = np.isnan(arr) | (arr > 0)
    counts["periods_without_arr"] = int((known & ~paid).sum())
    counts["periods_of_unknown_arr"] = int((known & np.isnan(arr)).sum())
    return periods[known & paid]


def _signals(signals: pd.DataFrame | None, as_of: np.datetime64) -> pd.DataFrame | None:
    """Signals that occurred by ``as_of``."""
    if signals is None:
        return None
    occurred = to_days(signals["occurred_at"])
    kept = pd.DataFrame(
        {
            "account_id": signals["account_id"].to_numpy(),
            "occurred": stamps(occurred),
            "signal": signals["signal"].to_numpy(),
            "value": _numbers(signals, "value"),
        }
    )
    return kept[occurred <= as_of]


def _sorted(periods: pd.DataFrame) -> pd.DataFrame:
    """Sort periods by account, start and end, those still active last."""
    return periods.sort_values(["account", "started", "ended"], ignore_index=True)


def stamps(days: np.ndarray) -> np.ndarray:
    """Return days in the one unit that frames here hold, ``datetime64[ns]``."""
    return days.astype("datetime64[ns]")


def _texts(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return an optional text column."""
    return frame[name].astype("str") if name in frame else pd.Series(np.nan, index=frame.index, dtype="str")


def _numbers(frame: pd.DataFrame, name: str) -> np.ndarray:
    """Return an optional number column."""
    return frame[name].to_numpy(dtype=float, na_value=np.nan) if name in frame else np.full(len(frame), np.nan)
