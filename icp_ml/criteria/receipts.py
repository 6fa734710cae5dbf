"""What a rule would have cost and saved: the receipt under every no, and every yes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Rule
from icp_ml.criteria.after_sale import after_sale, cost_to_serve, services_share

_LOOK_AGAIN_MONTHS = 6
_SHOWN = 3
_FLAT = {"onboarding": "onboarding_load", "feature requests": "feature_requests_a_year",
         "references": "references_a_year"}  # fmt: skip


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
        ``accounts``, ``won``, ``arr_won``, ``arr_lost_to_churn``, ``arr_now``, ``open_deals``, ``open_pipeline``, and
        ``no_tension``: whether it would have hit nothing. Money in the reporting currency; how many of the won have no
        known ARR stands in ``arr_unknown``. Against the rest, each with its twin ``..._elsewhere``:
        ``cost_to_serve_a_year``, ``onboarding_load`` (of the signal named in ``onboarding_signal``),
        ``feature_requests_a_year``, ``references_a_year`` (per customer) and ``services_share`` (services over
        first-year revenue); their intervals, and every signal by its own name, stand in ``against_rest``. Then owners
        and territories hit most, and ``review_on``. What is not measured stands under ``absent`` with the reason.
    """
    table = cohort.accounts
    signed, arr = signed_arr(cohort)
    won = decided_inside & signed
    pipeline = table["open_pipeline"].to_numpy(dtype=float, na_value=0.0)
    figures: dict[str, Any] = {
        "accounts": int(decided_inside.sum()),
        "won": int(won.sum()),
        "arr_won": _money(arr[won]),
        "arr_unknown": int(np.isnan(arr[won]).sum()),
        "open_deals": int((latest_inside & (pipeline > 0)).sum()),
        "open_pipeline": _money(pipeline[latest_inside]),
    }
    absent: dict[str, str] = {}
    if cohort.has_churn:
        churned = won & cohort.customers & _churned_within(table, horizon)
        now = table["arr_now"].to_numpy(dtype=float, na_value=0.0)
        figures["arr_lost_to_churn"] = _money(arr[churned])
        figures["arr_now"] = _money(now[latest_inside & cohort.customers])
    else:
        absent = {"arr_lost_to_churn": "churn was not measured", "arr_now": "no contracts are known"}
    compared, unmeasured = _against_rest(cohort, won)
    figures |= compared
    for column, name in (("owner", "owners_hit_most"), ("territory", "territories_hit_most")):
        hit = _hit_most(table, decided_inside, column)
        if hit:
            figures[name] = hit
        else:
            absent[name] = f"no deal in it names its {column}"
    figures["no_tension"] = not figures["won"] and not figures["open_deals"]
    figures["review_on"] = str(look_again(cohort.as_of))
    return figures | {"absent": absent | unmeasured}


def exclusion_totals(cohort: Cohort, exclusions: Iterable[Rule], horizon: int) -> dict[str, Any]:
    """Return revenue taken now and revenue to be replaced later, for all exclusions together.

    Parameters
    ----------
    cohort : Cohort
        All accounts.
    exclusions : iterable of Rule
        Their rules.
    horizon : int
        Months within which churn counts as lost.

    Returns
    -------
    dict
        ``revenue_taken_now``, ``accounts_excluded`` and, where churn was measured, ``revenue_to_be_replaced`` within
        ``months``.
    """
    hit = np.zeros(len(cohort.accounts), dtype=bool)
    for rule in exclusions:
        hit |= rule.mask(cohort.attributes)
    figures = receipt(cohort, hit & (cohort.decided | cohort.customers), np.zeros_like(hit), horizon)
    totals: dict[str, Any] = {"revenue_taken_now": figures["arr_won"], "accounts_excluded": figures["accounts"]}
    if "arr_lost_to_churn" in figures:
        totals |= {"revenue_to_be_replaced": figures["arr_lost_to_churn"], "months": horizon}
    return totals


def look_again(as_of: dt.date, months: int = _LOOK_AGAIN_MONTHS) -> dt.date:
    """Return the date on which to look at a rule again.

    >>> look_again(dt.date(2026, 8, 31))
    datetime.date(2027, 2, 28)
    """
    return (pd.Timestamp(as_of) + pd.DateOffset(months=months)).date()


def signed_arr(cohort: Cohort) -> tuple[np.ndarray, np.ndarray]:
    """Return who signed, and what each account paid a year at its start.

    Returns
    -------
    tuple of ndarray, each of shape (n_accounts,)
        Whether the account was won or became a customer, bool; money, NaN where unknown: ARR at the start, or without
        contracts the annual value of the won deal.
    """
    table = cohort.accounts
    signed = cohort.customers | (table["outcome"] == "won").fillna(False).to_numpy(dtype=bool)
    arr = table["arr_start"].to_numpy(dtype=float, na_value=np.nan)
    if not cohort.has_churn and "amount" in table:
        arr = np.where(np.isnan(arr), table["amount"].to_numpy(dtype=float, na_value=np.nan), arr)
    return signed, arr


def _churned_within(table: pd.DataFrame, horizon: int) -> np.ndarray:
    time = table["follow_up_months"].to_numpy(dtype=float, na_value=np.inf)
    return table["churned"].to_numpy(dtype=bool) & (time <= horizon)


def _money(values: np.ndarray) -> float:
    return round(float(np.nansum(values)), 2)


def _against_rest(cohort: Cohort, inside: np.ndarray) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what serving the rule's customers takes against all others, and what of it is not measured."""
    cost, services, signals = cost_to_serve(cohort, inside), services_share(cohort, inside), after_sale(cohort, inside)
    entries: list[dict[str, Any]] = []
    if cost is not None:
        entries.append({"figure": "cost_to_serve_a_year", "per": "customer and year"} | cost)
    if services is not None:
        entries.append({"figure": "services_share", "per": "first-year revenue"} | services)
    for entry in signals:
        flat = _FLAT.get(entry["about"])
        entries.append(({"figure": flat} if flat else {}) | entry)
    flat_figures: dict[str, Any] = {"against_rest": entries} if entries else {}
    absent: dict[str, str] = {}
    for name in ("cost_to_serve_a_year", *_FLAT.values(), "services_share"):
        own = [e for e in entries if e.get("figure") == name]
        measured = [e for e in own if "absent" not in e]
        if measured:
            flat_figures |= _flat(name, measured)
        else:
            absent[name] = own[0]["absent"] if own else _why_absent(name, cohort)
    return flat_figures, absent


def _flat(name: str, measured: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a figure and its twin elsewhere; what happens under several names adds up, onboarding does not."""
    digits = 2 if name == "cost_to_serve_a_year" else 4
    if name == "onboarding_load":
        measured = measured[:1]
    here, elsewhere = (sum(e[side]["estimate"] for e in measured) for side in ("inside", "elsewhere"))
    named = {"onboarding_signal": measured[0]["signal"]} if name == "onboarding_load" else {}
    return {name: round(here, digits), f"{name}_elsewhere": round(elsewhere, digits)} | named


def _why_absent(name: str, cohort: Cohort) -> str:
    if name == "services_share":
        return "no won deal names a services amount"
    if cohort.signals is None:
        return "there is no signals table"
    if name == "cost_to_serve_a_year":
        return "economics.signal_costs gives no signal a cost"
    about = next(about for about, flat in _FLAT.items() if flat == name)
    return f"no signal's name speaks of {about}"


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
