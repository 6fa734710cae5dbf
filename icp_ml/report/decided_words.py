"""What people decided before this release, and what of it the release goes against, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.release.decided_before import Entry, moved_edges, overruled, unanswered, withdrawn
from icp_ml.report.receipts import Told
from icp_ml.report.words import count

_HOW = {"green": "at", "red": "under"}


def told_decided_before(criteria: Mapping[str, Any]) -> Told | None:
    """Return what to say of decisions that people took before a release.

    Parameters
    ----------
    criteria : mapping
        Content of ``criteria.json``.

    Returns
    -------
    dict or None
        ``headline``, ``texts`` (a sentence or two each), ``next`` (what can be done, empty once a person has reviewed
        the release), ``by_id`` (the sentence that concerns a rule of this release). None where nothing is to be said.
    """
    gone = overruled(criteria)
    edges = moved_edges(criteria)
    texts = {entry["id"]: entry["text"] for entry in criteria["criteria"]}
    told = [_overruled(rule, texts) for rule in gone]
    told += [_edge(edge, moved, criteria["tiers"][edge]) for edge, moved in edges.items()]
    missing = [_withdrawn(rule) for rule in withdrawn(criteria)]
    if not told and not missing:
        return None
    open_ = unanswered(criteria)
    return {
        "headline": _headline(len(told), open_),
        "texts": [*told, *missing],
        "next": _next(criteria["release_id"], gone) if open_ else "",
        "by_id": {rule["here"]: _overruled(rule, texts) for rule in gone if rule["here"]},
    }


def _headline(against: int, unanswered_: bool) -> str:
    if not against:
        return "The data no longer proposes what a person had accepted."
    if unanswered_:
        what = count(against, "decision that a person took before", "decisions that people took before")
        return f"This release goes against {what}."
    return "Decided before, and not taken again when this release was reviewed:"


def _next(release: str, rules: list[Entry]) -> str:
    """Say how the decisions are taken again, and how they are let go."""
    again = f"Until a person decides, it cannot be promoted: “icp review {release} --again --by NAME” takes them again"
    back = [rule["here"] for rule in rules if rule["here"]]
    instead = f"“--accept {','.join(back)}” lets the proposal stand" if back else "any other review lets them go"
    return f"{again}, {instead}."


def _overruled(rule: Entry, texts: Mapping[str, str]) -> str:
    signed = _signed(rule)
    if rule["decision"] == "rejected":
        return f"{rule['here']} “{texts[rule['here']]}” was rejected{signed}; the data proposes it again."
    if rule["decision"] == "manual":
        return f"“{rule['text']}” ({rule['id']}) was added{signed}; the data does not propose it, so it is not here."
    first = rule.get("was") or {}
    changed = f"“{first.get('text', rule['id'])}” was changed to “{rule['text']}” ({rule['id']}){signed}"
    if first.get("here"):
        return f"{changed}; the data proposes {first['here']} “{texts[first['here']]}” again."
    return f"{changed}; the data proposes nothing of the kind, so it is not here."


def _withdrawn(rule: Entry) -> str:
    return f"“{rule['text']}” ({rule['id']}) was accepted{_signed(rule)}; the data no longer proposes it."


def _edge(edge: str, moved: Mapping[str, Any], here: int) -> str:
    how = _HOW[edge]
    return (
        f"The {edge} tier was set to begin {how} {moved['points']} points{_signed(moved)}; here it begins {how} {here}."
    )


def _signed(told: Mapping[str, Any]) -> str:
    """Say who decided, when, and why."""
    who = f" by {told['by']}" if told["by"] else ""
    when = f" on {told['on']}" if told["on"] else ""
    why = f" (“{told['note']}”)" if told["note"] else ""
    return who + when + why
