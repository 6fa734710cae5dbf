"""Sharpen a region's boundary: the thresholds and level sets that part the outcome best, said in round numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from icp_ml.config.schema import Attribute
from icp_ml.criteria.atoms import Atoms
from icp_ml.criteria.deviance import Deviance
from icp_ml.criteria.region import Bounds, Region
from icp_ml.criteria.rounding import roundest_between, roundness

_SLACK = 8.0  # a loss in deviance (twice the log likelihood) that no rounder number is worth
_PER_DIGIT = 2.5  # a gain in deviance that each step from a rounder number to a longer one must bring
_SECOND_END = 10.0  # a gain in deviance that a second bound on the same number must bring
_FEWEST_OF_LEVEL = 5
_PER_LEVEL = 2.5  # a gain in deviance that each further level named must bring
_CLOSEST = 3  # attributes tried in place of another


class Refiner:
    """Moves the boundary of regions over a fixed set of accounts.

    Parameters
    ----------
    frame : DataFrame, n rows
        Typed attributes.
    scores : ndarray, shape (n,)
        Additive outcome scores, high where the region should be.
    attributes : mapping
        Specifications of the attributes.
    smallest : int
        Least accounts inside and outside.
    deviance : Deviance, optional
        The scale on which regions are compared; by default the standardised sum.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        scores: np.ndarray,
        attributes: Mapping[str, Attribute],
        smallest: int,
        deviance: Deviance | None = None,
    ) -> None:
        self.frame = frame
        self.scores = scores - scores.mean()
        self.attributes = attributes
        self.smallest = smallest
        self._codes: dict[str, tuple[np.ndarray, pd.Index]] = {}
        self.deviance = replace(deviance or Deviance(), variance=float(np.mean(self.scores**2)) or 1.0)

    def statistic(self, inside: np.ndarray) -> float:
        """Return the signed root of the deviance of the accounts inside (bool mask), -inf where they are too few."""
        return float(self.roots(np.array(self.scores[inside].sum()), np.array(inside.sum())))

    def worth(self, region: Region) -> float:
        """Return the deviance less what second bounds and further levels must each bring."""
        statistic = self.statistic(region.mask(self.frame))
        if not statistic > 0:
            return -math.inf
        both_ends = sum(not (math.isinf(low) or math.isinf(high)) for low, high in region.bounds.values())
        levels = sum(min(len(s), 6) - 1 for s in region.levels.values())
        return statistic**2 - _SECOND_END * both_ends - _PER_LEVEL * levels

    def refine(self, region: Region, rounds: int = 3) -> Region:
        """Return the region with every bound and set moved to where it parts best, each in turn until none moves."""
        for _ in range(rounds):
            before = region
            for name in tuple(region.bounds):
                region = self._move_bounds(region, name)
            for name in tuple(region.levels):
                region = self._move_levels(region, name)
            if region == before:
                break
        return region

    def best_single(self, base: np.ndarray, atoms: Atoms) -> list[int]:
        """Return signed atoms, the best of each of the few attributes that part the accounts of ``base`` best."""
        m = len(atoms.conditions)
        weights = np.column_stack([np.where(base, self.scores, 0), base]).astype(np.float32)
        inside, known = atoms.inside.T @ weights, (atoms.known.T @ weights)[atoms.known_of]
        both = np.vstack([inside, known - inside])
        value = self.roots(both[:, 0], np.rint(both[:, 1]))
        best: dict[str, int] = {}
        for index in np.argsort(-value, kind="stable")[: 40 * _CLOSEST]:
            best.setdefault(atoms.conditions[index % m].attribute, int(index))
            if len(best) == _CLOSEST:
                break
        return list(best.values())

    def roots(self, total: np.ndarray, count: np.ndarray) -> np.ndarray:
        """Return the signed roots of groups with these sums of scores; -inf where too few are inside or outside."""
        n = len(self.scores)
        count = np.asarray(count, dtype=float)
        fits = (count >= self.smallest) & (count <= n - self.smallest) & (count < n)
        return np.where(fits, self.deviance.root(total, np.where(fits, count, n / 2), n), -np.inf)

    def _move_bounds(self, region: Region, name: str) -> Region:
        inside = region.without(name).mask(self.frame)
        values = self.frame[name].to_numpy(dtype=float, na_value=np.nan)
        known = inside & ~np.isnan(values)
        distinct, group = np.unique(values[known], return_inverse=True)
        if distinct.size < 2:
            return region
        totals = np.concatenate([[0], np.cumsum(np.bincount(group, self.scores[known]))])
        counts = np.concatenate([[0], np.cumsum(np.bincount(group))])
        line = _Line(distinct, totals, counts, self)
        low, high = line.positions(region.bounds[name])
        if math.isinf(region.bounds[name][0]):
            one_sided = (0, line.best_high(0))
        else:
            one_sided = (line.best_low(line.last), line.last) if math.isinf(region.bounds[name][1]) else (low, high)
        two_sided = line.climb(one_sided)
        gain = line.deviance(*two_sided) - line.deviance(*one_sided)
        is_open = math.isinf(region.bounds[name][0]) or math.isinf(region.bounds[name][1])
        chosen = one_sided if is_open and gain < _SECOND_END else two_sided
        if not line.value(*chosen) > 0 or chosen == (0, line.last):
            return region
        return region.with_bounds(name, line.rounded(chosen))

    def _move_levels(self, region: Region, name: str) -> Region:
        spec = self.attributes[name]
        inside = region.without(name).mask(self.frame)
        sums = self._by_level(name, inside)
        sums = sums[sums["size"] >= _FEWEST_OF_LEVEL]
        if len(sums) < 2:
            return region
        if spec.order:
            return self._move_ordered(region, name, sums.reindex([x for x in spec.order if x in sums.index]))
        shrunk = sums["sum"] / (sums["size"] + 2 * _FEWEST_OF_LEVEL)
        ranked = sums.loc[shrunk.sort_values(ascending=False, kind="stable").index]
        value = self.roots(ranked["sum"].cumsum().to_numpy()[:-1], ranked["size"].cumsum().to_numpy()[:-1])
        if not np.isfinite(value).any():
            return region
        taken = np.arange(1, len(ranked))
        named = np.minimum(taken, len(ranked) - taken)
        worth = np.where(value > 0, value**2, -np.inf) - _PER_LEVEL * named
        return region.with_levels(name, ranked.index[: int(np.argmax(worth)) + 1])

    def _by_level(self, name: str, inside: np.ndarray) -> pd.DataFrame:
        """Return sum of scores and number of accounts of each level, sorted by level."""
        if name not in self._codes:
            codes, levels = pd.factorize(self.frame[name], sort=True)
            self._codes[name] = codes, pd.Index(levels)
        codes, levels = self._codes[name]
        known = inside & (codes >= 0)
        size = np.bincount(codes[known], minlength=len(levels))
        total = np.bincount(codes[known], self.scores[known], minlength=len(levels))
        return pd.DataFrame({"sum": total, "size": size}, index=levels)

    def _move_ordered(self, region: Region, name: str, sums: pd.DataFrame) -> Region:
        totals = np.concatenate([[0], sums["sum"].cumsum().to_numpy()])
        counts = np.concatenate([[0], sums["size"].cumsum().to_numpy()])
        line = _Line(np.arange(len(sums), dtype=float), totals, counts, self)
        ends = [(0, line.best_high(0)), (line.best_low(line.last), line.last)]
        best = max(ends, key=lambda e: line.value(*e))
        inner = line.climb(best)
        chosen = inner if line.deviance(*inner) - line.deviance(*best) >= _SECOND_END else best
        return region.with_levels(name, sums.index[slice(*chosen)]) if line.value(*chosen) > 0 else region


class _Line:
    """Sorted distinct values with running sums; a stretch is ``(low, high)`` in positions, ``low`` included."""

    def __init__(self, distinct: np.ndarray, totals: np.ndarray, counts: np.ndarray, refiner: Refiner) -> None:
        self.distinct, self.totals, self.counts, self.refiner = distinct, totals, counts, refiner
        self.last = len(distinct)

    def positions(self, bounds: Bounds) -> tuple[int, int]:
        low, high = np.searchsorted(self.distinct, bounds)
        return int(low), int(high)

    def values(self, low: np.ndarray | int, high: np.ndarray | int) -> np.ndarray:
        total = self.totals[high] - self.totals[low]
        return self.refiner.roots(total, self.counts[high] - self.counts[low])

    def value(self, low: int, high: int) -> float:
        return float(self.values(low, high))

    def deviance(self, low: int, high: int) -> float:
        """Return the square of the value, below 0 where the value is."""
        value = self.value(low, high)
        return value * abs(value)

    def best_high(self, low: int) -> int:
        return low + 1 + int(np.argmax(self.values(low, np.arange(low + 1, self.last + 1))))

    def best_low(self, high: int) -> int:
        return int(np.argmax(self.values(np.arange(0, high), high)))

    def climb(self, start: tuple[int, int]) -> tuple[int, int]:
        """Move both ends in turn until neither moves."""
        low, high = start
        for _ in range(10):
            new_low = self.best_low(high)
            new_high = self.best_high(new_low)
            if (new_low, new_high) == (low, high):
                break
            low, high = new_low, new_high
        return low, high

    def rounded(self, stretch: tuple[int, int]) -> Bounds:
        """Return the stretch with each end at the number that is best to say for what it costs in deviance."""
        low, high = stretch
        ends = np.arange(self.last + 1)
        low_value = -math.inf
        if low > 0:
            low_value = self._sayable(ends[1:high], self.values(ends[1:high], high))
        if high == self.last:
            return low_value, math.inf
        upper = ends[low + 1 : -1]
        return low_value, self._sayable(upper, self.values(low, upper), closed=low > 0)

    def _sayable(self, ends: np.ndarray, roots: np.ndarray, closed: bool = False) -> float:
        """Return the cut of most deviance less what its digits cost; a closed upper end lies just above its number."""
        worth = np.where(roots > 0, roots**2, -np.inf)
        down = -math.inf if closed else math.inf  # shift (low, high] to [low, high)
        cuts = []
        for at in np.flatnonzero(worth >= worth.max() - _SLACK):
            low, high = self.distinct[ends[at] - 1], self.distinct[ends[at]]
            if closed:
                low, high = np.nextafter(low, down), np.nextafter(high, down)
            cut = roundest_between(low, high)
            cuts.append((worth[at] - _PER_DIGIT * roundness(cut), -cut))
        value = -max(cuts)[1]
        return float(np.nextafter(value, math.inf)) if closed else value
