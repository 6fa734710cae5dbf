"""Past accounts most like one: those won that stayed, and those that left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import AttributeLike
from icp_ml.release.folder import METRICS, Release, read_json
from icp_ml.release.kept_cohort import kept_cohort

SHOWN = 3
GROUPS = {
    "stayed": ("Like it, and stayed", "followed for"),
    "left": ("Like it, and left again", "left after"),
}
"""What is said of each group, and of the months of one in it."""
LEAST_ALIKE = 0.5
"""What is less alike than that is no help to anybody, and is not named."""
_HALF = 0.5
"""Distance where one of two values is not known."""
_BLOCK = 500
"""Accounts whose values are compared with those that occur at once: what bounds the memory."""


def similar_accounts(account_id: str, frame: pd.DataFrame, release: Release) -> dict[str, list[dict[str, Any]]]:
    """Return the past accounts most like one.

    Alike is what the models go by: a number by its rank among all accounts, a level by being the same, tags by the
    share in common, each weighted by how much the churn and the win model rest on the attribute (Gower 1971,
    doi:10.2307/2528823).

    Parameters
    ----------
    account_id : str
        The account, which is not among them.
    frame : DataFrame of one row
        Its typed attributes.
    release : Release
        Holds the past accounts.

    Returns
    -------
    dict
        ``stayed``: customers there for the whole horizon or longer; ``left``: those that left within it. The most alike
        first, at most three each, and none less than half alike: ``account_id``, ``name``, ``likeness`` (1 is the
        same), ``months`` followed, ``arr`` at the start (None where unknown).

    Raises
    ------
    DataError
        If the release does not carry its cohort.
    """
    path = release.folder / METRICS
    models = read_json(path).get("models", {}) if path.is_file() else {}
    cohort = kept_cohort(release).cohort
    alike = most_alike(frame.set_axis([account_id]), cohort, release.attributes, models)
    return {group: _told(cohort.accounts, found) for group, found in alike.items()}


def percent_alike(likeness: float) -> int:
    """Return likeness in whole percent, as it is said.

    >>> percent_alike(0.935)
    94
    """
    return int(f"{likeness:.0%}"[:-1])


@dataclass(frozen=True)
class Alike:
    """The past accounts most like each of some accounts.

    Parameters
    ----------
    at : ndarray of shape (n_accounts, 3)
        Their rows in the cohort, the most alike first; -1 where there are fewer.
    likeness : ndarray of shape (n_accounts, 3)
        1 is the same, 0 differs in everything; to three digits.
    """

    at: np.ndarray
    likeness: np.ndarray


def most_alike(
    frame: pd.DataFrame, cohort: Cohort, attributes: Mapping[str, AttributeLike], models: Mapping[str, Any]
) -> dict[str, Alike]:
    """Return the past accounts most like each of many, as :func:`similar_accounts` says it of one.

    Parameters
    ----------
    frame : DataFrame of shape (n_accounts, n_attributes)
        Typed attributes, by account id; no account is like itself.
    cohort : Cohort
        Holds the past accounts, as they were known at the decision.
    attributes : mapping of str to Attribute
        What each attribute is.
    models : mapping
        ``models`` of ``metrics.json``: how much each attribute counts.

    Returns
    -------
    dict of str to Alike
        ``stayed`` and ``left``, of an empty frame or a cohort without customers too. Every past account is looked at.
    """
    groups = _groups(cohort)
    rows = np.concatenate(list(groups.values()))
    ends = np.cumsum([len(group) for group in groups.values()])
    weights = {name: weight for name, weight in _weights(models, attributes).items() if weight > 0}
    # Sums are made in one order, so that whoever asks gets them rounded the same way.
    past = {
        name: _past(cohort.attributes[name], rows, attributes[name].type, weights[name])
        for name in sorted(weights)
        if name in cohort.attributes and name in frame
    }
    total = sum(weights[name] for name in past) or 1.0
    own = cohort.accounts.index[rows].get_indexer(frame.index.astype("str"))
    at = {group: np.full((len(frame), SHOWN), -1) for group in groups}
    likeness = {group: np.zeros((len(frame), SHOWN)) for group in groups}
    for i, distance in enumerate(_distances(frame, past, len(rows))):
        if own[i] >= 0:
            distance[own[i]] = np.inf
        for (group, there), end in zip(groups.items(), ends, strict=True):
            nearest, far = _nearest(distance[end - len(there) : end], total * (1 - LEAST_ALIKE))
            at[group][i, : len(nearest)] = there[nearest]
            likeness[group][i, : len(nearest)] = np.round(1 - np.array(far) / total, 3)
    return {group: Alike(at[group], likeness[group]) for group in groups}


def _distances(frame: pd.DataFrame, past: Mapping[str, _Numbers | _Levels], n: int) -> Iterator[np.ndarray]:
    """Yield the weighted distance of each past account from each account of the frame in turn."""
    for start in range(0, len(frame), _BLOCK):
        block = frame.iloc[start : start + _BLOCK]
        own = [(one, one.read(block[name])) for name, one in past.items()]
        for i in range(len(block)):
            distance = np.zeros(n)
            for one, values in own:
                distance += one.apart(values[i])
            yield distance


def _groups(cohort: Cohort) -> dict[str, np.ndarray]:
    """Return the rows of the customers that stayed for the horizon, and of those that left within it."""
    months = cohort.accounts["follow_up_months"].to_numpy(dtype=float, na_value=np.nan)
    churned = cohort.accounts["churned"].to_numpy(dtype=bool)
    customers = np.asarray(cohort.customers, dtype=bool)
    return {
        "stayed": np.flatnonzero(customers & (months >= cohort.horizon) & ~(churned & (months <= cohort.horizon))),
        "left": np.flatnonzero(customers & churned & (months <= cohort.horizon)),
    }


def _weights(models: Mapping[str, Any], attributes: Mapping[str, AttributeLike]) -> dict[str, float]:
    """Return how much each attribute counts: its mean share of the models' reasons, all alike where there are none."""
    shares = []
    for outcome in ("churn", "win"):
        rows = models.get(outcome, {}).get("importance") or []
        total = sum(row["mean_abs_shap"] for row in rows)
        if total > 0:
            shares.append({row["attribute"]: row["mean_abs_shap"] / total for row in rows})
    if not shares:
        return dict.fromkeys(attributes, 1.0)
    return {name: sum(share.get(name, 0.0) for share in shares) for name in attributes}


def _nearest(distance: np.ndarray, most: float) -> tuple[list[int], list[float]]:
    """Return the nearest that are at most so far, of equally near ones the first, and how far; spoils the distances."""
    chosen: list[int] = []
    values: list[float] = []
    while len(chosen) < min(SHOWN, len(distance)):
        at = int(distance.argmin())
        if distance[at] > most:
            break
        chosen.append(at)
        values.append(float(distance[at]))
        distance[at] = np.inf
    return chosen, values


@dataclass(frozen=True)
class _Numbers:
    """A number of past accounts: how far apart two are is by their ranks among all accounts."""

    seen: np.ndarray
    ranks: np.ndarray
    weight: float

    def read(self, column: pd.Series) -> np.ndarray:
        return _ranks(column, self.seen)

    def apart(self, own: Any) -> np.ndarray:
        if np.isnan(own):
            return np.where(self._unknown, 0.0, self.weight * _HALF)
        apart = self.weight * np.abs(self.ranks - own)
        apart[self._unknown] = self.weight * _HALF
        return apart

    @cached_property
    def _unknown(self) -> np.ndarray:
        return np.isnan(self.ranks)


@dataclass(frozen=True)
class _Levels:
    """A level, a boolean or tags of past accounts: the values that occur, None for a missing one, and each one's."""

    values: list[Any]
    codes: np.ndarray
    tags: bool
    weight: float

    def read(self, column: pd.Series) -> list[np.ndarray]:
        """Return how far each account's value is from each of those that occur."""
        codes, values = _coded(column)
        table = self.weight * (_tags_apart(values, self.values) if self.tags else _levels_apart(values, self.values))
        return [table[code] for code in codes]

    def apart(self, own: Any) -> np.ndarray:
        apart: np.ndarray = own.take(self.codes)
        return apart


def _past(known: pd.Series, rows: np.ndarray, kind: str, weight: float) -> _Numbers | _Levels:
    """Return one attribute of the past accounts, of all accounts as they were known at the decision."""
    if kind == "number":
        values = known.to_numpy(dtype=float, na_value=np.nan)
        seen = np.sort(values[~np.isnan(values)])
        return _Numbers(seen, _ranks(known.iloc[rows], seen), weight)
    codes, levels = _coded(known.iloc[rows])
    return _Levels(levels, codes, kind == "tags", weight)


def _ranks(column: pd.Series, seen: np.ndarray) -> np.ndarray:
    values = column.to_numpy(dtype=float, na_value=np.nan)
    ranks = np.searchsorted(seen, values, side="left") / max(len(seen), 1)
    return np.where(np.isnan(values), np.nan, ranks)


def _coded(column: pd.Series) -> tuple[np.ndarray, list[Any]]:
    """Return which value each row has, and the values, None for a missing one."""
    places: dict[Any, int] = {}
    missing = column.isna().to_numpy()
    values = (None if gone else value for value, gone in zip(column, missing, strict=True))
    codes = np.fromiter((places.setdefault(value, len(places)) for value in values), np.intp, len(column))
    return codes, list(places)


def _levels_apart(own: list[Any], others: list[Any]) -> np.ndarray:
    """Return 0 for the same value, 1 for another, a half where one of them is missing."""
    places = {value: at for at, value in enumerate(others)}
    same = np.array([places.get(value, -1) for value in own])[:, None] == np.arange(len(others))
    return np.where(same, 0.0, np.where(_one_missing(own, others), _HALF, 1.0))


def _tags_apart(own: list[Any], others: list[Any]) -> np.ndarray:
    """Return the share of tags not in common; two without any tag are the same."""
    places = {tag: at for at, tag in enumerate(dict.fromkeys(t for tags in [*own, *others] for t in tags or ()))}
    mine, theirs = _incidence(own, places), _incidence(others, places)
    shared = mine @ theirs.T
    either = mine.sum(axis=1)[:, None] + theirs.sum(axis=1) - shared
    apart = np.where(either > 0, 1 - shared / np.maximum(either, 1), 0.0)
    return np.where(_one_missing(own, others), _HALF, apart)


def _incidence(values: list[Any], places: Mapping[str, int]) -> np.ndarray:
    """Return which tags each value holds, as 0 and 1, whose sums of products are exact."""
    table = np.zeros((len(values), len(places)))
    for at, tags in enumerate(values):
        table[at, [places[tag] for tag in tags or ()]] = 1
    return table


def _one_missing(own: list[Any], others: list[Any]) -> np.ndarray:
    gone, gone_there = (np.array([value is None for value in values]) for values in (own, others))
    missing: np.ndarray = gone[:, None] != gone_there
    return missing


def _told(accounts: pd.DataFrame, alike: Alike) -> list[dict[str, Any]]:
    """Tell of the past accounts most like the first account."""
    found = []
    for at, likeness in zip(alike.at[0].tolist(), alike.likeness[0].tolist(), strict=True):
        if at >= 0:
            row = accounts.iloc[at]
            found.append(
                {
                    "account_id": str(accounts.index[at]),
                    "name": row["name"] if isinstance(row["name"], str) else "",
                    "likeness": likeness,
                    "months": float(row["follow_up_months"]),
                    "arr": None if pd.isna(row["arr_start"]) else float(row["arr_start"]),
                }
            )
    return found
