"""Which segments differ on accounts that did not form them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from icp_ml.segments.partition import cells, explained, falls_to, scatter
from icp_ml.segments.targets import Targets

_NOBODY_ELSE = 0.25  # of a segment's size: those whom gaps in the data keep from being named
ERROR = 0.025  # two ways of forming segments are tried, 5 % together


def confirmed(
    masks: Sequence[np.ndarray], asked: Sequence[np.ndarray], targets: Targets, smallest: int, formed: int
) -> tuple[list[int], dict[int, float]]:
    """Return which segments hold up, in order, and the p-value of each that does not.

    A segment's statistic is what the partition explains less of when its accounts fall to where they would be without
    it; where next to nobody else is there, since its rule names who is left, how it differs from all others. Segments
    are dropped, weakest first, until all that remain pass Holm's test (Holm 1979) at :data:`ERROR` together, so that
    where nothing differs something is published in at most that share of cases.

    Parameters
    ----------
    masks : sequence of ndarray of bool, shape (n,)
        For each segment, in order, the accounts that a rule formed without them holds for.
    asked : sequence of ndarray of bool, shape (n,)
        For each segment, the accounts without which it was formed again. Where it was not, its accounts are among
        nobody's, and to compare it with these would be to compare it with itself.
    targets : Targets
        What happened to the same accounts.
    smallest : int
        Fewest accounts of a segment.
    formed : int
        How many segments there were at first; those dropped since stay in the count.
    """
    kept, dropped = list(range(len(masks))), {}
    while kept:
        chances = []
        for at, segment in enumerate(kept):
            among = asked[segment]
            chances.append(_chance([masks[i][among] for i in kept], at, targets.rows(among), smallest))
        if _all_pass(chances, formed):
            break
        worst = int(np.argmax(chances))
        dropped[kept[worst]] = round(chances[worst], 4)
        del kept[worst]
    return kept, dropped


def _chance(masks: Sequence[np.ndarray], at: int, targets: Targets, smallest: int) -> float:
    """Return the probability that a segment differs as much by chance, 1 where it is too small to judge."""
    n = len(targets.scores)
    labels, without = cells(masks, n), cells([*masks[:at], *masks[at + 1 :]], n)
    own = labels == at
    if np.sum(own) < smallest:
        return 1.0
    parted = falls_to(labels, without, at)
    if np.sum(parted & ~own) < _NOBODY_ELSE * np.sum(own):
        lost = explained(own, targets) / scatter(targets, np.ones(n, dtype=bool))
    else:
        lost = (explained(labels, targets) - explained(without, targets)) / scatter(targets, parted)
    return targets.chance(float(lost.sum()))


def _all_pass(chances: Sequence[float], formed: int) -> bool:
    """Return whether the least p-value is within the error over all formed, the next over one fewer, and so on."""
    return all(chance <= ERROR / (formed - place) for place, chance in enumerate(sorted(chances)))
