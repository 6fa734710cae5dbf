"""What a page needs to work out :func:`icp_ml.release.what_if.what_if` by itself: sums by which rules hold.

Accounts fall into few groups by which rules and scorecard lines hold for them, and a tier is a union of groups. What
is kept of a group is just enough that every figure of any union comes out as the library gives it: counts and sums; for
churn the order of the times at which customers left or were last seen; for retained revenue the pairs of yearly revenue
at the start and at the horizon, nothing else of any account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Rule
from icp_ml.release.active import REJECTED
from icp_ml.release.what_if import happened, held_now, summed
from icp_ml.segments.figures import LEVEL, churn_months

NOW = ("holds", "accounts", "with_open_deals", "open_pipeline", "paying", "arr_now")
THEN = ("holds", "decided", "won", "arr_signed", "kept", "left", "left_arr", "censored", "censored_unknown",
        "started_with", "grown_by", "late")  # fmt: skip
"""Names of what each group holds, in order; lists are flat, and ascending ones hold differences to the one before."""


def what_if_document(cohort: Cohort, criteria: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sums from which a page computes every figure of :func:`icp_ml.release.what_if.what_if`.

    Parameters
    ----------
    cohort : Cohort
        One row an account.
    criteria : mapping
        Content of ``criteria.json``; the rejected rules are in it too, so that they can be switched on again.

    Returns
    -------
    dict
        ``release_id``, ``horizon``, ``months`` (at which churn is given, None where nowhere), ``currency``,
        ``has_wins``, ``has_churn``, ``level`` and its normal quantile ``z``; ``rules`` and ``items`` with the place of
        their condition among those that ``holds`` lists; ``base``, ``green``, ``red``; ``unit`` of ``left_arr``,
        ``started_with`` and ``grown_by``; ``at``: the places of ``months`` and ``horizon`` among the distinct times
        that ``left``, ``censored`` and ``late`` give as whole numbers; ``now`` and ``then``: a list a group, of what
        ``columns`` names.
    """
    places = _places(criteria)
    months = churn_months(cohort, np.ones(len(cohort.accounts), dtype=bool))
    times = _Times(cohort, months)
    unit = _unit(cohort)
    tiers = criteria["tiers"]
    return {
        "release_id": criteria["release_id"],
        "horizon": cohort.horizon,
        "months": months,
        "currency": criteria["currency"],
        "has_wins": cohort.has_wins,
        "has_churn": cohort.has_churn,
        "level": LEVEL,
        "z": float(ndtri(0.5 + LEVEL / 2)),
        "rules": [_rule(c, places) for c in criteria["criteria"]],
        "items": [_item(i, places) for i in criteria["scorecard"]["items"] if i["points"] != 0],
        "base": int(criteria["scorecard"]["base"]),
        "green": int(tiers["green"]),
        "red": int(tiers["red"]),
        "unit": unit,
        "at": times.at,
        "columns": {"now": list(NOW), "then": list(THEN)},
        "now": list(_now_groups(cohort, places)),
        "then": list(_then_groups(cohort, places, times, unit)),
    }


def _places(criteria: Mapping[str, Any]) -> dict[Rule, int]:
    """Return each distinct condition of a rule or scorecard line with its place."""
    entries = [*criteria["criteria"], *criteria["scorecard"]["items"]]
    distinct = dict.fromkeys(Rule.from_jsonlogic(entry["when"]) for entry in entries)
    return {rule: place for place, rule in enumerate(distinct)}


def _rule(entry: Mapping[str, Any], places: Mapping[Rule, int]) -> dict[str, Any]:
    told = {"id": entry["id"], "kind": entry["kind"], "text": entry["text"], "on": entry["status"] != REJECTED}
    return told | {"place": places[Rule.from_jsonlogic(entry["when"])]}


def _item(entry: Mapping[str, Any], places: Mapping[Rule, int]) -> dict[str, Any]:
    told = {"criterion": entry["criterion"], "points": int(entry["points"])}
    return told | {"place": places[Rule.from_jsonlogic(entry["when"])]}


def _grouped(frame: pd.DataFrame, places: Mapping[Rule, int]) -> Iterator[tuple[list[int], np.ndarray]]:
    """Yield, for each combination of conditions that holds somewhere, their places and the rows."""
    masks = [rule.mask(frame) for rule in places]
    table = np.column_stack(masks) if masks else np.zeros((len(frame), 0), dtype=bool)
    combinations, code = np.unique(table, axis=0, return_inverse=True)
    order = np.argsort(code.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(code.ravel(), minlength=len(combinations)))[:-1]
    for held, rows in zip(combinations, np.split(order, ends), strict=True):
        yield np.flatnonzero(held).tolist(), rows


def _now_groups(cohort: Cohort, places: Mapping[Rule, int]) -> Iterator[list[Any]]:
    rows = held_now(cohort.accounts)
    for holds, members in _grouped(cohort.latest, places):
        yield [holds, *map(_short, summed(rows.iloc[members]).values())]


def _then_groups(cohort: Cohort, places: Mapping[Rule, int], times: _Times, unit: float) -> Iterator[list[Any]]:
    sums, counted = happened(cohort), cohort.decided | cohort.customers
    revenue = _Revenue(cohort, unit)
    for holds, members in _grouped(cohort.attributes, places):
        if counted[members].any():
            summary = summed(sums.iloc[members])
            customers = members[cohort.customers[members]]
            yield [holds, *map(_short, summary.values()), *_customers(customers, times, revenue)]


def _customers(rows: np.ndarray, times: _Times, revenue: _Revenue) -> list[Any]:
    """Return ``kept`` and what comes after it in :data:`THEN`, of the customers in the given rows."""
    late = rows[times.late[rows]]
    rows = rows[~times.late[rows]]
    left, open_ = rows[times.left[rows]], rows[times.censored[rows]]
    # By time, then by amount, so that the order of the accounts leaves no trace.
    left = left[np.lexsort((revenue.start[left], times.time[left]))]
    unknown = open_[revenue.start[open_] <= 0]
    pairs = rows[revenue.reached[rows]]
    pairs = pairs[np.lexsort((revenue.end[pairs], revenue.start[pairs]))]
    entries = np.column_stack([times.entry[late], times.time[late], times.event[late]])
    return [
        len(rows) - len(left) - len(open_),
        _steps(times.time[left]),
        revenue.start[left].tolist(),
        _steps(np.sort(times.time[open_])),
        _steps(np.sort(times.time[unknown])),
        _steps(revenue.start[pairs]),
        (revenue.end - revenue.start)[pairs].tolist(),
        entries[np.lexsort(entries.T[::-1])].ravel().astype(int).tolist(),
    ]


class _Times:
    """Customers' times as places among the distinct ones up to the horizon, which is all that the estimates use.

    ``time`` and ``entry`` (0 for those seen from the start) of every account; beyond the horizon nothing is told apart
    but whether the customer was ever under observation. ``left``: seen to leave by the horizon; ``censored``: last seen
    before it; ``late``: came under observation after the start.
    """

    def __init__(self, cohort: Cohort, months: int | None) -> None:
        table, horizon = cohort.accounts, cohort.horizon
        customer = cohort.customers
        time = np.where(customer, table["follow_up_months"].to_numpy(dtype=float, na_value=np.nan), 0.0)
        entry = np.where(customer, np.nan_to_num(table["entry_months"].to_numpy(dtype=float, na_value=0.0)), 0.0)
        churned = table["churned"].to_numpy(dtype=bool) & customer
        self.late = entry > 0
        marks = [float(horizon), float(months if months is not None else horizon)]
        known = np.concatenate([time[customer], entry[self.late], marks])
        distinct = np.unique(known[known <= horizon])
        beyond = len(distinct) + 1
        places = [int(np.searchsorted(distinct, mark)) + 1 for mark in marks]
        self.at = {"horizon": places[0], "months": places[1], "last": beyond + 1}
        observed = time > np.where(self.late, entry, -np.inf)
        self.entry = np.where(self.late, np.minimum(np.searchsorted(distinct, entry) + 1, beyond), 0)
        self.time = np.where(
            time > horizon, np.where(observed, beyond + 1, beyond), np.searchsorted(distinct, time) + 1
        )
        self.event = (churned & (time <= horizon)).astype(int)
        self.left = customer & churned & (time <= horizon)
        self.censored = customer & ~churned & (time < horizon)


class _Revenue:
    """Customers' yearly revenue in whole units: at the start (0 where unknown), and at the horizon.

    ``reached``: customers seen from the start and followed to the horizon whose revenue at both ends is known.
    """

    def __init__(self, cohort: Cohort, unit: float) -> None:
        start, end = _amounts(cohort)
        table = cohort.accounts
        months = table["follow_up_months"].to_numpy(dtype=float, na_value=np.nan)
        lost = table["churned"].to_numpy(dtype=bool) & (months <= cohort.horizon)
        self.start = np.rint(np.nan_to_num(start) / unit).astype(np.int64)
        self.end = np.rint(np.nan_to_num(end) / unit).astype(np.int64)
        self.reached = (start > 0) & ~np.isnan(end) & ~lost & (months >= cohort.horizon)


def _amounts(cohort: Cohort) -> tuple[np.ndarray, np.ndarray]:
    """Return customers' yearly revenue at the start, and at the horizon as its retained share says; NaN elsewhere."""
    table = cohort.accounts
    start = table["arr_start"].to_numpy(dtype=float, na_value=np.nan)
    start = np.where(cohort.customers & (start > 0), start, np.nan)
    return start, start * table["nrr"].to_numpy(dtype=float, na_value=np.nan)


def _unit(cohort: Cohort) -> float:
    """Return 1 where all amounts are whole, else a cent."""
    known = np.concatenate(_amounts(cohort))
    known = known[~np.isnan(known)]
    return 1.0 if np.all(np.abs(known - np.rint(known)) < 1e-6) else 0.01


def _steps(ascending: np.ndarray) -> list[int]:
    """Return each number's difference to the one before, which takes fewer digits."""
    return np.diff(ascending, prepend=0).astype(int).tolist()


def _short(value: float) -> int | float:
    """Write a whole amount without a decimal point."""
    return int(value) if float(value).is_integer() else value
