"""A rule's effect inside each group of accounts: inside less outside, beside the other rules and the periods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

_BORROWED = 20.0  # accounts' worth of the whole's spread that each group's own is mixed with
_RAREST = 0.02  # fitted shares are taken no closer to 0 or 1


@dataclass(frozen=True)
class Side:
    """The accounts of k groups on one side of a rule: how many, their mean, and the variance of that mean."""

    n: np.ndarray
    mean: np.ndarray
    variance: np.ndarray


@dataclass(frozen=True)
class Leftover:
    """Residuals of the accounts on one side of a rule, in units of ``spread``, the size expected of each."""

    residuals: np.ndarray
    spread: np.ndarray
    codes: np.ndarray


@dataclass(frozen=True)
class Contrasts:
    """A rule's effect in each of k groups.

    Parameters
    ----------
    names : tuple of str, length k
        The groups.
    effects, variances : ndarray, shape (k,)
        Mean inside the rule less mean outside, other rules and periods held equal.
    inside, outside : Side
        The two sides in each group.
    sides : tuple of Leftover
        What the model in which the rule works the same everywhere leaves, inside and outside.
    """

    names: tuple[str, ...]
    effects: np.ndarray
    variances: np.ndarray
    inside: Side
    outside: Side
    sides: tuple[Leftover, Leftover]

    @classmethod
    def of(
        cls,
        values: np.ndarray,
        inside: np.ndarray,
        codes: np.ndarray,
        names: Sequence[str],
        beside: Iterable[np.ndarray],
    ) -> Contrasts:
        """Measure a rule in each group.

        Parameters
        ----------
        values : ndarray, shape (n,)
            Each account's outcome; its mean is the rate.
        inside : ndarray, shape (n,), bool
            The rule's accounts.
        codes : ndarray, shape (n,), int
            Group of each, 0..k-1, every group on both sides of the rule.
        names : sequence of str, length k
            The groups.
        beside : iterable of ndarray, shape (n,), bool
            What to hold equal, as effects that add up: a territory that merely holds more of another rule's accounts,
            or whose accounts are of another time, is not different.
        """
        effect, residual, spread = _same_everywhere(values, inside, codes, len(names), beside)
        sides = tuple(Leftover(residual[s] / spread[s], spread[s], codes[s]) for s in (inside, ~inside))
        here, elsewhere = (_measured(side, side.residuals, len(names)) for side in sides)
        variances = here.variance + elsewhere.variance
        return cls(
            tuple(names), effect + here.mean - elsewhere.mean, variances, here, elsewhere, (sides[0], sides[1])
        )  # fmt: skip

    def shuffled(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return effects (less their common part) and variances with residuals shuffled on each side of the rule."""
        groups = len(self.names)
        here, elsewhere = (_measured(side, rng.permutation(side.residuals), groups) for side in self.sides)
        return here.mean - elsewhere.mean, here.variance + elsewhere.variance


def group_codes(labels: pd.Series, fewest: int) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the groups that have enough accounts, largest first, and each account's place among them or -1.

    >>> group_codes(pd.Series(["b", "a", "b", None, "c"]), 1)
    (('b', 'a', 'c'), array([ 0,  1,  0, -1,  2]))
    """
    counts = labels.dropna().astype("str").value_counts()
    names = sorted((str(n) for n in counts.index[counts >= fewest]), key=lambda name: (-int(counts[name]), name))
    return tuple(names), pd.Index(names, dtype="str").get_indexer(pd.Index(labels.astype("str")))


def sides_of(values: np.ndarray, codes: np.ndarray, groups: int, spread: np.ndarray | None = None) -> Side:
    """Return count, mean and variance of the mean of each group.

    A few accounts that all fared alike do not show that their group never varies: each group's spread is mixed with
    what that of all leads one to expect (moderated variance: Smyth 2004, doi:10.2202/1544-6115.1027, here with a fixed
    weight).

    Parameters
    ----------
    values : ndarray, shape (n,)
        One figure an account.
    codes : ndarray, shape (n,), int
        Group of each, 0..groups-1.
    groups : int
        Number of groups, none of them empty.
    spread : ndarray, shape (n,), optional
        Expected size of each account's deviation, up to a common factor; by default the same for all.
    """
    n = np.bincount(codes, minlength=groups)
    mean = np.bincount(codes, values, minlength=groups) / n
    squares = np.bincount(codes, (values - mean[codes]) ** 2, minlength=groups)
    shape = n.astype(float) if spread is None else np.bincount(codes, spread**2, minlength=groups)
    common = squares.sum() / shape.sum() * n.sum() / max(int(n.sum()) - groups, 1)
    mixed = (_BORROWED * common * shape / n + squares) / (_BORROWED + n - 1)
    return Side(n, mean, np.maximum(mixed, 1e-9) / n)


def _measured(side: Leftover, residuals: np.ndarray, groups: int) -> Side:
    return sides_of(residuals * side.spread, side.codes, groups, side.spread)


def _same_everywhere(
    values: np.ndarray, inside: np.ndarray, codes: np.ndarray, groups: int, beside: Iterable[np.ndarray]
) -> tuple[float, np.ndarray, np.ndarray]:
    """Fit the model in which the rule works the same in every group; its effect, residuals and their expected size.

    The size is that of a share's binomial spread: where half leave, accounts differ more than where few do.
    """
    levels = [codes == group for group in range(1, groups)]
    design = np.column_stack([inside, np.ones(len(values)), *levels, *beside]).astype(float)
    solution = np.linalg.lstsq(design, values, rcond=None)[0]
    fitted = design @ solution
    share = np.clip(fitted, _RAREST, 1 - _RAREST)
    return float(solution[0]), values - fitted, np.sqrt(share * (1 - share))
