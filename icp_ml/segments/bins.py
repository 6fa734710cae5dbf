"""Raw attributes in bins, and every condition that can be said about one attribute as a set of its bins."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.special import comb

from icp_ml.conditions import Condition
from icp_ml.config.schema import Attribute
from icp_ml.criteria.rounding import round_cuts

_MOST_LEVELS = 20
_ALL_SUBSETS = 7  # up to this many bins every set of levels is tried
_MOST_TAGS = 20


@dataclass(frozen=True)
class Axis:
    """One attribute, or one tag of a tags attribute, in bins.

    Parameters
    ----------
    attribute : str
        Its name.
    kind : str
        ``number``, ``ordered``, ``levels``, ``boolean`` or ``tag``.
    labels : tuple
        Cut points of a number (one fewer than bins), levels of a category (with ``other`` for the rare ones where
        ``has_other``), or the tag.
    codes : ndarray of int, shape (n,)
        Bin of each account, -1 where missing.
    bins : int
        How many bins.
    has_other : bool
        Whether the last bin holds rare levels, which a rule cannot name.
    integers : bool
        Whether only whole numbers occur.
    """

    attribute: str
    kind: str
    labels: tuple
    codes: np.ndarray
    bins: int
    has_other: bool = False
    integers: bool = False

    def subsets(self, means: Sequence[np.ndarray] = ()) -> np.ndarray:
        """Return the sets of bins that a condition can name, shape (k, bins), bool; neither none nor all.

        ``means`` orders levels by outcomes where there are too many levels to try every set.
        """
        if self.kind in ("number", "ordered"):
            spans = [(i, j) for i in range(self.bins) for j in range(i + 1, self.bins + 1) if j - i < self.bins]
            return np.array([[i <= b < j for b in range(self.bins)] for i, j in spans], dtype=bool)
        if self.kind in ("boolean", "tag") or self.bins <= _ALL_SUBSETS:
            numbers = np.arange(1, 2**self.bins - 1)
            return (numbers[:, None] >> np.arange(self.bins) & 1).astype(bool)
        chosen = [np.array(c) for size in (1, 2) for c in combinations(range(self.bins), size)]
        chosen += [np.argsort(m, kind="stable")[:size] for m in means for size in range(1, self.bins)]
        found = np.zeros((len(chosen), self.bins), dtype=bool)
        for row, members in zip(found, chosen, strict=True):
            row[members] = True
        return np.unique(np.vstack([found, ~found]), axis=0)

    def condition(self, subset: np.ndarray) -> Condition:
        """Return the condition that a set of bins stands for."""
        if self.kind == "number":
            return self._number(subset)
        if self.kind == "boolean":
            return Condition(self.attribute, "is", bool(subset[1]))
        if self.kind == "tag":
            return Condition(self.attribute, *(("has", self.labels[0]) if subset[1] else ("has_none", self.labels)))
        inside = tuple(level for level, member in zip(self.labels, subset, strict=False) if member)
        outside = tuple(level for level, member in zip(self.labels, subset, strict=False) if not member)
        other = self.has_other and bool(subset[-1])
        if self.kind == "levels" and (other or (not self.has_other and len(outside) < len(inside))):
            return Condition(self.attribute, "not_in", outside)
        return Condition(self.attribute, "in", inside)

    def _number(self, subset: np.ndarray) -> Condition:
        inside = np.flatnonzero(subset)
        first, last = int(inside[0]), int(inside[-1])
        if first == 0:
            return Condition(self.attribute, "below", float(self.labels[last]))
        if last == self.bins - 1:
            return Condition(self.attribute, "at_least", float(self.labels[first - 1]))
        low, high = float(self.labels[first - 1]), float(self.labels[last])
        # Both ends of "between" count; where only whole numbers occur and few of them, the upper end steps down by one.
        if self.integers and high - low <= 20 and high - 1 >= low:
            high = high - 1 if float(high).is_integer() else float(math.floor(high))
        return Condition(self.attribute, "between", (low, high))


@dataclass(frozen=True)
class Grid:
    """All axes of n accounts and all conditions on them.

    Parameters
    ----------
    axes : tuple of Axis
        Attributes in bins.
    subsets : csr array, shape (k, total bins)
        Each condition as a set of bins.
    axis_of : ndarray of int, shape (k,)
        Axis of each condition.
    bin_rows : csr array, shape (total bins, n)
        Which accounts are in which bin.
    cost : ndarray, shape (k,)
        Natural logarithm of about how many conditions had to be tried to come upon this one: axes, times sets of levels
        of its size, or cuts. Finding the best of many sets of levels proves less than finding the best of two.
    """

    axes: tuple[Axis, ...]
    subsets: sparse.csr_array
    axis_of: np.ndarray
    bin_rows: sparse.csr_array
    cost: np.ndarray
    _parts: dict[int, np.ndarray] = field(default_factory=dict, init=False, repr=False, compare=False)

    def mask(self, condition: int) -> np.ndarray:
        """Return which accounts a condition holds for, shape (n,), bool."""
        return np.asarray((self.subsets[[condition]] @ self.bin_rows).todense()).ravel() > 0

    def is_part(self, condition: int, whole: int) -> bool:
        """Return whether a condition on the same axis holds only where another does, and not everywhere it does."""
        return condition in self.parts_of(whole)

    def opposite(self, conditions: Sequence[int]) -> int | None:
        """Return what holds for the values that conditions on one axis leave, None where no condition names them."""
        axis = self.axis_of[conditions[0]]
        same = np.flatnonzero(self.axis_of == axis)
        taken = np.asarray(self.subsets[list(conditions)].sum(axis=0)).ravel() > 0
        shared, sizes = self.subsets[same] @ taken, self.subsets[same].sum(axis=1)
        left = self.axes[axis].bins - int(taken.sum())
        found = same[(shared == 0) & (sizes == left)]
        return int(found[0]) if len(found) else None

    def parts_of(self, condition: int) -> np.ndarray:
        """Return the conditions on the same axis that hold only where a condition does, and not everywhere it does."""
        if condition not in self._parts:
            same = np.flatnonzero(self.axis_of == self.axis_of[condition])
            sizes = self.subsets[same].sum(axis=1)
            shared = (self.subsets[same] @ self.subsets[[condition]].T).todense().ravel()
            self._parts[condition] = same[(shared == sizes) & (sizes < sizes[same == condition][0])]
        return self._parts[condition]

    def condition(self, index: int) -> Condition:
        """Return condition ``index`` in words that the product shares."""
        axis = self.axes[self.axis_of[index]]
        start = sum(a.bins for a in self.axes[: self.axis_of[index]])
        row = np.asarray(self.subsets[[index]].todense()).ravel()[start : start + axis.bins] > 0
        return axis.condition(row)


def build_grid(
    frame: pd.DataFrame,
    attributes: Mapping[str, Attribute],
    names: Sequence[str],
    scores: np.ndarray,
    parts: int,
    smallest: int,
) -> Grid | None:
    """Return the grid of the named attributes, or None where nothing varies.

    Parameters
    ----------
    frame : DataFrame, n rows
        Typed attributes as known at the decision.
    attributes : mapping
        Their specifications.
    names : sequence of str
        Those a rule may name.
    scores : ndarray, shape (n, q)
        Outcome scores, which order the levels of long categories.
    parts : int
        Numbers are cut into about this many equal parts.
    smallest : int
        A level held by fewer accounts is not named.
    """
    axes = [axis for name in names for axis in _axes(name, frame[name], attributes[name], parts, smallest)]
    if not axes:
        return None
    n, total = len(frame), sum(a.bins for a in axes)
    rows, columns, blocks, axis_of, cost, start = [], [], [], [], [], 0
    for position, axis in enumerate(axes):
        known = np.flatnonzero(axis.codes >= 0)
        rows.append(axis.codes[known] + start)
        columns.append(known)
        block = axis.subsets(_bin_means(axis, scores))
        blocks.append(block)
        axis_of += [position] * len(block)
        cost.append(_cost(axis, block))
        start += axis.bins
    where = (np.concatenate(rows), np.concatenate(columns))
    bin_rows = sparse.csr_array((np.ones(len(where[0])), where), shape=(total, n))
    subsets = sparse.csr_array(sparse.block_diag(blocks, format="csr", dtype=float))
    return Grid(tuple(axes), subsets, np.array(axis_of), bin_rows, np.concatenate(cost) + math.log(len(axes)))


def _cost(axis: Axis, subsets: np.ndarray) -> np.ndarray:
    """Return the logarithm of how many sets of an axis are tried to find each; neighbouring cuts count for less."""
    if axis.bins <= 2:
        return np.full(len(subsets), math.log(2))
    if axis.kind in ("number", "ordered"):
        between = ~subsets[:, 0] & ~subsets[:, -1]
        return np.log(np.where(between, 2.0, 1.0) * axis.bins)
    smaller = np.minimum(subsets.sum(axis=1), axis.bins - subsets.sum(axis=1))
    return np.log(comb(axis.bins, smaller) * (axis.bins // 2))


def _bin_means(axis: Axis, scores: np.ndarray) -> list[np.ndarray]:
    known = axis.codes >= 0
    counts = np.maximum(np.bincount(axis.codes[known], minlength=axis.bins), 1)
    return [np.bincount(axis.codes[known], s[known], minlength=axis.bins) / counts for s in scores.T]


def _axes(name: str, column: pd.Series, spec: Attribute, parts: int, smallest: int) -> list[Axis]:
    if spec.type == "number":
        return _number_axis(name, column.to_numpy(dtype=float, na_value=np.nan), parts)
    if spec.type == "boolean":
        codes = column.astype("boolean").astype("Int8").fillna(-1).to_numpy(dtype=int)
        return [Axis(name, "boolean", (), codes, 2)] if len(set(codes[codes >= 0])) == 2 else []
    if spec.type == "tags":
        return _tag_axes(name, column, smallest)
    return _level_axis(name, column, spec, smallest)


def _number_axis(name: str, values: np.ndarray, parts: int) -> list[Axis]:
    cuts = round_cuts(values, parts)
    if not len(cuts):
        return []
    known = ~np.isnan(values)
    codes = np.where(known, np.searchsorted(cuts, np.nan_to_num(values), side="right"), -1)
    whole = bool(np.all(values[known] == np.round(values[known])))
    return [Axis(name, "number", tuple(cuts.tolist()), codes, len(cuts) + 1, integers=whole)]


def _level_axis(name: str, column: pd.Series, spec: Attribute, smallest: int) -> list[Axis]:
    counts = column.value_counts()
    if spec.order:
        levels = [level for level in spec.order if level in counts.index]
        if len(levels) < 2:
            return []
        return [Axis(name, "ordered", tuple(levels), _coded(column, levels, -1), len(levels))]
    named = sorted(str(level) for level in counts.index[counts >= smallest][:_MOST_LEVELS])
    if not named or len(counts) < 2:
        return []
    other = len(named) < len(counts)
    codes = _coded(column, named, len(named) if other else -1)
    return [Axis(name, "levels", tuple(named), codes, len(named) + other, has_other=other)]


def _coded(column: pd.Series, levels: Sequence[str], rest: int) -> np.ndarray:
    place = {level: i for i, level in enumerate(levels)}
    missing = column.isna().to_numpy()
    return np.array([-1 if gone else place.get(v, rest) for v, gone in zip(column, missing, strict=True)], dtype=int)


def _tag_axes(name: str, column: pd.Series, smallest: int) -> list[Axis]:
    lists = [v if isinstance(v, (tuple, list)) else None for v in column]
    counts = pd.Series([t for v in lists if v for t in set(v)], dtype=object).value_counts()
    known = sum(v is not None for v in lists)
    axes = []
    for tag in sorted(counts.index[(counts >= smallest) & (counts <= known - smallest)][:_MOST_TAGS]):
        codes = np.array([-1 if v is None else int(tag in v) for v in lists], dtype=int)
        axes.append(Axis(name, "tag", (tag,), codes, 2))
    return axes
