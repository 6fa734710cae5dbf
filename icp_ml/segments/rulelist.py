"""An ordered list of rules that splits accounts by what happens to them, formed on one half of the data.

The best rule is split off the accounts that no rule covers yet, or off a segment found before, then the next, as long
as one clears its hurdle: what a search of this size gains by chance where nothing differs. Rules that no longer carry
their weight are dropped, and thresholds move to the roundest number that costs next to no fit. A tree of the same depth
would need two of three conditions for each region it sets apart; a list needs none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from icp_ml.conditions import Condition, Rule
from icp_ml.config.schema import Attribute
from icp_ml.criteria.rounding import round_cuts, roundness
from icp_ml.segments.bins import build_grid
from icp_ml.segments.growing import grow
from icp_ml.segments.partition import cells, explained
from icp_ml.segments.search import Limits, RuleSearch
from icp_ml.segments.targets import Targets
from icp_ml.segments.telling_apart import told_apart

SMALLEST_SHARE = 0.02
_FEWEST = 20  # accounts of the forming half
_TOLERANCE = 3.0  # chi-squared a rounder threshold may cost


def form_rules(
    frame: pd.DataFrame, targets: Targets, attributes: Mapping[str, Attribute], names: Sequence[str], deepest: int = 3
) -> list[Rule]:
    """Return ordered rules formed on the given accounts alone, best thresholds rounded; empty where nothing differs.

    Parameters
    ----------
    frame : DataFrame, n rows
        Typed attributes as known at the decision.
    targets : Targets
        What happened to the same accounts.
    attributes : mapping
        Specifications.
    names : sequence of str
        Attributes that a rule may name.
    deepest : int
        Most conditions of a rule.
    """
    search = rule_search(frame, targets, attributes, names, deepest)
    return [] if search is None else rounded(as_rules(told_apart(grow(search), search), search), frame, targets)


def rule_search(
    frame: pd.DataFrame, targets: Targets, attributes: Mapping[str, Attribute], names: Sequence[str], deepest: int
) -> RuleSearch | None:
    """Return a search over the named attributes, None where there is nothing to search."""
    smallest = max(_FEWEST, math.ceil(SMALLEST_SHARE * len(frame)))
    parts = 14 if len(frame) >= 600 else 8
    grid = build_grid(frame, attributes, names, targets.scores, parts, _FEWEST)
    if grid is None or not targets.names:
        return None
    return RuleSearch(grid, targets, Limits(smallest, deepest))


def as_rules(rules: Sequence[tuple[int, ...]], search: RuleSearch) -> list[Rule]:
    """Return grid conditions as rules."""
    return [Rule(tuple(search.grid.condition(c) for c in conditions)) for conditions in rules]


def rounded(rules: Sequence[Rule], frame: pd.DataFrame, targets: Targets) -> list[Rule]:
    """Move each number's threshold to the roundest one that fits about as well as the best near it."""
    rules = list(rules)
    masks = [rule.mask(frame) for rule in rules]
    for at, rule in enumerate(rules):
        for place, condition in enumerate(rule.conditions):
            if condition.op not in ("below", "at_least", "between"):
                continue
            values = frame[condition.attribute].to_numpy(dtype=float, na_value=np.nan)
            for end in (0, 1) if condition.op == "between" else (0,):
                options = _moved(condition, end, values)
                fits = [_fit_with(masks, at, _swapped(rules[at], place, o).mask(frame), targets) for o in options]
                near = [o for o, fit in zip(options, fits, strict=True) if fit >= max(fits) - _TOLERANCE]
                condition = min(near, key=lambda o: (roundness(_end(o, end)), abs(_end(o, end) - _end(condition, end))))
                rules[at] = _swapped(rules[at], place, condition)
                masks[at] = rules[at].mask(frame)
    return rules


def _end(condition: Condition, end: int) -> float:
    return float(condition.value[end] if condition.op == "between" else condition.value)


def _swapped(rule: Rule, place: int, condition: Condition) -> Rule:
    return Rule((*rule.conditions[:place], condition, *rule.conditions[place + 1 :]))


def _moved(condition: Condition, end: int, values: np.ndarray) -> list[Condition]:
    """Return the condition with one end at each sayable number within a tenth of the accounts on either side."""
    known = np.sort(values[~np.isnan(values)])
    here = _end(condition, end)
    share = np.searchsorted(known, here) / len(known)
    low, high = np.quantile(known, [max(share - 0.1, 0), min(share + 0.1, 1)])
    moved = [condition]
    for cut in sorted({*round_cuts(known[(known >= low) & (known <= high)], 24).tolist(), *_sayable(low, high)}):
        if condition.op != "between":
            moved.append(replace(condition, value=float(cut)))
        elif (end == 0 and cut < condition.value[1]) or (end == 1 and cut > condition.value[0]):
            ends = (float(cut), condition.value[1]) if end == 0 else (condition.value[0], float(cut))
            moved.append(replace(condition, value=ends))
    return moved


def _sayable(low: float, high: float) -> list[float]:
    """Return numbers of one digit, or two with a last digit of 5, between two others.

    >>> _sayable(38, 110)
    [40.0, 45.0, 50.0, 55.0, 60.0, 65.0, 70.0, 75.0, 80.0, 85.0, 90.0, 95.0, 100.0]
    """
    found = set()
    top = math.floor(math.log10(max(abs(low), abs(high), 1e-9)))
    for step in (5 * 10.0 ** (top - 1), 5 * 10.0 ** (top - 2)):
        steps = np.arange(math.ceil(low / step), math.floor(high / step) + 1)
        found |= {round(float(v), 12) for v in steps[:200] * step if roundness(v) <= 2}
    return sorted(found)


def _fit_with(masks: list[np.ndarray], at: int, mask: np.ndarray, targets: Targets) -> float:
    return float(explained(cells([*masks[:at], mask, *masks[at + 1 :]], len(mask)), targets).sum())
