"""Which accounts change tier from one release to another, what they are worth, and which rules did it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.comparison.population import Population
from icp_ml.release.folder import Release
from icp_ml.release.rules import GREEN, RED, YELLOW, ActiveRules, joined

TIERS = (GREEN, YELLOW, RED)
BASE, EDGES = "base", "tiers"
"""Causes that are no rule: the points everybody starts from, and where tiers begin."""
_AMOUNTS = ("arr", "pipeline")


@dataclass(frozen=True)
class TierChanges:
    """Tiers of all accounts as they are now, under either release.

    Parameters
    ----------
    table : DataFrame
        One row an account, indexed by its id: ``name``, ``status``, ``before`` and ``after`` (tiers), ``score_before``,
        ``score_after``, ``arr`` (what it pays now), ``pipeline`` (its open deals), ``causes`` (ids of the rules, joined
        by ``;``, and ``base`` or ``tiers``; empty where the tier is the same).
    """

    table: pd.DataFrame

    @property
    def moved(self) -> pd.DataFrame:
        """The accounts whose tier changes, the most money first."""
        rows = self.table[self.table["before"] != self.table["after"]]
        worth = (rows["arr"] + rows["pipeline"]).rename("worth")
        order = pd.DataFrame({"worth": -worth, "id": rows.index}, index=rows.index)
        return rows.loc[order.sort_values(["worth", "id"]).index]

    def matrix(self) -> list[dict[str, Any]]:
        """Return accounts, ARR and open pipeline from each tier to each, all nine."""
        cells = []
        for before in TIERS:
            for after in TIERS:
                rows = self.table[(self.table["before"] == before) & (self.table["after"] == after)]
                cells.append({"before": before, "after": after, **_summed(rows)})
        return cells

    def why(self) -> list[dict[str, Any]]:
        """Return which causes moved how many accounts from which tier to which, the most accounts first."""
        grouped = self.moved.groupby(["before", "after", "causes"], sort=True)
        found = [
            {"before": before, "after": after, "causes": str(causes).split(";") if causes else [], **_summed(rows)}
            for (before, after, causes), rows in grouped
        ]
        return sorted(found, key=lambda entry: -entry["accounts"])


def tier_changes(before: Release, after: Release, accounts: Population) -> TierChanges:
    """Lay both releases' rules over the same accounts as they are known now.

    Parameters
    ----------
    before, after : Release
        The releases; a rule that both have goes by the same id in both.
    accounts : Population
        The accounts.
    """
    old = _Applied(before.rules, accounts.latest(before))
    new = _Applied(after.rules, accounts.latest(after))
    held = accounts.cohort.accounts
    table = pd.DataFrame(
        {
            "name": held["name"] if "name" in held else pd.Series(index=held.index, dtype="str"),
            "status": held["status"],
            "before": old.tiers,
            "after": new.tiers,
            "score_before": old.scores,
            "score_after": new.scores,
            "arr": held["arr_now"].fillna(0.0) if "arr_now" in held else 0.0,
            "pipeline": held["open_pipeline"].fillna(0.0) if "open_pipeline" in held else 0.0,
        },
        index=held.index,
    )
    return TierChanges(table.assign(causes=_causes(old, new).where(table["before"] != table["after"], "")))


class _Applied:
    """One release's rules on a frame: what each of them does to each account."""

    def __init__(self, rules: ActiveRules, frame: pd.DataFrame) -> None:
        scored = rules.score_frame(frame)
        self.rules, self.index = rules, frame.index
        self.scores, self.tiers = scored["icp_score"], scored["icp_tier"]
        self.refuses = {r.id: r.rule.mask(frame) for r in rules.rules if r.excludes}
        self.points: dict[str, np.ndarray] = {}
        for line in rules.reasons:
            earned = np.where(line.rule.mask(frame), line.points, 0)
            self.points[line.criterion] = self.points.get(line.criterion, 0) + earned

    @property
    def refused(self) -> np.ndarray:
        """Whether any exclusion holds."""
        masks = list(self.refuses.values())
        return np.any(masks, axis=0) if masks else np.zeros(len(self.index), dtype=bool)


def _causes(old: _Applied, new: _Applied) -> pd.Series:
    """Return for each account what decides that its tier is another: exclusions first, else points."""
    gained, lost = new.refused & ~old.refused, old.refused & ~new.refused
    neither = ~old.refused & ~new.refused
    nobody = np.zeros(len(new.index), dtype=bool)
    masks: dict[str, np.ndarray] = {}
    for name in dict.fromkeys([*new.refuses, *old.refuses, *new.points, *old.points]):
        here, there = new.refuses.get(name, nobody), old.refuses.get(name, nobody)
        earned = new.points.get(name, nobody.astype(int)) != old.points.get(name, nobody.astype(int))
        masks[name] = (gained & here) | (lost & there) | (neither & earned)
    masks[BASE] = neither & (new.rules.base != old.rules.base)
    edges = (old.rules.green, old.rules.red) != (new.rules.green, new.rules.red)
    masks[EDGES] = neither & edges
    return joined(list(masks), list(masks.values()), new.index, ";")


def _summed(rows: pd.DataFrame) -> dict[str, Any]:
    return {"accounts": len(rows), **{name: float(rows[name].sum()) for name in _AMOUNTS}}
