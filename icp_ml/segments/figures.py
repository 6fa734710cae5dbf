"""What happened in a segment, each figure with its interval, from accounts that did not form the segment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.cohort.retention import retained_share
from icp_ml.config.schema import Economics
from icp_ml.segments.worth import opportunity_value
from icp_ml.survival import kaplan_meier, supported_horizon, wilson_interval
from icp_ml.survival.ratios import mean_interval, ratio_interval

LEVEL = 0.90
_FEWEST = 10
_FEWEST_TOLD = 5  # customers followed to the end, with less than whose knowledge churn is unknown

Figure = dict[str, Any]


def segment_figures(cohort: Cohort, members: np.ndarray, months: int | None, economics: Economics) -> dict[str, Figure]:
    """Return every figure of a group of accounts.

    Parameters
    ----------
    cohort : Cohort
        One row an account.
    members : ndarray of bool, shape (n_accounts,)
        The segment's accounts among those that did not form it.
    months : int or None
        Months at which churn can be given for the whole population, None where nowhere.
    economics : Economics
        Gross margin and the cost of pursuing one opportunity.

    Returns
    -------
    dict
        ``win_rate`` (Wilson), ``churn`` (Kaplan-Meier at ``months``; absent where those followed tell no more than
        fewer than 5 followed to the end would), ``grr`` and ``nrr`` (ratios of summed ARR at the
        horizon, weighted for censoring), ``pull`` (mean, 1..5), ``arr`` (mean first ARR),
        ``cycle_days`` (mean, won deals), ``cost_to_serve`` (a year at risk) and ``opportunity_value``
        (:mod:`icp_ml.segments.worth`); each ``{"estimate", "low", "high", "level", "n"}`` or ``{"absent": reason}``.
    """
    rows = cohort.accounts[members]
    customers = rows[rows["is_customer"].to_numpy(dtype=bool)]
    won = rows[(rows["outcome"] == "won").fillna(False).to_numpy(dtype=bool)]
    figures = {
        **outcome_figures(cohort, members, months),
        "pull": _mean(customers["pull"], "customers with measured pull"),
        "arr": _mean(customers["arr_start"], "customers of known ARR"),
        "cycle_days": _mean(won["cycle_days"], "won deals with both dates"),
        "cost_to_serve": _cost_to_serve(customers),
    }
    worth = opportunity_value(figures, rows, cohort.horizon, economics)
    figures["opportunity_value"] = (
        _absent(worth) if isinstance(worth, str) else _figure(*worth.ends, worth.n) | worth.more
    )
    return figures


def outcome_figures(cohort: Cohort, members: np.ndarray, months: int | None) -> dict[str, Figure]:
    """Return what became of a group of accounts: ``win_rate``, ``churn``, ``grr``, ``nrr`` of :func:`segment_figures`.

    Parameters as there.
    """
    rows = cohort.accounts[members]
    customers = rows[rows["is_customer"].to_numpy(dtype=bool)]
    won = int((rows["outcome"] == "won").fillna(False).sum())
    return {
        "win_rate": _win_rate(rows, won) if cohort.has_wins else _absent("no deals: winning was not measured"),
        "churn": _churn(customers, months) if cohort.has_churn else _absent("no subscriptions: churn was not measured"),
        "grr": _ratio(customers, "grr", cohort.horizon),
        "nrr": _ratio(customers, "nrr", cohort.horizon),
    }


def segment_sizes(cohort: Cohort, members: np.ndarray) -> dict[str, int]:
    """Return how many accounts of all are in the segment: won, lost, customers, open, all."""
    rows = cohort.accounts[members]
    outcome = rows["outcome"]
    return {
        "won": int((outcome == "won").fillna(False).sum()),
        "lost": int((outcome == "lost").fillna(False).sum()),
        "customers": int(rows["is_customer"].sum()),
        "open": int((rows["status"] == "open").sum()),
        "all": len(rows),
    }


def churn_months(cohort: Cohort, among: np.ndarray) -> int | None:
    """Return the longest whole month up to the horizon at which 30 of the given customers are at risk, else None."""
    rows = cohort.accounts[among & cohort.customers]
    if not cohort.has_churn or rows.empty:
        return None
    return supported_horizon(rows["follow_up_months"], rows["churned"], cohort.horizon, 30, rows["entry_months"])


def _absent(reason: str) -> Figure:
    return {"absent": reason}


def _figure(estimate: float, low: float, high: float, n: int) -> Figure:
    return {
        "estimate": round(float(estimate), 6),
        "low": round(float(low), 6),
        "high": round(float(high), 6),
        "level": LEVEL,
        "n": int(n),
    }


def _win_rate(rows: pd.DataFrame, won: int) -> Figure:
    n = int(rows["outcome"].notna().sum())
    if n < _FEWEST:
        return _absent(f"{n} decided accounts are fewer than {_FEWEST}")
    return _figure(won / n, *wilson_interval(won, n, LEVEL), n)


def _churn(customers: pd.DataFrame, months: int | None) -> Figure:
    if months is None or len(customers) < _FEWEST:
        return _absent(f"{len(customers)} customers do not carry a churn rate")
    curve = kaplan_meier(customers["follow_up_months"], customers["churned"], customers["entry_months"].fillna(0.0))
    if curve.at_risk(months) < 1 and curve.survival_at(months) > 0:
        return _absent(f"no customer was followed for {months} months")
    if (alike := round(curve.effective_n(months), 6)) < _FEWEST_TOLD:
        return _absent(f"{len(customers)} customers tell no more of {months} months than {alike:.0f} followed so long")
    low, high = curve.interval_at(months, LEVEL)
    return _figure(1 - curve.survival_at(months), 1 - high, 1 - low, curve.n) | {"months": months}


def _ratio(customers: pd.DataFrame, name: str, horizon: int) -> Figure:
    share = retained_share(customers, name, horizon, LEVEL)
    return share if "absent" in share else _figure(share["estimate"], share["low"], share["high"], share["n"])


def _mean(column: pd.Series, who: str) -> Figure:
    values = column.dropna().to_numpy(dtype=float)
    if len(values) < _FEWEST:
        return _absent(f"{len(values)} {who} are fewer than {_FEWEST}")
    return _figure(*mean_interval(values, LEVEL), len(values))


def _cost_to_serve(customers: pd.DataFrame) -> Figure:
    """Return the cost of a year at risk: a customer counts for as long as it was there, as in receipts."""
    known = customers[customers["service_cost"].notna() & (customers["years_at_risk"] > 0)]
    if len(known) < _FEWEST:
        return _absent(f"{len(known)} customers with measured cost are fewer than {_FEWEST}")
    return _figure(*ratio_interval(known["service_cost"], known["years_at_risk"], LEVEL), len(known))
