"""Values that change after the outcome, seen where accounts are recorded over time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.features.leaks_outcomes import Contrast, Finding
from icp_ml.features.leaks_presence import find_presence

_FEWEST = 8


def find_changes(name: str, accounts: pd.DataFrame, cohort: Cohort, contrasts: tuple[Contrast, ...]) -> list[Finding]:
    """Return a finding where a value changes after the decision for one outcome and not for the other.

    Parameters
    ----------
    name : str
        A category or boolean; numbers are refreshed for customers more often than for others, and that is no leak.
    accounts : DataFrame
        The accounts table with ``observed_at``.
    cohort : Cohort
        For the decision dates.
    contrasts : tuple of Contrast
        Groups to compare, restricted here to accounts recorded both before and after their decision.
    """
    decided = accounts["account_id"].map(cohort.accounts["decided_at"])
    rows = accounts[
        accounts["observed_at"].notna() & decided.notna() & accounts["account_id"].isin(cohort.accounts.index)
    ]
    rows = rows.sort_values(["account_id", "observed_at"], kind="stable")
    later = (rows["observed_at"] > decided.loc[rows.index]).to_numpy()
    before = rows[~later].drop_duplicates("account_id", keep="last").set_index("account_id")[name]
    after = rows[later].drop_duplicates("account_id", keep="last").set_index("account_id")[name]
    both = before.index.intersection(after.index, sort=False)
    seen, changed = np.zeros(len(cohort.accounts), dtype=bool), np.zeros(len(cohort.accounts), dtype=bool)
    position = cohort.accounts.index.get_indexer(both)
    seen[position] = True
    changed[position] = (before.loc[both].map(str) != after.loc[both].map(str)).to_numpy(dtype=bool)
    kept = [_restricted(c, seen) for c in contrasts]
    enough = tuple(c for c in kept if _FEWEST <= c.positive.sum() <= len(c.rows) - _FEWEST)
    return [
        Finding("changes_after", f.sentence, f.figures)
        for f in find_presence(changed, enough, "changed after the decision")
    ]


def _restricted(contrast: Contrast, seen: np.ndarray) -> Contrast:
    """Keep the accounts that were recorded on both sides of their decision."""
    there = seen[contrast.rows]
    return Contrast(
        contrast.name,
        contrast.rows[there],
        contrast.positive[there],
        contrast.stratum[there],
        contrast.having,
        contrast.lacking,
    )
