"""What a rule would have cost and saved: the receipt under every no, and every yes."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort

_LOOK_AGAIN_MONTHS = 6
_SHOWN = 3


def receipt(cohort: Cohort, decided_inside: np.ndarray, latest_inside: np.ndarray, horizon: int) -> dict[str, Any]:
    """Return the receipt of one rule.

    Parameters
    ----------
    cohort : Cohort
        All accounts.
    decided_inside : ndarray, shape (n_accounts,), bool
        Accounts the rule holds for, as known at their decision.
    latest_inside : ndarray, shape (n_accounts,), bool
        Accounts the rule holds for, as known last.
    horizon : int
        Months within which churn counts as lost.

    Returns
    -------
    dict
        ``accounts``, ``won``, ``arr_won``, ``arr_lost_to_churn``, ``arr_now``, ``open_deals``, ``open_pipeline``,
        ``cost_to_serve_a_year`` and the same elsewhere, owners and territories hit most, ``review_on``, and
        ``no_tension``: whether it would have hit nothing. Money in the reporting currency; how many of the won have
        no known ARR stands in ``arr_unknown``. What is not measured stands under ``absent`` with the reason.
    """
    table = cohort.accounts
    won = decided_inside & (cohort.customers | (table["outcome"] == "won").to_numpy(dtype=bool))
    arr = _yearly_value(table, cohort.has_churn)
    pipeline = table["open_pipeline"].to_numpy(dtype=float, na_value=0.0)
    figures: dict[str, Any] = {
        "accounts": int(decided_inside.sum()),
        "won": int(won.sum()),
        "arr_won": _money(arr[won]),
        "arr_unknown": int(np.isnan(arr[won]).sum()),
        "open_deals": int((latest_inside & (pipeline > 0)).sum()),
        "open_pipeline": _money(pipeline[latest_inside]),
    }
    if cohort.has_churn:
        churned = won & cohort.customers & _churned_within(table, horizon)
        now = table["arr_now"].to_numpy(dtype=float, na_value=0.0)
        figures["arr_lost_to_churn"] = _money(arr[churned])
        figures["arr_now"] = _money(now[latest_inside & cohort.customers])
    else:
        figures["absent"] = {"arr_lost_to_churn": "churn was not measured", "arr_now": "no contracts are known"}
    figures |= _cost_to_serve(table, won, cohort.customers)
    for column, name in (("owner", "owners_hit_most"), ("territory", "territories_hit_most")):
        hit = _hit_most(table, decided_inside, column)
        if hit:
            figures[name] = hit
    figures["no_tension"] = not figures["won"] and not figures["open_deals"]
    figures["review_on"] = str(look_again(cohort.as_of))
    return figures


def look_again(as_of: dt.date, months: int = _LOOK_AGAIN_MONTHS) -> dt.date:
    """Return the date on which to look at a rule again.

    >>> look_again(dt.date(2026, 8, 31))
    datetime.date(2027, 2, 28)
    """
    return (pd.Timestamp(as_of) + pd.DateOffset(months=months)).date()


def _yearly_value(table: pd.DataFrame, contracts: bool) -> np.ndarray:
    """Return what each account paid a year at its start; without contracts, the annual value of its won deal."""
    arr = table["arr_start"].to_numpy(dtype=float, na_value=np.nan)
    if contracts or "amount" not in table:
        return arr
    return np.where(np.isnan(arr), table["amount"].to_numpy(dtype=float, na_value=np.nan), arr)


def _churned_within(table: pd.DataFrame, horizon: int) -> np.ndarray:
    time = table["follow_up_months"].to_numpy(dtype=float, na_value=np.inf)
    return table["churned"].to_numpy(dtype=bool) & (time <= horizon)


def _money(values: np.ndarray) -> float:
    return round(float(np.nansum(values)), 2)


def _cost_to_serve(table: pd.DataFrame, won: np.ndarray, customers: np.ndarray) -> dict[str, Any]:
    cost = table["cost_to_serve"].to_numpy(dtype=float, na_value=np.nan)
    inside, elsewhere = cost[won & ~np.isnan(cost)], cost[customers & ~won & ~np.isnan(cost)]
    if not inside.size or not elsewhere.size:
        return {}
    return {
        "cost_to_serve_a_year": round(float(inside.mean()), 2),
        "cost_to_serve_a_year_elsewhere": round(float(elsewhere.mean()), 2),
    }


def _hit_most(table: pd.DataFrame, inside: np.ndarray, column: str) -> list[dict[str, Any]]:
    """Return the values whose deals the rule hits more than others, most hit first."""
    known = table[column].notna().to_numpy()
    if not (known & inside).any():
        return []
    share = pd.Series(inside[known]).groupby(table[column][known].to_numpy()).agg(["sum", "mean"])
    top = share[share["sum"] > 0].sort_values(["sum", "mean"], ascending=False, kind="stable").head(_SHOWN)
    return [
        {"name": str(name), "accounts": int(row["sum"]), "share": round(float(row["mean"]), 4)}
        for name, row in top.iterrows()
    ]
