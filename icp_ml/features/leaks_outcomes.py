"""The outcomes an attribute is held against in the hunt for leaks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort

_FEWEST = 8


@dataclass(frozen=True)
class Finding:
    """One reason to suspect an attribute.

    Parameters
    ----------
    code : str
        Stable name of the kind of leak, for instance ``filled_after``.
    sentence : str
        The reason in words, with its figures.
    figures : dict
        The same, JSON-ready.
    """

    code: str
    sentence: str
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Contrast:
    """Two groups of accounts that an honest attribute cannot tell apart almost perfectly.

    Parameters
    ----------
    name : str
        ``won``, ``customer`` (where no lost deal is recorded), ``churn_<h>m`` or ``left``.
    rows : ndarray of int
        Positions in the cohort.
    positive : ndarray of bool
        Which of those rows had the outcome.
    stratum : ndarray of int
        Fifth of the decision dates each row falls into: a field introduced late is missing for old accounts, and those
        had more time to leave.
    having, lacking : str
        What the two groups are called.
    """

    name: str
    rows: np.ndarray
    positive: np.ndarray
    stratum: np.ndarray
    having: str
    lacking: str


def contrasts(cohort: Cohort) -> tuple[Contrast, ...]:
    """Return every contrast with at least eight accounts on either side.

    Won against lost (customers against all others where no lost deal is recorded), churned within the horizon against
    followed for that long without, and left by now against still there.
    """
    accounts = cohort.accounts
    outcome = accounts["outcome"].astype(object).to_numpy()
    won, lost = outcome == "won", outcome == "lost"
    customers, churned = cohort.customers, accounts["churned"].to_numpy(dtype=bool)
    months = accounts["follow_up_months"].to_numpy(dtype=float, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        by_horizon, followed = churned & (months <= cohort.horizon), months >= cohort.horizon
    sides = [
        ("won", won, lost, "won accounts", "lost accounts")
        if lost.sum() >= _FEWEST
        else ("customer", won | customers, ~(won | customers), "customers", "all other accounts"),
        (
            f"churn_{cohort.horizon}m",
            customers & by_horizon,
            customers & followed & ~by_horizon,
            f"customers who left within {cohort.horizon} months",
            "those who stayed",
        ),
        ("left", customers & churned, customers & ~churned, "customers who left", "customers still there"),
    ]
    stratum = _fifths(accounts["decided_at"])
    return tuple(_contrast(*side, stratum) for side in sides if min(side[1].sum(), side[2].sum()) >= _FEWEST)


def _contrast(
    name: str, having: np.ndarray, lacking: np.ndarray, having_words: str, lacking_words: str, stratum: np.ndarray
) -> Contrast:
    rows = np.flatnonzero(having | lacking)
    # Accounts that were never decided have no date to compare at.
    dates = stratum[rows] if name != "customer" else np.zeros(len(rows), dtype=np.int64)
    return Contrast(name, rows, having[rows], dates, having_words, lacking_words)


def _fifths(decided_at: pd.Series) -> np.ndarray:
    """Return which fifth of the decision dates each account falls into; 5 for those without a date."""
    ranks = decided_at.rank(pct=True).to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isnan(ranks), 5, np.minimum(np.floor(np.nan_to_num(ranks) * 5), 4)).astype(np.int64)


def restricted(contrast: Contrast, kept: np.ndarray) -> Contrast:
    """Keep only some accounts of a contrast.

    Parameters
    ----------
    contrast : Contrast
        Two groups of accounts.
    kept : ndarray of bool
        Which accounts of the whole cohort stay.
    """
    there = kept[contrast.rows]
    return replace(
        contrast,
        rows=contrast.rows[there],
        positive=contrast.positive[there],
        stratum=contrast.stratum[there],
    )


def enough(contrast: Contrast) -> bool:
    """Tell whether both groups have the eight accounts without which nothing is compared."""
    return bool(_FEWEST <= contrast.positive.sum() <= len(contrast.rows) - _FEWEST)
