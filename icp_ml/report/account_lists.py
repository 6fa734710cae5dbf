"""Accounts by name: whom to pursue, open deals the ICP would refuse, and customers it would not win again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.report.counting import no_customers, present_customers
from icp_ml.report.words import money

SHOWN = 40
_STATES = {
    "open": "deal open",
    "never worked": "never worked",
    "refused": "declined by us before",
    "lost": "lost before",
    "customer": "customer before",
}
_ORDER = {state: place for place, state in enumerate(("open", "never worked", "refused", "lost", "customer"))}


def account_lists(accounts: pd.DataFrame, scored: pd.DataFrame, currency: str | None) -> dict[str, dict[str, Any]]:
    """Return three lists of named accounts, each cut to its first 40 rows.

    Parameters
    ----------
    accounts : DataFrame
        ``Cohort.accounts``.
    scored : DataFrame
        Columns of ``icp score``, the same accounts in the same order.
    currency : str or None
        Reporting currency.

    Returns
    -------
    dict
        ``pursue``: green accounts that are no customers now, open deals first; ``refuse``: red accounts with an open
        deal, the largest first; ``customers``: red customers of now, the largest first. Each ``{"total", "rows"}``; a
        row has ``id``, ``name``, ``state``, ``score``, ``why``, ``pipeline``, ``arr`` and ``until``, texts for people,
        empty where unknown.
    """
    table = _table(accounts, scored)
    present, free = table["present"].to_numpy(dtype=bool), table["free"].to_numpy(dtype=bool)
    green, red = ((table["icp_tier"] == tier).to_numpy() for tier in ("green", "red"))
    open_deal = (table["pipeline"] > 0).to_numpy()
    return {
        "pursue": _list(table[green & free], ["place", "icp_score", "pipeline", "id"], [1, 0, 0, 1], currency),
        "refuse": _list(table[red & open_deal], ["pipeline", "id"], [0, 1], currency),
        "customers": _list(table[red & present], ["arr", "id"], [0, 1], currency),
    }


def _table(accounts: pd.DataFrame, scored: pd.DataFrame) -> pd.DataFrame:
    """Return what the lists show of each account."""
    pipeline = accounts["open_pipeline"].fillna(0).to_numpy(dtype=float)
    status = np.where(pipeline > 0, "open", accounts["status"].to_numpy(dtype=object))
    return pd.DataFrame(
        {
            "id": scored["account_id"].to_numpy(),
            "name": accounts["name"].to_numpy(),
            "status": status,
            "place": [_ORDER[s] for s in status],
            "icp_tier": scored["icp_tier"].to_numpy(),
            "icp_score": scored["icp_score"].to_numpy(),
            "reasons": scored["reasons"].to_numpy(),
            "pipeline": pipeline,
            "arr": accounts["arr_now"].to_numpy(dtype=float, na_value=np.nan),
            "until": accounts["period_end"].to_numpy(),
            "present": present_customers(accounts).to_numpy(),
            "free": no_customers(accounts).to_numpy(),
        }
    )


def _list(table: pd.DataFrame, by: list[str], ascending: list[int], currency: str | None) -> dict[str, Any]:
    shown = table.sort_values(by, ascending=[bool(a) for a in ascending], kind="stable").head(SHOWN)
    return {"total": len(table), "rows": [_row(row, currency) for row in shown.to_dict("records")]}


def _row(row: Mapping[Any, Any], currency: str | None) -> dict[str, Any]:
    named = isinstance(row["name"], str) and row["name"] != row["id"]
    return {
        "id": str(row["id"]),
        "name": row["name"] if named else "",
        "state": "customer" if row["present"] else _STATES[row["status"]],
        "score": int(row["icp_score"]),
        "why": "; ".join(reason["text"] for reason in json.loads(row["reasons"])),
        "pipeline": money(row["pipeline"], currency) if row["pipeline"] > 0 else "",
        "arr": money(row["arr"], currency) if row["arr"] > 0 else "",
        "until": "" if pd.isna(row["until"]) else str(pd.Timestamp(row["until"]).date()),
    }
