"""A region under construction: bounds, sets of levels, flags and tags, and how it becomes a rule."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from icp_ml.conditions import Condition, Rule
from icp_ml.config.schema import Attribute
from icp_ml.criteria.rounding import roundest_between

Bounds = tuple[float, float]
Part = str | Condition  # the name of a bound or set of levels, or a fixed condition


@dataclass(frozen=True)
class Region:
    """A conjunction with at most one bound or set an attribute.

    Parameters
    ----------
    bounds : dict
        Number attribute: half-open ``(low, high)``, ``low <= value < high``; infinite ends are open.
    levels : dict
        Category attribute: the levels that belong.
    fixed : tuple of Condition
        Conditions on booleans and tags, as they are.
    """

    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    levels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    fixed: tuple[Condition, ...] = ()

    @property
    def size(self) -> int:
        """Number of conditions."""
        return len(self.bounds) + len(self.levels) + len(self.fixed)

    @property
    def parts(self) -> tuple[Part, ...]:
        """What can be dropped one by one: attribute names of bounds and levels, and fixed conditions."""
        return (*self.bounds, *self.levels, *self.fixed)

    @property
    def attributes(self) -> frozenset[str]:
        """Names of the attributes it speaks of."""
        return frozenset([*self.bounds, *self.levels, *(c.attribute for c in self.fixed)])

    def without(self, part: Part) -> Region:
        """Return the region without one of its parts."""
        return Region(
            {k: v for k, v in self.bounds.items() if k != part},
            {k: v for k, v in self.levels.items() if k != part},
            tuple(c for c in self.fixed if c != part),
        )

    def with_bounds(self, attribute: str, bounds: Bounds) -> Region:
        """Return the region with other bounds on an attribute."""
        return replace(self, bounds={**self.bounds, attribute: bounds})

    def with_levels(self, attribute: str, levels: Iterable[str]) -> Region:
        """Return the region with another set of levels of an attribute."""
        return replace(self, levels={**self.levels, attribute: frozenset(levels)})

    def mask(self, frame: pd.DataFrame) -> np.ndarray:
        """Return which rows lie in the region, shape (len(frame),), bool."""
        holds = np.ones(len(frame), dtype=bool)
        for name, (low, high) in self.bounds.items():
            values = frame[name].to_numpy(dtype=float, na_value=np.nan)
            holds &= (values >= low) & (values < high)
        for name, levels in self.levels.items():
            holds &= frame[name].isin(levels).to_numpy()
        for condition in self.fixed:
            holds &= condition.mask(frame)
        return holds

    def added(self, condition: Condition, all_levels: Mapping[str, frozenset[str]]) -> Region:
        """Return the region cut by one more condition; bounds and sets on one attribute merge."""
        name = condition.attribute
        if condition.op in ("below", "at_least"):
            low, high = self.bounds.get(name, (-math.inf, math.inf))
            cut = float(condition.value)
            merged = (low, min(high, cut)) if condition.op == "below" else (max(low, cut), high)
            return self.with_bounds(name, merged)
        if condition.op in ("in", "not_in"):
            named = frozenset(condition.tags)
            wanted = named if condition.op == "in" else all_levels[name] - named
            return self.with_levels(name, self.levels.get(name, all_levels[name]) & wanted)
        return self if condition in self.fixed else replace(self, fixed=(*self.fixed, condition))

    def to_rule(self, frame: pd.DataFrame, attributes: Mapping[str, Attribute]) -> Rule:
        """Return the region as a rule; closed upper ends are the roundest that keep the same accounts of ``frame``."""
        conditions = [_bounds_condition(n, b, frame[n]) for n, b in self.bounds.items()]
        conditions += [_levels_condition(n, s, frame[n], attributes[n]) for n, s in self.levels.items()]
        order = {name: i for i, name in enumerate(attributes)}
        return Rule(tuple(sorted([*conditions, *self.fixed], key=lambda c: (order[c.attribute], c.op))))


def levels_of(frame: pd.DataFrame, attributes: Mapping[str, Attribute]) -> dict[str, frozenset[str]]:
    """Return the levels seen of each category attribute in the frame."""
    return {n: frozenset(frame[n].dropna()) for n, a in attributes.items() if a.type == "category" and n in frame}


def _bounds_condition(name: str, bounds: Bounds, column: pd.Series) -> Condition:
    low, high = bounds
    if math.isinf(high):
        return Condition(name, "at_least", low)
    if math.isinf(low):
        return Condition(name, "below", high)
    values = column.to_numpy(dtype=float, na_value=np.nan)
    inside = values[(values >= low) & (values < high)]
    last = float(inside.max()) if inside.size else low
    end = math.ceil(high) - 1.0 if np.all(np.mod(values[~np.isnan(values)], 1) == 0) else np.nextafter(high, -np.inf)
    return Condition(name, "between", (low, roundest_between(np.nextafter(last, -np.inf), max(end, last))))


def _levels_condition(name: str, levels: frozenset[str], column: pd.Series, spec: Attribute) -> Condition:
    everything = frozenset(column.dropna())
    others = everything - levels
    rank = {level: i for i, level in enumerate(spec.order or sorted(everything))}
    ordered = sorted(levels, key=lambda level: (rank.get(level, len(rank)), level))
    if others and len(others) < len(levels) and not spec.order:
        return Condition(name, "not_in", tuple(sorted(others)))
    return Condition(name, "in", tuple(ordered))
