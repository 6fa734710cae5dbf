"""The churn and win models as a reader meets them: what each figure means, and whether it is any good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.report.proposals import Told
from icp_ml.report.words import label
from icp_ml.wording import label_words, number_words

_TITLES = {"churn": "Who leaves", "win": "Who is won"}
_KINDS = {"boosted": "Boosted trees", "logistic": "Penalised logistic regression", "base_rate": "Base rate"}
_MEANINGS = (
    ("auc", "how often, of two accounts that fared differently, it ranks the right one higher; 0.5 is a coin toss"),
    ("concordance", "how often, of two customers, the one who left earlier was ranked riskier; 0.5 is a coin toss"),
    ("brier_skill", "how much of the base rate's squared error the model removes; 0 is no better"),
    ("brier", "mean squared error of the probabilities; lower is better"),
    ("slope", "1 is right; under 1 the probabilities are too extreme"),
    ("intercept", "0 is right; above 0 the model promises too little"),
    ("calibration", "how far promised and observed shares lie apart; lower is better"),
    ("lift", "how many times the average rate the worst tenth has"),
    ("profit", "what acting on the model would have earned, each customer with its own value"),
    ("log_loss", "how surprised the model is by what happened; lower is better"),
)
_PAIRS = {"churn": "left and one that stayed", "win": "was won and one that was lost"}
_HAPPENED = {"churn": "seen to leave", "win": "won"}
_SHOWN = 10


def told_models(metrics: Mapping[str, Any]) -> list[Told]:
    """Return what there is to say of each model; one that could not be trained says why.

    A model of a side that was not measured at all is left out, since that is said of the data already.

    Returns
    -------
    list of dict
        ``outcome``, ``title``; ``absent`` (reason), or ``verdict``, ``plain`` (without jargon), ``tested`` (on how
        many), ``kinds`` (column heads), ``figures`` (``label``, ``meaning``, ``cells``), ``reliability`` and
        ``importance`` (for drawing), ``levels``, ``extrapolated``.
    """
    models = metrics.get("models") or {}
    known = [outcome for outcome in _TITLES if outcome in models]
    return [_told(o, models[o]) for o in known if "was not measured" not in models[o].get("absent", "")]


def _told(outcome: str, model: Mapping[str, Any]) -> Told:
    told: Told = {"outcome": outcome, "title": _TITLES[outcome]}
    if "verdict" not in model:
        return told | {"absent": model["absent"]}
    measured = [m for m in model["metrics"] if m["name"] != "events"]
    kinds = [k for k in _KINDS if any(m["model"] == k for m in measured)]
    return told | {
        "verdict": model["verdict"],
        "plain": _plain(outcome, model),
        "tested": _tested(outcome, model["metrics"]),
        "extrapolated": bool(model["extrapolated"]),
        "kinds": [_KINDS[k] for k in kinds],
        "figures": _rows(measured, kinds),
        "reliability": [r for r in model["reliability"] if r.get("observed") is not None],
        "importance": _importance(model["importance"]),
        "levels": _levels(model["levels"], {row["attribute"] for row in model["importance"][:_SHOWN]}),
    }


def _plain(outcome: str, model: Mapping[str, Any]) -> str:
    """Say how good the model is without a statistic's name; empty where its ranking was not measured."""
    if model["ships"] == "base_rate":
        return "nothing known before the sale tells accounts apart here; every account gets the average chance."
    auc = next((m for m in model["metrics"] if m["name"] == "auc" and m["model"] == model["ships"]), None)
    if auc is None or auc.get("value") is None:
        return ""
    between = f" ({100 * auc['low']:.0f} to {100 * auc['high']:.0f})" if auc.get("low") is not None else ""
    where = "on later accounts" if auc["split"] == "out_of_time" else "on accounts it had not seen"
    right = f"{100 * auc['value']:.0f} times in 100{between}"
    return f"{where}, given one that {_PAIRS[outcome]}, the model picks the right one {right}; guessing gives 50."


def _tested(outcome: str, metrics: list[Mapping[str, Any]]) -> str:
    """Say on how many accounts the figures rest, and how many of them met the outcome; empty where nobody counted."""
    events = next((m for m in metrics if m["name"] == "events" and m.get("value") is not None and m.get("n")), None)
    if events is None:
        return ""
    who = "customers that came later" if outcome == "churn" else "accounts decided later"
    if events["split"] != "out_of_time":
        who = "customers it had not seen" if outcome == "churn" else "decided accounts it had not seen"
    return f"{events['n']:,} {who}, {events['value']:,.0f} of them {_HAPPENED[outcome]}"


def _rows(metrics: list[Mapping[str, Any]], kinds: list[str]) -> list[Told]:
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for metric in metrics:
        rows.setdefault((metric["name"], metric["split"]), {})[metric["model"]] = _cell(metric)
    return [
        {
            "label": label(name) + (f", {label_words(split)}" if split != "out_of_time" else ""),
            "meaning": next((words for part, words in _MEANINGS if part in name), ""),
            "cells": [cells.get(kind, "") for kind in kinds],
        }
        for (name, split), cells in rows.items()
    ]


def _cell(metric: Mapping[str, Any]) -> str:
    """Write a figure with its interval; a few digits are all that the interval supports."""
    shown = "{:.3f}".format if "profit" not in metric["name"] else "{:,.0f}".format
    if metric.get("value") is None:
        return "not defined"
    if metric.get("low") is None or metric.get("high") is None:
        return shown(metric["value"])
    return f"{shown(metric['value'])} ({shown(metric['low'])} to {shown(metric['high'])})"


def _importance(rows: list[Mapping[str, Any]]) -> list[Told]:
    largest = max((row["mean_abs_shap"] for row in rows), default=0.0) or 1.0
    return [
        {
            "attribute": label_words(row["attribute"]),
            "share": row["mean_abs_shap"] / largest,
            "value": row["mean_abs_shap"],
        }
        for row in rows[:_SHOWN]
        if row["mean_abs_shap"] > 0
    ]


def _levels(rows: list[Mapping[str, Any]], attributes: set[str]) -> list[Told]:
    """Return the levels that move the model's answer most, of the attributes that matter most."""
    kept = [r for r in rows if r["attribute"] in attributes and r.get("mean_shap") is not None]
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
