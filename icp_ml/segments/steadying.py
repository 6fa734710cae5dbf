"""A boundary stays where it was unless the data speaks for moving it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from icp_ml.conditions import Rule
from icp_ml.segments.identity import SAME
from icp_ml.segments.partition import cells
from icp_ml.segments.stability import jaccard


def as_before(
    rules: Sequence[Rule], before: Sequence[Rule], fit: Callable[[list[Rule]], float], frame: pd.DataFrame, cost: float
) -> list[Rule]:
    """Return the previous release's rules where they fit about as well, all of them or one for the same segment.

    A boundary that is searched for anew each quarter jumps between cuts that fit alike, and accounts change segments
    for no reason. Each boundary is compared with the best of today, never with the one before, so that a population
    that drifts takes the boundary along as soon as staying costs more than ``cost``.

    All rules are tried at once first, since order and boundaries move together; only where there are as many as before,
    so that no segment newly found is given up, and none that was not found again is brought back. Then each by itself.
    Last, the segments of before are tried in the order of before, ahead of new ones, which then take fewer accounts
    from them.

    The previous rule was formed on outcomes of mostly the same accounts. That flatters no figure: a segment is
    confirmed and measured by its stand-ins (:mod:`icp_ml.segments.crossfit`), which are formed without the accounts
    they are measured on and without a look at the previous release. The shift from a stand-in to the published
    boundary is taken on the accounts that formed the stand-in; for a previous rule, which is not the best for those
    accounts but at most as good, it holds less luck, not more. What it may cost is nearness: a previous rule that
    stand-ins no longer resemble by half is not confirmed.

    Parameters
    ----------
    rules, before : sequence of Rule
        Formed segments and those of the previous release, each in order.
    fit : callable
        Chi-squared between the cells of ordered rules.
    frame : DataFrame
        Typed attributes, of accounts whose share in both is compared.
    cost : float
        Chi-squared that one replacement may cost.
    """
    kept = list(rules)
    if len(rules) == len(before) and fit(list(before)) >= fit(kept) - cost * len(rules):
        return list(before)
    now = cells([rule.mask(frame) for rule in rules], len(frame))
    then = cells([rule.mask(frame) for rule in before], len(frame))
    alike = [(jaccard(now == at, then == old), at, old) for at in range(len(rules)) for old in range(len(before))]
    earlier: dict[int, int] = {}
    for share, at, old in sorted(alike, key=lambda pair: (-pair[0], *pair[1:])):
        if share < SAME or at in earlier or old in earlier.values():
            continue
        earlier[at] = old
        swapped = [*kept[:at], before[old], *kept[at + 1 :]]
        if before[old] not in kept and fit(swapped) >= fit(kept) - cost:
            kept = swapped
    ordered = [kept[at] for at in sorted(range(len(kept)), key=lambda at: (earlier.get(at, len(before)), at))]
    return ordered if fit(ordered) >= fit(kept) - cost else kept
