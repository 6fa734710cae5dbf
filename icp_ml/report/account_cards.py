"""What an account's card says beyond its sum: the closest change, and past accounts like it, in few bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import AttributeLike
from icp_ml.release.closest_change import closest_changes, pieces
from icp_ml.release.frames import with_absent
from icp_ml.release.rules import ActiveRules
from icp_ml.release.similar import GROUPS, Alike, most_alike, percent_alike

MOST_ALIKE = 12_000
"""Accounts of which the card names similar ones, since they take the most room: the first in line."""


def change_columns(frame: pd.DataFrame, rules: ActiveRules, attributes: Mapping[str, AttributeLike]) -> dict[str, Any]:
    """Return the closest change of every account, as ``icp explain`` says it.

    Parameters
    ----------
    frame : DataFrame of shape (n_accounts, n_attributes)
        Typed attributes.
    rules : ActiveRules
        What gives the tier.
    attributes : mapping of str to Attribute
        What each attribute is.

    Returns
    -------
    dict
        ``changes``: each different sentence once, in pieces, every second one from the data, None where the value of
        now goes; ``values``: what is known now, each different combination once; ``change`` and ``now``: by account the
        places in both, -1 where nothing small alters the tier.
    """
    said: dict[tuple[str | None, ...], int] = {}
    values: dict[tuple[str, ...], int] = {}
    change, now = [-1] * len(frame), [-1] * len(frame)
    for at, found in enumerate(closest_changes(frame, rules, attributes)):
        if found is not None:
            words = tuple(pieces(found.tier, [(c["after"], None) for c in found.changes]))
            change[at] = said.setdefault(words, len(said))
            now[at] = values.setdefault(tuple(c["before"] for c in found.changes), len(values))
    return {"changes": list(map(list, said)), "values": list(map(list, values)), "change": change, "now": now}


def alike_columns(
    cohort: Cohort, order: np.ndarray, attributes: Mapping[str, AttributeLike], models: Mapping[str, Any]
) -> tuple[np.ndarray, dict[str, Any]]:
    """Return past accounts like those first in line, as ``icp explain`` names them.

    Parameters
    ----------
    cohort : Cohort
        All accounts.
    order : ndarray of shape (n_accounts,)
        Their rows as they stand in line.
    attributes : mapping of str to Attribute
        What each attribute is.
    models : mapping
        ``models`` of ``metrics.json``.

    Returns
    -------
    order : ndarray of shape (n_accounts,)
        The same, those named as similar to the first standing right behind them, so that they can be opened too.
    columns : dict
        ``groups``: title and verb of each; of the accounts first in line ``stayed`` and ``left``, places in ``order``
        of the most alike first, and ``stayed_alike`` and ``left_alike``, whole percent; of those named ``months``
        followed and ``arr`` at the start, by their places, None for others and where unknown.
    """
    first = order[:MOST_ALIKE]
    frame = with_absent(cohort.latest.iloc[first], attributes)
    alike = most_alike(frame, cohort, attributes, models)
    rows = np.concatenate([found.at.ravel() for found in alike.values()])
    named = np.unique(rows[rows >= 0])
    behind = order[MOST_ALIKE:]
    follows = np.isin(behind, named)
    order = np.concatenate([first, behind[follows], behind[~follows]])
    place = np.empty(len(order), dtype=int)
    place[order] = np.arange(len(order))
    columns: dict[str, Any] = {"groups": {group: list(words) for group, words in GROUPS.items()}}
    for group, found in alike.items():
        columns |= {group: _places(found, place), f"{group}_alike": _percents(found)}
    columns |= _facts(cohort.accounts, named, place)
    return order, columns


def within(columns: Mapping[str, Any], kept: int) -> dict[str, Any]:
    """Return similar accounts of the first few accounts only, None where one of those named is not among these."""
    told: dict[str, Any] = {name: values[:kept] for name, values in columns.items() if name != "groups"}
    whole = [all(place < kept for group in GROUPS for place in columns[group][at]) for at in range(len(told["stayed"]))]
    for group in GROUPS:
        told[group] = [places if there else None for places, there in zip(told[group], whole, strict=True)]
    return {"groups": columns["groups"], **told}


def _places(found: Alike, place: np.ndarray) -> list[list[int]]:
    return [[int(place[row]) for row in rows if row >= 0] for rows in found.at.tolist()]


def _percents(found: Alike) -> list[list[int]]:
    return [
        [percent_alike(likeness) for row, likeness in zip(*pair, strict=True) if row >= 0]
        for pair in zip(found.at.tolist(), found.likeness.tolist(), strict=True)
    ]


def _facts(accounts: pd.DataFrame, named: np.ndarray, place: np.ndarray) -> dict[str, list[int | None]]:
    """Return what is said of those named, up to the last of them in line."""
    last = int(place[named].max()) + 1 if len(named) else 0
    told = {}
    for name, column in (("months", "follow_up_months"), ("arr", "arr_start")):
        values = np.full(last, np.nan)
        values[place[named]] = accounts[column].to_numpy(dtype=float, na_value=np.nan)[named]
        told[name] = whole_numbers(values)
    return told


def whole_numbers(values: Iterable[float]) -> list[int | None]:
    """Return numbers rounded to whole ones, None where there is none."""
    return [None if np.isnan(v) else round(v) for v in values]
