"""What a model's answers rest on, as a reader without statistics meets it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.report.proposals import Told
from icp_ml.report.words import percent
from icp_ml.wording import label_words

_SHOWN = 10
_LEAST_MOVE = 0.01
"""An attribute that moves the chance by less than a point at each of its values is only named."""
_DOES = {
    "churn": ("leave", "more often", "less often"),
    "win": ("are won", "more often", "less often"),
    "early_churn": ("leave", "more often", "less often"),
}
_TOWARDS = {"churn": "to leave", "win": "to be won", "early_churn": "to leave"}
_WHO = {"churn": "customers", "win": "decided accounts", "early_churn": "customers"}


def told_explained(outcome: str, model: Mapping[str, Any]) -> Told:
    """Return what there is to say of what a model's answers rest on.

    Parameters
    ----------
    outcome : str
        ``churn``, ``win`` or ``early_churn``.
    model : mapping
        From :func:`icp_ml.report.metrics.model_document`; what an older release does not hold is left out.

    Returns
    -------
    dict
        ``importance`` (``attribute``, ``share`` of the widest bar, ``low`` and ``high`` of the interval on the same
        scale or None, ``words``, ``firm``), ``effects`` (one an attribute: ``attribute``, ``unit``, ``levels``,
        ``unknown``, ``accounts``), ``small`` (attributes not worth one), ``limit`` (largest move, for the axes),
        ``towards``, ``average`` (chance in words), ``together`` (sentences on pairs), ``checked`` (sentence).
    """
    told = model.get("dependence") or []
    effects = [_effect(entry) for entry in told if _largest(entry, ("points",)) >= _LEAST_MOVE]
    average = model.get("average_chance")
    return {
        "importance": _importance(model),
        "effects": effects,
        "limit": max((_largest(entry, ("low_points", "high_points")) for entry in told), default=0.0),
        "small": [label_words(entry["attribute"]) for entry in told if _largest(entry, ("points",)) < _LEAST_MOVE],
        "towards": _TOWARDS[outcome],
        "average": percent(average) if average is not None else "",
        "together": _together(outcome, model) if told else [],
        "checked": _checked(model.get("additivity")),
    }


def moved(points: float) -> str:
    """Write a move of a chance.

    >>> moved(0.0912), moved(-0.0044), moved(0.0001)
    ('+9 points', '-0.4 points', '0 points')
    """
    shown = f"{100 * points:+.{1 if abs(points) < 0.02 else 0}f}"
    return f"{'0' if float(shown) == 0 else shown} points"


def _importance(model: Mapping[str, Any]) -> list[Told]:
    """Return the attributes that matter most; without refits, alone what they weigh."""
    rows = [row for row in model["importance"] if row["mean_abs_shap"] > 0]
    total = sum(row["mean_abs_shap"] for row in rows) or 1.0
    firm = {row["attribute"]: row for row in model.get("stability") or []}
    widest = max([firm[r["attribute"]]["high"] for r in rows if r["attribute"] in firm], default=0.0)
    widest = max(widest, max((row["mean_abs_shap"] / total for row in rows), default=1.0))
    return [
        _weight(row["attribute"], row["mean_abs_shap"] / total, firm.get(row["attribute"]), widest)
        for row in rows[:_SHOWN]
    ]


def _weight(attribute: str, share: float, firm: Mapping[str, Any] | None, widest: float) -> Told:
    told = {"attribute": label_words(attribute), "share": share / widest, "low": None, "high": None, "firm": ""}
    told["words"] = percent(share)
    if firm is None:
        return told
    return told | {
        "low": firm["low"] / widest,
        "high": firm["high"] / widest,
        "words": f"{percent(share)} ({100 * firm['low']:.0f} to {100 * firm['high']:.0f})",
        "firm": "stable" if firm["stable"] else "changes from fit to fit",
    }


def _effect(entry: Mapping[str, Any]) -> Told:
    """Return one attribute's levels, largest effect first unless they have an order; the unknown apart."""
    levels = [_level(level) for level in entry["levels"]]
    known = [level for level in levels if level["known"]]
    numbers = entry["type"] == "number"
    return {
        "attribute": label_words(entry["attribute"]),
        "unit": _unit(entry),
        "numbers": numbers,
        "tags": entry["type"] == "tags",
        "levels": known if numbers else sorted(known, key=lambda level: -level["points"]),
        "unknown": next((level for level in levels if not level["known"]), None),
        "accounts": entry.get("accounts") or [],
    }


def _unit(entry: Mapping[str, Any]) -> str:
    """Return an attribute's unit, empty where its name says it already."""
    unit = entry.get("unit") or ""
    return "" if unit in entry["attribute"] else str(unit)


def _level(level: Mapping[str, Any]) -> Told:
    told = dict(level)
    told["moves"] = moved(level["points"])
    told["count"] = f"{level['n']:,}"
    return told


def _largest(entry: Mapping[str, Any], figures: tuple[str, ...]) -> float:
    """Largest of these moves at any level."""
    return max((abs(level[figure]) for level in entry["levels"] for figure in figures), default=0.0)


def _together(outcome: str, model: Mapping[str, Any]) -> list[str]:
    """Say which pairs mean more together than apart."""
    verb, more, less = _DOES[outcome]
    told = []
    for pair in model.get("interactions") or []:
        first, second = pair["cell"]
        than = more if pair["points"] > 0 else less
        size = moved(abs(pair["points"])).removeprefix("+")
        told.append(
            f"{first[:1].upper()}{first[1:]}, together with {second}: they {verb} {than} than the two say apart, by "
            f"about {size} ({pair['n']:,} {_WHO[outcome]}; {pair['agreeing']} of {pair['refits']} fits agree)."
        )
    return told or [sentence for sentence in [model.get("no_interactions") or ""] if sentence]


def _checked(additivity: Mapping[str, Any] | None) -> str:
    if not additivity:
        return ""
    apart = additivity.get("computed_apart")
    twice = "" if apart is None else f", and from SHAP values computed by another algorithm {apart:.1g}"
    return (
        f"Each account's effects add up to its forecast: checked on {additivity['accounts']:,.0f} accounts, largest "
        f"gap {additivity['gap']:.1g} on the log scale{twice}."
    )
