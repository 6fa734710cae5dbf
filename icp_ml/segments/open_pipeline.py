"""How much of what is open now lies in each segment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from icp_ml.cohort.cohort import Cohort

Pipeline = dict[str, Any]


def pipeline_by_segment(cohort: Cohort, labels: np.ndarray, ids: Sequence[str]) -> dict[str, Pipeline]:
    """Return the open pipeline of each segment, and of no segment under ``""``.

    A count of the deals that are open on the day of the data, of new and present customers alike: no sample, and
    without an interval. A deal whose amount is unknown adds nothing.

    Parameters
    ----------
    cohort : Cohort
        One row an account; all count, decided or not.
    labels : ndarray of str, shape (n_accounts,)
        Segment of each account by the published rules, ``""`` for none.
    ids : sequence of str
        Segments.

    Returns
    -------
    dict
        Id to ``open`` (amount, in the reporting currency), ``share`` of all open pipeline and ``accounts`` (with open
        deals of known amount), or ``{"absent": reason}``.
    """
    amounts = cohort.accounts["open_pipeline"].fillna(0.0).to_numpy(dtype=float)
    total = float(amounts.sum())
    if not total > 0:
        return {name: {"absent": "no open deal of known amount"} for name in (*ids, "")}
    return {name: _held(amounts[labels == name], total) for name in (*ids, "")}


def _held(amounts: np.ndarray, total: float) -> Pipeline:
    held = float(amounts.sum())
    return {"open": round(held, 2), "share": round(held / total, 6), "accounts": int(np.sum(amounts > 0))}
