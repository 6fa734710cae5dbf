"""Scan every rule of one, two and three conditions, and repeat the whole scan on permuted outcomes.

Each account carries an additive score of its outcome (a martingale residual for churn, won less the average for
winning), which sums to zero; rules with a high sum are looked for. A rule's statistic is the sum of its accounts'
scores over the standard deviation that the sum has under permutation: for churn that is the log-rank test of the
rule's accounts against the rest. The null distribution of the *largest* statistic comes from permuting the scores
among accounts of the same period and scanning again, so that the p-value accounts for everything that was looked at
(Westfall & Young 1993, ISBN 0-471-55761-7).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from icp_ml.criteria.atoms import Atoms, Chosen

_BEAM = 24
_BATCH = 50
_GIVE_UP = 25
_LEVEL_PRIOR = 5.0  # accounts without effect added to each level when levels are put in order
_ENOUGH = 10  # exceedances from which the empirical p-value is precise enough by itself


Candidate = tuple[float, tuple[Chosen, ...]]


@dataclass(frozen=True)
class Found:
    """The strongest rule of one depth: its atoms and sets of levels, its statistic, its adjusted p-value."""

    depth: int
    atoms: tuple[Chosen, ...]
    statistic: float
    p_value: float
    null: np.ndarray


def tail_p_value(statistic: float, null: np.ndarray) -> float:
    """Return the chance that the largest statistic under the null reaches ``statistic``.

    Empirical where enough permutations reached it; beyond them the tail of a Gumbel distribution fitted to the maxima
    by moments (the limit law of maxima; cf. Knijnenburg et al. 2009, doi:10.1093/bioinformatics/btp211), never below a
    hundredth of what the permutations alone could show.

    Parameters
    ----------
    statistic : float
        The observed maximum.
    null : ndarray, shape (permutations,)
        Maxima over permuted outcomes.
    """
    reached = int(np.sum(null >= statistic * (1 - 1e-5)))  # equal but for single precision counts as reached
    empirical = (1 + reached) / (len(null) + 1)
    if reached >= _ENOUGH or len(null) < 2:
        return float(empirical)
    scale = float(np.std(null, ddof=1)) * np.sqrt(6) / np.pi
    if scale == 0:
        return float(empirical)
    location = float(np.mean(null)) - np.euler_gamma * scale
    fitted = -np.expm1(-np.exp(-(statistic - location) / scale))
    return float(max(fitted, 0.01 / (len(null) + 1)))


@dataclass(frozen=True)
class _Grid:
    """Everything about the rules that does not change under permutation."""

    design: np.ndarray  # (n, m + q): inside | known
    signed: np.ndarray  # (2m, n): each condition and its complement, a row each
    m: int
    known_of: np.ndarray
    scale_1: np.ndarray  # (2m,): 1 / sd of a rule's sum, 0 where too small or too large
    scale_2: np.ndarray  # (2m, 2m), lower triangle only
    counts_1: np.ndarray  # (2m,)
    counts_2: np.ndarray  # (2m, 2m)
    smallest: int


class Scanner:
    """Scans rules over a fixed set of accounts.

    Parameters
    ----------
    atoms : Atoms
        Candidate conditions on those accounts.
    scores : ndarray, shape (n,)
        Additive outcome scores; centred here.
    strata : ndarray, shape (n,), int
        Scores are permuted within these.
    smallest : int
        Least accounts inside and outside a rule.
    deepest : int
        Most atoms in a rule, 1 to 3.
    """

    def __init__(self, atoms: Atoms, scores: np.ndarray, strata: np.ndarray, smallest: int, deepest: int = 3) -> None:
        self.atoms = atoms
        self.scores = (scores - scores.mean()).astype(np.float32)
        self.strata = strata
        self.deepest = min(deepest, 3)
        self.variance = float(np.var(self.scores))
        self.grid = _grid(atoms, self.variance, smallest)

    def run(self, permutations: int, seed: int) -> list[Found]:
        """Return the strongest rule of each depth with its p-value over the scan of that depth."""
        if self.grid.m == 0 or len(self.scores) < 2 * self.grid.smallest:
            return []
        best = self._best(self.scores)
        null = self._null(permutations, seed, np.array([b[0] for b in best]))
        found = [
            Found(i + 1, chosen, statistic, tail_p_value(statistic, null[:, i]), null[:, i])
            for i, (statistic, chosen) in enumerate(best)
        ]
        return [f for f in found if f.statistic > 0]

    def null_maxima(self, permutations: int, seed: int) -> np.ndarray:
        """Return the largest statistics over permuted scores, shape (permutations, depths)."""
        return self._null(permutations, seed, np.full(self.deepest, np.inf))

    def _null(self, permutations: int, seed: int, observed: np.ndarray) -> np.ndarray:
        """Return maxima over permuted scores, shape (at most permutations, depths); stops early when all is noise."""
        rng = np.random.default_rng(seed)
        groups = [np.flatnonzero(self.strata == s) for s in np.unique(self.strata)]
        maxima: list[np.ndarray] = []
        for start in range(0, permutations, _BATCH):
            for _ in range(min(_BATCH, permutations - start)):
                permuted = self.scores.copy()
                for group in groups:
                    permuted[group] = self.scores[rng.permutation(group)]
                maxima.append(np.array([b[0] for b in self._best(permuted)]))
            if np.all(np.sum(np.array(maxima) >= observed, axis=0) >= _GIVE_UP):
                break
        return np.array(maxima)

    def _best(self, scores: np.ndarray) -> list[Candidate]:
        grid = self.grid
        sums = grid.design.T @ scores
        single = _both_signs(sums[: grid.m], sums[grid.m :][grid.known_of])
        best = [_larger(_largest(single * grid.scale_1), *self._sets(single[None, :], grid.counts_1[None, :]))]
        if self.deepest >= 2:
            sums_2 = _pair_sums(grid, scores)
            pairs = sums_2 * grid.scale_2
            sets = self._sets(sums_2, grid.counts_2, lambda row: (row,))
            best.append(_larger(_largest(pairs), *sets))
            if self.deepest >= 3:
                best.append(self._best_triple(scores, pairs, sets))
        return best

    def _sets(
        self, sums: np.ndarray, counts: np.ndarray, name: Callable[[int], tuple[Chosen, ...]] = lambda row: ()
    ) -> list[Candidate]:
        """Return, for each category, the best set of levels within any row's accounts.

        Levels are taken in the order of their mean score within the row: no other set of as many accounts does better.
        ``sums`` and ``counts`` have a row for each rule to extend and a column for each signed atom.
        """
        found: list[Candidate] = []
        for group in self.atoms.groups:
            total, count = sums[:, group], counts[:, group]
            order = np.argsort(-total / (count + _LEVEL_PRIOR), axis=1, kind="stable")
            total = np.cumsum(np.take_along_axis(total, order, axis=1), axis=1)
            count = np.cumsum(np.take_along_axis(count, order, axis=1), axis=1)
            value, (row, last) = _largest(total * _scale(count, len(self.scores), self.variance, self.grid.smallest))
            levels = tuple(int(i) for i in group[order[row, : last + 1]])
            found.append((value, (*name(row), levels)))
        return found

    def _best_triple(self, scores: np.ndarray, pairs: np.ndarray, sets: list[Candidate]) -> Candidate:
        """Extend the strongest pairs, of each condition its best, by one more condition."""
        grid, partner = self.grid, np.argmax(pairs, axis=1)
        strength = pairs[np.arange(len(pairs)), partner]
        first = np.argsort(-strength, kind="stable")[:_BEAM]
        second = partner[first]
        beam: list[tuple[Chosen, ...]] = [(int(i), int(j)) for i, j in zip(first, second, strict=True)]
        beam += [chosen for _, chosen in sets]
        masks = np.vstack([grid.signed[first] * grid.signed[second], *(self._mask(chosen) for _, chosen in sets)]).T
        product = grid.design.T @ np.hstack([masks * scores[:, None], masks])
        sums = _signed_rows(product[:, : len(beam)], grid)
        counts = _signed_rows(product[:, len(beam) :], grid)
        triple = sums * _scale(counts, len(scores), self.variance, grid.smallest)
        value, (row, column) = _largest(triple)
        return _larger((value, (*beam[column], row)), *self._sets(sums.T, counts.T, lambda at: beam[at]))

    def _mask(self, chosen: tuple[Chosen, ...]) -> np.ndarray:
        """Return the accounts of one atom and one set of levels, shape (1, n), float32."""
        rows = [self.grid.signed[np.atleast_1d(np.array(part))].sum(axis=0) for part in chosen]
        return np.prod(rows, axis=0, dtype=np.float32)[None, :]


def _grid(atoms: Atoms, variance: float, smallest: int) -> _Grid:
    design = np.ascontiguousarray(np.hstack([atoms.inside, atoms.known]), dtype=np.float32)
    m, n, empty = len(atoms.conditions), len(design), np.empty(0)
    sums = design.sum(axis=0)
    counts_1 = _both_signs(sums[:m], sums[m:][atoms.known_of])
    inside, known = design[:, :m].T, design[:, m:].T[atoms.known_of]
    signed = np.ascontiguousarray(np.vstack([inside, known - inside]))
    blank = _Grid(design, signed, m, atoms.known_of, empty, empty, empty, empty, smallest)
    counts_2 = np.rint(_pair_sums(blank, np.ones(n, dtype=np.float32)))
    scale_2 = np.tril(_scale(counts_2, n, variance, smallest), -1)
    scale_1 = _scale(counts_1, n, variance, smallest)
    return _Grid(design, signed, m, atoms.known_of, scale_1, scale_2, counts_1, counts_2, smallest)


def _scale(counts: np.ndarray, n: int, variance: float, smallest: int) -> np.ndarray:
    """Return one over the standard deviation under permutation of the sum of ``counts`` of ``n`` centred scores."""
    counts = np.asarray(np.rint(counts), dtype=np.float32)
    fits = (counts >= smallest) & (counts <= n - smallest)
    spread = counts * (n - counts) / max(n - 1, 1) * variance
    return np.where(fits & (spread > 0), 1 / np.sqrt(np.where(spread > 0, spread, 1)), 0).astype(np.float32)


def _both_signs(inside: np.ndarray, known: np.ndarray) -> np.ndarray:
    return np.concatenate([inside, known - inside])


def _pair_sums(grid: _Grid, weights: np.ndarray) -> np.ndarray:
    """Return sums over all pairs of signed atoms, shape (2m, 2m): inside, complement, and all mixtures."""
    m, at = grid.m, grid.m + grid.known_of
    product = grid.design.T @ (grid.design * weights[:, None])
    both, left, right = product[:m, :m], product[:m, :][:, at], product[at, :][:, :m]
    neither = product[at, :][:, at] - left - right + both
    return np.block([[both, left - both], [right - both, neither]])


def _signed_rows(product: np.ndarray, grid: _Grid) -> np.ndarray:
    inside, known = product[: grid.m], product[grid.m + grid.known_of]
    return np.vstack([inside, known - inside])


def _largest(values: np.ndarray) -> tuple[float, tuple[int, ...]]:
    at = int(np.argmax(values))
    return float(values.ravel()[at]), tuple(int(i) for i in np.unravel_index(at, values.shape))


def _larger(*candidates: tuple[float, tuple[Chosen, ...]]) -> Candidate:
    """Return the candidate of the largest statistic, the first of equals."""
    return max(candidates, key=lambda c: c[0])
