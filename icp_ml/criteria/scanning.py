"""Scan every rule of one, two and three conditions, and repeat the whole scan on permuted outcomes.

Each account carries an additive score of its outcome (a martingale residual for churn, won less the average for
winning), which sums to zero; rules with a high sum are looked for. The statistic of one condition is the standardised
sum, for churn the log-rank test, of its accounts against those where its attribute is known and it does not hold: the
unknown are a mixture of both and would dilute it. That of more conditions is the signed root of the deviance against
all others, whose largest values under permutation do not come from the smallest groups alone. (On 40 worlds of 50
events the sum found 85 % of the planted single conditions at the gate and the deviance 75 %, by three conditions 15 %
and 28 %.) The null distribution of the *largest* statistic comes from permuting the scores among accounts of the same
period and scanning again, so that the p-value accounts for everything that was looked at (Westfall & Young 1993,
ISBN 0-471-55761-7).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from icp_ml.criteria.atoms import Atoms, Chosen
from icp_ml.criteria.deviance import Deviance

_BEAM = 24
_BATCH = 50
_GIVE_UP = 25
_SCREEN = 0.5  # share of the largest standardised sum under which no deviance is computed
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

    Empirical where enough permutations reached it; beyond them the tail of a Gumbel distribution fitted by moments to
    the squares of the maxima, never below a hundredth of what the permutations alone could show. (The limit law of
    maxima, as in Knijnenburg et al. 2009, doi:10.1093/bioinformatics/btp211; squares, since their tail is exponential
    and reaches the limit at once: fitted to the maxima themselves, a true chance of 0.5 % reads as 1 %.)

    Parameters
    ----------
    statistic : float
        The observed maximum, above 0.
    null : ndarray, shape (permutations,)
        Maxima over permuted outcomes.
    """
    reached = int(np.sum(null >= statistic * (1 - 1e-5)))  # equal but for single precision counts as reached
    empirical = (1 + reached) / (len(null) + 1)
    location, scale = _gumbel(null)
    if reached >= _ENOUGH or scale == 0:
        return float(empirical)
    fitted = -np.expm1(-np.exp(-(max(statistic, 0.0) ** 2 - location) / scale))
    return float(max(fitted, 0.01 / (len(null) + 1)))


def tail_gate(p_value: float, null: np.ndarray) -> float:
    """Return the statistic that the largest of a scan reaches with this chance under the null.

    Parameters
    ----------
    p_value : float
        Between 0 and 1.
    null : ndarray, shape (permutations,)
        Maxima over permuted outcomes.
    """
    location, scale = _gumbel(null)
    if p_value * len(null) >= _ENOUGH or scale == 0:
        return float(np.quantile(null, 1 - min(p_value, 1.0)))
    return float(np.sqrt(max(location - scale * np.log(-np.log1p(-p_value)), 0.0)))


def _gumbel(null: np.ndarray) -> tuple[float, float]:
    """Return location and scale of the Gumbel distribution with the moments of the squares."""
    if len(null) < 2:
        return 0.0, 0.0
    squares = np.maximum(null, 0) ** 2
    scale = float(np.std(squares, ddof=1)) * np.sqrt(6) / np.pi
    return float(np.mean(squares)) - np.euler_gamma * scale, scale


@dataclass(frozen=True)
class _Grid:
    """Everything about the rules that does not change under permutation."""

    design: np.ndarray  # (n, m + q): inside | known
    signed: np.ndarray  # (2m, n): each condition and its complement, a row each
    m: int
    known_of: np.ndarray
    known_counts: np.ndarray  # (q,): accounts where an attribute is known
    fits_1: np.ndarray  # positions of the rules of one condition that are neither too small nor too large
    fits_2: np.ndarray  # and of two conditions, in the flattened lower triangle
    counts_1: np.ndarray  # (2m,)
    counts_2: np.ndarray  # (2m, 2m)
    levels: np.ndarray  # (categories, most levels): positions of their single levels, 2m where there are fewer
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
    deviance : Deviance, optional
        The scale on which rules of two and three conditions are compared; by default the standardised sum.
    """

    def __init__(
        self,
        atoms: Atoms,
        scores: np.ndarray,
        strata: np.ndarray,
        smallest: int,
        deepest: int = 3,
        deviance: Deviance | None = None,
    ) -> None:
        self.atoms = atoms
        self.scores = (scores - scores.mean()).astype(np.float32)
        self.strata = strata
        self.deepest = min(deepest, 3)
        variance = float(np.var(self.scores))
        self.scales = (Deviance(variance=variance), replace(deviance or Deviance(), variance=variance))
        self.grid = _grid(atoms, smallest)

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

    def statistic(self, inside: np.ndarray, depth: int, known: np.ndarray | None = None) -> float:
        """Return the statistic of the accounts of a bool mask on the scale of a depth, among the known if given."""
        known = np.ones(len(self.scores), dtype=bool) if known is None else known
        count, n = float((inside & known).sum()), float(known.sum())
        if not 0 < count < n:
            return 0.0
        total = self.scores[inside & known].sum(dtype=float) - count * self.scores[known].mean(dtype=float)
        return float(self._scale(depth).root(np.array(total), np.array(count), np.array(n)))

    def _scale(self, depth: int) -> Deviance:
        return self.scales[min(depth, 2) - 1]

    def strongest(self) -> list[Candidate]:
        """Return the statistic and the atoms of the strongest rule of each depth, whether or not it stands out."""
        if self.grid.m == 0 or len(self.scores) < 2 * self.grid.smallest:
            return []
        return [candidate for candidate in self._best(self.scores) if candidate[0] > 0]

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
        best = [self._best_single(_both_signs(sums[: grid.m], sums[grid.m :][grid.known_of]), sums[grid.m :])]
        if self.deepest >= 2:
            sums_2 = _pair_sums(grid, scores)
            pairs = self._roots_at(sums_2, grid.counts_2, grid.fits_2, 2)
            sets = self._sets(sums_2, grid.counts_2, 2, lambda row: (row,))
            best.append(_larger(_largest(pairs), *sets))
            if self.deepest >= 3:
                best.append(self._best_triple(scores, pairs, sets))
        return best

    def _best_single(self, sums: np.ndarray, known_sums: np.ndarray) -> Candidate:
        """Return the strongest single condition or set of levels, against the accounts where its attribute is known."""
        grid = self.grid
        known = np.tile(grid.known_of, 2)
        contrast = sums - grid.counts_1 * (known_sums / grid.known_counts)[known]
        roots = np.zeros(sums.size, dtype=np.float32)
        at = grid.fits_1
        roots[at] = self._scale(1).root(contrast[at], grid.counts_1[at], grid.known_counts[known[at]])
        return _larger(_largest(roots), *self._sets(contrast[None, :], grid.counts_1[None, :], 1))

    def _roots_at(self, sums: np.ndarray, counts: np.ndarray, at: np.ndarray, depth: int) -> np.ndarray:
        """Return the signed roots at the given flat positions, 0 elsewhere, in the shape of ``sums``."""
        roots = np.zeros(sums.size, dtype=np.float32)
        roots[at] = self._screened(sums.ravel()[at], counts.ravel()[at], np.full(len(at), len(self.scores)), depth)
        return roots.reshape(sums.shape)

    def _roots(self, sums: np.ndarray, counts: np.ndarray, depth: int, n: np.ndarray | None = None) -> np.ndarray:
        """Return the signed roots among ``n`` accounts each (all, if not given), 0 for rules too small or too large."""
        n = np.broadcast_to(np.array(len(self.scores)), sums.shape) if n is None else n
        roots = np.zeros(sums.shape, dtype=np.float32)
        fits = _fits(counts, n, self.grid.smallest)
        roots[fits] = self._screened(sums[fits], counts[fits], n[fits], depth)
        return roots

    def _screened(self, sums: np.ndarray, counts: np.ndarray, n: np.ndarray, depth: int) -> np.ndarray:
        """Return the signed roots of those whose standardised sum comes near the largest, 0 for the others.

        Logarithms of every pair would take most of the time; what is far from the largest sum is not the largest root.
        """
        standardised = sums / np.sqrt(counts * (n - counts))
        roots = np.zeros(len(sums), dtype=np.float32)
        if len(sums) == 0 or standardised.max() <= 0:
            return roots
        near = np.flatnonzero(standardised >= _SCREEN * standardised.max())
        roots[near] = self._scale(depth).root(sums[near], counts[near], n[near])
        return roots

    def _sets(
        self,
        sums: np.ndarray,
        counts: np.ndarray,
        depth: int,
        name: Callable[[int], tuple[Chosen, ...]] = lambda row: (),
    ) -> list[Candidate]:
        """Return, for each category, the best set of levels within any row's accounts.

        Levels are taken in the order of their mean score within the row: no other set of as many accounts does better.
        ``sums`` and ``counts`` have a row for each rule to extend and a column for each signed atom.
        """
        groups = self.grid.levels
        if not len(groups):
            return []
        total, count = _with_blank(sums)[:, groups], _with_blank(counts)[:, groups]
        order = np.argsort(-total / (count + _LEVEL_PRIOR), axis=2, kind="stable")
        total = np.cumsum(np.take_along_axis(total, order, axis=2), axis=2)
        count = np.cumsum(np.take_along_axis(count, order, axis=2), axis=2)
        among = self.grid.known_counts[self.grid.known_of[groups[:, 0]]] if depth == 1 else np.array(len(self.scores))
        roots = self._roots(total, count, depth, np.broadcast_to(among.reshape(1, -1, 1), total.shape))
        found: list[Candidate] = []
        for g, group in enumerate(groups):
            value, (row, last) = _largest(roots[:, g])
            if value <= 0:
                continue
            taken = group[order[row, g, : last + 1]]
            found.append((value, (*name(row), tuple(int(i) for i in taken if i < 2 * self.grid.m))))
        return found

    def _best_triple(self, scores: np.ndarray, pairs: np.ndarray, sets: list[Candidate]) -> Candidate:
        """Extend the strongest pairs, of each condition its best with an earlier one, by one more condition."""
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
        value, (row, column) = _largest(self._roots(sums, np.rint(counts), 3))
        return _larger((value, (*beam[column], row)), *self._sets(sums.T, np.rint(counts.T), 3, lambda at: beam[at]))

    def _mask(self, chosen: tuple[Chosen, ...]) -> np.ndarray:
        """Return the accounts of one atom and one set of levels, shape (1, n), float32."""
        rows = [self.grid.signed[np.atleast_1d(np.array(part))].sum(axis=0) for part in chosen]
        return np.prod(rows, axis=0, dtype=np.float32)[None, :]


def _grid(atoms: Atoms, smallest: int) -> _Grid:
    design = np.ascontiguousarray(np.hstack([atoms.inside, atoms.known]), dtype=np.float32)
    m, n, empty = len(atoms.conditions), len(design), np.empty(0)
    sums = design.sum(axis=0)
    counts_1 = np.rint(_both_signs(sums[:m], sums[m:][atoms.known_of]))
    inside, known = design[:, :m].T, design[:, m:].T[atoms.known_of]
    signed = np.ascontiguousarray(np.vstack([inside, known - inside]))
    blank = _Grid(design, signed, m, atoms.known_of, sums[m:], empty, empty, empty, empty, empty, smallest)
    counts_2 = np.rint(_pair_sums(blank, np.ones(n, dtype=np.float32)))
    levels = _padded(atoms.groups, 2 * m)
    fits_1 = np.flatnonzero(_fits(counts_1, sums[m:][np.tile(atoms.known_of, 2)], smallest))
    fits_2 = np.flatnonzero(np.tril(_fits(counts_2, n, smallest), -1))
    return _Grid(design, signed, m, atoms.known_of, sums[m:], fits_1, fits_2, counts_1, counts_2, levels, smallest)


def _padded(groups: Sequence[np.ndarray], blank: int) -> np.ndarray:
    """Return index arrays of unequal length as one matrix, filled up with ``blank``."""
    table = np.full((len(groups), max((len(g) for g in groups), default=0)), blank)
    for row, group in zip(table, groups, strict=True):
        row[: len(group)] = group
    return table


def _with_blank(values: np.ndarray) -> np.ndarray:
    """Return a matrix with a last column of zeros, for the places that no level fills."""
    return np.hstack([values, np.zeros((len(values), 1), dtype=values.dtype)])


def _fits(counts: np.ndarray, n: np.ndarray | int, smallest: int) -> np.ndarray:
    """Return which rules have enough accounts inside and outside."""
    return (counts >= smallest) & (counts <= n - smallest) & (counts < n)


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
