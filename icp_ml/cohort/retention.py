"""How much recurring revenue a group of customers keeps, those censored before the horizon not forgotten."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from icp_ml.survival import ipcw_weights, wilson_interval
from icp_ml.survival.ratios import ratio_interval

_FEWEST = 10
_FEWEST_REACHED = 5  # customers followed to the horizon, without whom retained ARR is unknown


def retained_share(customers: pd.DataFrame, name: str, horizon: int, level: float = 0.90) -> dict[str, Any]:
    """Return ARR kept over ARR started with at the horizon, each customer for those censored before like it.

    Weighted by the inverse probability of censoring, so that it agrees with Kaplan-Meier churn; counting only customers
    whose figure is known would count the lost in full and the kept in part. Customers who came under observation late
    are left out.

    Parameters
    ----------
    customers : DataFrame
        Rows of :attr:`icp_ml.cohort.cohort.Cohort.accounts` that are customers.
    name : {"grr", "nrr"}
        Which share.
    horizon : int
        Months.
    level : float, default 0.90
        Coverage of the interval.

    Returns
    -------
    dict
        ``estimate``, ``low``, ``high``, ``level``, ``n``, or ``absent`` with the reason.
    """
    seen = customers[(customers["entry_months"].fillna(0.0) <= 0) & (customers["arr_start"] > 0)]
    months, churned = seen["follow_up_months"].to_numpy(dtype=float), seen["churned"].to_numpy(dtype=bool)
    known = seen[name].notna().to_numpy()
    settled = (churned & (months <= horizon)) | (months >= horizon)
    used = known | ~settled
    reached = int(np.sum(known & (months >= horizon)))
    if used.sum() < _FEWEST or (reached < _FEWEST_REACHED and not np.all(settled[used])):
        return {"absent": f"{reached} of {int(used.sum())} customers of known ARR were followed for {horizon} months"}
    weight = ipcw_weights(months[used], churned[used], horizon) * seen["arr_start"].to_numpy(dtype=float)[used]
    values = np.nan_to_num(seen[name].to_numpy(dtype=float)[used])
    n = int(used.sum())
    ratio, low, high = ratio_interval(weight * values, weight, level)
    if high - low < 1e-9:  # customers that do not differ, but for rounding
        if ratio not in (0.0, 1.0):
            return {"absent": f"the {n} customers all have the same {name}: no interval can be given"}
        low, high = wilson_interval(ratio * n, n, level)
    high = min(high, 1.0) if name == "grr" else high
    return {"estimate": ratio, "low": max(low, 0.0), "high": high, "level": level, "n": n}
