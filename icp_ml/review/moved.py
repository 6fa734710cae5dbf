"""Which accounts other rules put into another tier, and what hangs on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.comparison.tiers import TIERS


@dataclass(frozen=True)
class Move:
    """Accounts that go from one tier to another.

    Parameters
    ----------
    before, after : str
        Tiers.
    accounts, customers, open_deals : int
        How many, how many of them pay now, and how many have open deals.
    arr_now, open_pipeline : float
        What they pay a year now, and what their open deals are worth, in the reporting currency.
    """

    before: str
    after: str
    accounts: int
    customers: int
    open_deals: int
    arr_now: float
    open_pipeline: float


def tier_moves(before: Sequence[str], after: Sequence[str], accounts: pd.DataFrame) -> tuple[Move, ...]:
    """Return the moves that happen, those down to red first.

    Parameters
    ----------
    before, after : sequence of str, shape (n,)
        Tier of each account.
    accounts : DataFrame of n rows
        ``Cohort.accounts``, in the same order.
    """
    old, new = np.asarray(before, dtype=object), np.asarray(after, dtype=object)
    arr, pipeline = (accounts[name].to_numpy(dtype=float, na_value=0.0) for name in ("arr_now", "open_pipeline"))
    found = []
    for to in reversed(TIERS):
        for came in TIERS:
            rows = (old == came) & (new == to)
            if came != to and rows.any():
                money = float(arr[rows].sum()), float(pipeline[rows].sum())
                counts = int(rows.sum()), int((arr[rows] > 0).sum()), int((pipeline[rows] > 0).sum())
                found.append(Move(came, to, *counts, *money))
    return tuple(found)
