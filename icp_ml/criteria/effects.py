"""Candidate regions read off a booster's SHAP effects: the second source beside the scan of all conditions.

Slow, shallow trees are fitted to the outcome scores; the TreeSHAP contributions of a few attributes together hold those
attributes' own effects and every interaction among them. A region is read off as the conditions that part the accounts
of high joint contribution from the others, and then moved on the scores themselves. Since few attributes matter to the
trees, every set of up to three can be read with all bounds and sets of levels free at once: intervals on two numbers
and a tag, for instance, which a scan would have to find as five cuts. What is returned was fitted to the outcomes and
claims nothing: the search sharpens, prunes and judges it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from icp_ml.conditions import Condition
from icp_ml.config.schema import Attribute
from icp_ml.criteria.region import Region
from icp_ml.criteria.rounding import round_cuts
from icp_ml.features.encoding import AttributeEncoder, EncodedColumn
from icp_ml.models.boosting import train_booster
from icp_ml.models.settings import EXPLORING

_ROWS = 20_000  # accounts the trees see at most; more sharpen an effect less than they cost
_ROUNDS = 100
_BINS = 24
_STRONGEST = 6  # columns by mean contribution, and as many by what lifts the highest predictions
_TOP = 0.1  # share of accounts with the highest predictions
_SETTLING = 4  # rounds in which each condition is read again within the others
_PER_CUT = 4.0  # squared statistic that each further condition, bound or level must bring: a best cut's by chance
_SAME = 0.8  # Jaccard from which two regions are one
_FEWEST_OF_LEVEL = 5

Box = dict[int, np.ndarray]
"""Column to which of its bins belong, bool, one more bin than there are: the last, False, is the missing."""


def regions_from_effects(
    frame: pd.DataFrame,
    scores: np.ndarray,
    attributes: Mapping[str, Attribute],
    names: Sequence[str],
    smallest: int,
    max_conditions: int,
    seed: int,
    most: int = 6,
) -> list[Region]:
    """Return regions in which the boosters' SHAP effects are high, the most promising first.

    Parameters
    ----------
    frame : DataFrame, n rows
        Typed attributes, one row an account.
    scores : ndarray, shape (n,)
        Additive outcome scores, high where the region should be.
    attributes : mapping
        Specifications of the attributes.
    names : sequence of str
        Attributes that may be used.
    smallest : int
        Least accounts inside a region and outside it.
    max_conditions : int
        Most conditions of a region; at most three attributes are ever combined.
    seed : int
        Seed of the trees and, above 20,000 accounts, of which of them are looked at.
    most : int, default 6
        Most regions.

    Returns
    -------
    list of Region
        Distinct (Jaccard below 0.8); empty where nothing varies or there are fewer than ``2 * smallest`` accounts.
    """
    rows = _sampled(len(frame), seed)
    looked_at, sampled = frame.iloc[rows], np.asarray(scores, dtype=float)[rows]
    encoder = AttributeEncoder({n: attributes[n] for n in names}, min_count=_FEWEST_OF_LEVEL).fit(looked_at)
    if len(frame) < 2 * smallest or not encoder.columns_ or not np.ptp(sampled) > 0:
        return []
    fewest = max(1, math.ceil(smallest * len(rows) / len(frame)))
    reader = _Reader(encoder.transform(looked_at), encoder.columns_, sampled, fewest, seed)
    found: list[Region] = []
    for box in reader.distinct(max_conditions):
        region = reader.region(box)
        if smallest <= region.mask(frame).sum() <= len(frame) - smallest:
            found.append(region)
        if len(found) == most:
            break
    return found


def _sampled(n: int, seed: int) -> np.ndarray:
    """Return the positions of the accounts to look at, ascending."""
    if n <= _ROWS:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, _ROWS, replace=False))


@dataclass(frozen=True)
class _Binned:
    """An encoded column in bins; ``codes`` is -1 where missing, ``cuts`` lie between the bins of a number."""

    column: EncodedColumn
    codes: np.ndarray
    bins: int
    cuts: np.ndarray

    @property
    def ordered(self) -> bool:
        return self.column.kind != "category"


def _binned(column: EncodedColumn, values: pd.Series) -> _Binned:
    if column.kind == "category":
        return _Binned(column, values.cat.codes.to_numpy().astype(int), len(column.levels), np.empty(0))
    numbers = values.to_numpy(dtype=float)
    known = ~np.isnan(numbers)
    if column.kind == "number":
        cuts = round_cuts(numbers, _BINS)
        codes = np.where(known, np.searchsorted(cuts, numbers, side="right"), -1)
        return _Binned(column, codes, len(cuts) + 1, cuts)
    bins = len(column.levels) if column.kind == "rank" else 2
    return _Binned(column, np.where(known, numbers, -1).astype(int), bins, np.empty(0))


class _Reader:
    """Reads boxes off the contributions of one booster."""

    def __init__(
        self, encoded: pd.DataFrame, columns: Sequence[EncodedColumn], scores: np.ndarray, smallest: int, seed: int
    ) -> None:
        self.n, self.smallest = len(scores), smallest
        self.scores = (scores - scores.mean()) / scores.std()
        booster = train_booster(encoded, self.scores, "squared", rounds=_ROUNDS, random_state=seed, settings=EXPLORING)
        contributions = booster.contributions(encoded)[:, :-1]
        self.effects = contributions - contributions.mean(axis=0)
        self.prediction = self.effects.sum(axis=1)
        self.columns = [_binned(column, encoded[column.name]) for column in columns]

    def distinct(self, max_conditions: int) -> Iterator[Box]:
        """Yield boxes by what they are worth on the scores themselves, leaving out those like one before."""
        strongest = self._strongest()
        boxes: list[Box] = []
        for size in range(1, min(3, max_conditions) + 1):
            for members in combinations(strongest, size):
                boxes += self._read_off(members)
        worth = [self._worth(box) for box in boxes]
        kept: list[np.ndarray] = []
        for i in np.argsort(-np.array(worth), kind="stable"):
            mask = self._mask(boxes[i])
            if worth[i] > -math.inf and all((mask & k).sum() < _SAME * (mask | k).sum() for k in kept):
                kept.append(mask)
                yield boxes[i]

    def region(self, box: Box) -> Region:
        """Return a box as a region."""
        region = Region()
        for j, chosen in sorted(box.items()):
            region = _cut(region, self.columns[j], chosen[:-1])
        return region

    def _strongest(self) -> list[int]:
        """Return the columns that matter most: over all accounts, and where the prediction is highest."""
        top = self.prediction >= np.quantile(self.prediction, 1 - _TOP)
        overall, lift = np.abs(self.effects).mean(axis=0), self.effects[top].mean(axis=0)
        ranked = [np.argsort(-value, kind="stable")[:_STRONGEST] for value in (overall, lift)]
        return [int(j) for j in dict.fromkeys(np.concatenate(ranked)) if overall[j] > 0]

    def _read_off(self, members: Sequence[int]) -> list[Box]:
        """Return the boxes of a few columns: off their joint effect, then moved on the scores, and off these alone.

        The joint effect is the sum of their contributions: SHAP values share out an interaction among its attributes,
        so together these hold all of it. Where it is faint the trees shrink it away, hence the second box. A pair is
        read off once more from the other side: two attributes that matter only together may do so in two places.
        """
        joint = self._settled(members, {}, self.effects[:, list(members)].sum(axis=1))
        boxes = [self._settled(members, start, self.scores) for start in (joint, {})]
        if len(members) == 2 and members[0] in joint:
            other_side = np.append(~joint[members[0]][:-1], False)
            boxes.append(self._settled(members[::-1], {members[0]: other_side}, self.scores))
        return boxes

    def _settled(self, members: Sequence[int], box: Box, effect: np.ndarray) -> Box:
        """Read each member's condition off an effect within the other conditions, until none moves."""
        for _ in range(_SETTLING):
            before = dict(box)
            for j in members:
                rest = {k: chosen for k, chosen in box.items() if k != j}
                chosen = self._read(self.columns[j], effect, self._mask(rest))
                box = rest if chosen is None else {**rest, j: chosen}
            if before.keys() == box.keys() and all(np.array_equal(before[j], box[j]) for j in box):
                break
        return box

    def _read(self, column: _Binned, effect: np.ndarray, rows: np.ndarray) -> np.ndarray | None:
        """Return the bins that part the effect best among some accounts, None where all of them do."""
        known = rows & (column.codes >= 0)
        totals = np.bincount(column.codes[known], effect[known], minlength=column.bins)
        counts = np.bincount(column.codes[known], minlength=column.bins)
        chosen = np.zeros(column.bins + 1, dtype=bool)
        chosen[self._stretch(totals, counts) if column.ordered else self._levels(totals, counts)] = True
        return None if chosen[:-1].all() or not chosen.any() else chosen

    def _stretch(self, totals: np.ndarray, counts: np.ndarray) -> slice:
        """Return the best stretch of bins; a second end must bring its worth."""
        total, count = (np.concatenate([[0], np.cumsum(v)]) for v in (totals, counts))
        value = self._squared(total[None, :] - total[:, None], count[None, :] - count[:, None])
        ends = np.zeros_like(value)
        ends[1:, :-1] = _PER_CUT
        low, high = np.unravel_index(int(np.argmax(value - ends)), value.shape)
        return slice(int(low), int(high))

    def _levels(self, totals: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """Return the best set of levels: the first ones in the order of their mean effect."""
        order = np.argsort(-totals / np.maximum(counts, 1), kind="stable")
        order = order[counts[order] > 0]
        value = self._squared(np.cumsum(totals[order]), np.cumsum(counts[order]))
        return order[: int(np.argmax(value)) + 1] if np.any(value > 0) else order[:0]

    def _squared(self, total: np.ndarray, count: np.ndarray) -> np.ndarray:
        """Return the squared statistic of sums of standardised scores, -inf where none or too few accounts."""
        fits = (count >= self.smallest) & (count <= self.n - self.smallest) & (total > 0)
        spread = count * (self.n - count) / max(self.n - 1, 1)
        return np.where(fits, total**2 / np.where(fits, spread, 1.0), -np.inf)

    def _mask(self, box: Box) -> np.ndarray:
        holds = np.ones(self.n, dtype=bool)
        for j, chosen in box.items():
            holds &= chosen[self.columns[j].codes]
        return holds

    def _worth(self, box: Box) -> float:
        mask = self._mask(box)
        value = float(self._squared(self.scores[mask].sum(), np.array(mask.sum())))
        return value - _PER_CUT * sum(_cuts(self.columns[j], chosen[:-1]) for j, chosen in box.items())


def _cuts(column: _Binned, chosen: np.ndarray) -> int:
    """Return how many cuts a condition is: ends of a stretch, levels to name."""
    if column.ordered:
        return max(1, int(not chosen[0]) + int(not chosen[-1]))
    return max(1, min(int(chosen.sum()), int((~chosen).sum())))


def _cut(region: Region, binned: _Binned, chosen: np.ndarray) -> Region:
    """Return the region with the condition that some bins of a column are."""
    column, at = binned.column, np.flatnonzero(chosen)
    if column.kind == "number":
        low = binned.cuts[at[0] - 1] if at[0] > 0 else -math.inf
        high = binned.cuts[at[-1]] if at[-1] < len(binned.cuts) else math.inf
        return region.with_bounds(column.attribute, (float(low), float(high)))
    if column.kind in ("category", "rank"):
        return region.with_levels(column.attribute, (column.levels[i] for i in at))
    holds = bool(chosen[1])
    if column.kind == "boolean":
        condition = Condition(column.attribute, "is", holds)
    elif holds:
        condition = Condition(column.attribute, "has", column.levels[0])
    else:
        condition = Condition(column.attribute, "has_none", column.levels)
    return Region(region.bounds, region.levels, (*region.fixed, condition))
