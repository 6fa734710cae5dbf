"""A coarser rule in place of one that does not come back when accounts are drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pandas as pd

from icp_ml.conditions import Rule
from icp_ml.segments.consensus import same_region
from icp_ml.segments.stability import is_inside, resampled_jaccard


def steadier(rules: Sequence[Rule], at: int, again: Sequence[Sequence[Rule]], frame: pd.DataFrame) -> list[Rule] | None:
    """Return ordered rules with one replaced by what samples agree on most, None where that is the rule itself.

    Where samples differ about a part, they may well agree about the whole: the rule less some of its conditions, or
    what one of them says of the same region. To leave the region out, since its boundary is unsure, would lose more.
    Parts of the new rule are tried before it.

    Parameters
    ----------
    rules : sequence of Rule
        Formed segments, in order.
    at : int
        The one that does not come back.
    again : sequence of sequence of Rule
        Segments that samples form. The samples that judge the result must be others, lest it be picked for its luck.
    frame : DataFrame
        Typed attributes, of the accounts on which rules are compared.
    """
    rule, others = rules[at], [*rules[:at], *rules[at + 1 :]]
    sizes = range(len(rule.conditions) - 1, 0, -1)
    options = [Rule(chosen) for size in sizes for chosen in combinations(rule.conditions, size)]
    options += same_region(rule, again, frame)
    best, found = resampled_jaccard(rules, again, frame)[at], None
    for option in dict.fromkeys(options):
        if option == rule or option in others:
            continue
        changed, place = _placed(option, at, others, frame)
        stability = resampled_jaccard(changed, again, frame)[place]
        if stability > best:
            best, found = stability, changed
    return found


def _placed(rule: Rule, at: int, others: Sequence[Rule], frame: pd.DataFrame) -> tuple[list[Rule], int]:
    """Return rules with one more, where the old one stood or behind the last of its parts, and its place."""
    mask, masks = rule.mask(frame), [other.mask(frame) for other in others]
    place = max([at, *(i + 1 for i, other in enumerate(masks) if is_inside(other, mask))])
    return [*others[:place], rule, *others[place:]], place
