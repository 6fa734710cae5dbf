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
    Parts of the new rule are tried before it; they go where samples agree on the whole more than on any of them.

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
    stable = resampled_jaccard(rules, again, frame)
    best, found = stable[at], None
    for option in dict.fromkeys(options):
        if option == rule or option in others:
            continue
        parts = _parts(option, others, frame)
        theirs = max((stable[rules.index(part)] for part in parts), default=0.0)
        for kept, least in ((others, 0.0), ([other for other in others if other not in parts], theirs)):
            changed, place = _placed(option, at, kept, frame)
            stability = resampled_jaccard(changed, again, frame)[place]
            if stability > max(best, least):
                best, found = stability, changed
    return found


def _parts(rule: Rule, others: Sequence[Rule], frame: pd.DataFrame) -> list[Rule]:
    mask = rule.mask(frame)
    return [other for other in others if is_inside(other.mask(frame), mask)]


def _placed(rule: Rule, at: int, others: Sequence[Rule], frame: pd.DataFrame) -> tuple[list[Rule], int]:
    """Return rules with one more, where the old one stood or behind the last of its parts, and its place."""
    parts = _parts(rule, others, frame)
    place = max([min(at, len(others)), *(others.index(part) + 1 for part in parts)])
    return [*others[:place], rule, *others[place:]], place
