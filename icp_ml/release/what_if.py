"""What each tier would hold, and what happened in it, were other rules active or the tier edges elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.criteria.receipts import signed_arr
from icp_ml.release.rules import GREEN, RED, YELLOW, ActiveRules
from icp_ml.segments.figures import churn_months, outcome_figures

TIERS = (GREEN, YELLOW, RED)


def what_if(
    cohort: Cohort, criteria: Mapping[str, Any], active: Collection[str], green: int, red: int
) -> dict[str, dict[str, Any]]:
    """Return the figures of each tier under a choice of rules and edges.

    The accounts of now are those of a tier by what is known of them last, as ``icp score`` puts them there. Outcomes
    are of the accounts that were in the tier by what was known at their decision.

    Parameters
    ----------
    cohort : Cohort
        One row an account.
    criteria : mapping
        Content of ``criteria.json``; rejected rules may be switched on again.
    active : collection of str
        Ids of the rules that count.
    green, red : int
        Tier edges: green from, red under.

    Returns
    -------
    dict
        Tier (``green``, ``yellow``, ``red``) to ``accounts``, ``with_open_deals``, ``open_pipeline``, ``paying`` and
        ``arr_now`` of now; ``decided``, ``won``, ``arr_signed`` (a year, by accounts won), and ``win_rate``, ``churn``
        and ``nrr`` as :func:`icp_ml.segments.figures.outcome_figures` gives them. Money in the reporting currency.
    """
    rules = ActiveRules.from_document(chosen(criteria, active, green, red))
    now = rules.score_frame(cohort.latest)["icp_tier"].to_numpy()
    then = rules.score_frame(cohort.attributes)["icp_tier"].to_numpy()
    months = churn_months(cohort, np.ones(len(cohort.accounts), dtype=bool))
    return {tier: _held(cohort, now == tier) | _happened(cohort, then == tier, months) for tier in TIERS}


def chosen(criteria: Mapping[str, Any], active: Collection[str], green: int, red: int) -> dict[str, Any]:
    """Return ``criteria.json`` with exactly the given rules active, and the given tier edges."""
    rules = [{**c, "status": "accepted" if c["id"] in active else "rejected"} for c in criteria["criteria"]]
    return {**criteria, "criteria": rules, "tiers": {**criteria["tiers"], "green": green, "red": red}}


def held_now(accounts: pd.DataFrame) -> pd.DataFrame:
    """Return what each account is counted as now, one row an account.

    ``accounts`` (1), ``with_open_deals`` and ``paying`` (0 or 1), ``open_pipeline`` and ``arr_now`` (money, 0 where
    unknown): their sums are a tier's.
    """
    pipeline, arr = (accounts[c].to_numpy(dtype=float, na_value=0.0) for c in ("open_pipeline", "arr_now"))
    pipeline, arr = np.nan_to_num(pipeline), np.nan_to_num(arr)
    columns = {
        "accounts": np.ones(len(accounts), dtype=int),
        "with_open_deals": (pipeline > 0).astype(int),
        "open_pipeline": pipeline,
        "paying": (arr > 0).astype(int),
        "arr_now": arr,
    }
    return pd.DataFrame(columns, index=accounts.index)


def happened(cohort: Cohort) -> pd.DataFrame:
    """Return what is summed of each account's past, one row an account.

    ``decided`` and ``won`` (0 or 1) and ``arr_signed`` (money a year, 0 where nothing was signed or it is unknown).
    """
    signed, arr = signed_arr(cohort)
    outcome = cohort.accounts["outcome"]
    columns = {
        "decided": outcome.notna().to_numpy().astype(int),
        "won": (outcome == "won").fillna(False).to_numpy(dtype=bool).astype(int),
        "arr_signed": np.where(signed, np.nan_to_num(arr), 0.0),
    }
    return pd.DataFrame(columns, index=cohort.accounts.index)


def summed(rows: pd.DataFrame) -> dict[str, Any]:
    """Return the sum of each column: counts as whole numbers, money to the cent."""
    return {
        str(name): int(column.sum()) if column.dtype.kind == "i" else round(float(column.sum()), 2)
        for name, column in rows.items()
    }


def _held(cohort: Cohort, members: np.ndarray) -> dict[str, Any]:
    return summed(held_now(cohort.accounts)[members])


def _happened(cohort: Cohort, members: np.ndarray, months: int | None) -> dict[str, Any]:
    outcomes = outcome_figures(cohort, members, months)
    return summed(happened(cohort)[members]) | {name: outcomes[name] for name in ("win_rate", "churn", "nrr")}
