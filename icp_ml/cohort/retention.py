"""How much recurring revenue a group of customers keeps, those censored before the horizon not forgotten."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.survival import ipcw_weights, wilson_interval
from icp_ml.survival.ratios import Ends, effective_number, ratio_interval

_FEWEST = 10
_FEWEST_REACHED = 5  # customers followed to the horizon, without whom retained ARR is unknown


def retained_share(customers: pd.DataFrame, name: str, horizon: int, level: float = 0.90) -> dict[str, Any]:
    """Return ARR kept over ARR started with at the horizon, each customer for those censored before like it.

    Weighted by the inverse probability of censoring, so that it agrees with Kaplan-Meier churn; counting only customers
    whose figure is known would count the lost in full and the kept in part. Customers who came under observation late
    are left out.

    The share is that of ARR whose customer stayed, times what those who stayed pay of what they paid. The first is a
    proportion of few and unequal customers: its interval is Wilson's at the effective sample size, the smaller of what
    its own variance says and of what as many equal customers would be (Korn and Graubard 1998, Survey Methodology 24,
    193-201). Both intervals together make that of the product by the method of variance estimates recovery (Zou and
    Donner 2008, doi:10.1002/sim.3095). A symmetric interval around the weighted mean covered as little as
    62 % where few leave, since without a large customer among the lost nothing says that one can leave.

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
    kept = _kept(customers, name, horizon)
    if isinstance(kept, str):
        return {"absent": kept}
    n, ratio = int(kept.used.sum()), kept.ratio
    stayed, held = kept.staying(level), kept.paying(level)
    low = ratio - math.hypot(held[0] * (stayed[0] - stayed[1]), stayed[0] * (held[0] - held[1]))
    high = ratio + math.hypot(held[0] * (stayed[2] - stayed[0]), stayed[0] * (held[2] - held[0]))
    if held[2] - held[1] < 1e-9 and stayed[0] in (0.0, 1.0) and ratio not in (0.0, 1.0):
        return {"absent": f"the {n} customers all have the same {name}: no interval can be given"}
    high = min(high, 1.0) if name == "grr" else high
    return {"estimate": ratio, "low": max(low, 0.0), "high": high, "level": level, "n": n}


def retained_influence(customers: pd.DataFrame, name: str, horizon: int) -> np.ndarray:
    """Return how much each customer moves :func:`retained_share`, shape (n_customers,), to first order.

    Their squares add up to its variance, and products with another figure's to their covariance; censoring weights are
    taken as given. 0 for customers who are not counted, and for all where the share is absent.
    """
    kept, moved = _kept(customers, name, horizon), np.zeros(len(customers))
    if not isinstance(kept, str):
        moved[kept.used] = kept.weight * (kept.values - kept.ratio) / kept.weight.sum()
    return moved


@dataclass(frozen=True)
class _Kept:
    """ARR at the start times censoring weight, and the share kept, of the customers ``used``."""

    used: np.ndarray
    weight: np.ndarray
    values: np.ndarray

    @property
    def ratio(self) -> float:
        """Return the share kept of all."""
        return float((self.weight * self.values).sum() / self.weight.sum())

    def staying(self, level: float) -> Ends:
        """Return the share of ARR whose customer stayed."""
        stays, share = self.values > 0, self.weight / self.weight.sum()
        # Those not followed long enough weigh nothing and left nobody.
        rate = 1.0 if stays[self.weight > 0].all() else min(float(share[stays].sum()), 1.0)
        effective = effective_number(self.weight)
        if 0 < rate < 1:
            effective = min(effective, rate * (1 - rate) / float(np.sum((share * (stays - rate)) ** 2)))
        low, high = wilson_interval(rate * effective, effective, level)
        return rate, low, high

    def paying(self, level: float) -> Ends:
        """Return what those who stayed pay of what they paid; nobody stayed: all of it, for want of anything else."""
        there = (self.values > 0) & (self.weight > 0)
        if there.sum() < 2:
            rate = float(self.values[there][0]) if there.any() else 1.0
            return rate, rate, rate
        return ratio_interval((self.weight * self.values)[there], self.weight[there], level)


def _kept(customers: pd.DataFrame, name: str, horizon: int) -> _Kept | str:
    """Return what is kept of whom, or why it cannot be told."""
    counted = ((customers["entry_months"].fillna(0.0) <= 0) & (customers["arr_start"] > 0)).to_numpy(dtype=bool)
    seen = customers[counted]
    months, churned = seen["follow_up_months"].to_numpy(dtype=float), seen["churned"].to_numpy(dtype=bool)
    known = seen[name].notna().to_numpy()
    settled = (churned & (months <= horizon)) | (months >= horizon)
    used = known | ~settled
    reached = int(np.sum(known & (months >= horizon)))
    if used.sum() < _FEWEST or (reached < _FEWEST_REACHED and not np.all(settled[used])):
        return f"{reached} of {int(used.sum())} customers of known ARR were followed for {horizon} months"
    weight = ipcw_weights(months[used], churned[used], horizon) * seen["arr_start"].to_numpy(dtype=float)[used]
    values = np.nan_to_num(seen[name].to_numpy(dtype=float)[used])
    who = np.zeros(len(customers), dtype=bool)
    who[np.flatnonzero(counted)[used]] = True
    return _Kept(who, weight, values)
