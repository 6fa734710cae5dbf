"""Groups that were found and not published, and why: nothing that was looked at is hidden."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.report.proposals import Told
from icp_ml.report.words import percent

_NOT_CONFIRMED = "Accounts that did not help to find it did not confirm that it differs."


def told_left_out(segments: Mapping[str, Any]) -> list[Told]:
    """Return what a ``segments.json`` says of groups that did not hold up: ``rule`` and ``because``, each rule once.

    A rule that was dropped beside others and is published after all is not told.
    """
    looked_at = segments.get("looked_at") or {}
    published = {entry["rule"]["text"] for entry in segments["segments"]}
    told: dict[str, str] = {}
    for way in (looked_at, *(looked_at.get("given_up") or {}).values()):
        told |= {entry["rule"]: _did_not_come_back(entry) for entry in way.get("unstable") or []}
        told |= {entry["rule"]: _NOT_CONFIRMED for entry in way.get("not_confirmed") or []}
    return [{"rule": rule, "because": because} for rule, because in told.items() if rule not in published]


def _did_not_come_back(entry: Mapping[str, Any]) -> str:
    text = (
        "With a fifth of the accounts left out at random, what was found had on average "
        f"{percent(entry['stability'])} of its accounts in common with it, which is too little."
    )
    return text + (f" Tried in its place: {entry['instead']}." if "instead" in entry else "")
