"""Customers to look after, as customer success reads it: one verdict, what it rests on, and a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from icp_ml.report.early_life import AtRisk
from icp_ml.report.words import count, money, percent
from icp_ml.wording import label_words, list_words

Told = dict[str, Any]

SHOWN = 40


def told_early_life(document: Mapping[str, Any], at_risk: AtRisk | None, horizon: int, currency: str | None) -> Told:
    """Return what the report says of customers to look after.

    Parameters
    ----------
    document : mapping
        ``models.early_churn`` of ``metrics.json``.
    at_risk : AtRisk or None
        From :func:`icp_ml.report.early_life.customers_at_risk`.
    horizon : int
        Churn horizon in months.
    currency : str or None
        Reporting currency.

    Returns
    -------
    dict
        ``absent`` (sentence), or ``verdict``, ``more`` and ``cautions`` (sentences), ``total`` and ``rows`` of the
        list, ``left_out`` (sentence or empty), ``silent`` (whether nobody is told apart), ``window_days``,
        ``horizon``. A row has ``id``, ``name``, ``rank``, ``chance``,
        ``by``, ``arr``, ``until`` and ``why``, texts for people, empty where unknown.
    """
    if "absent" in document and "verdict" not in document:
        return {"absent": _sentence(document["absent"])}
    window = document["window_days"]
    rows = [] if at_risk is None else at_risk.frame.head(SHOWN).to_dict("records")
    return {
        "verdict": _verdict(document, window),
        "more": _more(document, horizon),
        "cautions": _cautions(document),
        "total": 0 if at_risk is None else len(at_risk.frame),
        "rows": [_row(row, currency) for row in rows],
        "left_out": _left_out(at_risk, horizon),
        "silent": at_risk is None,
        "window_days": window,
        "horizon": horizon,
    }


def _verdict(document: Mapping[str, Any], window: int) -> str:
    """Say whether the first days tell more than the sale did."""
    what = f"What happens in the first {window} days"
    if document["tells_more"]:
        return f"{what} tells more about who leaves than what was known at the sale."
    if document["ships"] == "base_rate":
        return f"Neither the first {window} days nor what was known at the sale is shown to tell who leaves."
    return (
        f"{what} is not shown to tell more about who leaves than what was known at the sale, so the chances here rest "
        "on the latter alone."
    )


def _more(document: Mapping[str, Any], horizon: int) -> list[str]:
    """Say how much it tells, and on whom that was tested."""
    found = document["comparison"]
    if "auc" not in found:
        return [_sentence(found["absent"])] if "absent" in found else []
    auc, brier = found["auc"], found["brier"]
    judged = f" within {found['months']:.0f} months" if found["months"] and found["months"] < horizon else ""
    later = all(m["split"] == "out_of_time" for m in document["metrics"])
    who = "customers that came later" if later else "customers the forecast had not seen"
    picks = (
        f"Given a customer that left{judged} and one that stayed, the forecast picks the right one "
        f"{_times(auc['with_signals'])} times in 100 with what was seen, and {_times(auc['without_signals'])} without"
        f"{_gained(auc, 100, '.0f')}; guessing gives 50. Tested on {found['n']:,} {who}, {found['events']:,} of them "
        "seen to leave."
    )
    return [
        picks,
        f"Squared error of the chances (Brier score, lower is better): {brier['with_signals']:.3f} with, "
        f"{brier['without_signals']:.3f} without{_gained(brier, 1, '.3f')}.",
    ]


def _times(auc: float) -> str:
    return f"{100 * auc:.0f}"


def _gained(figure: Mapping[str, Any], scale: int, shown: str) -> str:
    """Write what a figure gains; above 0 the signals help."""
    if figure.get("low") is None or figure.get("high") is None:
        return ""
    gain, low, high = (format(scale * figure[k], f"+z{shown}") for k in ("gain", "low", "high"))
    return f" (gain {gain}, range {low} to {high})"


def _cautions(document: Mapping[str, Any]) -> list[str]:
    """Say what makes the figures or the chances doubtful."""
    found = []
    if doubted := document.get("dated_on_first_day"):
        named = list_words(tuple(label_words(signal) for signal in doubted), "and")
        found.append(
            f"Dated on the very day of the start for nearly every customer: {named}. If filled in later, from "
            "the whole time as a customer, they tell of the leaving rather than warn of it, and the figures flatter."
        )
    calibration = document["calibration"]
    if calibration["sentence"] and not calibration["probabilities"]:
        told = " So the list gives an order, no chances." if calibration["level_off"] else ""
        found.append(f"{calibration['sentence']}{told}")
    if document["extrapolated"]:
        found.append("Too few customers were followed to the horizon: the chance to leave by then is an extrapolation.")
    return found


def _left_out(at_risk: AtRisk | None, horizon: int) -> str:
    if at_risk is None or not at_risk.bound_longer:
        return ""
    whose = "whose contract runs" if at_risk.bound_longer == 1 else "whose contracts run"
    return f"Left out: {count(at_risk.bound_longer, 'customer')} {whose} beyond month {horizon}."


def _row(row: Mapping[Any, Any], currency: str | None) -> Told:
    named = isinstance(row["name"], str) and row["name"] != row["account_id"]
    return {
        "id": row["account_id"],
        "name": row["name"] if named else "",
        "rank": f"{row['rank']:,}",
        "chance": "" if pd.isna(row["chance_to_leave"]) else percent(row["chance_to_leave"]),
        "by": row["leaves_by"],
        "arr": money(row["arr"], currency) if row["arr"] > 0 else "",
        "until": "" if pd.isna(row["contract_ends"]) else row["contract_ends"],
        "why": row["reasons"],
    }


def _sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}."
