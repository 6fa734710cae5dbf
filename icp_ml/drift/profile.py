"""The population a release was made from, as counts: nothing in it points to an account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from icp_ml.cohort.months import add_months, to_days
from icp_ml.conditions import AttributeLike, Condition, Rule
from icp_ml.errors import DataError

FORMAT = 1
PERIODS = 8
"""Quarters before the release that now is compared with: every season twice, and no older mix."""
_MOST_LEVELS = 1000
"""An attribute with more levels names its accounts rather than describing them; which are new says nothing."""
_MOST_MARKS = 40
_LEAST_COUNT = 5
_CUTS = np.linspace(0.1, 0.9, 9)


@dataclass(frozen=True)
class Mark:
    """A statement on an account and how many it held for in each period; no condition: the value is missing."""

    condition: Condition | None
    counts: tuple[int, ...]


@dataclass(frozen=True)
class AttributeProfile:
    """One attribute of a population.

    Parameters
    ----------
    marks : tuple of Mark
        What is counted: each frequent level or tag, numbers from each decile on, yes, and missing.
    levels : tuple of str or None
        Every level or tag ever seen, whatever the period; None for numbers, booleans and names.
    single : int
        Of these, how many were seen on one account only.
    """

    marks: tuple[Mark, ...]
    levels: tuple[str, ...] | None = None
    single: int = 0


@dataclass(frozen=True)
class Profile:
    """A population.

    Parameters
    ----------
    accounts : int
        All of them, whatever the period.
    sizes : tuple of int
        Accounts in each period, the earliest first.
    attributes : dict of str to AttributeProfile
        By attribute.
    """

    accounts: int
    sizes: tuple[int, ...]
    attributes: dict[str, AttributeProfile]

    def state(self) -> dict[str, Any]:
        """Return the counts as JSON-ready values."""
        return {
            "format": FORMAT,
            "accounts": self.accounts,
            "sizes": list(self.sizes),
            "attributes": {name: _attribute_state(own) for name, own in self.attributes.items()},
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Profile:
        """Rebuild a profile from its :meth:`state`.

        Raises
        ------
        DataError
            If the state is not one this version writes.
        """
        if state.get("format") != FORMAT:
            raise DataError(
                f"a population must have format {FORMAT}; found {state.get('format')!r}; make the release again"
            )
        attributes = {name: _attribute_from(own) for name, own in state["attributes"].items()}
        return cls(int(state["accounts"]), tuple(map(int, state["sizes"])), attributes)


def profile_population(
    frame: pd.DataFrame,
    attributes: Mapping[str, AttributeLike],
    met: ArrayLike | None = None,
    until: ArrayLike | None = None,
) -> Profile:
    """Count a population.

    Parameters
    ----------
    frame : DataFrame
        Typed attributes, one row an account.
    attributes : mapping of str to Attribute
        Which to count.
    met : array-like of datetime64, shape (len(frame),), optional
        Day each account came in. Only the last :data:`PERIODS` quarters are compared with later accounts; without it
        everybody is, as one period.
    until : datetime64, optional
        Last day of the last period; the latest in ``met`` if not given.

    Returns
    -------
    Profile
    """
    if met is None:
        period, count = np.zeros(len(frame), dtype=int), 1
    else:
        period, count = periods_before(to_days(met), to_days(until) if until is not None else to_days(met).max())
    recent = period >= 0
    own = {
        name: _profiled(frame[[name]], spec, np.where(recent, period, count), count)
        for name, spec in attributes.items()
    }
    return Profile(len(frame), tuple(np.bincount(period[recent], minlength=count).tolist()), own)


def periods_before(days: np.ndarray, until: ArrayLike) -> tuple[np.ndarray, int]:
    """Return the quarter of each day counted from :data:`PERIODS` quarters before ``until``, -1 outside."""
    edges = add_months(np.repeat(to_days(until), PERIODS + 1), np.arange(-3 * PERIODS, 1, 3))
    inside = (days > edges[0]) & (days <= edges[-1])
    return np.where(inside, np.searchsorted(edges, days, side="left") - 1, -1), PERIODS


def mask(mark: Mark, frame: pd.DataFrame, name: str) -> np.ndarray:
    """Return for which accounts a statement on an attribute holds."""
    return frame[name].isna().to_numpy(dtype=bool) if mark.condition is None else mark.condition.mask(frame)


def levels_of(values: pd.Series, kind: str) -> Counter[str]:
    """Return how many accounts have each level or tag."""
    known = values.dropna()
    return Counter(tag for tags in known for tag in set(tags)) if kind == "tags" else Counter(map(str, known))


def _profiled(frame: pd.DataFrame, spec: AttributeLike, period: np.ndarray, count: int) -> AttributeProfile:
    """Count one attribute; a period of ``count`` is none of those compared with."""
    name = str(frame.columns[0])
    seen = levels_of(frame[name], spec.type) if spec.type in ("category", "tags") else Counter[str]()
    conditions = [None, *_conditions(name, spec, frame[name], seen)]
    marks = [Mark(c, ()) for c in conditions]
    counted = [np.bincount(period[mask(m, frame, name)], minlength=count + 1)[:count] for m in marks]
    kept = tuple(Mark(m.condition, tuple(c.tolist())) for m, c in zip(marks, counted, strict=True))
    if spec.type not in ("category", "tags") or len(seen) > _MOST_LEVELS:
        return AttributeProfile(kept)
    return AttributeProfile(kept, tuple(sorted(seen)), sum(n == 1 for n in seen.values()))


def _conditions(name: str, spec: AttributeLike, values: pd.Series, seen: Counter[str]) -> list[Condition]:
    """Return what is counted of an attribute besides the missing."""
    if spec.type == "boolean":
        return [Condition(name, "is", True)]
    if spec.type == "number":
        known = values.to_numpy(dtype=float, na_value=np.nan)
        known = known[~np.isnan(known)]
        cuts = np.unique(np.quantile(known, _CUTS, method="higher")) if len(known) else known
        return [Condition(name, "at_least", float(cut)) for cut in cuts if cut > known.min()]
    usual = sorted(level for level, n in seen.most_common(_MOST_MARKS) if n >= _LEAST_COUNT)
    if spec.type == "tags":
        return [Condition(name, "has", tag) for tag in usual]
    steps = [tuple((spec.order or [])[:k]) for k in range(2, len(spec.order or []))]
    return [Condition(name, "in", levels) for levels in [*((level,) for level in usual), *steps]]


def _attribute_state(own: AttributeProfile) -> dict[str, Any]:
    marks = [
        {"when": None if m.condition is None else Rule((m.condition,)).jsonlogic(), "counts": list(m.counts)}
        for m in own.marks
    ]
    return {"marks": marks, "levels": None if own.levels is None else list(own.levels), "single": own.single}


def _attribute_from(state: Mapping[str, Any]) -> AttributeProfile:
    marks = tuple(
        Mark(
            None if m["when"] is None else Rule.from_jsonlogic(m["when"]).conditions[0],
            tuple(map(int, m["counts"])),
        )
        for m in state["marks"]
    )
    levels = state["levels"]
    return AttributeProfile(marks, None if levels is None else tuple(levels), int(state["single"]))
