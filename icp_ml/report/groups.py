"""Segments, and the figures of any group, as a reader meets them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from icp_ml.report.proposals import Told
from icp_ml.report.segment_quality import told_quality_table, told_questions
from icp_ml.report.words import count, figure_words, label, money, percent, span
from icp_ml.wording import label_words, list_words

_EXPLAINED = {
    "win_rate": "Won, of those decided",
    "churn": "Left within {months}",
    "grr": "Revenue kept after {months}, without expansion",
    "nrr": "Revenue kept after {months}, with expansion",
    "arr": "Paid a year at the start",
    "cycle_days": "From opening a won deal to closing it",
    "pull": "Pull, from 1 (weak) to 5 (intense)",
    "opportunity_value": "Earned per opportunity worked, within {months}",
    "cost_to_serve": "Cost to serve a customer a year",
}
_OF = {"win_rate": "decided account", "cycle_days": "won deal", "opportunity_value": "decided account"}
SAME = "the same for all"
_MOST = 0.5
_NAMES = {
    "win_rate": "win rate",
    "grr": "revenue kept",
    "nrr": "revenue kept",
    "arr": "what customers pay",
    "cycle_days": "sales cycle",
    "opportunity_value": "what an opportunity earns",
    "cost_to_serve": "cost to serve",
}
_VERDICTS = ("high pull", "promising", "average", "avoid")
# What segments.figures says where a group holds nobody who could be measured.
_NOBODY = re.compile(
    r"^0 (?:of 0 )?(?P<who>\D+?) "
    r"(?:are fewer than \d+|were followed for \d+ months|do not carry a churn rate)$"
)


def told_segments(
    segments: Mapping[str, Any], overlaps: Mapping[str, Any], everybody: Mapping[str, Any], horizon: int
) -> list[Told]:
    """Return the segments, the best first; their rules are tried in file order, which ``order`` keeps.

    Parameters
    ----------
    segments : mapping
        Content of ``segments.json``.
    overlaps : mapping
        Segment id to how many of its accounts are in the target and refused, as
        :func:`icp_ml.report.target.target_document` counts them.
    everybody : mapping
        The figures of all accounts; one that is absent there is left out of every segment, since that is said once.
    horizon : int
        Months of the churn horizon.

    Returns
    -------
    list of dict
        ``id``, ``name``, ``text`` (empty where the name says it), ``verdict``, ``but`` (what speaks against it, mostly
        empty), ``worse`` (names of figures that are worse than those of all accounts), ``order``, ``size``
        (sentence), ``in_target`` and ``refused`` (shares of its accounts now, None where unknown), ``figures`` as
        :func:`told_figures` returns them, ``quality`` and ``questions`` as :mod:`icp_ml.report.segment_quality` tells
        them, ``fit`` (a sentence on how steady the segment is).
    """
    said = {name for name, figure in everybody.items() if "absent" in figure}
    told = [
        _told(s, i, overlaps.get(s["id"]) or {}, said, horizon, segments.get("currency"))
        | {"worse": _worse(s, everybody)}
        for i, s in enumerate(segments["segments"], 1)
    ]
    worth = {s["id"]: (s["figures"].get("opportunity_value") or {}).get("estimate", 0.0) for s in segments["segments"]}
    return sorted(told, key=lambda s: (bool(s["but"]), _VERDICTS.index(s["verdict"]), -worth[s["id"]]))


def told_figures(
    figures: Mapping[str, Any], currency: str | None, horizon: int, leave_out: Collection[str] = ()
) -> list[Told]:
    """Return named figures with their ranges, absent ones with the reason.

    Parameters
    ----------
    figures : mapping
        Name to ``{"estimate", "low", "high", "n"}`` or ``{"absent"}``.
    currency : str or None
        Reporting currency.
    horizon : int
        Months of the churn horizon; a figure that names its own overrules it.
    leave_out : collection of str
        Names not to tell.

    Returns
    -------
    list of dict
        ``name``, ``label``, and ``value``, ``between`` and ``of`` (how many of what), or ``absent``.
    """
    same = _same(figures.get("grr"), figures.get("nrr"))
    kept = {name: f for name, f in figures.items() if name not in leave_out and not (same and name == "nrr")}
    told = [_figure(name, figure, currency, horizon) for name, figure in kept.items()]
    for figure in told:
        if same and figure["name"] == "grr":
            figure["label"] = figure["label"].replace("without expansion", "no expansion was recorded")
    return told


def absent_sentence(figures: list[Told]) -> str:
    """Return which of the figures are not measured and why, empty where all are.

    >>> absent_sentence([{"name": "pull", "absent": "no customers"}, {"name": "arr", "value": "1"},
    ...     {"name": "grr", "absent": "no ARR"}, {"name": "nrr", "absent": "no ARR"}])
    'Not measured: pull (no customers); revenue kept (no ARR).'
    """
    reasons: dict[str, list[str]] = {}
    for figure in figures:
        if "absent" in figure:
            names = reasons.setdefault(figure["absent"], [])
            name = _NAMES.get(figure["name"], label_words(figure["name"]))
            names += [name] if name not in names else []
    missing = [f"{list_words(tuple(names), 'and')} ({reason})" for reason, names in reasons.items()]
    return f"Not measured: {'; '.join(missing)}." if missing else ""


def _told(
    segment: Mapping[str, Any], order: int, overlap: Mapping[str, int], said: set[str], horizon: int,
    currency: str | None,
) -> Told:  # fmt: skip
    shares = {
        k: overlap[k] / overlap["accounts"] if overlap.get("accounts") else None for k in ("in_target", "refused")
    }
    return {
        "id": segment["id"],
        "name": segment["name"],
        "text": segment["rule"]["text"] if segment["rule"]["text"] != segment["name"] else "",
        "verdict": segment["verdict"],
        "but": _against(segment["verdict"], shares["refused"]),
        "order": order,
        "size": _size(segment["sizes"], said) + _pipeline(segment.get("pipeline") or {}, currency),
        **shares,
        "figures": told_figures(segment["figures"], currency, horizon, said),
        "quality": told_quality_table(segment, currency, horizon),
        "questions": told_questions(segment, currency, horizon),
        "fit": _fit(segment),
    }


def _against(verdict: str, refused: float | None) -> str:
    """Say where the exclusions speak against a segment that its own figures do not."""
    if refused is None or refused <= _MOST or verdict == "avoid":
        return ""
    return f"but an exclusion hits {'all' if refused == 1 else percent(refused)} of it"


def _size(sizes: Mapping[str, int], said: set[str]) -> str:
    """Say how many accounts the segment holds; what was not measured is not counted."""
    parts = []
    if "win_rate" not in said:
        parts += [f"{sizes.get('won', 0):,} won", f"{sizes.get('lost', 0):,} lost"]
        parts += [f"{sizes['open']:,} with a first deal open"] if sizes.get("open") else []
    if "churn" not in said and "customers" in sizes:
        parts.append(count(sizes["customers"], "customer") + " followed")
    return f"{count(sizes['all'], 'account')}: {', '.join(parts)}." if parts else f"{count(sizes['all'], 'account')}."


def _pipeline(pipeline: Mapping[str, Any], currency: str | None) -> str:
    """Say how much of what is open now lies in the segment; nothing where that is not known."""
    if not pipeline.get("open"):
        return " Nothing of the open pipeline." if "open" in pipeline else ""
    return f" {percent(pipeline['share'])} of the open pipeline, {money(pipeline['open'], currency)}."


def _worse(segment: Mapping[str, Any], everybody: Mapping[str, Any]) -> list[str]:
    """Return the figures whose whole range is worse than that of all accounts."""
    found = []
    for name, figure in segment["figures"].items():
        other = everybody.get(name, {})
        if name not in ("win_rate", "churn", "grr", "nrr", "opportunity_value", "pull"):
            continue
        if "low" not in figure or "low" not in other:
            continue
        if figure["low"] > other["high"] if name == "churn" else figure["high"] < other["low"]:
            found.append(name)
    return found


def _same(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Return whether two figures are known and equal."""
    return bool(one and other and "estimate" in one and one["estimate"] == other.get("estimate"))


def _figure(name: str, figure: Mapping[str, Any], currency: str | None, horizon: int) -> Told:
    within = count(figure.get("months", horizon), "month")
    told: Told = {"name": name, "label": _EXPLAINED.get(name, label(name)).format(months=within)}
    if "estimate" not in figure:
        return told | {"absent": _reason(figure["absent"])}
    told["value"] = figure_words(name, figure["estimate"], currency)
    if "low" in figure:
        low, high = (figure_words(name, figure[end], currency) for end in ("low", "high"))
        told["between"] = span(low, high) if low != high else SAME
    if figure.get("n"):
        told["of"] = count(figure["n"], _OF.get(name, "customer"))
    return told


def _reason(absent: str) -> str:
    found = _NOBODY.match(absent)
    return f"no {found['who']}" if found else absent.removesuffix(", which could not be measured here")


def _fit(segment: Mapping[str, Any]) -> str:
    """Say how steady the segment is, and how well its rule stands for the group it was read off, where there is one."""
    fidelity = [v for v in segment["fidelity"].values() if isinstance(v, (int, float))]
    steady = f"In resampled data it comes out again with {percent(segment['stability'])} of its accounts in common."
    if not fidelity or not min(fidelity):
        return steady
    ends = span(percent(min(fidelity)), percent(max(fidelity))) if len(set(fidelity)) > 1 else percent(fidelity[0])
    return f"{steady} The rule shares {ends} of its accounts with a group found without any rule."
