"""One step of a search: the strongest rule among the accounts that no other rule covers, and its shape.

The scan says whether anything stands out at all. What comes out is then shaped: boundaries move to where the outcome
parts best, conditions that add nothing within their own rule are dropped, conditions within which the outcome
concentrates are added, a proxy gives way to its original.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from icp_ml.config.schema import Attribute
from icp_ml.criteria.atoms import Atoms
from icp_ml.criteria.effects import regions_from_effects
from icp_ml.criteria.estimating import risk_difference
from icp_ml.criteria.outcomes import Outcome
from icp_ml.criteria.refining import Refiner
from icp_ml.criteria.region import Part, Region
from icp_ml.criteria.scanning import Found, Scanner, tail_gate, tail_p_value

_PERMUTATIONS = 300
_PERMUTATIONS_WITHIN = 150
_EXCHANGE = 4.0  # a gain in deviance for another attribute: about the best of a dozen by chance (2 ln 12)
_WORTH_SECOND = 0.05
_WORTH_THIRD = 0.02  # stricter: triples come from a beam over many pairs


@dataclass(frozen=True)
class Terms:
    """What a search asks of its rules.

    Parameters
    ----------
    attributes : mapping
        Specifications of the attributes.
    sign : int
        +1 to look for more of the outcome, -1 for less.
    smallest : int
        Fewest accounts inside and outside a rule.
    max_conditions : int
        Most conditions of a rule.
    most_covered : float
        Largest share of the accounts that one rule may cover.
    seed : int
        Seed of the permutations.
    levels : mapping
        All levels of each category.
    """

    attributes: Mapping[str, Attribute]
    sign: int
    smallest: int
    max_conditions: int
    most_covered: float
    seed: int
    levels: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Shaped:
    """A rule that stood out: where, its statistic and the one it had to reach on the same scale, its p-value."""

    region: Region
    statistic: float
    gate: float
    q_value: float


class Step:
    """A scan and its shaping on a fixed set of accounts.

    Parameters
    ----------
    outcome : Outcome
        On n accounts.
    frame : DataFrame, n rows
        Their typed attributes.
    atoms : Atoms
        Candidate conditions on them.
    terms : Terms
        What is asked.
    """

    def __init__(self, outcome: Outcome, frame: pd.DataFrame, atoms: Atoms, terms: Terms) -> None:
        self.outcome, self.frame, self.atoms, self.terms = outcome, frame, atoms, terms
        self.scores = terms.sign * outcome.scores()
        self.deviance = outcome.deviance(terms.sign)
        self.refiner = Refiner(frame, self.scores, terms.attributes, terms.smallest, self.deviance)

    def strongest(self, allowed: Mapping[int, float], number: int) -> tuple[Shaped | None, float]:
        """Return the strongest rule that stands out, or None, with the smallest adjusted p-value seen.

        Parameters
        ----------
        allowed : mapping of int to float
            Error rate for rules found by one, two and three conditions.
        number : int
            Which step of its search this is.
        """
        if len(self.frame) < 2 * self.terms.smallest or not np.any(self.scores):
            return None, 1.0
        deepest = min(3, self.terms.max_conditions + 1)
        scanner = Scanner(self.atoms, self.scores, self.outcome.strata, self.terms.smallest, deepest, self.deviance)
        judged = [
            (f, f.p_value / allowed[f.depth]) for f in scanner.run(_PERMUTATIONS, self.terms.seed + 1000 * number)
        ]
        worst = min([1.0, *(q for _, q in judged)])
        shaped = (self._shaped(scanner, f, q, allowed[f.depth]) for f, q in judged if q <= 1)
        candidates = [s for s in shaped if s is not None]
        best = max(candidates, key=lambda s: round(self.refiner.worth(s.region), 6), default=None)
        return (self._or_by_effects(best, number) if best else None), float(worst)

    def difference(self, region: Region) -> float:
        """Return by how much a region differs, in the direction searched, from the other accounts of the step."""
        found = risk_difference(self.outcome, region.mask(self.frame))
        return self.terms.sign * found.estimate if found else 0.0

    def shape(self, region: Region) -> Region:
        """Return the region with its boundary moved, idle conditions dropped, missing ones added, proxies exchanged."""
        pruned = self._pruned(self.refiner.refine(region))
        grown = self._grown(pruned)
        if grown.size > pruned.size:
            grown = self._pruned(grown)  # beside the original a proxy has become idle
        return self._swapped(grown)

    def fits(self, region: Region) -> bool:
        """Return whether a region is neither too large, nor too small, nor made of too many conditions."""
        inside = region.mask(self.frame)
        return bool(
            0 < region.size <= self.terms.max_conditions
            and np.isfinite(self._statistic(region))
            and inside.mean() <= self.terms.most_covered
        )

    def _shaped(self, scanner: Scanner, found: Found, q: float, allowed: float) -> Shaped | None:
        region = Region()
        for condition in self.atoms.spelled(found.atoms):
            region = region.added(condition, self.terms.levels)
        region = self.shape(region)
        if not self.fits(region) or self._only_by_being_known(region):
            return None
        gate = tail_gate(min(allowed, 1.0), found.null)
        known = self._known(region.parts[0]) if found.depth == 1 and region.size == 1 else None
        return Shaped(region, scanner.statistic(region.mask(self.frame), found.depth, known), gate, q)

    def _or_by_effects(self, best: Shaped, number: int) -> Shaped:
        """Return the rule, or one on its attributes and more that the boosters' effects show, where that parts better.

        The scan has established that there is something; a scan of single cuts may still have drawn it badly, since
        intervals on two numbers take four of them.
        """
        names = sorted({c.attribute for c in self.atoms.conditions})
        terms, worth = self.terms, self.refiner.worth(best.region)
        for candidate in regions_from_effects(
            self.frame, self.scores, terms.attributes, names, terms.smallest, terms.max_conditions, terms.seed + number
        ):
            refined = self.refiner.refine(candidate)
            if not refined.attributes >= best.region.attributes or self.refiner.worth(refined) <= worth + _EXCHANGE:
                continue
            region = self.shape(refined)
            kept = region.attributes >= best.region.attributes and self.fits(region)
            if kept and self.refiner.worth(region) > worth + _EXCHANGE:
                scale = self._statistic(region) / self._statistic(best.region)
                best, worth = (
                    replace(best, region=region, statistic=best.statistic * scale),
                    self.refiner.worth(region),
                )
        return best

    def _statistic(self, region: Region) -> float:
        return self.refiner.statistic(region.mask(self.frame))

    def _swapped(self, region: Region) -> Region:
        """Exchange a condition for one on another attribute that parts better: a proxy gives way to its original."""
        for part in region.parts:
            base, worth = region.without(part), self.refiner.worth(region)
            for index in self.refiner.best_single(base.mask(self.frame), self.atoms):
                other = self.refiner.refine(base.added(self.atoms.signed(index), self.terms.levels))
                if other.size != region.size or self.refiner.worth(other) <= worth + _EXCHANGE:
                    continue
                taken = [p for p in other.parts if p not in base.parts]
                if all(self._p_within(other, p) <= _WORTH_SECOND for p in taken):
                    region, worth = other, self.refiner.worth(other)
        return region

    def _pruned(self, region: Region) -> Region:
        """Drop the conditions that add nothing to the rule without them."""
        while region.size > 1:
            worth = [(self._p_within(region, part), i, part) for i, part in enumerate(region.parts)]
            worst = max(worth, key=lambda w: (w[0], w[1]))
            keep = _WORTH_SECOND if region.size == 2 else _WORTH_THIRD
            if worst[0] <= keep and region.size <= self.terms.max_conditions:
                break
            region = self.refiner.refine(region.without(worst[2]))
        return region

    def _grown(self, region: Region) -> Region:
        """Add a condition within which the outcome concentrates, if it stands out there."""
        while region.size < self.terms.max_conditions:
            rows = region.mask(self.frame)
            scanner = self._scanner_within(rows)
            if scanner is None:
                break
            best = scanner.run(_PERMUTATIONS_WITHIN, self.terms.seed + 7)
            if not best or best[0].p_value > (_WORTH_SECOND if region.size == 1 else _WORTH_THIRD):
                break
            grown = self.refiner.refine(region.added(self.atoms.spelled(best[0].atoms)[0], self.terms.levels))
            if self._statistic(grown) <= self.refiner.statistic(rows):
                break
            region = grown
        return region

    def _p_within(self, region: Region, part: Part) -> float:
        """Return how likely a condition's effect within the rest of its rule is, given the scan for such a one."""
        parent = region.without(part).mask(self.frame)
        scanner = self._scanner_within(parent)
        if scanner is None:
            return 1.0
        inside, known = region.mask(self.frame)[parent], self._known(part)[parent]
        null = scanner.null_maxima(_PERMUTATIONS_WITHIN, self.terms.seed + 13)[:, 0]
        return tail_p_value(scanner.statistic(inside, 1, known), null)

    def _only_by_being_known(self, region: Region) -> bool:
        """Return whether a single condition parts nothing where its attribute is known: then the unknown differ."""
        return region.size == 1 and self._p_within(region, region.parts[0]) > _WORTH_SECOND

    def _known(self, part: Part) -> np.ndarray:
        """Return where the attribute of a part of a region is known, shape (n,), bool."""
        return self.frame[part if isinstance(part, str) else part.attribute].notna().to_numpy()

    def _scanner_within(self, rows: np.ndarray) -> Scanner | None:
        """Return the scanner of single conditions among the accounts of a rule, expectations formed among them."""
        smallest = max(8, self.terms.smallest // 2)
        if rows.sum() < 2 * smallest:
            return None
        part = self.outcome.subset(rows)
        return Scanner(self.atoms.rows(rows), self.terms.sign * part.scores(), part.strata, smallest, 1)
