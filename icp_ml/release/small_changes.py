"""Every small change of accounts' attributes that rules could notice, and the tier each leads to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.conditions import LEVEL_OPS, NUMBER_OPS, TAG_OPS, Condition
from icp_ml.release.rules import ActiveRules

_CELLS = 500_000
"""Numbers held at once: what bounds the memory."""
_OTHER = "another level than any rule names"


@dataclass(frozen=True)
class Step:
    """A value an attribute could have.

    Parameters
    ----------
    value : object
        The number, level or boolean; for tags the one to add, or to take away where it is there; None for any level
        that no rule names.
    end : float, optional
        For numbers: the threshold it lies at.
    words : str, optional
        For numbers: on which side of the threshold, empty for the threshold itself.
    """

    value: Any
    end: float | None = None
    words: str = ""


@dataclass(frozen=True)
class Attempts:
    """What was tried with some accounts: changes of the same number of attributes.

    Parameters
    ----------
    rows : ndarray of shape (n_accounts,)
        Their places in the frame.
    kind : ndarray of shape (n_accounts,)
        The row of ``tier`` and ``score`` each belongs to: accounts of which the same conditions hold share one.
    tier_now : ndarray of shape (n_kinds,)
        The tier before, as a place in :data:`icp_ml.release.rules.TIERS`.
    tier, score : ndarray of shape (n_kinds, n_attempts)
        What each attempt leads to; attempts stand in the order of their attributes' names.
    """

    rows: np.ndarray
    kind: np.ndarray
    tier_now: np.ndarray
    tier: np.ndarray
    score: np.ndarray
    _moves: tuple[tuple[_Moves, ...], ...]

    @cached_property
    def _steps(self) -> list[tuple[tuple[_Moves, ...], tuple[int, ...]]]:
        """Return of each attempt the attributes changed and the steps taken, as they stand in ``tier``."""
        return [
            (moves, steps)
            for moves in self._moves
            for steps in itertools.product(*(range(len(one.steps)) for one in moves))
        ]

    def names_of(self, attempt: int) -> tuple[str, ...]:
        """Return the attributes an attempt changes."""
        return tuple(one.name for one in self._steps[attempt][0])

    def steps_of(self, attempt: int) -> tuple[Step, ...]:
        """Return what an attempt makes of them."""
        moves, steps = self._steps[attempt]
        return tuple(one.steps[at] for one, at in zip(moves, steps, strict=True))

    def far(self) -> np.ndarray:
        """Return how far off each attempt is for each account, shape ``(n_accounts, n_attempts)``.

        The relative change of a number, 1 for any other, added up.
        """
        parts = []
        for moves in self._moves:
            total = np.zeros((len(self.rows), 1))
            for one in moves:
                total = (total[:, :, None] + one.far(self.rows)[:, None, :]).reshape(len(self.rows), -1)
            parts.append(total)
        return np.concatenate(parts, axis=1)


@dataclass(frozen=True)
class AllAttempts:
    """The ways to change accounts.

    Parameters
    ----------
    rules : ActiveRules
        What gives the tier.
    moves : tuple of _Moves
        One an attribute that rules name.
    """

    rules: ActiveRules
    moves: tuple[_Moves, ...]

    def of_size(self, size: int, rows: np.ndarray) -> Iterator[Attempts]:
        """Yield the attempts of some accounts that change so many attributes at once, some accounts at a time."""
        chosen = tuple(sorted(itertools.combinations(self.moves, size), key=lambda moves: [m.name for m in moves]))
        tried = sum(int(np.prod([len(one.steps) for one in moves])) for moves in chosen)
        if not tried or not len(rows):
            return
        width = max(tried, max(len(one.steps) for one in self.moves) * len(self.rules.distinct))
        most = max(_CELLS // width, 1)
        kinds, kind = np.unique(np.column_stack([one.state[rows] for one in self.moves]), axis=0, return_inverse=True)
        order = np.argsort(kind.ravel(), kind="stable")
        for start in range(0, len(rows), most):
            part = order[start : start + most]
            there, own = np.unique(kind.ravel()[part], return_inverse=True)
            yield Attempts(rows[part], own.ravel(), *self._led_to(kinds[there], chosen), chosen)

    def _led_to(
        self, kinds: np.ndarray, chosen: tuple[tuple[_Moves, ...], ...]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the tier now, and tier and score of every attempt, of accounts by the states of their attributes."""
        state = dict(zip((one.name for one in self.moves), kinds.T, strict=True))
        fails = {one.name: ~one.now[state[one.name]] for one in self.moves}
        failing = np.sum(list(fails.values()), axis=0)
        tier_now, _ = self._scored(failing == 0)
        tiers, scores = [], []
        for moves in chosen:
            others = failing - np.sum([fails[one.name] for one in moves], axis=0) == 0
            tier, score = self._scored(others, [one.after[state[one.name]] for one in moves])
            tiers.append(tier)
            scores.append(score)
        return tier_now[:, 0], np.concatenate(tiers, axis=1), np.concatenate(scores, axis=1)

    def _scored(self, holds: np.ndarray, after: Sequence[np.ndarray] = ()) -> tuple[np.ndarray, np.ndarray]:
        """Return tier and score, of whether rules hold as to the attributes left alone, and as to each one changed."""
        together = holds.astype(float)[:, None, :]
        *first, last = [one.astype(float) for one in after] or [np.ones((1, 1, holds.shape[1]))]
        for one in first:
            together = (together[:, :, None, :] * one[:, None, :, :]).reshape(len(holds), -1, holds.shape[1])
        # Products of 0 and 1 with whole points, summed: exact in floating point.
        turned = np.swapaxes(last, 1, 2)
        points = ((together * self.rules.points) @ turned).reshape(len(holds), -1)
        excluded = ((together * self.rules.excluding) @ turned).reshape(len(holds), -1) > 0
        return self.rules.tiers_of(points.astype(np.int64), excluded)


@dataclass(frozen=True)
class _Moves:
    """What one attribute could be instead.

    Parameters
    ----------
    steps : tuple of Step
        The values tried. One that an account has already changes nothing, so it need not be left out.
    state : ndarray of shape (n_accounts,)
        Accounts of one state answer every rule alike, whatever step is taken.
    now : ndarray of shape (n_states, n_rules)
        Whether each rule holds as far as the attribute goes.
    after : ndarray of shape (n_states, n_steps, n_rules)
        The same, after each step.
    values : ndarray of shape (n_accounts,) or None
        Of a number: what each account has.
    """

    name: str
    steps: tuple[Step, ...]
    state: np.ndarray
    now: np.ndarray
    after: np.ndarray
    values: np.ndarray | None

    def far(self, rows: np.ndarray) -> np.ndarray:
        if self.values is None:
            return np.ones((len(rows), len(self.steps)))
        now, ends = self.values[rows, None], np.array([step.end for step in self.steps], dtype=float)
        apart = np.abs(ends - now) / np.maximum(np.maximum(np.abs(now), np.abs(ends)), 1e-9)
        return np.where(np.isnan(now), 1.0, apart)


def attempts_of(frame: pd.DataFrame, rules: ActiveRules) -> AllAttempts:
    """Return the ways in which accounts could change as to the attributes that rules name.

    Parameters
    ----------
    frame : DataFrame of shape (n_accounts, n_attributes)
        Typed attributes.
    rules : ActiveRules
        What gives their tier.
    """
    return AllAttempts(rules, tuple(_moves(frame[name], rules) for name in rules.attributes))


def _moves(column: pd.Series, rules: ActiveRules) -> _Moves:
    name = str(column.name)
    found = {c for r in rules.distinct for c in r.conditions if c.attribute == name}
    conditions = sorted(found, key=lambda c: (c.op, str(c.value)))
    steps = tuple(_steps(conditions))
    now = _answers(column, rules)
    tags = [step.value for step in steps] if conditions[0].op in TAG_OPS else []
    held = [[isinstance(v, tuple) and tag in v for tag in tags] for v in column] if tags else []
    seen = np.column_stack([now, held]).astype(bool) if held else now
    _, first, state = np.unique(seen, axis=0, return_index=True, return_inverse=True)
    if tags:
        toggled = [_toggled(column.iloc[at], tag) for at in first for tag in tags]
        after = _answers(pd.Series(_objects(toggled), name=name), rules).reshape(len(first), len(steps), -1)
    else:
        other = [_OTHER if step.value is None else step.value for step in steps]
        once = _answers(pd.Series(other, name=name, dtype=column.dtype), rules)
        after = np.broadcast_to(once, (len(first), *once.shape))
    numbers = column.to_numpy(dtype=float, na_value=np.nan) if conditions[0].op in NUMBER_OPS else None
    return _Moves(name, steps, state.ravel(), now[first], after, numbers)


def _answers(column: pd.Series, rules: ActiveRules) -> np.ndarray:
    """Return of each value whether each rule holds as far as the attribute goes."""
    frame = column.to_frame()
    masks: dict[Condition, np.ndarray] = {}
    answers = np.ones((len(column), len(rules.distinct)), dtype=bool)
    for at, rule in enumerate(rules.distinct):
        for condition in rule.conditions:
            if condition.attribute == column.name:
                if condition not in masks:
                    masks[condition] = condition.mask(frame)
                answers[:, at] &= masks[condition]
    return answers


def _steps(conditions: list[Condition]) -> Iterator[Step]:
    """Yield the values at which some condition on the attribute changes its answer."""
    kind = conditions[0].op
    if kind in NUMBER_OPS:
        yield from _numbers(conditions)
    elif kind == "is":
        yield from (Step(value) for value in (True, False))
    else:
        named = sorted({level for c in conditions for level in c.tags})
        yield from (Step(level) for level in [*named, *([None] if kind in LEVEL_OPS else [])])


def _numbers(conditions: list[Condition]) -> Iterator[Step]:
    """Yield the numbers on either side of each threshold, the nearest that a person would say."""
    ends = {float(e) for c in conditions for e in (c.value if c.op == "between" else (c.value,))}
    for end in sorted(ends):
        yield Step(end, end)
        yield Step(float(np.nextafter(end, -np.inf)), end, "under ")
        yield Step(float(np.nextafter(end, np.inf)), end, "over ")


def _toggled(value: Any, tag: str) -> tuple[str, ...]:
    held = tuple(value) if isinstance(value, tuple) else ()
    return tuple(t for t in held if t != tag) if tag in held else (*held, tag)


def _objects(values: list[Any]) -> np.ndarray:
    """Return an array of tuples, which NumPy would otherwise take for rows."""
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made
