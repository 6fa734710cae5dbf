"""Values that change after the outcome, seen where accounts are recorded over time."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.features.leaks_outcomes import Contrast, Finding, enough, restricted
from icp_ml.features.leaks_presence import find_presence
from icp_ml.features.leaks_strength import measure_strengths

_MOST = 0.5
_GAINED = 0.05


def recorded_later(accounts: pd.DataFrame, cohort: Cohort) -> np.ndarray:
    """Return which accounts of the cohort have a row observed after their decision, shape (n_accounts,)."""
    decided = accounts["account_id"].map(cohort.accounts["decided_at"])
    later = accounts.loc[(accounts["observed_at"] > decided).to_numpy(), "account_id"]
    return np.asarray(cohort.accounts.index.isin(later))


def among_recorded_later(contrasts: tuple[Contrast, ...], later: np.ndarray) -> tuple[Contrast, ...]:
    """Keep accounts recorded after their decision, in each contrast that has enough of them on both sides.

    Where only customers are looked at again, any field may be fresher with them, and that alone is no leak.
    """
    kept = tuple(restricted(c, later) for c in contrasts)
    return tuple(small if enough(small) else whole for small, whole in zip(kept, contrasts, strict=True))


def find_changes(
    name: str, kind: str, accounts: pd.DataFrame, cohort: Cohort, contrasts: tuple[Contrast, ...], seed: int
) -> list[Finding]:
    """Return a finding where a value changes after the decision for one outcome and not for the other.

    Data on customers is refreshed more often than data on others, and that is no leak: numbers are accused only where
    the new values tell the outcome better than those known at the decision, levels also where most of them change.

    Parameters
    ----------
    name, kind : str
        Attribute and its type, not tags.
    accounts : DataFrame
        The accounts table with ``observed_at``.
    cohort : Cohort
        For the decision dates and the values known then and last.
    contrasts : tuple of Contrast
        Groups to compare, restricted here to accounts recorded both before and after their decision.
    seed : int
        Fixes the folds.
    """
    seen, changed = _changed(name, accounts, cohort)
    sides = tuple(c for c in (restricted(c, seen) for c in contrasts) if enough(c))
    found = find_presence(changed, sides, "changed after the decision")
    if not found:
        return []
    then, now = (measure_strengths(f[name], kind, sides, seed) for f in (cohort.attributes, cohort.latest))
    kept = []
    for finding in found:
        outcome = finding.figures["outcome"]
        gap = abs(finding.figures["filled"] - finding.figures["filled_elsewhere"])
        gained = now[outcome].auc - max(then[outcome].auc, 0.5) > _GAINED
        if gained or (kind != "number" and gap >= _MOST):
            kept.append(dataclasses.replace(finding, code="changes_after"))
    return kept


def _changed(name: str, accounts: pd.DataFrame, cohort: Cohort) -> tuple[np.ndarray, np.ndarray]:
    """Return which accounts were recorded on both sides of their decision, and whose value differs then."""
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
    return seen, changed
