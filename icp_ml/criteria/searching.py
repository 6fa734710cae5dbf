"""Find rules one after the other, each tested against the accounts that no stronger rule covers.

A rule is taken where the strongest of the scan stands out from the same scan on permuted outcomes; conditions that add
nothing within their own rule are dropped; the boundary is sharpened and rounded; what it covers is set aside and the
scan repeated on the rest. The first step at which nothing stands out ends the search, so that under the null of any
step a false rule comes with at most the search's share of the error budget.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from icp_ml.config.schema import Attribute
from icp_ml.criteria.atoms import Atoms, build_atoms
from icp_ml.criteria.estimating import risk_difference
from icp_ml.criteria.identity import jaccard
from icp_ml.criteria.outcomes import Outcome
from icp_ml.criteria.refining import Refiner
from icp_ml.criteria.region import Region, levels_of
from icp_ml.criteria.scanning import Found, Scanner, tail_p_value

_DEPTH_SHARES = (0.5, 0.3, 0.2)
_PERMUTATIONS = 300
_PERMUTATIONS_WITHIN = 150
_SAME_REGION = 0.7  # shared part from which a sharpened region is still the same
_COVERED = 0.95  # share of a rule's accounts in others from which it says nothing new
_EXCHANGE = 4.0  # a gain in squared statistic for another attribute: about the best of a dozen by chance (2 ln 12)
_WORTH_SECOND = 0.02
_WORTH_THIRD = 0.005  # stricter: triples come from a beam over many pairs


@dataclass(frozen=True)
class FoundRule:
    """A rule that stood out.

    Parameters
    ----------
    region : Region
        Where.
    outcome : str
        Name of the outcome it was searched on; ``sign`` is +1 where the outcome is more, -1 where it is less.
    statistic : float
        Standardised sum among the accounts the search compared.
    gate : float
        Statistic that it had to reach.
    q_value : float
        Adjusted for the scan, the depths, the searches of the release and the steps before.
    """

    region: Region
    outcome: str
    sign: int
    statistic: float
    gate: float
    q_value: float


@dataclass(frozen=True)
class Search:
    """What a search looks for, and its share of the error budget.

    Parameters
    ----------
    outcome : Outcome
        On the accounts to compare.
    frame : DataFrame
        Typed attributes of those accounts, in the same order.
    attributes : mapping
        Specifications of the attributes.
    names : sequence of str
        Attributes that may be used.
    sign : int
        +1 to look for more of the outcome, -1 for less.
    budget : float
        Error rate of this search.
    max_conditions, max_rules : int
        Limits.
    most_covered : float
        Largest share of the accounts that one rule may cover.
    least : float
        Smallest difference, in the outcome's unit, by which a rule must differ from the accounts no other covers; a
        certain but smaller one is set aside and the search goes on.
    seed : int
        Seed of the permutations.
    """

    outcome: Outcome
    frame: pd.DataFrame
    attributes: Mapping[str, Attribute]
    names: Sequence[str]
    sign: int
    budget: float
    max_conditions: int = 3
    max_rules: int = 8
    most_covered: float = 0.6
    least: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class SearchResult:
    """Rules found, strongest step first, and what the search was."""

    rules: tuple[FoundRule, ...]
    steps: tuple[dict[str, float], ...]
    conditions_tried: int
    accounts: int


def smallest_group(n: int) -> int:
    """Return the fewest accounts a rule may cover: 2 %, at least 15."""
    return max(15, round(0.02 * n))


def run_search(search: Search) -> SearchResult:
    """Return the rules that stand out, in the order found, boundaries sharpened on what the others leave."""
    n = len(search.frame)
    smallest = smallest_group(n)
    atoms = build_atoms(search.frame, search.attributes, search.names, _parts(n, len(search.names)), smallest)
    free = np.ones(n, dtype=bool)
    rules: list[FoundRule] = []
    steps: list[dict[str, float]] = []
    worst_q = 0.0
    for number in range(search.max_rules):
        step = _Step(search, atoms, free, smallest, number)
        found, worst = step.strongest()
        steps.append({"accounts": int(free.sum()), "q_value": worst})
        if found is None:
            break
        worst_q = max(worst_q, found.q_value)
        if step.difference(found) >= search.least:
            rules.append(replace(found, q_value=worst_q))
        free &= ~found.region.mask(search.frame)
    return SearchResult(tuple(_settled(search, rules, smallest)), tuple(steps), len(atoms.conditions) * 2, n)


def _parts(n: int, attributes: int) -> int:
    """Return into how many parts numbers are cut: finer with more accounts, coarser with many attributes."""
    parts = 6 if n < 300 else 8 if n < 1000 else 10
    return parts if attributes <= 40 else max(5, parts - 4)


class _Step:
    """One step: the scan on the accounts that no rule covers yet."""

    def __init__(self, search: Search, atoms: Atoms, free: np.ndarray, smallest: int, number: int) -> None:
        self.search, self.smallest, self.number = search, smallest, number
        self.outcome = search.outcome.subset(free)
        self.frame = search.frame[free]
        self.atoms = atoms.rows(free)
        self.scores = search.sign * self.outcome.scores()
        self.refiner = Refiner(self.frame, self.scores, search.attributes, smallest)
        self.levels = levels_of(search.frame, search.attributes)

    def strongest(self) -> tuple[FoundRule | None, float]:
        """Return the strongest rule that stands out, or None, with the smallest adjusted p-value seen."""
        if len(self.frame) < 2 * self.smallest or not np.any(self.scores):
            return None, 1.0
        scanner = Scanner(
            self.atoms, self.scores, self.outcome.strata, self.smallest, min(3, self.search.max_conditions + 1)
        )
        found = scanner.run(_PERMUTATIONS, self.search.seed + 1000 * self.number)
        judged = [(f, f.p_value / _DEPTH_SHARES[f.depth - 1] / self.search.budget) for f in found]
        if not judged:
            return None, 1.0
        worst = min(q for _, q in judged)
        passing = [(f, q) for f, q in judged if q <= 1]
        sharpened = (self._sharpened(f, q) for f, q in passing)
        candidates = [c for c in sharpened if c is not None]
        if not candidates:
            return None, float(min(worst, 1.0))
        return max(candidates, key=lambda c: round(self.refiner.worth(c.region), 6)), float(min(worst, 1.0))

    def difference(self, rule: FoundRule) -> float:
        """Return by how much a rule differs, in the direction searched, from the accounts that no rule covers."""
        found = risk_difference(self.outcome, rule.region.mask(self.frame))
        return self.search.sign * found.estimate if found else 0.0

    def _sharpened(self, found: Found, q: float) -> FoundRule | None:
        region = Region()
        for condition in self.atoms.spelled(found.atoms):
            region = region.added(condition, self.levels)
        region = self._swapped(self._grown(self._pruned(self.refiner.refine(region))))
        inside = region.mask(self.frame)
        statistic = self.refiner.statistic(inside)
        fits = 0 < region.size <= self.search.max_conditions and np.isfinite(statistic)
        if not fits or inside.mean() > self.search.most_covered:
            return None
        gate = float(np.quantile(found.null, max(0.0, 1 - _DEPTH_SHARES[found.depth - 1] * self.search.budget)))
        return FoundRule(region, self.outcome.name, self.search.sign, statistic, gate, q)

    def _swapped(self, region: Region) -> Region:
        """Exchange a condition for one on another attribute that parts better: a proxy gives way to its original."""
        for part in region.parts:
            base, worth = region.without(part), self.refiner.worth(region)
            for index in self.refiner.best_single(base.mask(self.frame), self.atoms):
                other = self.refiner.refine(base.added(self.atoms.signed(index), self.levels))
                if other.size == region.size and self.refiner.worth(other) > worth + _EXCHANGE:
                    region, worth = other, self.refiner.worth(other)
        return region

    def _pruned(self, region: Region) -> Region:
        """Drop the conditions that add nothing to the rule without them."""
        while region.size > 1:
            worth = [(self._p_within(region, part), i, part) for i, part in enumerate(region.parts)]
            worst = max(worth, key=lambda w: (w[0], w[1]))
            keep = _WORTH_SECOND if region.size == 2 else _WORTH_THIRD
            if worst[0] <= keep and region.size <= self.search.max_conditions:
                break
            region = self.refiner.refine(region.without(worst[2]))
        return region

    def _grown(self, region: Region) -> Region:
        """Add a condition within which the outcome concentrates, if it stands out there."""
        while region.size < self.search.max_conditions:
            rows = region.mask(self.frame)
            scanner = self._scanner_within(rows)
            if scanner is None:
                break
            best = scanner.run(_PERMUTATIONS_WITHIN, self.search.seed + 7)
            if not best or best[0].p_value > (_WORTH_SECOND if region.size == 1 else _WORTH_THIRD):
                break
            grown = self.refiner.refine(region.added(self.atoms.spelled(best[0].atoms)[0], self.levels))
            if self.refiner.statistic(grown.mask(self.frame)) <= self.refiner.statistic(rows):
                break
            region = grown
        return region

    def _p_within(self, region: Region, part: object) -> float:
        """Return how likely a condition's effect within the rest of its rule is, given the scan for such a one."""
        parent = region.without(part).mask(self.frame)  # type: ignore[arg-type]  # parts come from region.parts
        scanner = self._scanner_within(parent)
        if scanner is None:
            return 1.0
        inside = region.mask(self.frame)[parent]
        n, k, scores = len(inside), int(inside.sum()), scanner.scores
        if not 0 < k < n:
            return 1.0
        statistic = float(scores[inside].sum() / np.sqrt(k * (n - k) / (n - 1) * scores.var()))
        return tail_p_value(statistic, scanner.null_maxima(_PERMUTATIONS_WITHIN, self.search.seed + 13)[:, 0])

    def _scanner_within(self, rows: np.ndarray) -> Scanner | None:
        smallest = max(8, self.smallest // 2)
        if rows.sum() < 2 * smallest:
            return None
        return Scanner(self.atoms.rows(rows), self.scores[rows], self.outcome.strata[rows], smallest, 1)


def _settled(search: Search, rules: list[FoundRule], smallest: int) -> list[FoundRule]:
    """Merge fragments of one region, then sharpen each boundary once more on what the other rules leave."""
    settled: list[FoundRule] = []
    for rule in rules:
        merged = _merged(search, settled, rule, smallest)
        settled = merged if merged is not None else [*settled, rule]
    settled = _without_redundant(search, settled)
    for i, rule in enumerate(settled):
        others = [r.region for j, r in enumerate(settled) if j != i]
        settled[i] = _resharpened(search, rule, others, smallest) if others else rule
    return settled


def _resharpened(search: Search, rule: FoundRule, others: Sequence[Region], smallest: int) -> FoundRule:
    """Return the rule with its boundary moved on what the others leave, unless that makes it another rule."""
    free = ~np.any([region.mask(search.frame) for region in others], axis=0)
    outcome = search.outcome.subset(free)
    refiner = Refiner(search.frame[free], search.sign * outcome.scores(), search.attributes, smallest)
    region = refiner.refine(rule.region)
    same = jaccard(region.mask(search.frame), rule.region.mask(search.frame)) >= _SAME_REGION
    return replace(rule, region=region) if same and region.size == rule.region.size else rule


def _without_redundant(search: Search, rules: list[FoundRule]) -> list[FoundRule]:
    """Drop, weakest first, the rules whose accounts the others cover already."""
    kept = list(rules)
    for rule in sorted(rules, key=lambda r: r.statistic):
        others = [r.region.mask(search.frame) for r in kept if r is not rule]
        mask = rule.region.mask(search.frame)
        if others and (mask & np.any(others, axis=0)).sum() >= _COVERED * mask.sum():
            kept.remove(rule)
    return kept


def _merged(search: Search, rules: list[FoundRule], late: FoundRule, smallest: int) -> list[FoundRule] | None:
    """Return the rules with ``late`` taken into an earlier one of the same attributes, where one region fits better."""
    for i, early in enumerate(rules):
        union = _hull(early.region, late.region)
        if union is None:
            continue
        free = ~np.any(
            [np.zeros(len(search.frame), bool), *(r.region.mask(search.frame) for r in rules if r is not early)], axis=0
        )
        refiner = Refiner(
            search.frame[free], search.sign * search.outcome.subset(free).scores(), search.attributes, smallest
        )
        frame = search.frame[free]
        region = refiner.refine(union)
        apart = early.region.mask(frame) | late.region.mask(frame)
        if refiner.statistic(region.mask(frame)) >= refiner.statistic(apart) - 0.5:
            return [*rules[:i], replace(early, region=region), *rules[i + 1 :]]
    return None


def _hull(a: Region, b: Region) -> Region | None:
    """Return the smallest region around two of the same shape, None where their shapes differ."""
    if set(a.bounds) != set(b.bounds) or set(a.levels) != set(b.levels) or set(a.fixed) != set(b.fixed):
        return None
    bounds = {n: (min(a.bounds[n][0], b.bounds[n][0]), max(a.bounds[n][1], b.bounds[n][1])) for n in a.bounds}
    if any(low == -np.inf and high == np.inf for low, high in bounds.values()):
        return None
    return Region(bounds, {n: a.levels[n] | b.levels[n] for n in a.levels}, a.fixed)
