"""A comparison of releases as its readers meet it: one structure for the terminal, the page and MLflow's note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from icp_ml.comparison.comparing import Entry, Pair
from icp_ml.comparison.figures import Figures
from icp_ml.comparison.tiers import BASE, EDGES
from icp_ml.release.json_text import json_ready
from icp_ml.report.comparison_rules import rules_sentence, told_rules
from icp_ml.report.comparison_verdict import difference_words, told_verdict, value_words
from icp_ml.report.rendering import markdown_safe
from icp_ml.report.words import count, money, percent, points
from icp_ml.wording import list_words

SHOWN = 40
_CAUSES = {BASE: "everybody's starting points", EDGES: "where tiers begin"}
_FIGURES = {
    "net_margin": "Earned per opportunity",
    "received": "The same, with the money that came in until then",
    "red": "Accounts refused (red)",
    "green": "Accounts to pursue first (green)",
    "arr_refused": "Revenue won that would have been refused",
    "win_rate_green": "Green deals that were won",
    "churn_green": "Green customers that left within {months}",
}
_MODELS = {"win": "who is won", "churn": "who leaves"}
_WHAT = {"input": "Table {name}", "setting": "Setting {name}", "version": "Version of {name}", "as_of": "Data up to"}


def told_comparison(entries: Sequence[Entry], pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return everything there is to tell, JSON-ready.

    Parameters
    ----------
    entries : sequence of Entry
        The releases, the first being what the others are compared with.
    pairs : sequence of Pair
        From :func:`icp_ml.comparison.comparing.compare_releases`.

    Returns
    -------
    dict
        ``name``, ``releases`` (each with ``letter``), ``pairs`` (each ``a``, ``b``, ``verdict``, ``changed``,
        ``rules``, ``tiers``, ``segments``, ``later``, ``flattering``, ``models``, ``origins``, ``notes``), and with
        several pairs ``side_by_side``.
    """
    letters = [_letter(place) for place in range(len(entries))]
    releases = [{"letter": letter, **entry.as_dict()} for letter, entry in zip(letters, entries, strict=True)]
    told = [_pair(pair, letters[0], b) for pair, b in zip(pairs, letters[1:], strict=True)]
    document: dict[str, Any] = {
        "name": entries[0].release.criteria["name"],
        "releases": releases,
        "pairs": told,
        "side_by_side": _side_by_side(told) if len(told) > 1 else None,
    }
    ready: dict[str, Any] = json_ready(document)
    return ready


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else f"R{place + 1}"


def _pair(pair: Pair, a: str, b: str) -> dict[str, Any]:
    currency = pair.newer.release.criteria["currency"]
    return {
        "a": a,
        "b": b,
        "verdict": told_verdict(pair, a, b, currency),
        "decision": pair.verdict.as_dict(),
        "changed": pair.verdict.answer != "nothing_changed",
        "rules": told_rules(pair.rules, a, b),
        "rules_sentence": rules_sentence(pair.rules),
        "own_ids": pair.own_ids,
        "tiers": _tiers(pair, currency),
        "segments": _segments(pair),
        "later": _figures(pair.later, currency),
        "later_from": pair.later_from,
        "flattering": _figures(pair.flattering, currency),
        "models": [_model(found, a, b) for found in pair.forecasts],
        "origins": [_origin(entry) for entry in pair.origins],
        "notes": _notes(pair),
    }


def _tiers(pair: Pair, currency: str | None) -> dict[str, Any]:
    # What happened to a rule comes before what happened to its points.
    said = {entry["id"]: entry["what"] for entry in reversed(pair.rules) if entry["id"]}
    moved = pair.tiers.moved
    arr, pipeline = float(moved["arr"].sum()), float(moved["pipeline"].sum())
    rows = [
        {
            "id": str(index),
            "name": row["name"] if isinstance(row["name"], str) else "",
            "before": row["before"],
            "after": row["after"],
            "arr": money(row["arr"], currency) if row["arr"] else "",
            "pipeline": money(row["pipeline"], currency) if row["pipeline"] else "",
            "why": _causes(row["causes"].split(";"), said),
        }
        for index, row in moved.head(SHOWN).iterrows()
    ]
    total = len(pair.tiers.table)
    sentence = (
        f"{len(moved):,} of {count(total, 'account')} change tier; they pay {money(arr, currency)} a year now and have "
        f"{money(pipeline, currency)} of open deals."
        if len(moved)
        else f"No account changes tier: all {total:,} stay where they are."
    )
    return {
        "sentence": sentence,
        "moved": len(moved),
        "accounts": total,
        "arr": arr,
        "pipeline": pipeline,
        "arr_words": money(arr, currency),
        "pipeline_words": money(pipeline, currency),
        "matrix": [{**cell, **_amounts(cell, currency)} for cell in pair.tiers.matrix()],
        "why": [
            {**cell, **_amounts(cell, currency), "why": _causes(cell["causes"], said)} for cell in pair.tiers.why()
        ],
        "rows": rows,
    }


def _amounts(cell: Mapping[str, Any], currency: str | None) -> dict[str, str]:
    return {"arr_words": money(cell["arr"], currency), "pipeline_words": money(cell["pipeline"], currency)}


def _causes(causes: Sequence[str], said: Mapping[str, str]) -> str:
    """Say which rules did it."""
    changed = {"points": "counts other points", "line": "holds for others", "attribute": "is read otherwise"}
    words = tuple(
        _CAUSES.get(cause) or f"{cause} {changed.get(said[cause], said[cause]) if cause in said else 'cannot be tried'}"
        for cause in causes
        if cause
    )
    return list_words(words, "and") if words else "an attribute is missing"


def _segments(pair: Pair) -> dict[str, Any]:
    entries = pair.segments.get("segments", [])
    kinds = [entry["change"] for entry in entries]
    told = {"born": "born", "died": "gone", "kept": "kept", "moved": "moved", "split": "split", "merged": "merged"}
    counted = [f"{kinds.count(kind)} {word}" for kind, word in told.items() if kind in kinds]
    return {
        "headline": f"Segments: {', '.join(counted)}." if counted else "Neither has any segment.",
        "texts": [entry["text"] for entry in entries if entry["change"] != "kept"],
        "kept": [entry["text"] for entry in entries if entry["change"] == "kept"],
        "counts": {kind: kinds.count(kind) for kind in told},
    }


def _figures(figures: Figures | None, currency: str | None) -> dict[str, Any] | None:
    if figures is None:
        return None
    within = count(figures.months, "month") if figures.months else "the horizon"
    rows = []
    for name, label in _FIGURES.items():
        row: dict[str, Any] = {"name": name, "label": label.format(months=within)}
        found = figures.found.get(name)
        if found is None:
            row["absent"] = figures.absent.get(name, "not measured")
        else:
            row |= {
                "a": value_words(found.before, name, currency),
                "b": value_words(found.after, name, currency),
                "difference": difference_words(found, name, currency),
                "n": f"{found.n:,}",
                "told": found.told,
            }
        rows.append(row)
    return {"rows": rows, "raw": figures.as_dict(), "accounts": figures.accounts, "without": list(figures.without)}


def _model(found: Mapping[str, Any], a: str, b: str) -> dict[str, Any]:
    what = _MODELS.get(found["outcome"], found["outcome"])
    if "absent" in found:
        return {"outcome": found["outcome"], "sentence": f"Forecasting {what} cannot be compared: {found['absent']}."}
    skill = found["figures"]["auc"]
    ends = (
        ""
        if skill["low"] is None
        else f" ({'' if skill['low'] > 0 or skill['high'] < 0 else 'no difference can be told: '}"
        f"{points(skill['low'], skill['high'])})"
    )
    sentence = (
        f"Forecasting {what}, on {found['n']:,} accounts that neither had seen: of two accounts of which it "
        f"happened to one, {a} names the right one {percent(skill['before'])} of the time, "
        f"{b} {percent(skill['after'])}{ends}."
    )
    return {"outcome": found["outcome"], "sentence": sentence, "figures": found["figures"], "n": found["n"]}


def _origin(entry: Mapping[str, Any]) -> dict[str, Any]:
    title = _WHAT[entry["what"]].format(name=entry["name"])
    before, after = ("none" if entry[side] is None else str(entry[side]) for side in ("before", "after"))
    if entry["what"] == "input" and entry["name"] == "previous_release":
        return {**entry, "text": "They were made with another previous release beside them."}
    if entry["what"] == "input":
        rows = f"{entry['before']:,} rows in both" if entry["before"] == entry["after"] else ""
        rows = rows or " and ".join("none" if n is None else f"{n:,} rows" for n in (entry["before"], entry["after"]))
        return {**entry, "text": f"{title} is not the same ({rows})."}
    return {**entry, "text": f"{title}: {before} in the first, {after} in the second."}


def _notes(pair: Pair) -> list[str]:
    notes = [
        f"{release}: these accounts lack {', '.join(names)}, which its rules use; such a rule holds for nobody here."
        for release, names in pair.lacking.items()
    ]
    notes += [
        f"{entry.release.id}: an earlier version wrote it, which did not keep its accounts."
        for entry in (pair.before, pair.after)
        if entry.accounts is None
    ]
    if pair.own_ids:
        named = ", ".join(f"{new} is {old}" for new, old in sorted(pair.own_ids.items()))
        notes.append(f"The first release has other ids for the same rules or segments. Here and there: {named}.")
    return notes


def _side_by_side(told: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of one table: every release against the first."""
    names = {"adopt": "adopt", "keep": "keep the first", "cannot_tell": "cannot be told", "nothing_changed": "the same"}
    rows = [
        {"label": "Answer", "cells": [names[pair["verdict"]["answer"]] for pair in told]},
        {"label": "Rules changed", "cells": [str(len(pair["rules"])) for pair in told]},
        {"label": "Accounts that change tier", "cells": [f"{pair['tiers']['moved']:,}" for pair in told]},
        {"label": "ARR now that changes tier", "cells": [pair["tiers"]["arr_words"] for pair in told]},
        {"label": "Open pipeline that changes tier", "cells": [pair["tiers"]["pipeline_words"] for pair in told]},
        {"label": "Segments", "cells": [pair["segments"]["headline"].removeprefix("Segments: ") for pair in told]},
    ]
    for place, (name, label) in enumerate(_FIGURES.items()):
        for which, where in (("later", "later accounts"), ("flattering", "its own accounts, flattering")):
            cells = [_cell(pair[which], place) for pair in told]
            if any(cells):
                title = label.format(months="the same months")
                rows.append(
                    {"label": f"{title}: {where}", "cells": [cell or "not measured" for cell in cells], "name": name}
                )
    return rows


def _cell(figures: Mapping[str, Any] | None, place: int) -> str:
    return "" if figures is None else str(figures["rows"][place].get("difference", ""))


def comparison_note(told: Mapping[str, Any]) -> str:
    """Return the answer in Markdown, for MLflow's note.

    Parameters
    ----------
    told : mapping
        From :func:`told_comparison`.
    """
    lines = [f"- {r['letter']}: release {markdown_safe(r['id'])}, data up to {r['as_of']}" for r in told["releases"]]
    for pair in told["pairs"]:
        lines += ["", f"**{pair['verdict']['headline']}** " + " ".join(pair["verdict"]["sentences"])]
        if pair["changed"]:
            lines += ["", pair["tiers"]["sentence"], ""]
            lines += [f"- {markdown_safe(rule['text'])}" for rule in pair["rules"]]
    return "\n".join([*lines, "", "The page with everything is among the artifacts.", ""])
