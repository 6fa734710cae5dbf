"""An integer scorecard over active rules. Contract, section 5; METHOD, section 5."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from icp_ml.conditions import Rule


@dataclass(frozen=True)
class ScoreItem:
    """Points for a rule that holds; ``attribute`` is the rule's first attribute."""

    criterion: str
    attribute: str
    rule: Rule
    points: int
    text: str


@dataclass(frozen=True)
class Scorecard:
    """Score = base + points of the items that hold, clipped to 0..100.

    ``target`` is ``won_and_kept``, ``won`` or ``kept``. ``figures`` holds what was measured of the score: out-of-time
    AUC beside the boosters', each tier's rate with interval, and sentences on tiers that do not differ.
    """

    target: str
    base: int
    items: tuple[ScoreItem, ...]
    green: int
    red: int
    figures: dict[str, Any] = field(default_factory=dict)
