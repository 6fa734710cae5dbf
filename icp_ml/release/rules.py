"""The active rules of a release: score, tier, matched criteria, reasons and segment.

Contract, section 5. :meth:`ActiveRules.score_frame` is the reference. Files are scored by the rules' SQL and
:meth:`ActiveRules.told`, which says the same of a row once it is known which rules hold for it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.conditions import Rule
from icp_ml.release.active import active_document

GREEN, YELLOW, RED = "green", "yellow", "red"
TIERS = (RED, YELLOW, GREEN)
"""From the one to refuse to the one to pursue."""


@dataclass(frozen=True)
class ActiveRule:
    """A criterion or exclusion nobody has rejected."""

    id: str
    excludes: bool
    rule: Rule
    text: str


@dataclass(frozen=True)
class Reason:
    """What is said of an account a rule holds for: words and points (0 for a rule without a scorecard line)."""

    criterion: str
    rule: Rule
    text: str
    points: int

    def as_dict(self) -> dict[str, Any]:
        """Return ``{text, points}``, as ``icp score`` writes it."""
        return {"text": self.text, "points": self.points}

    def as_json(self) -> str:
        """Return the same as JSON text."""
        return json.dumps(self.as_dict(), ensure_ascii=False)


@dataclass(frozen=True)
class Told:
    """Score, tier, matched ids and reasons of one account, as ``icp score`` writes them."""

    score: int
    tier: str
    matched: str
    reasons: str


@dataclass(frozen=True)
class ActiveRules:
    """What turns attributes into a score, a tier, matched ids and reasons.

    Parameters
    ----------
    base : int
        Score before any points.
    green, red : int
        Tier edges: green from, red under.
    rules : tuple of ActiveRule
        All but the rejected ones, in file order.
    reasons : tuple of Reason
        Scorecard lines of active rules in file order, then the active rules that have no line, with 0 points.
    reviewed : bool
        Whether a person has decided on the proposals.
    """

    base: int
    green: int
    red: int
    rules: tuple[ActiveRule, ...]
    reasons: tuple[Reason, ...]
    reviewed: bool

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> ActiveRules:
        """Read the active rules of a valid ``criteria.json``."""
        active = active_document(document)
        rules = tuple(
            ActiveRule(c["id"], c["kind"] == "exclude", Rule.from_jsonlogic(c["when"]), c["text"])
            for c in active["criteria"]
        )
        lines = tuple(
            Reason(i["criterion"], Rule.from_jsonlogic(i["when"]), i["text"], int(i["points"]))
            for i in active["scorecard"]["items"]
            if i["points"] != 0
        )
        scored = {line.criterion for line in lines}
        silent = tuple(Reason(r.id, r.rule, r.text, 0) for r in rules if r.id not in scored)
        tiers = document["tiers"]
        base = int(document["scorecard"]["base"])
        reviewed = document["review"] is not None
        return cls(base, int(tiers["green"]), int(tiers["red"]), rules, lines + silent, reviewed)

    @property
    def attributes(self) -> tuple[str, ...]:
        """Attributes that at least one active rule or scorecard line uses, in order of first use."""
        rules = [*(r.rule for r in self.rules), *(r.rule for r in self.reasons)]
        return tuple(dict.fromkeys(a for rule in rules for a in rule.attributes))

    def score_frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Score typed attributes.

        Parameters
        ----------
        frame : DataFrame of shape (n_accounts, n_attributes)
            Attributes under their standard names, typed as :mod:`icp_ml.conditions` says.

        Returns
        -------
        DataFrame of shape (n_accounts, 4)
            ``icp_score`` (int, 0..100), ``icp_tier``, ``matched_criteria`` (ids joined by ``;``) and ``reasons`` (JSON
            text), with the index of ``frame``.
        """
        holds = [r.rule.mask(frame) for r in self.reasons]
        points = np.zeros(len(frame), dtype=np.int64)
        for reason, mask in zip(self.reasons, holds, strict=True):
            points += np.where(mask, reason.points, 0)
        matched = [r.rule.mask(frame) for r in self.rules]
        excluded = np.zeros(len(frame), dtype=bool)
        for active, mask in zip(self.rules, matched, strict=True):
            if active.excludes:
                excluded |= mask
        tier, score = self.tiers_of(points, excluded)
        texts = [r.as_json() for r in self.reasons]
        columns = {
            "icp_score": pd.Series(score, index=frame.index),
            "icp_tier": pd.Series(np.array(TIERS, dtype=object)[tier], index=frame.index, dtype="str"),
            "matched_criteria": joined([r.id for r in self.rules], matched, frame.index, ";"),
            "reasons": "[" + joined(texts, holds, frame.index, ", ") + "]",
        }
        return pd.DataFrame(columns, index=frame.index)

    def tiers_of(self, points: np.ndarray, excluded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return tier, as a place in :data:`TIERS`, and score, of points added up and whether an exclusion holds."""
        score = (self.base + points).clip(0, 100)
        tier = np.where(excluded | (score < self.red), 0, np.where(score >= self.green, 2, 1))
        return tier, score

    @property
    def points(self) -> np.ndarray:
        """What each of :attr:`distinct` adds to the score, shape ``(n_distinct,)``."""
        return np.array([sum(r.points for r in self.reasons if r.rule == rule) for rule in self.distinct], dtype=int)

    @property
    def excluding(self) -> np.ndarray:
        """Whether each of :attr:`distinct` makes an account red, shape ``(n_distinct,)``."""
        refusing = {r.rule for r in self.rules if r.excludes}
        return np.array([rule in refusing for rule in self.distinct], dtype=bool)

    @cached_property
    def distinct(self) -> tuple[Rule, ...]:
        """Each rule that a match or a reason rests on, once: which of them hold decides all that is said."""
        return tuple(dict.fromkeys([*(r.rule for r in self.rules), *(r.rule for r in self.reasons)]))

    def told(self, holding: Collection[Rule]) -> Told:
        """Return what is said of an account for which exactly some of :attr:`distinct` hold: a row of `score_frame`."""
        reasons = [r for r in self.reasons if r.rule in holding]
        matched = [r for r in self.rules if r.rule in holding]
        score = min(100, max(0, self.base + sum(r.points for r in reasons)))
        red = score < self.red or any(r.excludes for r in matched)
        tier = RED if red else GREEN if score >= self.green else YELLOW
        return Told(score, tier, ";".join(r.id for r in matched), f"[{', '.join(r.as_json() for r in reasons)}]")


@dataclass(frozen=True)
class SegmentRules:
    """The published segments' rules, in the order they are tried: the first that holds counts."""

    rules: tuple[tuple[str, Rule], ...]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> SegmentRules:
        """Read the rules of a ``segments.json``."""
        return cls(tuple((s["id"], Rule.from_jsonlogic(s["rule"]["when"])) for s in document["segments"]))

    @property
    def attributes(self) -> tuple[str, ...]:
        """Attributes the segments' rules use, in order of first use."""
        return tuple(dict.fromkeys(a for _, rule in self.rules for a in rule.attributes))

    def assign(self, frame: pd.DataFrame) -> pd.Series:
        """Return each row's segment id, an empty text where no rule holds."""
        masks = [rule.mask(frame) for _, rule in self.rules]
        ids = np.array([name for name, _ in self.rules], dtype=object)
        values = np.select(masks, list(ids), default="") if masks else np.full(len(frame), "", dtype=object)
        return pd.Series(values, index=frame.index, dtype="str")

    @property
    def names(self) -> tuple[str, ...]:
        """Ids in the order the rules are tried, and the empty text of an account in none."""
        return (*(name for name, _ in self.rules), "")

    def sql(self, columns: Mapping[str, str]) -> str:
        """Return the SQL of :meth:`assign` over typed column expressions, as a position in :attr:`names`."""
        cases = "".join(f" WHEN {rule.sql(columns)} THEN {place}" for place, (_, rule) in enumerate(self.rules))
        return f"CASE{cases} ELSE {len(self.rules)} END" if cases else "0"


def joined(texts: list[str], masks: list[np.ndarray], index: pd.Index, separator: str) -> pd.Series:
    """Join, row by row, the texts whose mask holds.

    Rows fall into few combinations, so each combination is joined once.

    >>> masks = [np.array([True, False]), np.array([True, True])]
    >>> joined(["a", "b"], masks, pd.RangeIndex(2), ";").tolist()
    ['a;b', 'b']
    """
    if not texts:
        return pd.Series("", index=index, dtype="str")
    combinations, code = np.unique(np.column_stack(masks), axis=0, return_inverse=True)
    words = [separator.join(t for t, held in zip(texts, row, strict=True) if held) for row in combinations]
    return pd.Series(np.array(words, dtype=object)[code.ravel()], index=index, dtype="str")
