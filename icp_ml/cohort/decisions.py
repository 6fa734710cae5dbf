"""Which deal decided each account, and on which day's knowledge."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.cohort.asof import stamps
from icp_ml.cohort.months import to_days

_NONE = np.datetime64("NaT", "D")


def decide(deals: pd.DataFrame | None, started_at: pd.Series) -> pd.DataFrame:
    """Return each account's decision, one row an account.

    The first won ``new`` deal, else the last lost one, dated by its creation (by its close where that comes first). A
    customer whose first period starts before any won new deal, or who has none, was won on that start. Declined
    deals, expansions and renewals decide nothing.

    Parameters
    ----------
    deals : DataFrame or None
        As in :class:`icp_ml.cohort.asof.Records`.
    started_at : Series of datetime64
        Start of each account's first relationship, NaT if none, in account order.

    Returns
    -------
    DataFrame
        ``outcome`` : won, lost or missing. ``decided_at``, ``closed_at`` : datetime64[ns]. ``deal`` : int, position of
        the deciding deal in ``deals``, -1 where none decided. ``by_start`` : bool, the first period decided.
    """
    n = len(started_at)
    won, lost = first_deal(deals, n, "won"), last_deal(deals, n, "lost")
    started, won_on = to_days(started_at), _dates(deals, won, "decided")
    by_start = ~np.isnat(started) & ((won < 0) | (started < won_on))
    deal = np.where(by_start, -1, np.where(won >= 0, won, lost))
    outcome = np.where(by_start | (won >= 0), "won", np.where(lost >= 0, "lost", ""))
    decided = np.where(by_start, started, _dates(deals, deal, "decided"))
    return pd.DataFrame(
        {
            "outcome": pd.Series(outcome, dtype="str").mask(outcome == ""),
            "decided_at": stamps(decided),
            "closed_at": stamps(_dates(deals, deal, "closed")),
            "deal": deal,
            "by_start": by_start,
        }
    )


def account_status(deals: pd.DataFrame | None, started_at: pd.Series, outcome: pd.Series) -> np.ndarray:
    """Return each account's status: customer, lost, open, refused or never worked.

    A customer has or had a contract or won deal; a lost account stays lost while a new deal is open. An account whose
    only closed deals were declined is refused.
    """
    n = len(started_at)
    won_any, open_deal = first_deal(deals, n, "won", kind=None) >= 0, last_deal(deals, n, "open", kind=None) >= 0
    declined = last_deal(deals, n, "refused", kind=None) >= 0
    conditions = [
        started_at.notna().to_numpy() | won_any,
        (outcome == "lost").to_numpy(dtype=bool),
        open_deal,
        declined,
    ]
    return np.select(conditions, ["customer", "lost", "open", "refused"], "never worked")


def first_deal(deals: pd.DataFrame | None, n: int, outcome: str, kind: str | None = "new") -> np.ndarray:
    """Return the position of each account's first deal of the outcome by date, -1 where none."""
    return _pick(deals, n, outcome, kind, last=False)


def last_deal(deals: pd.DataFrame | None, n: int, outcome: str | None, kind: str | None = "new") -> np.ndarray:
    """Return the position of each account's last deal of the outcome (None: any) by date, -1 where none."""
    return _pick(deals, n, outcome, kind, last=True)


def _pick(deals: pd.DataFrame | None, n: int, outcome: str | None, kind: str | None, last: bool) -> np.ndarray:
    """First or last deal by decision date, then close, then file order."""
    picked = np.full(n, -1)
    if deals is None:
        return picked
    chosen = deals if outcome is None else deals[deals["outcome"] == outcome]
    chosen = chosen if kind is None else chosen[chosen["kind"] == kind]
    chosen = chosen.sort_values(["decided", "closed"], kind="stable")
    chosen = chosen.drop_duplicates("account", keep="last" if last else "first")
    picked[chosen["account"].to_numpy()] = chosen.index.to_numpy()
    return picked


def _dates(deals: pd.DataFrame | None, position: np.ndarray, column: str) -> np.ndarray:
    """Return a date column of the deals at the given positions, NaT for -1."""
    if deals is None or not len(deals):
        return np.full(len(position), _NONE)
    return np.where(position >= 0, to_days(deals[column])[position], _NONE)
