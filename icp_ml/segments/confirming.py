"""Which segments differ on accounts that did not form them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from icp_ml.conditions import Rule
from icp_ml.segments.partition import cells, explained, falls_to, scatter
from icp_ml.segments.targets import Targets

_NOBODY_ELSE = 0.25  # of a segment's size: those whom gaps in the data keep from being named
ERROR = 0.025  # two ways of forming segments are tried, 5 % together


def confirmed(
    masks: Sequence[np.ndarray], targets: Targets, smallest: int, formed: int
) -> tuple[list[int], dict[int, float]]:
    """Return which segments hold up, in order, and the p-value of each that does not.

    A segment's statistic is what the partition explains less of when its accounts fall to where they would be without
    it; where nobody else is there, since its rule names who is left, how it differs from all others. Segments are
    dropped, weakest first, until all that remain pass Holm's test (Holm 1979) at :data:`ERROR`
    together, so that where nothing differs something is published in at most that share of cases.

    Parameters
    ----------
    masks : sequence of ndarray of bool, shape (n,)
        For each segment, in order, the accounts that a rule formed without them holds for.
    targets : Targets
        What happened to the same accounts.
    smallest : int
        Fewest accounts of a segment.
    formed : int
        How many segments there were at first; those dropped since stay in the count.
    """
    kept, dropped = list(range(len(masks))), {}
    tested = max(formed, 1)
    n = len(targets.scores)
    while kept:
        labels = cells([masks[i] for i in kept], n)
        full = explained(labels, targets)
        chances = []
        for at in range(len(kept)):
            without = cells([masks[i] for i in kept if i != kept[at]], n)
            enough = np.sum(labels == at) >= smallest
            parted = falls_to(labels, without, at)
            if np.sum(parted & (labels != at)) < _NOBODY_ELSE * np.sum(labels == at):
                without, parted = np.where(labels == at, -1, 0), np.ones(n, dtype=bool)
                lost = explained(without, targets) / scatter(targets, parted)
            else:
                lost = (full - explained(without, targets)) / scatter(targets, parted)
            chances.append(targets.chance(float(lost.sum())) if enough else 1.0)
        worst = int(np.argmax(chances))
        if chances[worst] <= ERROR / (1 + tested - len(kept)) and min(chances) <= ERROR / tested:
            break
        dropped[kept[worst]] = round(chances[worst], 4)
        del kept[worst]
    return kept, dropped


def share_explained(rules: Sequence[Rule], frame: pd.DataFrame, targets: Targets) -> dict[str, float]:
    """Return, by outcome, the share of variance that the cells explain, less what as many random cells would.

    Chi-squared less its degrees of freedom, by account measured: an adjusted eta squared, 0 on average where nothing
    differs.
    """
    labels = cells([rule.mask(frame) for rule in rules], len(frame))
    between = explained(labels, targets) - (len(np.unique(labels)) - 1)
    total = np.maximum(np.sum(targets.exposures > 0, axis=0), 1)
    return {name: float(b / t) for name, b, t in zip(targets.names, between, total, strict=True)}
