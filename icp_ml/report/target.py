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
        decision; both absent where no criterion is active. ``segments``: segment id to ``accounts``, ``in_target`` and
        ``refused``, how many of them an exclusion hits.

    Notes
    -----
    The figures are of the accounts in which the criteria were found, so they are a little better than what is to come;
    the corrected differences stand in the criteria's evidence.
    """
    wanted = [c["id"] for c in criteria["criteria"] if c["kind"] == "include" and c["status"] != "rejected"]
    refused = [c["id"] for c in criteria["criteria"] if c["kind"] == "exclude" and c["status"] != "rejected"]
    now, hit = _held(scored["matched_criteria"], wanted), _held(scored["matched_criteria"], refused)
    segment = scored["segment"].to_numpy(dtype=object)
    overlaps = {str(name): _overlap(segment == name, now & ~hit, hit) for name in sorted({s for s in segment if s})}
    if not wanted:
        return {"segments": overlaps}
    at_decision = ActiveRules.from_document(criteria).score_frame(cohort.attributes)["matched_criteria"]
    then = _held(at_decision, wanted) & ~_held(at_decision, refused)
    months = churn_months(cohort, np.ones(len(cohort.accounts), dtype=bool))
    figures = segment_figures(cohort, then, months, economics)
    return {"accounts": int((now & ~hit).sum()), "figures": figures, "segments": overlaps}


def _held(matched: pd.Series, rules: list[str]) -> np.ndarray:
    """Return which accounts match at least one of the rules, given the ids each account matches."""
    return np.array([not set(rules).isdisjoint(str(text).split(";")) for text in matched], dtype=bool)


def _overlap(members: np.ndarray, target: np.ndarray, refused: np.ndarray) -> dict[str, int]:
    return {
        "accounts": int(members.sum()),
        "in_target": int((members & target).sum()),
        "refused": int((members & refused).sum()),
    }
