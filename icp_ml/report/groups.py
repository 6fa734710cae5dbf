"""Segments as a reader meets them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.report.proposals import Told
from icp_ml.report.words import figure_words, label, percent

_EXPLAINED = {
    "grr": "Revenue kept, without expansion",
    "nrr": "Revenue kept, with expansion",
    "arr": "Revenue a year when won",
    "cycle_days": "From first contact to signature",
    "pull": "Pull, from 1 (weak) to 5 (intense)",
    "opportunity_value": "Earned by pursuing one opportunity",
    "cost_to_serve": "Cost to serve a year",
    "churn": "Left within the horizon",
}
_VERDICTS = ("high pull", "promising", "average", "avoid")


def told_segments(segments: Mapping[str, Any]) -> list[Told]:
    """Return the segments, the best first; their rules are tried in file order, which ``order`` keeps.

    Returns
    -------
    list of dict
        ``id``, ``name``, ``text`` (empty where the name says it), ``verdict``, ``order``, ``sizes``, ``figures``
        (``name``, ``label``, ``value``, ``between`` or ``absent``), ``fit`` (a sentence on how well the rule stands for
        the group that was found).
    """
    told = [_told(s, i, segments.get("currency")) for i, s in enumerate(segments["segments"], 1)]
    return sorted(told, key=lambda s: _VERDICTS.index(s["verdict"]) if s["verdict"] in _VERDICTS else len(_VERDICTS))


def told_figures(figures: Mapping[str, Any], currency: str | None) -> list[Told]:
    """Return named figures with their intervals, absent ones with the reason.

    Returns
    -------
    list of dict
        ``name``, ``label``, and ``value``, ``between``, ``n`` or ``absent``.
    """
    return [_figure(name, figure, currency) for name, figure in figures.items()]


def _told(segment: Mapping[str, Any], order: int, currency: str | None) -> Told:
    return {
        "id": segment["id"],
        "name": segment["name"],
        "text": segment["rule"]["text"] if segment["rule"]["text"] != segment["name"] else "",
        "verdict": segment["verdict"],
        "order": order,
        "sizes": [{"label": label(k), "n": n} for k, n in segment["sizes"].items()],
        "figures": told_figures(segment["figures"], currency),
        "fit": _fit(segment),
    }


def _figure(name: str, figure: Mapping[str, Any], currency: str | None) -> Told:
    told: Told = {"name": name, "label": _EXPLAINED.get(name, label(name))}
    if "estimate" not in figure:
        return told | {"absent": figure["absent"]}
    told["value"] = figure_words(name, figure["estimate"], currency)
    if "low" in figure:
        low, high = (figure_words(name, figure[end], currency) for end in ("low", "high"))
        told["between"] = f"{low} to {high}"
    if figure.get("n"):
        told["n"] = figure["n"]
    return told


def _fit(segment: Mapping[str, Any]) -> str:
    fidelity = [v for v in segment["fidelity"].values() if isinstance(v, (int, float))]
    ends = f"{percent(min(fidelity))} to {percent(max(fidelity))}" if len(set(fidelity)) > 1 else None
    shared = ends or (percent(fidelity[0]) if fidelity else None)
    rule = f"The rule and the group found in the data share {shared} of their accounts; " if shared else ""
    return f"{rule}found again in resampled data with an overlap of {percent(segment['stability'])}."
