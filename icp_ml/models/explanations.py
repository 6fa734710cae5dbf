"""Check explanations, those of trees against the shap package: the only module that imports it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shap

from icp_ml.models.learners import BoostedScorer
from icp_ml.models.predictors import FittedPredictor

_TOLERANCE = 1e-3
"""Trees add up in single precision."""


def verify_additivity(predictor: FittedPredictor, frame: pd.DataFrame) -> float:
    """Return the largest gap between a row's SHAP values added up and the margin predicted for it.

    Parameters
    ----------
    predictor : FittedPredictor
        Of either outcome.
    frame : DataFrame
        Typed attributes.

    Returns
    -------
    float
        On the log scale.

    Raises
    ------
    ArithmeticError
        If it exceeds 0.001: the explanations would not be those of the predictions.
    """
    total = predictor.explain(frame).sum(axis=1).to_numpy()
    p = predictor.predict(frame)
    margin = np.log(p / (1 - p)) if predictor.outcome == "win" else np.log(-np.log1p(-p))
    gap = float(np.abs(total - margin).max(initial=0.0))
    if not gap <= _TOLERANCE:
        raise ArithmeticError(f"SHAP values must add up to the margin within {_TOLERANCE}; found a gap of {gap:.6f}")
    return gap


def package_values(scorer: BoostedScorer, frame: pd.DataFrame) -> np.ndarray:
    """Return the shap package's values of the raw trees, shape ``(len(frame), n_encoded_columns)``."""
    matrix = scorer.booster.matrix(scorer.encoder.transform(frame))
    return np.asarray(shap.TreeExplainer(scorer.booster.trees).shap_values(matrix), dtype=float)
