"""The target: accounts that an active criterion describes and no exclusion hits, and how segments overlap with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Economics
from icp_ml.release.rules import ActiveRules
from icp_ml.segments.figures import churn_months, segment_figures


def target_document(
    cohort: Cohort, criteria: Mapping[str, Any], scored: pd.DataFrame, economics: Economics
) -> dict[str, Any]:
    """Return what is known of the target, and which part of each segment lies in it.

    Parameters
    ----------
    cohort : Cohort
        One row an account.
    criteria : mapping
        Content of ``criteria.json``.
    scored : DataFrame
        Columns of ``icp score``, the same accounts in the same order, as known last.
    economics : Economics
        Gross margin and the cost of pursuing one opportunity.

    Returns
    -------
    dict
        ``accounts``: how many are in the target now; ``figures``: what happened in it, with attributes as known at the
        decision; ``segments``: segment id to ``accounts`` and ``in_target``. Empty where no criterion is active.

    Notes
    -----
    The figures are of the accounts in which the criteria were found, so they are a little better than what is to come;
    the corrected differences stand in the criteria's evidence.
    """
    wanted = [c["id"] for c in criteria["criteria"] if c["kind"] == "include" and c["status"] != "rejected"]
    refused = [c["id"] for c in criteria["criteria"] if c["kind"] == "exclude" and c["status"] != "rejected"]
    if not wanted:
        return {}
    at_decision = ActiveRules.from_document(criteria).score_frame(cohort.attributes)["matched_criteria"]
    then, now = (_held(matched, wanted, refused) for matched in (at_decision, scored["matched_criteria"]))
    months = churn_months(cohort, np.ones(len(cohort.accounts), dtype=bool))
    segment = scored["segment"].to_numpy(dtype=object)
    return {
        "accounts": int(now.sum()),
        "figures": segment_figures(cohort, then, months, economics),
        "segments": {
            str(name): {"accounts": int((segment == name).sum()), "in_target": int((now & (segment == name)).sum())}
            for name in sorted({s for s in segment if s})
        },
    }


def _held(matched: pd.Series, wanted: list[str], refused: list[str]) -> np.ndarray:
    """Return which accounts match a wanted rule and no refused one, given the ids each one matches."""
    ids = [set(str(text).split(";")) for text in matched]
    return np.array([bool(found & set(wanted)) and not found & set(refused) for found in ids], dtype=bool)
