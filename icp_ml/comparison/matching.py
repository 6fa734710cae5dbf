"""Which rules and segments of two releases are the same, also where neither was made with the other as its previous.

Ids live on from release to release only along one line. Two releases that do not know each other both count from C1, so
that the same id may mean two rules and one rule may have two ids. Here the earlier document is told in the later one's
ids, so that everything after it can go by id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from icp_ml.comparison.population import Population
from icp_ml.conditions import Rule
from icp_ml.release.folder import Release
from icp_ml.segments.stability import jaccard

SAME = 0.5
"""Share of accounts in common (of either) from which two rules count as one that moved; that of segments too."""


@dataclass(frozen=True)
class Named:
    """A release in the ids of another.

    Parameters
    ----------
    release : Release
        The earlier release, its rules and segments under the later one's ids.
    own : dict of str to str
        Id here to its own id, where these differ.
    """

    release: Release
    own: dict[str, str]


def in_ids_of(after: Release, before: Release, accounts: Population) -> Named:
    """Return a release with its rules and segments under the ids that another gives to the same.

    The same are those of equal conditions; else, of one kind, those that share at least half of their accounts, the
    closest first; else those of one id and one kind on the same attributes. What is left and collides is named as of
    the earlier release.

    Parameters
    ----------
    after, before : Release
        The release whose ids count, and the one to be told in them.
    accounts : Population
        Accounts by which two rules are seen to overlap.
    """
    frames = accounts.latest(before), accounts.latest(after)
    rules = _renamed(
        [_Ruled(c["id"], c["kind"], Rule.from_jsonlogic(c["when"])) for c in before.criteria["criteria"]],
        [_Ruled(c["id"], c["kind"], Rule.from_jsonlogic(c["when"])) for c in after.criteria["criteria"]],
        *frames,
        before.id,
    )
    segments = _renamed(
        [_Ruled(name, "segment", rule) for name, rule in before.segment_rules.rules],
        [_Ruled(name, "segment", rule) for name, rule in after.segment_rules.rules],
        *frames,
        before.id,
    )
    told = replace(
        before,
        criteria=_criteria_in(before.criteria, rules),
        segments={**before.segments, "segments": [{**s, "id": segments[s["id"]]} for s in before.segments["segments"]]},
    )
    own = {new: old for old, new in {**rules, **segments}.items() if old != new}
    return Named(told, own)


@dataclass(frozen=True)
class _Ruled:
    id: str
    kind: str
    rule: Rule


Pairs = list[tuple[int, int]]


def _renamed(
    before: list[_Ruled], after: list[_Ruled], old: pd.DataFrame, new: pd.DataFrame, release: str
) -> dict[str, str]:
    """Return the id of each earlier rule in the later release."""
    was, now = [r.rule.mask(old) for r in before], [r.rule.mask(new) for r in after]
    pairs: Pairs = []
    _add(pairs, before, after, lambda i, j: before[i].rule.key() == after[j].rule.key())
    overlaps = sorted(
        ((jaccard(was[i], now[j]), i, j) for i in range(len(before)) for j in range(len(after))),
        key=lambda found: (-found[0], found[1:]),
    )
    for share, i, j in overlaps:
        if share >= SAME:
            _pair(pairs, before, after, i, j)
    _add(pairs, before, after, lambda i, j: before[i].id == after[j].id and _alike(before[i].rule, after[j].rule))
    found = {before[i].id: after[j].id for i, j in pairs}
    taken = {r.id for r in after}
    return {r.id: found.get(r.id, f"{r.id} of {release}" if r.id in taken else r.id) for r in before}


def _add(pairs: Pairs, before: list[_Ruled], after: list[_Ruled], same: Callable[[int, int], bool]) -> None:
    """Pair what is the same and not yet paired."""
    for i in range(len(before)):
        for j in range(len(after)):
            if same(i, j):
                _pair(pairs, before, after, i, j)


def _pair(pairs: Pairs, before: list[_Ruled], after: list[_Ruled], i: int, j: int) -> None:
    """Pair two rules of one kind, where neither is paired yet."""
    if before[i].kind == after[j].kind and all(i != a and j != b for a, b in pairs):
        pairs.append((i, j))


def _alike(one: Rule, other: Rule) -> bool:
    return set(one.attributes) == set(other.attributes)


def _criteria_in(document: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    items = [{**i, "criterion": ids.get(i["criterion"], i["criterion"])} for i in document["scorecard"]["items"]]
    return {
        **document,
        "criteria": [{**c, "id": ids[c["id"]]} for c in document["criteria"]],
        "scorecard": {**document["scorecard"], "items": items},
    }
