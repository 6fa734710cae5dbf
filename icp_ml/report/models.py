"""The churn and win models as a reader meets them: what each figure means, and whether it is any good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from icp_ml.report.explanations import told_explained
from icp_ml.report.model_details import told_breakdowns, told_learning, told_profit
from icp_ml.report.proposals import Told
from icp_ml.report.words import label, percent
from icp_ml.wording import label_words, number_words

_TITLES = {"churn": "Who leaves", "win": "Who is won", "early_churn": "Who leaves, seen after the first weeks"}
_KINDS = {"boosted": "Boosted trees", "logistic": "Penalised logistic regression", "base_rate": "Base rate"}
_NAMES = {
    "uno_c": "Uno's C",
    "profit": "Profit, acting on it",
    "profit_of_all": "Profit, taking everybody",
    "profit_gain": "Gain over taking everybody",
    "profit_over_base_rate": "Gain over acting on the base rate",
    "refused_share": "Refused, as expected to lose money",
}
_MEANINGS = (
    ("uno_c", "how often, of two customers, the one who left earlier was ranked riskier; 0.5 is a coin toss"),
    ("profit_of_all", "what the tested accounts earned, each with its own value"),
    ("profit_gain", "what refusing would have added"),
    ("profit_over", "what the model adds to giving all the average chance"),
    ("refused", "share of the tested accounts"),
    ("auc", "how often, of two accounts that fared differently, it ranks the right one higher; 0.5 is a coin toss"),
    ("brier_skill", "how much of the base rate's squared error the model removes; 0 is no better"),
    ("brier", "mean squared error of the probabilities; lower is better"),
    ("slope", "1 is right; under 1 the probabilities are too extreme"),
    ("intercept", "0 is right; above 0 the model promises too little"),
    ("calibration", "how far promised and observed shares lie apart; lower is better"),
    ("lift", "how many times the average rate the worst tenth has"),
    ("profit", "what acting on the model would have earned, each customer with its own value"),
    ("log_loss", "how surprised the model is by what happened; lower is better"),
)
_PAIRS = {
    "churn": "left and one that stayed",
    "win": "was won and one that was lost",
    "early_churn": "left and one that stayed",
}
_HAPPENED = {"churn": "seen to leave", "win": "won", "early_churn": "seen to leave"}
_BEGUN = {"churn": "started", "win": "decided", "early_churn": "past their first weeks"}
_BY_MONTH = ("group", "month", "n", "forecast", "observed", "low", "high")
_SHOWN = 10


def told_models(metrics: Mapping[str, Any], currency: str | None = None) -> list[Told]:
    """Return what there is to say of each model; one that could not be trained says why.

    A model of a side that was not measured at all is left out, since that is said of the data already.

    Returns
    -------
    list of dict
        ``outcome``, ``title``; ``absent`` (reason), or ``verdict``, ``plain`` (without jargon), ``tested`` (on how
        many), ``profit`` (sentences), ``learning`` (``sentence``, ``rows``), ``breakdowns``, ``caption`` and ``kinds``
        (column heads) of ``figures`` (``label``, ``meaning``, ``cells``), ``reliability`` and ``by_month`` (for
        drawing), ``levels``, ``extrapolated``, and what :func:`icp_ml.report.explanations.told_explained` returns.
    """
    models = metrics.get("models") or {}
    known = [outcome for outcome in _TITLES if outcome in models]
    return [_told(o, models[o], currency) for o in known if "was not measured" not in models[o].get("absent", "")]


def _told(outcome: str, model: Mapping[str, Any], currency: str | None) -> Told:
    told: Told = {"outcome": outcome, "title": _TITLES[outcome]}
    if "verdict" not in model:
        return told | {"absent": model["absent"]}
    measured = [m for m in model["metrics"] if m["name"] != "events"]
    kinds = [k for k in _KINDS if any(m["model"] == k for m in measured)]
    return told | {
        "verdict": model["verdict"],
        "plain": _plain(outcome, model),
        "tested": _tested(outcome, model),
        "profit": told_profit(outcome, model, currency),
        "learning": told_learning(model),
        "breakdowns": told_breakdowns(model),
        "caption": _caption(outcome, model),
        "happened": _HAPPENED[outcome],
        "extrapolated": bool(model["extrapolated"]),
        "kinds": [_KINDS[k] for k in kinds],
        "figures": _rows(measured, kinds, outcome, currency),
        "reliability": [r for r in model["reliability"] if r.get("observed") is not None],
        "by_month": [{key: row.get(key) for key in _BY_MONTH} for row in model.get("by_month") or []],
        # In points, level by level, where the release holds that; an older one has its log scale alone.
        "levels": [] if model.get("dependence") else _levels(model),
        **told_explained(outcome, model),
    }


def _plain(outcome: str, model: Mapping[str, Any]) -> str:
    """Say how good the model is without a statistic's name; empty where its ranking was not measured."""
    if model["ships"] == "base_rate":
        seen = "seen in the first weeks or " if outcome == "early_churn" else ""
        return f"nothing {seen}known before the sale tells accounts apart here; every account gets the average chance."
    auc = next((m for m in model["metrics"] if m["name"] == "auc" and m["model"] == model["ships"]), None)
    if auc is None or auc.get("value") is None:
        return ""
    between = f" ({100 * auc['low']:.0f} to {100 * auc['high']:.0f})" if auc.get("low") is not None else ""
    where = "on later accounts" if auc["split"] == "out_of_time" else "on accounts it had not seen"
    right = f"{100 * auc['value']:.0f} times in 100{between}"
    return f"{where}, given one that {_PAIRS[outcome]}, the model picks the right one {right}; guessing gives 50."


def _tested(outcome: str, model: Mapping[str, Any]) -> str:
    """Say on how many accounts the figures rest, and how many of them met the outcome; empty where nobody counted."""
    events = next(
        (m for m in model["metrics"] if m["name"] == "events" and m.get("value") is not None and m.get("n")), None
    )
    if events is None:
        return ""
    customers = outcome != "win"
    who = "customers that came later" if customers else "accounts decided later"
    if events["split"] != "out_of_time":
        who = "customers it had not seen" if customers else "decided accounts it had not seen"
    return f"{events['n']:,} {who}{_between(outcome, model)}, {events['value']:,.0f} of them {_HAPPENED[outcome]}"


def _between(outcome: str, model: Mapping[str, Any]) -> str:
    """Say when the tested accounts began, or were decided; empty where it is not known."""
    tested = model.get("tested") or {}
    return f" ({_BEGUN[outcome]} {tested['from']} to {tested['to']})" if tested else ""


def _caption(outcome: str, model: Mapping[str, Any]) -> str:
    """Say on how many accounts of when, and how, the figures beside the baselines rest."""
    n = max((m.get("n") or 0 for m in model["metrics"]), default=0)
    later = all(m["split"] == "out_of_time" for m in model["metrics"])
    months = (model.get("tested") or {}).get("months")
    within = f", churn within {months:.0f} months" if months else ""
    who = f"{n:,} {'later accounts' if later else 'accounts it had not seen'}{_between(outcome, model)}"
    return f"On {who}{within}, with 90 % intervals"


def _rows(metrics: list[Mapping[str, Any]], kinds: list[str], outcome: str, currency: str | None) -> list[Told]:
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for metric in metrics:
        rows.setdefault((metric["name"], metric["split"]), {})[metric["model"]] = _cell(metric)
    return [
        {
            "label": _label(name, outcome, currency) + (f", {label_words(split)}" if split != "out_of_time" else ""),
            "meaning": next((words for part, words in _MEANINGS if part in name), ""),
            "cells": [cells.get(kind, "") for kind in kinds],
        }
        for (name, split), cells in rows.items()
    ]


def _label(name: str, outcome: str, currency: str | None) -> str:
    """Name a figure, one in money with its unit."""
    words = _NAMES.get(name, label(name))
    if not name.startswith("profit"):
        return words
    return f"{words}, {currency + ' ' if currency else ''}per {'customer' if outcome == 'churn' else 'opportunity'}"


def _cell(metric: Mapping[str, Any]) -> str:
    """Write a figure with its interval; a few digits are all that the interval supports."""
    shown = _shown(metric["name"])
    if metric.get("value") is None:
        return "not defined"
    if metric.get("low") is None or metric.get("high") is None:
        return shown(metric["value"])
    return f"{shown(metric['value'])} ({shown(metric['low'])} to {shown(metric['high'])})"


def _shown(name: str) -> Callable[[float], str]:
    """How a figure is written."""
    if name.endswith("_share"):
        return percent
    return "{:,.0f}".format if name.startswith("profit") else "{:.3f}".format


def _levels(model: Mapping[str, Any]) -> list[Told]:
    """Return the levels that move the model's answer most, of the attributes that matter most."""
    attributes = {row["attribute"] for row in model["importance"][:_SHOWN]}
    kept = [r for r in model["levels"] if r["attribute"] in attributes and r.get("mean_shap") is not None]
    largest = sorted(kept, key=lambda r: -abs(r["mean_shap"]))[: 2 * _SHOWN]
    return [
        {
            "attribute": label_words(r["attribute"]),
            "level": str(r["level"]).removeprefix(f"{r['attribute']} = "),
            "n": number_words(float(r["n"])),
            "effect": f"{r['mean_shap']:+.2f}",
        }
        for r in largest
    ]
