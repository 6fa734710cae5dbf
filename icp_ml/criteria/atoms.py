"""Candidate single conditions on every attribute, as columns that can be multiplied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.conditions import Condition
from icp_ml.config.schema import Attribute
from icp_ml.criteria.rounding import round_cuts

_MOST_LEVELS = 30

Chosen = int | tuple[int, ...]  # a signed atom, or the single-level atoms of a set


@dataclass(frozen=True)
class Atoms:
    """Conditions with their complements among the accounts where the attribute is known.

    Parameters
    ----------
    conditions, complements : tuple of Condition, length m
        ``complements[i]`` holds exactly where the attribute of ``conditions[i]`` is known and the condition does not.
    inside : ndarray, shape (n, m), float32
        1 where the condition holds.
    known : ndarray, shape (n, q), float32
        1 where an attribute is known; column 0 is all ones.
    known_of : ndarray, shape (m,), int
        Column of ``known`` for each condition.
    groups : tuple of ndarray, int
        For each unordered category, which conditions are its single levels: sets of levels are formed from these.
    """

    conditions: tuple[Condition, ...]
    complements: tuple[Condition, ...]
    inside: np.ndarray
    known: np.ndarray
    known_of: np.ndarray
    groups: tuple[np.ndarray, ...] = ()

    def spelled(self, chosen: Sequence[Chosen]) -> tuple[Condition, ...]:
        """Return the conditions of signed atoms and sets of levels."""
        return tuple(self.signed(c) if isinstance(c, int) else self._levels(c) for c in chosen)

    def _levels(self, indices: tuple[int, ...]) -> Condition:
        levels = [level for i in indices for level in self.conditions[i].tags]
        return Condition(self.conditions[indices[0]].attribute, "in", tuple(sorted(levels)))

    def signed(self, index: int) -> Condition:
        """Return condition ``index``, or for ``index >= m`` the complement of condition ``index - m``."""
        m = len(self.conditions)
        return self.conditions[index] if index < m else self.complements[index - m]

    def rows(self, mask: np.ndarray) -> Atoms:
        """Return the same atoms on a subset of accounts."""
        return Atoms(self.conditions, self.complements, self.inside[mask], self.known[mask], self.known_of, self.groups)


def build_atoms(
    frame: pd.DataFrame, attributes: Mapping[str, Attribute], names: Sequence[str], parts: int, smallest: int
) -> Atoms:
    """Return the candidate conditions of the named attributes on a frame of typed attributes.

    Parameters
    ----------
    frame : DataFrame, n rows
        Typed attributes as known at the decision.
    attributes : mapping
        Their specifications.
    names : sequence of str
        Those that may become criteria.
    parts : int
        Numbers are cut into about this many equal parts.
    smallest : int
        A condition that holds for fewer accounts, or fails for fewer, is no candidate.
    """
    conditions: list[tuple[Condition, Condition]] = []
    inside: list[np.ndarray] = []
    known = [np.ones(len(frame), dtype=np.float32)]
    known_of: list[int] = []
    for name in names:
        present = ~frame[name].isna().to_numpy()
        if present.sum() < 2 * smallest:
            continue
        at = 0
        if not present.all():
            known.append(present.astype(np.float32))
            at = len(known) - 1
        for condition, complement in _candidates(name, frame[name], attributes[name], parts, smallest):
            mask = condition.mask(frame)
            if smallest <= mask.sum() <= present.sum() - smallest:
                conditions.append((condition, complement))
                inside.append(mask.astype(np.float32))
                known_of.append(at)
    groups = _level_groups([c for c, _ in conditions], attributes)
    matrix = np.column_stack(inside) if inside else np.empty((len(frame), 0), dtype=np.float32)
    return Atoms(
        tuple(c for c, _ in conditions),
        tuple(c for _, c in conditions),
        matrix,
        np.column_stack(known),
        np.array(known_of, dtype=int),
        groups,
    )


def _level_groups(conditions: Sequence[Condition], attributes: Mapping[str, Attribute]) -> tuple[np.ndarray, ...]:
    """Return the positions of the single levels of each unordered category with three of them or more."""
    groups: dict[str, list[int]] = {}
    for i, condition in enumerate(conditions):
        spec = attributes[condition.attribute]
        if spec.type == "category" and not spec.order:
            groups.setdefault(condition.attribute, []).append(i)
    return tuple(np.array(g) for g in groups.values() if len(g) >= 3)


def _candidates(
    name: str, column: pd.Series, spec: Attribute, parts: int, smallest: int
) -> list[tuple[Condition, Condition]]:
    if spec.type == "number":
        cuts = round_cuts(column.to_numpy(dtype=float, na_value=np.nan), parts)
        return [(Condition(name, "below", float(c)), Condition(name, "at_least", float(c))) for c in cuts]
    if spec.type == "boolean":
        return [(Condition(name, "is", True), Condition(name, "is", False))]
    if spec.type == "tags":
        counts = pd.Series([tag for tags in column if tags for tag in set(tags)], dtype=object).value_counts()
        frequent = sorted(counts.index[counts >= smallest][:_MOST_LEVELS])
        return [(Condition(name, "has", tag), Condition(name, "has_none", (tag,))) for tag in frequent]
    return [(Condition(name, "in", s), Condition(name, "not_in", s)) for s in _level_sets(column, spec, smallest)]


def _level_sets(column: pd.Series, spec: Attribute, smallest: int) -> list[tuple[str, ...]]:
    """Return single levels, or the lower ends of ordered ones."""
    counts = column.value_counts()
    if spec.order:
        present = [level for level in spec.order if level in counts.index]
        return [tuple(present[: i + 1]) for i in range(len(present) - 1)]
    frequent = sorted(counts.index[counts >= smallest][:_MOST_LEVELS])
    if len(frequent) == 2 and len(counts) == 2:
        return [(frequent[0],)]
    return [(level,) for level in frequent]
