"""What became of the segments since the previous release, as a reader meets it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.report.proposals import Told
from icp_ml.report.words import count, percent


def told_changes(segments: Mapping[str, Any]) -> Told | None:
    """Return what to say of a ``segments.json`` beside the release before it, None where there is none to compare with.

    Returns
    -------
    dict or None
        ``headline`` (one sentence, enough where nothing changed), ``texts`` (a sentence or two a change, segments that
        are the same left out), ``by_id`` (the texts that concern a segment of this release).
    """
    changes = segments.get("changes")
    if changes is None:
        return None
    other = [entry for entry in changes["segments"] if entry["change"] != "kept"]
    return {
        "headline": _headline(changes, len(other)),
        "texts": [entry["text"] for entry in other],
        "by_id": {name: entry["text"] for entry in other for name in entry["to"]},
    }


def change_of(changes: Mapping[str, Any] | None, segment: str) -> str:
    """Return what changed for a segment of this release, empty where nothing did."""
    return str(changes["by_id"].get(segment, "")) if changes else ""


def _headline(changes: Mapping[str, Any], other: int) -> str:
    since = f"Since release {changes['since']}" if changes["since"] else "Since the release before"
    if not changes["segments"]:
        return f"{since} nothing changed: neither has any segment."
    kept = len(changes["segments"]) - other
    if other:
        what = f"{count(kept, 'segment')} stayed the same, and this changed:" if kept else "this changed:"
        return f"{since} {_staying(changes['accounts'])} {_capital(what)}"
    same = {1: "the one segment is", 2: "both segments are"}.get(kept, f"all {kept} segments are")
    return f"{since} {same} the same. {_capital(_staying(changes['accounts']))}"


def _staying(accounts: Mapping[str, Any]) -> str:
    """Say how many accounts a list of last quarter still sorts right."""
    if "absent" in accounts:
        return f"it cannot be told how many accounts stayed where they were: {accounts['absent']}."
    same, of = accounts["same"], accounts["of"]
    if same == of:
        return f"all {count(of, 'account')} stayed where they were, in their segment or in none."
    share = percent(accounts["share"])
    return f"{same:,} of {count(of, 'account')} ({share}) stayed where they were, in their segment or in none."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
