"""Of the rules that samples of the accounts form for one region, the one in their middle."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from icp_ml.conditions import Rule
from icp_ml.segments.partition import cells
from icp_ml.segments.stability import jaccard

_SAME_REGION = 0.5


def central(
    rules: Sequence[Rule],
    again: Sequence[Sequence[Rule]],
    fit: Callable[[list[Rule]], float],
    frame: pd.DataFrame,
    cost: float,
) -> list[Rule]:
    """Return the rules that those of samples agree with most, where they fit about as well.

    What fits these accounts best by a hair is not what the next accounts will show: of what samples find, the one in
    the middle is (the medoid, Kaufman and Rousseeuw 1987). The whole list first, then each rule by itself.

    Parameters
    ----------
    rules : sequence of Rule
        Formed on all accounts, in order.
    again : sequence of sequence of Rule
        Formed on samples of them.
    fit : callable
        Chi-squared between the cells of ordered rules.
    frame : DataFrame
        Typed attributes, of the accounts on which rules are compared.
    cost : float
        Chi-squared, by rule, that another list may cost; and that all rules replaced one by one may cost together.
    """
    kept = _middle([list(rules), *(list(r) for r in again)], fit, frame, cost)
    best = fit(kept)
    for at, rule in enumerate(kept):
        options = [rule, *same_region(rule, again, frame)]
        masks = [option.mask(frame) for option in options]
        agreement = [round(float(np.mean([jaccard(m, o) for o in masks])), 6) for m in masks]
        for place in sorted(range(len(options)), key=lambda i: -agreement[i]):
            others = [*kept[:at], *kept[at + 1 :]]
            changed = [*kept[:at], options[place], *kept[at + 1 :]]
            if options[place] not in others and fit(changed) >= best - cost:
                kept = changed
                break
    return kept


def _middle(
    lists: Sequence[list[Rule]], fit: Callable[[list[Rule]], float], frame: pd.DataFrame, cost: float
) -> list[Rule]:
    """Return the list whose segments agree most with those of all, among those that fit about as well as the first."""
    labels = [cells([rule.mask(frame) for rule in rules], len(frame)) for rules in lists]
    least = fit(lists[0]) - cost * max(len(lists[0]), 1)
    agreement = [round(float(np.mean([adjusted_rand_score(one, other) for other in labels])), 6) for one in labels]
    order = sorted(range(len(lists)), key=lambda i: -agreement[i])
    return next(lists[i] for i in order if i == 0 or fit(lists[i]) >= least)


def same_region(rule: Rule, again: Sequence[Sequence[Rule]], frame: pd.DataFrame) -> list[Rule]:
    """Return from each list the rule nearest to one, where at least half of the accounts of either are in both."""
    mask, found = rule.mask(frame), []
    for rules in again:
        nearest = max(((jaccard(mask, r.mask(frame)), -i) for i, r in enumerate(rules)), default=(0.0, 0))
        found += [rules[-nearest[1]]] if nearest[0] >= _SAME_REGION else []
    return found
