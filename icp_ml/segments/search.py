"""The rule of at most three conditions that best splits off accounts to whom something else happens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from icp_ml.segments.bins import Grid
from icp_ml.segments.partition import cells, scatter
from icp_ml.segments.targets import Targets

MOST_SEGMENTS = 8
_LEAST_EXPOSURE = {"win": 15.0, "churn": 3.0, "pull": 10.0, "expansion": 10.0}
_BEAM = 10
_SEEDS = 3  # candidates kept of one set of attributes
_OTHER_SIDE = 0.6
_ABOUT_HALF = 0.42  # share of either side from which none is the small one
_EVEN = 0.5  # chance at which a condition of a rule that clears its hurdle still counts as idle
_TRIES = 2  # candidates refined of each depth


@dataclass(frozen=True)
class Limits:
    """What a rule must keep to.

    Parameters
    ----------
    smallest : int
        Least accounts inside and outside.
    deepest : int
        Most conditions, 1 to 3.
    chance : float
        Accepted probability that one search finds anything where there is nothing.
    """

    smallest: int
    deepest: int
    chance: float = 0.05


@dataclass(frozen=True)
class Candidate:
    """Indices of conditions in a grid, ascending, the chi-squared gained by splitting, and that less its hurdle."""

    conditions: tuple[int, ...]
    gain: float
    excess: float


@dataclass(frozen=True)
class _Free:
    """Accounts to split, the sum and scatter of what happened to them, and by rule what a further condition gains."""

    accounts: np.ndarray
    total: np.ndarray
    scattered: np.ndarray
    gained: dict[tuple[int, ...], np.ndarray]


class RuleSearch:
    """Searches rules over a fixed grid.

    Parameters
    ----------
    grid : Grid
        Accounts in bins.
    targets : Targets
        What is to differ, for the same accounts.
    limits : Limits
        What a rule must keep to.
    """

    def __init__(self, grid: Grid, targets: Targets, limits: Limits) -> None:
        n = len(targets.scores)
        self.grid, self.targets, self.limits = grid, targets, limits
        self.q = len(targets.names)
        self._axis_of = grid.axis_of.tolist()
        self._rows_bins = sparse.csr_array(grid.bin_rows.T)
        self._next_hurdles: dict[float, np.ndarray] = {}
        self._latest = _Free(np.zeros(0, dtype=bool), np.zeros(0), np.zeros(0), {})
        self._masks: dict[int, np.ndarray] = {}
        self.values = np.column_stack([targets.scores, targets.exposures, np.ones(n)])
        self.least = np.array([_LEAST_EXPOSURE.get(name, 10.0) for name in targets.names])
        self._better = np.array([-1.0 if name == "churn" else 1.0 for name in targets.names])
        self._hurdles: dict[tuple[float, float], float] = {}
        self._found: dict[tuple[bytes, tuple[int, ...]], Candidate | None] = {}

    def on(self, targets: Targets) -> RuleSearch:
        """Return the same search on other outcomes of the same accounts."""
        return RuleSearch(self.grid, targets, self.limits)

    def hurdle(self, conditions: tuple[int, ...]) -> float:
        """Return the chi-squared that a rule must gain: what the best of all rules of its kind gains by chance."""
        return self._critical(float(self.grid.cost[list(conditions)].sum())) if conditions else 0.0

    def hurdle_among(self, tried: int) -> float:
        """Return the chi-squared that the best of so many given rules gains by chance."""
        return self._critical(math.log(tried))

    def _critical(self, cost: float, chance: float | None = None) -> float:
        """Return what the best of ``exp(cost)`` gains exceeds by chance, by that of the limits if none is given."""
        key = (round(cost, 2), self.limits.chance if chance is None else chance)
        if key not in self._hurdles:
            self._hurdles[key] = self.targets.critical(key[1] * math.exp(-key[0])) if self.q else 0.0
        return self._hurdles[key]

    def best(self, free: np.ndarray, base: tuple[int, ...] = ()) -> Candidate | None:
        """Return the best rule among free accounts, None where none clears its hurdle.

        Parameters
        ----------
        free : ndarray of bool, shape (n,)
            Accounts to split; nothing else counts.
        base : tuple of int
            Conditions that the rule must contain; ``free`` must lie inside them.
        """
        if self.limits.deepest <= len(base) or not self.q:
            return None
        key = (np.packbits(free).tobytes(), base)
        if key not in self._found:
            self._found[key] = self._searched(free, base)
        return self._found[key]

    def _searched(self, free: np.ndarray, base: tuple[int, ...]) -> Candidate | None:
        beam = [base]
        found: list[Candidate] = []
        for _ in range(self.limits.deepest - len(base)):
            level = self._extend(beam, free, base)
            if not level:
                break
            found += level[:_TRIES]
            beam = [c.conditions for c in level]
        refined = [self._to_the_point(self._refined(c, free, base), free, base) for c in found]
        found = [c for c in refined if c.excess > 0]
        return max(found, key=lambda c: self._merit(c, free), default=None)

    def best_part(self, free: np.ndarray, base: tuple[int, ...]) -> Candidate | None:
        """Return the best part of a rule, by conditions added or one narrowed; None where none clears its hurdle.

        Parameters
        ----------
        free : ndarray of bool, shape (n,)
            Accounts to split, all of which the rule holds for.
        base : tuple of int
            The rule's conditions; none of it means the best rule of all.
        """
        added = self.best(free, base)
        found = [*self._narrowed(free, base), *([added] if added else [])]
        return max(found, key=lambda c: self._merit(c, free), default=None)

    def _narrowed(self, free: np.ndarray, base: tuple[int, ...]) -> list[Candidate]:
        """Return, for each condition of a rule, its best narrower stand-in on the same attribute, if it clears."""
        found = []
        for condition in base if self.q else ():
            options = self.grid.parts_of(condition)
            if not len(options):
                continue
            gains = self._gained_by_each(base, free)[options]
            excess = gains - np.array([self.hurdle((int(o),)) for o in options])
            best = int(np.argmax(np.round(excess, 6)))
            if excess[best] > 0:
                rest = tuple(c for c in base if c != condition)
                conditions = tuple(sorted((*rest, int(options[best]))))
                found.append(Candidate(conditions, float(gains[best]), float(excess[best])))
        return found

    def is_part(self, rule: tuple[int, ...], whole: tuple[int, ...]) -> bool:
        """Return whether a rule holds only where another does, as can be read off their conditions."""
        if set(rule) == set(whole):
            return False
        return all(c in rule or any(self.grid.is_part(r, c) for r in rule) for c in whole)

    def can_say(self, rule: tuple[int, ...]) -> bool:
        """Return whether conditions make a rule: no more than allowed, and not two on one axis."""
        return len(rule) <= self.limits.deepest and len({self._axis_of[c] for c in rule}) == len(rule)

    def gain_of(self, inside: np.ndarray, free: np.ndarray) -> float:
        """Return the chi-squared gained by splitting ``inside`` from the other free accounts."""
        total = self.values[free].sum(axis=0)
        return float(
            self._gains(self.values[inside & free].sum(axis=0)[None, :], total, scatter(self.targets, free))[0]
        )

    def mask(self, conditions: tuple[int, ...]) -> np.ndarray:
        """Return which accounts all conditions hold for, shape (n,), bool."""
        holds = np.ones(len(self.values), dtype=bool)
        for condition in conditions:
            if condition not in self._masks:
                self._masks[condition] = self.grid.mask(condition)
            holds &= self._masks[condition]
        return holds

    def cells(self, rules: Sequence[tuple[int, ...]]) -> np.ndarray:
        """Return for each account which rule holds first, -1 where none, shape (n,), int."""
        return cells([self.mask(r) for r in rules], len(self.values))

    def fit(self, rules: Sequence[tuple[int, ...]]) -> float:
        """Return the chi-squared between the cells of ordered rules, up to a constant."""
        return float(self.fits(rules).sum())

    def fits(self, rules: Sequence[tuple[int, ...]]) -> np.ndarray:
        """Return the same by outcome, shape (q,)."""
        labels = self.cells(rules)
        values = np.array([self.values[labels == c].sum(axis=0) for c in range(-1, len(rules))])
        s, x = values[:, : self.q], values[:, self.q : 2 * self.q]
        return np.asarray(np.sum(s**2 / np.maximum(x, 1e-9) * (x > 1e-9), axis=0))

    def _merit(self, candidate: Candidate, free: np.ndarray) -> tuple[float, tuple[int, ...]]:
        """Rank by excess, lower the rule of the side that is not to be named; of equals the last conditions.

        The smaller side stands out; of two about as large, the one that fares better, so that the choice does not
        change with the draw.
        """
        inside = self.mask(candidate.conditions) & free
        share = np.sum(inside) / np.sum(free)
        named = self._fares_better(inside, free) if _ABOUT_HALF <= share <= 1 - _ABOUT_HALF else share < _ABOUT_HALF
        taken_off = 0.0 if named else (1 - _OTHER_SIDE) * abs(candidate.excess)
        return round(candidate.excess - taken_off, 6), candidate.conditions

    def _fares_better(self, inside: np.ndarray, free: np.ndarray) -> bool:
        """Return whether accounts inside win, stay, pull and expand more than the other free ones, all together."""
        here, there = (self.values[where].sum(axis=0) for where in (inside, free & ~inside))
        q = self.q
        x_in, x_out = np.maximum(here[q : 2 * q], 1e-9), np.maximum(there[q : 2 * q], 1e-9)
        difference = (here[:q] / x_in - there[:q] / x_out) * np.sqrt(x_in * x_out / (x_in + x_out))
        return round(float(np.sum(difference * self._better)), 6) >= 0

    def _extend(
        self, beam: list[tuple[int, ...]], free: np.ndarray, base: tuple[int, ...], most: int = 0
    ) -> list[Candidate]:
        """Return the best extensions by one condition of each rule, few for any one set of attributes."""
        gains = np.column_stack([self._gained_by_each(rule, free) for rule in beam])
        excess = gains - np.column_stack([self._extended_hurdles(rule, base) for rule in beam])
        for column, rule in enumerate(beam):
            used = np.isin(self.grid.axis_of, self.grid.axis_of[list(rule)])
            gains[used, column], excess[used, column] = 0.0, -np.inf
        return self._diverse(gains, excess, beam, most or _BEAM * (1 if beam[0] else 2))

    def _gained_by_each(self, rule: tuple[int, ...], free: np.ndarray) -> np.ndarray:
        """Return the chi-squared gained by a rule with one condition more, by each of them, shape (conditions,)."""
        among = self._of(free)
        if rule not in among.gained:
            inside = free & self.mask(rule)
            by_bin = self._rows_bins[np.flatnonzero(inside)].T @ self.values[inside]
            among.gained[rule] = self._gains(self.grid.subsets @ by_bin, among.total, among.scattered)
        return among.gained[rule]

    def _of(self, free: np.ndarray) -> _Free:
        """Return what one search asks of its free accounts many times; only the last answer is kept."""
        if not np.array_equal(self._latest.accounts, free):
            self._latest = _Free(free.copy(), self.values[free].sum(axis=0), scatter(self.targets, free), {})
        return self._latest

    def _extended_hurdles(self, rule: tuple[int, ...], base: tuple[int, ...]) -> np.ndarray:
        """Return the hurdle of a rule extended by each condition, shape (conditions,); a base has paid already."""
        known = float(self.grid.cost[[c for c in rule if c not in base]].sum())
        if known not in self._next_hurdles:
            costs, where = np.unique(np.round(self.grid.cost, 2), return_inverse=True)
            self._next_hurdles[known] = np.array([self._critical(known + cost) for cost in costs.tolist()])[where]
        return self._next_hurdles[known]

    def _diverse(
        self, gains: np.ndarray, excess: np.ndarray, beam: list[tuple[int, ...]], most: int
    ) -> list[Candidate]:
        flat = excess.ravel()
        # Rounded, so that how sums were ordered on some machine never decides between equals.
        order = _largest(np.round(flat, 6), 1 if most == 1 else 50 * most)
        kept: dict[tuple[int, ...], Candidate] = {}
        per_axes: dict[tuple[int, ...], int] = {}
        for at in order.tolist():
            condition, column = divmod(at, len(beam))
            conditions = tuple(sorted((*beam[column], condition)))
            axes = tuple(sorted(self._axis_of[c] for c in conditions))
            gain = float(gains[condition, column])
            if gain <= 0 or conditions in kept or per_axes.get(axes, 0) >= _SEEDS:
                continue
            per_axes[axes] = per_axes.get(axes, 0) + 1
            kept[conditions] = Candidate(conditions, gain, float(flat[at]))
            if len(kept) >= most:
                break
        return list(kept.values())

    def _candidate(self, conditions: tuple[int, ...], gain: float, base: tuple[int, ...]) -> Candidate:
        return Candidate(conditions, gain, gain - self.hurdle(tuple(c for c in conditions if c not in base)))

    def _refined(self, start: Candidate, free: np.ndarray, base: tuple[int, ...]) -> Candidate:
        """Exchange or drop one condition at a time as long as that helps."""
        best = start
        for _ in range(3):
            options = []
            for dropped in best.conditions:
                if dropped in base:
                    continue
                rest = tuple(c for c in best.conditions if c != dropped)
                options += self._extend([rest], free, base, 1)
                if len(rest) > len(base):
                    options.append(self._candidate(rest, self.gain_of(self.mask(rest), free), base))
            better = max(options, key=lambda c: self._merit(c, free), default=best)
            if self._merit(better, free)[0] <= self._merit(best, free)[0] + 1e-6:
                return best
            best = better
        return best

    def _to_the_point(self, candidate: Candidate, free: np.ndarray, base: tuple[int, ...]) -> Candidate:
        """Drop, weakest first, the conditions without which the rule does as well: each must beat chance alone."""
        conditions = candidate.conditions
        while True:
            own = [c for c in conditions if c not in base]
            if len(own) < 2:
                break
            spare = {c: round(self._added_by(c, conditions, free) - self._hurdle_of_one(c), 6) for c in own}
            weakest = min(own, key=lambda c: (spare[c], c))
            if spare[weakest] >= 0:
                break
            conditions = tuple(c for c in conditions if c != weakest)
        if conditions == candidate.conditions:
            return candidate
        return self._candidate(conditions, self.gain_of(self.mask(conditions), free), base)

    def _hurdle_of_one(self, condition: int) -> float:
        """Return the chi-squared that a condition must add: what the best of its kind adds by an even chance.

        The rule as a whole has to clear the stricter hurdle; this one only keeps idle words out.
        """
        return self._critical(float(self.grid.cost[condition]), _EVEN)

    def _added_by(self, condition: int, conditions: tuple[int, ...], free: np.ndarray) -> float:
        """Return the chi-squared between the accounts of a rule and those that one of its conditions keeps out."""
        without = free & self.mask(tuple(c for c in conditions if c != condition))
        return self.gain_of(self.mask((condition,)) & without, without)

    def _gains(self, inside: np.ndarray, total: np.ndarray, scattered: np.ndarray) -> np.ndarray:
        """Return the chi-squared gained, shape (rows,); 0 where either side is too small to judge."""
        q = self.q
        outside = total - inside
        s_in, x_in, s_out, x_out = inside[:, :q], inside[:, q : 2 * q], outside[:, :q], outside[:, q : 2 * q]
        judged = (x_in >= self.least) & (x_out >= self.least)
        x_all = np.maximum(total[q : 2 * q], 1e-9)
        gain = s_in**2 / np.maximum(x_in, 1e-9) + s_out**2 / np.maximum(x_out, 1e-9) - total[:q] ** 2 / x_all
        enough = (inside[:, 2 * q] >= self.limits.smallest) & (outside[:, 2 * q] >= self.limits.smallest)
        return np.where(judged, gain / scattered, 0.0).sum(axis=1) * enough


def _largest(values: np.ndarray, most: int) -> np.ndarray:
    """Return the places of the largest values, the largest first, of equals the first.

    >>> _largest(np.array([1.0, 3.0, 2.0, 3.0]), 3).tolist()
    [1, 3, 2]
    """
    among = np.arange(len(values))
    if most < len(values):  # all would take most of a search's time to sort
        among = np.flatnonzero(values >= np.partition(values, -most)[-most])
    return among[np.argsort(-values[among], kind="stable")][:most]
