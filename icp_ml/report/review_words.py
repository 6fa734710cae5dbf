"""What a review says to whoever made it: each decision, what the data says of it, and which accounts change tier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from icp_ml.report.words import count, money
from icp_ml.review.applying import Applied
from icp_ml.review.moved import Move

_DECIDED = {
    "accept": "{rule} accepted: {text}.",
    "reject": "{rule} rejected, and its points are 0: {text}.",
    "rename": "{rule} is now called “{after}”; it was “{before}”.",
    "edit": "{rule} changed to “{after}”; it was “{before}”.",
    "add": "{rule} added by a person: {after}.",
    "tier": "The {edge} tier now begins {how} {after} points; it was {before}.",
}
_HOW = {"green": "at", "red": "under"}


def told_review(applied: Applied, moves: Sequence[Move], currency: str | None) -> dict[str, Any]:
    """Return what came of a review, JSON-ready.

    Returns
    -------
    dict
        ``decisions`` and ``moves`` (sentences), ``changed`` (one entry a move), ``judged``: id to what the data says of
        a rule that was changed or added, with its points.
    """
    points = {i["criterion"]: i["points"] for i in applied.document["scorecard"]["items"]}
    return {
        "decisions": [_decided(told) for told in applied.log],
        "judged": {
            identity: f"What the data says of {identity}: {judgement.verdict} {_points(points.get(identity, 0))}"
            for identity, judgement in applied.judged.items()
        },
        "moves": told_moves(moves, currency),
        "changed": [asdict(move) for move in moves],
    }


def told_moves(moves: Sequence[Move], currency: str | None) -> list[str]:
    """Say which accounts change tier, in sentences."""
    if not moves:
        return ["No account changes its tier."]
    total = sum(move.accounts for move in moves)
    arr = money(sum(move.arr_now for move in moves), currency)
    head = f"{count(total, 'account changes', 'accounts change')} tier; together they pay {arr} a year now."
    return [head, *(_moved(move, currency) for move in moves)]


def _moved(move: Move, currency: str | None) -> str:
    told = f"{count(move.accounts, 'account')} from {move.before} to {move.after}"
    parts = []
    if move.customers:
        parts.append(f"{count(move.customers, 'customer')} paying {money(move.arr_now, currency)} a year")
    if move.open_deals:
        parts.append(f"{count(move.open_deals, 'open deal')} worth {money(move.open_pipeline, currency)}")
    return f"{told}{': ' if parts else ''}{' and '.join(parts)}."


def _decided(told: Mapping[str, Any]) -> str:
    words = {key: str(value).rstrip(".") for key, value in told.items()}
    return _DECIDED[told["decision"]].format(**words, how=_HOW.get(str(told.get("edge")), ""))


def _points(points: int) -> str:
    if not points:
        return "It carries no points."
    return f"It carries {points:+d} points."
