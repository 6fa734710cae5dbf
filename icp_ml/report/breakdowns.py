"""How the shipped forecasts held by tier, by segment and by period, from the accounts they had not seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.models.breakdown import Row, breakdown

_TIERS = ("green", "yellow", "red")
_NO_SEGMENT = "no segment"


def model_breakdowns(
    holdout: pd.DataFrame, scored: pd.DataFrame, segments: Mapping[str, Any], random_state: int
) -> dict[str, list[Row]]:
    """Return the figures of :func:`icp_ml.models.breakdown.breakdown` by ``tier``, ``segment`` and ``period``.

    Parameters
    ----------
    holdout : DataFrame
        A model's held-out accounts, from :func:`icp_ml.models.holdout.held_out_frame`.
    scored : DataFrame
        Columns of ``icp score``. Tiers and segments are those of this release, found with all accounts; the
        forecasts were made without the accounts they are judged on.
    segments : mapping
        Content of ``segments.json``, for the names.
    random_state : int
        Seed of the resamples.
    """
    if holdout.empty:
        return {}
    by_account = scored.set_index("account_id")
    names = [s["id"] for s in segments["segments"]]
    tier = pd.Series(pd.Categorical(by_account["icp_tier"], _TIERS), index=by_account.index)
    segment = by_account["segment"].where(by_account["segment"].isin(names), _NO_SEGMENT)
    segment = pd.Series(pd.Categorical(segment, [*names, _NO_SEGMENT]), index=by_account.index)
    found = {"tier": tier, "period": _periods(holdout)} | ({"segment": segment} if names else {})
    rows = {name: breakdown(holdout, labels, random_state) for name, labels in found.items()}
    called = {s["id"]: f"{s['id']} · {s['name']}" for s in segments["segments"]}
    for row in rows.get("segment", []):
        row["group"] = called.get(row["group"], row["group"])
    return rows


def _periods(holdout: pd.DataFrame) -> pd.Series:
    """Return between which days each account began: its cut-off and the next one; the year where there is none."""
    begun = pd.to_datetime(holdout["begun"])
    if holdout["cutoff"].astype(str).str.startswith("fold").any():
        return begun.dt.year.astype(str)
    cutoffs = np.unique(pd.to_datetime(holdout["cutoff"]).to_numpy())
    last = pd.DatetimeIndex([*cutoffs[1:], begun.max()])
    first = pd.DatetimeIndex(cutoffs) + pd.Timedelta(days=1)
    names = np.array([f"{a:%Y-%m-%d} to {b:%Y-%m-%d}" for a, b in zip(first, last, strict=True)], dtype=object)
    return pd.Series(names[np.searchsorted(cutoffs, pd.to_datetime(holdout["cutoff"]).to_numpy())], holdout.index)
