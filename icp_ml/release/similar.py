"""Past accounts most like one: those won that stayed, and those that left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.conditions import AttributeLike
from icp_ml.release.folder import METRICS, Release, read_json
from icp_ml.release.kept_cohort import kept_cohort

SHOWN = 3
_HALF = 0.5
"""Distance where one of two values is not known."""


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
        first, at most three each: ``account_id``, ``name``, ``likeness`` (1 is the same), ``months`` followed,
        ``arr`` at the start (None where unknown).

    Raises
    ------
    DataError
        If the release does not carry its cohort.
    """
    cohort = kept_cohort(release).cohort
    accounts = cohort.accounts
    weights = _weights(release)
    distance = _distances(frame, cohort.attributes, release.attributes, weights)
    months = accounts["follow_up_months"].to_numpy(dtype=float, na_value=np.nan)
    churned = accounts["churned"].to_numpy(dtype=bool)
    other = cohort.customers & (accounts.index != account_id)
    groups = {
        "stayed": other & (months >= cohort.horizon) & ~(churned & (months <= cohort.horizon)),
        "left": other & churned & (months <= cohort.horizon),
    }
    return {name: _nearest(accounts, distance, rows) for name, rows in groups.items()}


def _weights(release: Release) -> dict[str, float]:
    """Return how much each attribute counts: its mean share of the models' reasons, all alike where there are none."""
    path = release.folder / METRICS
    models = read_json(path).get("models", {}) if path.is_file() else {}
    shares = []
    for outcome in ("churn", "win"):
        rows = models.get(outcome, {}).get("importance") or []
        total = sum(row["mean_abs_shap"] for row in rows)
        if total > 0:
            shares.append({row["attribute"]: row["mean_abs_shap"] / total for row in rows})
    if not shares:
        return dict.fromkeys(release.attributes, 1.0)
    return {name: sum(share.get(name, 0.0) for share in shares) for name in release.attributes}


def _distances(
    frame: pd.DataFrame, known: pd.DataFrame, attributes: Mapping[str, AttributeLike], weights: Mapping[str, float]
) -> np.ndarray:
    """Return the weighted distance of each known account, 0 to 1."""
    total, sum_ = 0.0, np.zeros(len(known))
    for name, spec in attributes.items():
        weight = weights.get(name, 0.0)
        if weight > 0 and name in known and name in frame:
            sum_ += weight * _apart(frame[name].iloc[0], known[name], spec.type)
            total += weight
    return sum_ / total if total else sum_


def _apart(value: Any, column: pd.Series, kind: str) -> np.ndarray:
    """Return how far each value of a column is from one, 0 to 1."""
    unknown = column.isna().to_numpy()
    missing = not isinstance(value, tuple) and (value is None or bool(pd.isna(value)))
    if missing:
        return np.where(unknown, 0.0, _HALF)
    if kind == "number":
        values = column.to_numpy(dtype=float, na_value=np.nan)
        seen = np.sort(values[~unknown])
        ranks = np.searchsorted(seen, values, side="left") / max(len(seen), 1)
        own = np.searchsorted(seen, float(value), side="left") / max(len(seen), 1)
        apart = np.abs(ranks - own)
    elif kind == "tags":
        own_tags = set(value)
        apart = np.array([1 - _shared(own_tags, set(v)) if isinstance(v, tuple) else _HALF for v in column])
    else:
        apart = (column.astype(object) != value).to_numpy(dtype=float, na_value=1.0)
    return np.where(unknown, _HALF, apart)


def _shared(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 1.0


def _nearest(accounts: pd.DataFrame, distance: np.ndarray, rows: np.ndarray) -> list[dict[str, Any]]:
    at = np.flatnonzero(rows)
    chosen = at[np.argsort(distance[at], kind="stable")][:SHOWN]
    found = []
    for i in chosen:
        row = accounts.iloc[i]
        found.append(
            {
                "account_id": str(accounts.index[i]),
                "name": row["name"] if isinstance(row["name"], str) else "",
                "likeness": round(1 - float(distance[i]), 3),
                "months": float(row["follow_up_months"]),
                "arr": None if pd.isna(row["arr_start"]) else float(row["arr_start"]),
            }
        )
    return found
