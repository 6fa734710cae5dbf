"""Scores accounts that are in memory; the file path in :mod:`icp_ml.release.scoring` gives the same, to the byte."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from icp_ml.conditions import AttributeLike
from icp_ml.release.frames import SCORE_COLUMNS, with_absent
from icp_ml.release.rules import ActiveRules, SegmentRules

if TYPE_CHECKING:
    from icp_ml.models.types import Predictor

PROBABILITY_DIGITS = 6
OUTCOMES = (("p_win", "win"), ("p_churn", "churn"))


def score_accounts(
    frame: pd.DataFrame,
    rules: ActiveRules,
    segments: SegmentRules,
    attributes: Mapping[str, AttributeLike],
    predictors: Mapping[str, Predictor],
) -> pd.DataFrame:
    """Return the columns of ``icp score``, one row an account, in the order of ``frame``.

    Parameters
    ----------
    frame : DataFrame of shape (n_accounts, n_attributes)
        Typed attributes, indexed by ``account_id``, for instance ``Cohort.latest``; an attribute it lacks is missing
        for every account.
    rules, segments
        Active rules and published segments.
    attributes : mapping
        Attributes of the release by standard name.
    predictors : mapping
        ``win`` and ``churn``, each where the release has it; the others' probabilities are missing.
    """
    full = with_absent(frame, attributes)
    scored = rules.score_frame(full)
    scored.insert(0, "account_id", pd.Series(frame.index.astype("str"), index=frame.index, dtype="str"))
    for column, outcome in OUTCOMES:
        scored[column] = probabilities(predictors.get(outcome), full)
    scored["segment"] = segments.assign(full)
    return scored[list(SCORE_COLUMNS)].reset_index(drop=True)


def probabilities(predictor: Predictor | None, frame: pd.DataFrame) -> np.ndarray:
    """Return a model's probabilities, rounded to six digits, NaN where there is no such model."""
    if predictor is None:
        return np.full(len(frame), np.nan)
    if frame.empty:
        return np.empty(0)
    return np.round(np.asarray(predictor.predict(frame), dtype=float), PROBABILITY_DIGITS)
