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
_SHOWN_REASONS = 3


def cohort_figures(cohort: Cohort, economics: Economics) -> dict[str, Any]:
    """Return counts, and the figures of everybody, which those of every group are compared with.

    Returns
    -------
    dict
        ``accounts``, ``by_status``, ``decided``, ``won``, ``lost``, ``customers``, ``churned``, ``won_back``,
        ``first_decision``, ``last_decision``, ``arr_now``; ``everybody``: the figures a segment has, of all accounts;
        ``known``: how many accounts have each optional fact, so that a reader can be told what is missing;
        ``loss_reasons``: the most frequent, each ``{"reason", "n", "share"}`` of the lost accounts that name one.
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
        "loss_reasons": _loss_reasons(accounts),
    }


def tier_counts(scored: pd.DataFrame, accounts: pd.DataFrame) -> dict[str, Any]:
    """Return what each tier holds now.

    Parameters
    ----------
    scored : DataFrame
        Columns of ``icp score``.
    accounts : DataFrame
        ``Cohort.accounts``, the same accounts in the same order.

    Returns
    -------
    dict
        Tier to ``accounts``, ``with_open_deals`` and ``open_pipeline``, ``present_customers`` and ``arr_now``, and
        ``no_customers_now``, of whom ``customers_before``.
    """
    tiers = scored["icp_tier"].to_numpy()
    return {tier: _held(accounts[tiers == tier]) for tier in ("green", "yellow", "red")}


def present_customers(accounts: pd.DataFrame) -> pd.Series:
    """Return which accounts pay now, or have a contract that runs, bool, indexed as ``Cohort.accounts``."""
    paying = accounts["arr_now"].fillna(0) > 0
    return (accounts["status"] == "customer") & (paying | accounts["period_end"].notna())


def no_customers(accounts: pd.DataFrame) -> pd.Series:
    """Return which accounts are surely no customers now, bool, indexed as ``Cohort.accounts``.

    A customer whose contracts nobody recorded may be one still; only one that was seen to leave is none.
    """
    left = accounts["churned"].astype(bool) & ~present_customers(accounts)
    return (accounts["status"] != "customer") | left


def _held(accounts: pd.DataFrame) -> dict[str, Any]:
    return {
        "accounts": len(accounts),
        "with_open_deals": int((accounts["open_pipeline"].fillna(0) > 0).sum()),
        "open_pipeline": _total(accounts["open_pipeline"]),
        "present_customers": int(present_customers(accounts).sum()),
        "arr_now": _total(accounts["arr_now"]),
        "no_customers_now": int(no_customers(accounts).sum()),
        "customers_before": int((no_customers(accounts) & (accounts["status"] == "customer")).sum()),
    }


def _loss_reasons(accounts: pd.DataFrame) -> list[dict[str, Any]]:
    given = accounts.loc[(accounts["outcome"] == "lost").fillna(False).to_numpy(dtype=bool), "loss_reason"].dropna()
    counts = sorted(given.value_counts().items(), key=lambda pair: (-pair[1], str(pair[0])))
    return [{"reason": str(reason), "n": int(n), "share": n / len(given)} for reason, n in counts[:_SHOWN_REASONS]]


def _total(column: pd.Series) -> float:
    return float(np.nansum(column.to_numpy(dtype=float, na_value=np.nan)))


def _day(value: pd.Timestamp) -> str:
    return str(value.date().isoformat())


def served_in(cohort: Cohort, seed: int) -> pd.Series:
    """Return what each decided account or customer served for, indexed by account id.

    Evidence for rules rests on all of them, and so do segments; but in its fold an account is counted only by segments
    formed without that fold.
    """
    counted = cohort.accounts.index[cohort.decided | cohort.customers]
    folds = account_folds(counted, seed)
    return pd.Series([f"rules; segments, fold {fold + 1}" for fold in folds], index=counted, dtype=object)
