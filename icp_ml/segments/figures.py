"""What happened in a segment, each figure with its interval, from accounts that did not form the segment."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

from icp_ml.cohort.cohort import Cohort
from icp_ml.cohort.retention import retained_share
from icp_ml.config.schema import Economics
from icp_ml.survival import kaplan_meier, supported_horizon, wilson_interval
from icp_ml.survival.ratios import ratio_interval

LEVEL = 0.90
_FEWEST = 10

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
        ``win_rate`` (Wilson), ``churn`` (Kaplan-Meier at ``months``), ``grr`` and ``nrr`` (ratios of summed ARR at the
        horizon, weighted for censoring), ``pull`` (mean, 1..5), ``arr`` (mean first ARR),
        ``cycle_days`` (mean, won deals), ``cost_to_serve`` (a year at risk) and ``opportunity_value``; each
        ``{"estimate", "low", "high", "level", "n"}`` or ``{"absent": reason}``.
    """
    rows = cohort.accounts[members]
    customers = rows[rows["is_customer"].to_numpy(dtype=bool)]
    won = rows[(rows["outcome"] == "won").fillna(False).to_numpy(dtype=bool)]
    figures = {
        "win_rate": _win_rate(rows, len(won)) if cohort.has_wins else _absent("no deals: winning was not measured"),
        "churn": _churn(customers, months) if cohort.has_churn else _absent("no subscriptions: churn was not measured"),
        "grr": _ratio(customers, "grr", cohort.horizon),
        "nrr": _ratio(customers, "nrr", cohort.horizon),
        "pull": _mean(customers["pull"], "customers with measured pull"),
        "arr": _mean(customers["arr_start"], "customers of known ARR"),
        "cycle_days": _mean(won["cycle_days"], "won deals with both dates"),
        "cost_to_serve": _cost_to_serve(customers),
    }
    figures["opportunity_value"] = _opportunity_value(figures, economics)
    return figures


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
    low, high = curve.interval_at(months, LEVEL)
    return _figure(1 - curve.survival_at(months), 1 - high, 1 - low, curve.n) | {"months": months}


def _ratio(customers: pd.DataFrame, name: str, horizon: int) -> Figure:
    share = retained_share(customers, name, horizon, LEVEL)
    return share if "absent" in share else _figure(share["estimate"], share["low"], share["high"], share["n"])


def _mean(column: pd.Series, who: str) -> Figure:
    values = column.dropna().to_numpy(dtype=float)
    if len(values) < _FEWEST:
        return _absent(f"{len(values)} {who} are fewer than {_FEWEST}")
    half = float(np.std(values, ddof=1) / math.sqrt(len(values)) * student.ppf(0.5 + LEVEL / 2, len(values) - 1))
    return _figure(values.mean(), values.mean() - half, values.mean() + half, len(values))


def _cost_to_serve(customers: pd.DataFrame) -> Figure:
    """Return the cost of a year at risk: a customer counts for as long as it was there, as in receipts."""
    known = customers[customers["service_cost"].notna() & (customers["years_at_risk"] > 0)]
    if len(known) < _FEWEST:
        return _absent(f"{len(known)} customers with measured cost are fewer than {_FEWEST}")
    return _figure(*ratio_interval(known["service_cost"], known["years_at_risk"], LEVEL), len(known))


def _opportunity_value(figures: dict[str, Figure], economics: Economics) -> Figure:
    """Return what pursuing one opportunity earns within the horizon, on average.

    ``P(win) * (gross margin * ARR * retained share - cost to serve) - acquisition cost``: the retained share is NRR, or
    one minus churn where no NRR is known; a cost that is not known counts as none, and is named in ``without``. The
    interval adds the parts' variances (delta method), taken as independent.
    """
    kept = figures["nrr"]
    if "absent" in kept and "absent" not in figures["churn"]:
        churn = figures["churn"]
        kept = {**churn, "estimate": 1 - churn["estimate"], "low": 1 - churn["high"], "high": 1 - churn["low"]}
    parts = {"win rate": figures["win_rate"], "ARR": figures["arr"], "retention": kept}
    if missing := [name for name, part in parts.items() if "absent" in part]:
        return _absent(f"needs {', '.join(missing)}, which could not be measured here")
    win, arr, keep = (part["estimate"] for part in parts.values())
    serve = figures["cost_to_serve"]
    cost = serve.get("estimate", 0.0)
    margin = economics.gross_margin
    slopes = (margin * arr * keep - cost, win * margin * keep, win * margin * arr)
    halves = [s * (p["high"] - p["low"]) / 2 for s, p in zip(slopes, parts.values(), strict=True)]
    halves += [] if "absent" in serve else [win * (serve["high"] - serve["low"]) / 2]
    value = win * slopes[0] - (economics.acquisition_cost or 0.0)
    half = math.sqrt(sum(h * h for h in halves))
    without = [] if economics.acquisition_cost is not None else ["acquisition cost"]
    without += ["cost to serve"] if "absent" in serve else []
    figure = _figure(value, value - half, value + half, figures["win_rate"]["n"])
    return figure | ({"without": without} if without else {})
