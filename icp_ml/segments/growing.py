"""Ordered rules grown by what they explain: added, searched again knowing the others, and dropped, until none helps.

What a list is worth is the chi-squared between its cells less the hurdle of each rule: what the best rule of its kind
gains by chance. A rule that is part of a later one pays only for what it adds to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from icp_ml.segments.partition import falls_to, scatter
from icp_ml.segments.search import MOST_SEGMENTS, Candidate, RuleSearch
from icp_ml.segments.targets import DECIDING

_ROUNDS = 4
_ABOUT_AS_WELL = 6.0  # chi-squared that an order may cost

Rules = list[tuple[int, ...]]


def grow(search: RuleSearch) -> Rules:
    """Return ordered rules as conditions of the search's grid.

    The best single rule is not always part of the best list: a sign of pull that goes through good and bad accounts
    alike hides the rules that tell these apart. So the list is grown twice, from nothing and from what decides an
    account's value alone, and the one that is worth more counts.
    """
    deciding = search.on(search.targets.on(DECIDING))
    starts: list[Rules] = [[]]
    if 0 < deciding.q < search.q:
        starts.insert(0, settled([], deciding))
    grown = [settled(start, search) for start in starts]
    return ordered(max(grown, key=lambda rules: round(worth(rules, search), 6)), search, deciding)


def ordered(rules: Sequence[tuple[int, ...]], search: RuleSearch, deciding: RuleSearch) -> Rules:
    """Try first, of two rules that share accounts, the one that says more of what decides an account's value.

    Whose the shared accounts are is often all but a tie, which the next draw would break the other way.
    """
    rules, everybody = list(rules), np.ones(len(search.values), dtype=bool)
    says = {rule: round(deciding.gain_of(deciding.mask(rule), everybody), 6) for rule in rules} if deciding.q else {}
    for _ in rules if says else ():
        for at in range(len(rules) - 1):
            one, other = rules[at], rules[at + 1]
            nested = search.is_part(one, other) or search.is_part(other, one)
            if nested or says[other] <= says[one] or not np.any(search.mask(one) & search.mask(other)):
                continue
            swapped = [*rules[:at], other, one, *rules[at + 2 :]]
            if search.fit(swapped) >= search.fit(rules) - _ABOUT_AS_WELL:
                rules = swapped
    return rules


def settled(rules: Sequence[tuple[int, ...]], search: RuleSearch) -> Rules:
    """Add rules, search each again and drop what no longer carries its weight, until nothing changes."""
    rules = list(rules)
    for _ in range(_ROUNDS):
        before = rules
        rules = pruned(searched_again(extended(rules, search), search), search)
        if rules == before:
            break
    return rules


def worth(rules: Sequence[tuple[int, ...]], search: RuleSearch) -> float:
    """Return the chi-squared between the cells of ordered rules less the hurdle of each, up to a constant."""
    return search.fit(rules) - _price(rules, search)


def _price(rules: Sequence[tuple[int, ...]], search: RuleSearch) -> float:
    return sum(search.hurdle(_own(rules, at, search)) for at in range(len(rules)))


def extended(rules: Sequence[tuple[int, ...]], search: RuleSearch) -> Rules:
    """Split the best rule off the rest, or off any rule, or widen one, as long as one clears its hurdle."""
    rules = list(rules)
    while len(rules) < MOST_SEGMENTS:
        labels = search.cells(rules)
        free, last = labels == -1, len(rules)
        found = [(cell, search.best_part(labels == cell, rules[cell])) for cell in range(last)]
        found += [(last, c) for c in (search.best(free), *_widened(rules, free, search))]
        # A part of a segment is tried right before it, whatever is split off the rest after all.
        options = [(round(c.excess, 6), place, c.conditions) for place, c in found if c is not None]
        if not options:
            break
        _, place, conditions = max(options)
        rules.insert(place, conditions)
    return rules


def _widened(rules: Rules, free: np.ndarray, search: RuleSearch) -> list[Candidate]:
    """Return what rules say less some of their conditions, where that sets free accounts apart by more than chance.

    A part that stands has paid for its conditions: what chance can add is the choice of which to leave out.
    """
    wider = {c for rule in rules for size in range(1, len(rule)) for c in combinations(rule, size)} - set(rules)
    hurdle = search.hurdle_among(max(len(wider), 1))
    gains = {conditions: search.gain_of(search.mask(conditions), free) for conditions in sorted(wider)}
    return [Candidate(conditions, gain, gain - hurdle) for conditions, gain in gains.items() if gain > hurdle]


def searched_again(rules: Sequence[tuple[int, ...]], search: RuleSearch) -> Rules:
    """Search each rule again, knowing the others, and take the change that is worth most, if that is more."""
    best = list(rules)
    for at in range(len(best)):
        # The list as it is comes first, and so stays where a change is worth no more.
        best = max([best, *_changes(best, at, search)], key=lambda changed: round(worth(changed, search), 6))
    return best


def _changes(rules: Rules, at: int, search: RuleSearch) -> list[Rules]:
    """Return the lists in which one rule is the best of the accounts that are its own, or could be."""
    labels, whole = search.cells(rules), _whole(rules, at, search)
    parts = [i for i in range(at) if _whole(rules, i, search) == at]
    changes = []
    if whole is not None:
        found = search.best_part((labels == at) | (labels == whole), rules[whole])
        changes += [_exchanged(rules, at, found, search)]
    changes += [_exchanged(rules, at, search.best((labels == at) | (labels == -1)), search)]
    if parts:
        found = search.best(np.isin(labels, [-1, at, *parts]))
        changes += [_exchanged(rules, at, found, search, parts)]
    return [changed for changed in changes if changed is not None]


def _exchanged(
    rules: Rules, at: int, found: Candidate | None, search: RuleSearch, parts: Sequence[int] = ()
) -> Rules | None:
    """Return rules with one exchanged, its parts made parts of the new one; None where that cannot be said."""
    if found is None:
        return None
    changed = [*rules[:at], found.conditions, *rules[at + 1 :]]
    for part in parts:
        own = [c for c in rules[part] if c not in rules[at]]
        shared = [c for c in found.conditions if not any(search.grid.is_part(o, c) for o in own)]
        changed[part] = tuple(sorted({*own, *shared}))
    return changed if all(search.can_say(rule) for rule in changed) else None


def pruned(rules: Sequence[tuple[int, ...]], search: RuleSearch) -> Rules:
    """Drop, weakest first, the rules that hold for too few, and those whose loss costs less than their hurdle."""
    rules = list(rules)
    while rules:
        sizes = np.bincount(search.cells(rules) + 1, minlength=len(rules) + 1)[1:]
        if sizes.min() < search.limits.smallest:
            del rules[int(sizes.argmin())]
            continue
        losses = [round(_loss(rules, at, search), 6) for at in range(len(rules))]
        if min(losses) >= 0:
            break
        del rules[losses.index(min(losses))]
    return rules


def _loss(rules: Rules, at: int, search: RuleSearch) -> float:
    """Return what is lost without a rule: chi-squared, by how much its accounts scatter, less what it costs.

    Without the rule that it is a part of, a part has to pay for all its conditions: that much the whole saves.
    """
    less = rules[:at] + rules[at + 1 :]
    parted = falls_to(search.cells(rules), search.cells(less), at)
    lost = float(np.sum((search.fits(rules) - search.fits(less)) / scatter(search.targets, parted)))
    return lost - max(_price(rules, search) - _price(less, search), search.hurdle_among(len(rules)))


def _own(rules: Sequence[tuple[int, ...]], at: int, search: RuleSearch) -> tuple[int, ...]:
    """Return a rule's conditions but for those of a later rule that it is a part of, which has paid for them."""
    whole = _whole(rules, at, search)
    return rules[at] if whole is None else tuple(c for c in rules[at] if c not in rules[whole])


def _whole(rules: Sequence[tuple[int, ...]], at: int, search: RuleSearch) -> int | None:
    """Return the place of the first later rule that a rule is a part of, None where there is none."""
    return next((j for j in range(at + 1, len(rules)) if search.is_part(rules[at], rules[j])), None)
