"""Ordered rules that can be read one by one, and a name for who is left where there is a plain one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np

from icp_ml.segments.search import MOST_SEGMENTS, RuleSearch

_OWN = 0.9  # a rule whose accounts are its own to this share needs no words against others
_MOST = 0.6  # of a segment's accounts that its words must hold for, those with missing values counted
_KEPT, _STRAY = 0.9, 0.1  # share of a segment's accounts that its words must keep, and of others they may let in

Rules = list[tuple[int, ...]]


def told_apart(rules: Sequence[tuple[int, ...]], search: RuleSearch) -> Rules:
    """Return the same segments in words that say more where they can.

    A rule gets the condition by which earlier ones take accounts from it: "uses Zendesk", tried after "has no RevOps",
    means those with RevOps, and whoever reads it alone should be told. Who is left is named where opposites of what the
    rules say describe it: of two halves it is chance which one a search comes upon first, and a segment should
    not come and go with it.

    Parameters
    ----------
    rules : sequence of tuple of int
        Ordered rules as conditions of the search's grid.
    search : RuleSearch
        Search over the accounts that formed them.
    """
    rules = list(rules)
    for at in range(1, len(rules)):
        own = search.cells(rules) == at
        if len(rules[at]) < search.limits.deepest and np.sum(own) < _OWN * np.sum(search.mask(rules[at])):
            against = (
                c for c in _opposites(rules[:at], search) if search.grid.axis_of[c] not in _axes(rules[at], search)
            )
            rules[at] = _nearest((tuple(sorted((*rules[at], c))) for c in against), own, search) or rules[at]
    if not rules or len(rules) == MOST_SEGMENTS:
        return rules
    free = search.cells(rules) == -1
    # What a condition does not hold for, no rule with it holds for: most need not be combined with others.
    worth_a_try = [c for c in _opposites(rules, search) if np.sum(search.mask((c,)) & free) >= _MOST * np.sum(free)]
    left = _nearest(_combined(worth_a_try, search), free, search)
    return [*rules, left] if left else rules


def _opposites(rules: Sequence[tuple[int, ...]], search: RuleSearch) -> list[int]:
    """Return the opposite of each condition, and for each attribute what all conditions on it leave, where nameable."""
    grid = search.grid
    conditions = sorted({c for rule in rules for c in rule})
    groups = [[c] for c in conditions]
    groups += [
        [c for c in conditions if grid.axis_of[c] == axis] for axis in sorted({grid.axis_of[c] for c in conditions})
    ]
    found = {grid.opposite(group) for group in groups}
    return sorted(c for c in found if c is not None)


def _combined(conditions: Sequence[int], search: RuleSearch) -> Iterable[tuple[int, ...]]:
    """Return the rules that given conditions make, one an attribute, the shortest first."""
    for size in range(1, search.limits.deepest + 1):
        for rule in combinations(conditions, size):
            if len(_axes(rule, search)) == size:
                yield rule


def _axes(rule: Sequence[int], search: RuleSearch) -> set[int]:
    return {int(search.grid.axis_of[c]) for c in rule}


def _nearest(rules: Iterable[tuple[int, ...]], own: np.ndarray, search: RuleSearch) -> tuple[int, ...] | None:
    """Return the rule that holds for a segment's accounts and next to no others, None where none does.

    Accounts of which the rule cannot be told, since a value is missing, are nobody's fault, unless they are many.
    """
    size, best = int(np.sum(own)), None
    if size < search.limits.smallest:
        return None
    for rule in rules:
        mask = search.mask(rule)
        known = np.all([search.grid.axes[axis].codes >= 0 for axis in sorted(_axes(rule, search))], axis=0)
        shared, stray = np.sum(mask & own), np.sum(mask & ~own) / size
        kept = shared / max(int(np.sum(own & known)), 1)
        enough = kept >= _KEPT and stray <= _STRAY and shared >= _MOST * size
        if enough and (best is None or kept - stray > best[0] + 1e-9):
            best = (kept - stray, rule)
    return best[1] if best else None
