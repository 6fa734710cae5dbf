"""The levels of an attribute as people name them, and who has them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.conditions import Condition
from icp_ml.config.schema import Attribute
from icp_ml.wording import condition_words, label_words, number_words

BINS = 5
_MOST_LEVELS = 20
_DIGITS = 4
"""Significant digits of a bin's ends in words: a year keeps all of its own."""


@dataclass(frozen=True)
class Level:
    """One level, tag or bin of one attribute.

    Parameters
    ----------
    label : str
        With the attribute's name, for instance ``industry = fintech``.
    short : str
        Without it: ``fintech``.
    words : str
        As a sentence would say it: ``industry is fintech``.
    holds : ndarray of bool, shape (n,)
        Which accounts have it.
    known : bool
        False for the level of those whose value is missing.
    """

    label: str
    short: str
    words: str
    holds: np.ndarray
    known: bool = True


def attribute_levels(column: pd.Series, name: str, spec: Attribute, bins: int = BINS) -> list[Level]:
    """Return the levels of one attribute that at least one account has.

    Parameters
    ----------
    column : Series
        Typed values.
    name : str
        The attribute's name.
    spec : Attribute
        Its type.
    bins : int, default 5
        A number with more values than this is cut at so many quantiles.

    Returns
    -------
    list of Level
        Of a category and of tags the 20 most frequent, in the order of the config where it gives one; an account is in
        each of its tags. Those without a value come last.
    """
    if spec.type == "number":
        found = _number_levels(column.to_numpy(dtype=float, na_value=np.nan), name, spec.unit, bins)
    elif spec.type == "boolean":
        found = _boolean_levels(column, name)
    elif spec.type == "tags":
        found = _tag_levels(column, name)
    else:
        found = _category_levels(column, name, spec)
    missing = np.asarray(column.isna(), dtype=bool)
    label = label_words(name)
    return [
        level
        for level in [*found, Level(f"{name} unknown", "not known", f"{label} not known", missing, False)]
        if level.holds.any()
    ]


def _boolean_levels(column: pd.Series, name: str) -> list[Level]:
    known = column.astype("boolean")
    return [
        Level(
            f"{name} = {word}",
            word,
            condition_words(Condition(name, "is", value), None),
            (known == value).fillna(False).to_numpy(dtype=bool),
        )
        for value, word in ((True, "yes"), (False, "no"))
    ]


def _category_levels(column: pd.Series, name: str, spec: Attribute) -> list[Level]:
    order = spec.order or list(column.value_counts().index[:_MOST_LEVELS])
    return [
        Level(
            f"{name} = {level}",
            str(level),
            condition_words(Condition(name, "in", (str(level),)), None),
            (column == level).fillna(False).to_numpy(dtype=bool),
        )
        for level in order
    ]


def _number_levels(values: np.ndarray, name: str, unit: str | None, bins: int) -> list[Level]:
    """Quantiles of a number, each value of one with few."""
    known = np.unique(values[np.isfinite(values)])
    if len(known) <= bins:
        return [
            Level(
                f"{name} = {number_words(v)}",
                number_words(v),
                condition_words(Condition(name, "between", (v, v)), unit),
                values == v,
            )
            for v in known.tolist()
        ]
    edges = np.unique(np.nanquantile(values, np.linspace(0, 1, bins + 1)[1:-1], method="lower"))
    which = np.where(np.isfinite(values), np.searchsorted(edges, values, side="left"), -1)
    present = [k for k in range(len(edges) + 1) if (which == k).any()]
    return [
        _bin(name, unit, which == k, values, first=k == present[0], last=k == present[-1] and len(present) > 1)
        for k in present
    ]


def _bin(name: str, unit: str | None, inside: np.ndarray, values: np.ndarray, *, first: bool, last: bool) -> Level:
    """One bin of a number; the outer ones are open in words."""
    low, high = float(values[inside].min()), float(values[inside].max())
    label = f"{name} {number_words(low)} to {number_words(high)}"
    low, high = (float(f"{v:.{_DIGITS}g}") for v in (low, high))
    if first:
        condition, short = Condition(name, "at_most", high), f"up to {number_words(high)}"
    elif last:
        condition, short = Condition(name, "at_least", low), f"{number_words(low)} and more"
    else:
        condition, short = Condition(name, "between", (low, high)), f"{number_words(low)} to {number_words(high)}"
    return Level(label, short, condition_words(condition, unit), inside)


def _tag_levels(column: pd.Series, name: str) -> list[Level]:
    """Return the most frequent tags, and having none."""
    sets = [frozenset(v) if isinstance(v, tuple) else None for v in column]
    counts = pd.Series([tag for tags in sets if tags for tag in sorted(tags)], dtype=object).value_counts()
    ranked = sorted(counts.index, key=lambda tag: (-counts[tag], tag))[:_MOST_LEVELS]
    having = [
        Level(
            f"{name} has {tag}",
            f"with {tag}",
            condition_words(Condition(name, "has", tag), None),
            np.array([s is not None and tag in s for s in sets], dtype=bool),
        )
        for tag in ranked
    ]
    empty = np.array([s is not None and not s for s in sets], dtype=bool)
    return [*having, Level(f"{name} empty", "none", f"{label_words(name)}: none", empty)]
