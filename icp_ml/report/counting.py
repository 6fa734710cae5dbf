"""What the data holds: who is counted, how many were won, how many left, and how the tiers fall."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Economics
from icp_ml.segments.figures import churn_months, segment_figures
from icp_ml.segments.folds import account_folds

_STATUSES = ("customer", "lost", "open", "never worked", "refused")
_OPTIONAL = ("owner", "territory", "source", "loss_reason", "discount_pct", "cycle_days", "arr_start", "pull")


def cohort_figures(cohort: Cohort, economics: Economics) -> dict[str, Any]:
    """Return counts, and the figures of everybody, which those of every group are compared with.

    Returns
    -------
    dict
        ``accounts``, ``by_status``, ``decided``, ``won``, ``lost``, ``customers``, ``churned``, ``won_back``,
        ``first_decision``, ``last_decision``, ``arr_now``; ``everybody``: the figures a segment has, of all accounts;
        ``known``: how many accounts have each optional fact, so that a reader can be told what is missing.
    """
    accounts = cohort.accounts
    status = accounts["status"].value_counts()
    everybody = np.ones(len(accounts), dtype=bool)
    decisions = accounts.loc[cohort.decided, "decided_at"].dropna()
    return {
        "accounts": len(accounts),
        "by_status": {s: int(status[s]) for s in _STATUSES if s in status},
        "decided": int(cohort.decided.sum()),
        "won": int((accounts["outcome"] == "won").sum()),
        "lost": int((accounts["outcome"] == "lost").sum()),
        "customers": int(cohort.customers.sum()),
        "churned": int((accounts["churned"].to_numpy(dtype=bool) & cohort.customers).sum()),
        "won_back": int(accounts["won_back"].sum()),
        "first_decision": _day(decisions.min()) if len(decisions) else None,
        "last_decision": _day(decisions.max()) if len(decisions) else None,
        "arr_now": _total(accounts["arr_now"]),
        "everybody": segment_figures(cohort, everybody, churn_months(cohort, everybody), economics),
        "known": {name: int(accounts[name].notna().sum()) for name in (*_OPTIONAL, "cost_to_serve")},
    }


def tier_counts(scored: pd.DataFrame, accounts: pd.DataFrame) -> dict[str, Any]:
    """Return how many accounts each tier holds now, and the open pipeline in it.

    Parameters
    ----------
    scored : DataFrame
        Columns of ``icp score``.
    accounts : DataFrame
        ``Cohort.accounts``, the same accounts in the same order.
    """
    tiers = scored["icp_tier"].to_numpy()
    return {
        tier: {
            "accounts": int((tiers == tier).sum()),
            "open_pipeline": _total(accounts["open_pipeline"][tiers == tier]),
        }
        for tier in ("green", "yellow", "red")
    }


def _total(column: pd.Series) -> float:
    return float(np.nansum(column.to_numpy(dtype=float, na_value=np.nan)))


def _day(value: pd.Timestamp) -> str:
    return str(value.date().isoformat())


def served_in(cohort: Cohort, seed: int) -> pd.Series:
    """Return what each decided account or customer served for, indexed by account id.

    Evidence for rules rests on all of them; segments are measured in each fifth by rules formed on the other four.
    """
    counted = cohort.accounts.index[cohort.decided | cohort.customers]
    words = [f"rules; segments, part {fold + 1}" for fold in account_folds(counted, seed)]
    return pd.Series(words, index=counted, dtype="str")
