"""Find rules one after the other, each tested against the accounts that no stronger rule covers.

A rule is taken where the strongest of the scan stands out from the same scan on permuted outcomes; what it covers is
set aside and the scan repeated on the rest, until nothing stands out. While nothing has been found, a step may err with
the search's share of the error budget, so that on noise anything is proposed at no more than that rate. With every
rule found the next step may err that much more, since one false rule among more true ones is a smaller share (the
idea of Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x, taken step by step).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from icp_ml.config.schema import Attribute
from icp_ml.criteria.atoms import Atoms, build_atoms
from icp_ml.criteria.optimism import boundary_optimism
from icp_ml.criteria.outcomes import Outcome
from icp_ml.criteria.region import Region, levels_of
from icp_ml.criteria.stability import Stability, resampling_stability
from icp_ml.criteria.stepping import Step, Terms

_COVERED = 0.95  # share of a rule's accounts in others from which it says nothing new
_FEW = 80  # events under which pairs and triples drown: nearly all of the budget goes to single conditions
_DEPTH_SHARES = {1: 0.5, 2: 0.3, 3: 0.2}
_DEPTH_SHARES_FEW = {1: 0.8, 2: 0.15, 3: 0.05}


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
        How far it stood out among the accounts the search compared.
    gate : float
        Statistic that it had to reach.
    q_value : float
        Adjusted for the scan, the depths, the searches of the release and the steps before.
    optimism : float
        By how much the difference is overstated because the boundary was moved on the accounts it is measured on.
    stability : Stability or None
        How often it comes out of random halves of the accounts.
    """

    region: Region
    outcome: str
    sign: int
    statistic: float
    gate: float
    q_value: float
    optimism: float = 0.0
    stability: Stability | None = None


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
        Error rate of this search while nothing has been found.
    max_conditions, max_rules : int
        Limits.
    most_covered : float
        Largest share of the accounts that one rule may cover.
    least : float
        Smallest difference, in the outcome's unit, by which a rule must differ from the accounts no other covers; a
        certain but smaller one is set aside and the search goes on.
    before : int
        Rules that the release's earlier searches found.
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
    before: int = 0
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
    running = _Running(search)
    free = np.ones(len(search.frame), dtype=bool)
    rules: list[FoundRule] = []
    steps: list[dict[str, float]] = []
    worst_q = 0.0
    for number in range(search.max_rules):
        step = running.step(free)
        shaped, worst = step.strongest(running.allowed(len(rules)), number)
        steps.append({"accounts": int(free.sum()), "q_value": worst})
        if shaped is None:
            break
        worst_q = max(worst_q, shaped.q_value)
        if step.difference(shaped.region) >= search.least:
            found = FoundRule(
                shaped.region, search.outcome.name, search.sign, shaped.statistic, shaped.gate, worst_q
            )  # fmt: skip
            rules.append(found)
        free &= ~shaped.region.mask(search.frame)
    settled = tuple(running.settled(rules))
    again = running.stability(settled)
    measured = tuple(
        replace(rule, optimism=running.optimism(i, settled), stability=again[i]) for i, rule in enumerate(settled)
    )
    return SearchResult(measured, tuple(steps), len(running.atoms.conditions) * 2, len(search.frame))


def _parts(n: int, attributes: int) -> int:
    """Return into how many parts numbers are cut: finer with more accounts, coarser with many attributes."""
    parts = 8 if n < 1000 else 10
    return parts if attributes <= 40 else max(5, parts - 4)


class _Running:
    """A search under way: its candidate conditions, and steps on any part of its accounts."""

    def __init__(self, search: Search) -> None:
        n = len(search.frame)
        self.search = search
        self.terms = Terms(
            search.attributes, search.sign, smallest_group(n), search.max_conditions, search.most_covered, search.seed,
            levels_of(search.frame, search.attributes),
        )  # fmt: skip
        self.atoms: Atoms = build_atoms(
            search.frame, search.attributes, search.names, _parts(n, len(search.names)), self.terms.smallest
        )

    def allowed(self, found: int) -> dict[int, float]:
        """Return the error rate of the next step for rules found by one, two and three conditions."""
        budget = self.search.budget * (1 + self.search.before + found)
        shares = _DEPTH_SHARES_FEW if self.search.outcome.fewer_events < _FEW else _DEPTH_SHARES
        return {depth: share * budget for depth, share in shares.items()}

    def step(self, free: np.ndarray) -> Step:
        """Return the step on the accounts of a bool mask."""
        search = self.search
        return Step(search.outcome.subset(free), search.frame[free], self.atoms.rows(free), self.terms)

    def settled(self, rules: Sequence[FoundRule]) -> list[FoundRule]:
        """Merge fragments of one region, drop what others cover, then shape each rule on what the others leave."""
        settled: list[FoundRule] = []
        for rule in rules:
            merged = self._merged(settled, rule)
            settled = merged if merged is not None else [*settled, rule]
        settled = self._without_redundant(settled)
        for i, rule in enumerate(settled):
            others = [r.region for j, r in enumerate(settled) if j != i]
            settled[i] = self._reshaped(rule, others) if others else rule
        return self._without_redundant(settled)

    def _reshaped(self, rule: FoundRule, others: Sequence[Region]) -> FoundRule:
        """Return the rule shaped where no other holds: with those out of the way, a weak condition shows."""
        step = self.step(~self._any(others))
        region = step.shape(rule.region)
        better = step.fits(region) and step.difference(region) >= self.search.least
        return replace(rule, region=region) if better else rule

    def optimism(self, position: int, rules: Sequence[FoundRule]) -> float:
        """Return by how much moving a rule's boundary flatters its difference, where no other rule holds."""
        others = [r.region for i, r in enumerate(rules) if i != position]
        free = ~self._any(others)
        return boundary_optimism(
            rules[position].region, self.search.outcome.subset(free), self.search.frame[free], self.terms
        )

    def stability(self, rules: Sequence[FoundRule]) -> list[Stability]:
        """Return how often each rule comes out of random halves of the accounts."""
        if not rules:
            return []
        regions = [r.region for r in rules]
        return resampling_stability(regions, self.search.outcome, self.search.frame, self.atoms, self.terms)

    def _any(self, regions: Sequence[Region]) -> np.ndarray:
        frame = self.search.frame
        return np.any([np.zeros(len(frame), dtype=bool), *(region.mask(frame) for region in regions)], axis=0)

    def _without_redundant(self, rules: Sequence[FoundRule]) -> list[FoundRule]:
        """Drop, weakest first, the rules whose accounts the others cover already."""
        kept = list(rules)
        for rule in sorted(rules, key=lambda r: r.statistic):
            others = [r.region for r in kept if r is not rule]
            mask = rule.region.mask(self.search.frame)
            if others and (mask & self._any(others)).sum() >= _COVERED * mask.sum():
                kept.remove(rule)
        return kept

    def _merged(self, rules: list[FoundRule], late: FoundRule) -> list[FoundRule] | None:
        """Return the rules with ``late`` taken into an earlier one of the same attributes, where one region fits."""
        for i, early in enumerate(rules):
            union = _hull(early.region, late.region)
            if union is None:
                continue
            step = self.step(~self._any([r.region for r in rules if r is not early]))
            region = step.refiner.refine(union)
            apart = early.region.mask(step.frame) | late.region.mask(step.frame)
            if step.refiner.statistic(region.mask(step.frame)) >= step.refiner.statistic(apart) - 0.5:
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
