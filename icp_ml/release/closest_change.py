"""The smallest change of what is known of an account that would put it into another tier."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.conditions import AttributeLike, Condition
from icp_ml.conditions.operators import NUMBER_OPS
from icp_ml.release.rules import GREEN, RED, ActiveRules
from icp_ml.release.wording import holding_words, value_words

_MOST = 2
"""Attributes changed at once: what takes more is no small change."""
_ORDER = {RED: 0, "yellow": 1, GREEN: 2}
_OTHER = "another"
"""Stands for any level that no rule names."""


@dataclass(frozen=True)
class Change:
    """One change and the tier it leads to.

    Parameters
    ----------
    tier : str
        The tier then.
    score : int
        The score then.
    changes : tuple of dict
        ``attribute``, ``before`` and ``after`` (words): one or two.
    text : str
        The change in a sentence.
    """

    tier: str
    score: int
    changes: tuple[dict[str, str], ...]
    text: str


def closest_change(frame: pd.DataFrame, rules: ActiveRules, attributes: Mapping[str, AttributeLike]) -> Change | None:
    """Return the change of the fewest attributes, and among these the smallest, that would alter the tier.

    A change for the better is preferred; for a green account it is what would lose that.

    Parameters
    ----------
    frame : DataFrame of one row
        Typed attributes of the account.
    rules : ActiveRules
        What gives its tier.
    attributes : mapping of str to Attribute
        What each attribute is.

    Returns
    -------
    Change or None
        None where no change of one or two attributes that rules name alters the tier.
    """
    now = str(rules.score_frame(frame)["icp_tier"].iloc[0])
    options = {name: list(_options(frame[name].iloc[0], name, rules)) for name in rules.attributes if name in frame}
    for size in range(1, _MOST + 1):
        tried = [
            _Tried(names, steps)
            for names in itertools.combinations(options, size)
            for steps in _product(options, names)
        ]
        if not tried:
            continue
        scored = rules.score_frame(_varied(frame, tried, attributes))
        found = [
            (one, str(tier), int(score))
            for one, tier, score in zip(tried, scored["icp_tier"], scored["icp_score"], strict=True)
            if tier != now
        ]
        if found:
            best = min(found, key=lambda f: (-_reach(f[1], now), f[0].far, f[0].names))
            return _told(frame, attributes, *best)
    return None


@dataclass(frozen=True)
class _Step:
    """A value an attribute could have, and how far off it is: the relative change of a number, 1 for another level."""

    value: Any
    far: float
    words: str = ""


@dataclass(frozen=True)
class _Tried:
    names: tuple[str, ...]
    steps: tuple[_Step, ...]

    @property
    def far(self) -> float:
        return sum(step.far for step in self.steps)


def _product(options: Mapping[str, list[_Step]], names: tuple[str, ...]) -> Iterator[tuple[_Step, ...]]:
    return itertools.product(*(options[name] for name in names))


def _options(value: Any, name: str, rules: ActiveRules) -> Iterator[_Step]:
    """Yield the values at which some rule about the attribute changes its answer."""
    found = {c for r in rules.distinct for c in r.conditions if c.attribute == name}
    conditions = sorted(found, key=lambda c: (c.op, str(c.value)))
    numbers = [c for c in conditions if c.op in NUMBER_OPS]
    if numbers:
        yield from _numbers(value, numbers)
    elif any(c.op == "is" for c in conditions):
        yield from (_Step(other, 1.0) for other in (True, False) if value is pd.NA or pd.isna(value) or value != other)
    elif any(c.op in ("in", "not_in") for c in conditions):
        named = sorted({level for c in conditions for level in c.tags})
        yield from (_Step(level, 1.0) for level in [*named, _OTHER] if level != value)
    else:
        yield from _tags(value, conditions)


def _numbers(value: Any, conditions: list[Condition]) -> Iterator[_Step]:
    """Yield the numbers on either side of each threshold, the nearest that a person would say."""
    ends = {float(e) for c in conditions for e in (c.value if c.op == "between" else (c.value,))}
    now = float(value) if value is not None and not pd.isna(value) else None
    for end in sorted(ends):
        for other, words in ((end, ""), (np.nextafter(end, -np.inf), "under "), (np.nextafter(end, np.inf), "over ")):
            if now is None or other != now:
                far = 1.0 if now is None else abs(end - now) / max(abs(now), abs(end), 1e-9)
                yield _Step(float(other), far, words)


def _tags(value: Any, conditions: list[Condition]) -> Iterator[_Step]:
    held = tuple(value) if isinstance(value, tuple) else ()
    for tag in sorted({tag for c in conditions for tag in c.tags}):
        yield _Step(tuple(t for t in held if t != tag) if tag in held else (*held, tag), 1.0, tag)


def _varied(frame: pd.DataFrame, tried: list[_Tried], attributes: Mapping[str, AttributeLike]) -> pd.DataFrame:
    """Return the account once for each change tried."""
    varied = frame.iloc[[0] * len(tried)].reset_index(drop=True)
    columns = {}
    for name in varied.columns:
        values = list(varied[name])
        for at, one in enumerate(tried):
            if name in one.names:
                values[at] = one.steps[one.names.index(name)].value
        columns[name] = pd.Series(values, dtype=varied[name].dtype)
    return pd.DataFrame(columns)


def _reach(tier: str, now: str) -> int:
    """How many tiers up, 0 for down: a change for the better is told first, and the one that leads furthest."""
    return max(_ORDER[tier] - _ORDER[now], 0)


def _told(frame: pd.DataFrame, attributes: Mapping[str, AttributeLike], tried: _Tried, tier: str, score: int) -> Change:
    changes = tuple(
        _change(name, frame[name].iloc[0], step, attributes[name])
        for name, step in zip(tried.names, tried.steps, strict=True)
    )
    said = " and ".join(f"{c['after']} (now {c['before']})" for c in changes)
    return Change(tier, score, changes, f"it would be {tier} with {said}.")


def _change(name: str, value: Any, step: _Step, spec: AttributeLike) -> dict[str, str]:
    before = value_words(value, spec)
    if spec.type == "number":
        end = round(step.value, 6) if step.words else step.value
        after = f"{step.words}{holding_words(name, float(end), spec)}"
    elif spec.type == "tags":
        has = isinstance(value, tuple) and step.words in value
        after = f"{'no ' if has else ''}{step.words} in {name.replace('_', ' ')}"
    elif step.value == _OTHER:
        after = f"another {name.replace('_', ' ')}"
    else:
        after = holding_words(name, step.value, spec)
    return {"attribute": name, "before": before, "after": after}
