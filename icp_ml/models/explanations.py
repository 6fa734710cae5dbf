"""Check explanations: that they add up, and against another algorithm; the only module that imports shap."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.models.boosting import encoded_values
from icp_ml.models.chances import LARGEST_HAZARD, log_margin_of
from icp_ml.models.learners import BoostedScorer
from icp_ml.models.predictors import FittedPredictor
from icp_ml.models.tree_shap import tree_contributions

TOLERANCE = 1e-3
"""Trees add up in single precision."""
_ACCOUNTS = 1000


def check_explanations(predictor: FittedPredictor, frame: pd.DataFrame) -> dict[str, float]:
    """Check a model's explanations on up to 1,000 accounts, evenly spaced.

    Parameters
    ----------
    predictor : FittedPredictor
        What ships.
    frame : DataFrame
        Typed attributes of the accounts it was fitted on.

    Returns
    -------
    dict
        ``gap``, ``computed_apart`` for trees, ``accounts``, ``tolerance``; see
        :class:`icp_ml.models.types.Explained`.

    Raises
    ------
    ArithmeticError
        If either gap exceeds 0.001: a defect of this program or of a library, never of the input.
    """
    rows = np.unique(np.linspace(0, len(frame) - 1, min(_ACCOUNTS, len(frame))).round().astype(int))
    sample = frame.iloc[rows]
    found = {"gap": verify_additivity(predictor, sample), "accounts": float(len(sample)), "tolerance": TOLERANCE}
    if isinstance(predictor.scorer, BoostedScorer):
        found["computed_apart"] = _verify_values(predictor.scorer, sample)
    return found


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
    if predictor.outcome != "win":
        total = np.minimum(total, np.log(LARGEST_HAZARD))
    gap = float(np.abs(total - log_margin_of(predictor.predict(frame), predictor.outcome)).max(initial=0.0))
    if not gap <= TOLERANCE:
        raise ArithmeticError(f"SHAP values must add up to the margin within {TOLERANCE}; found a gap of {gap:.6f}")
    return gap


def _verify_values(scorer: BoostedScorer, frame: pd.DataFrame) -> float:
    """Return the largest gap between xgboost's SHAP values and those computed leaf by leaf."""
    encoded, owner = scorer.encoder.transform(frame), np.arange(len(scorer.encoder.columns_))
    apart = tree_contributions(scorer.booster.tables(), encoded_values(encoded), owner)
    gap = float(np.abs(apart - scorer.booster.contributions(encoded)[:, :-1]).max(initial=0.0))
    if not gap <= TOLERANCE:
        raise ArithmeticError(
            f"xgboost's SHAP values must be those computed leaf by leaf within {TOLERANCE}; found a gap of {gap:.6f}"
        )
    return gap


def package_values(scorer: BoostedScorer, frame: pd.DataFrame) -> np.ndarray:
    """Return the shap package's values of the raw trees, shape ``(len(frame), n_encoded_columns)``.

    For xgboost's trees the package asks xgboost itself: the same values, but no check on them.
    """
    # Takes seconds to load, and a discovery does without.
    import shap

    matrix = scorer.booster.matrix(scorer.encoder.transform(frame))
    return np.asarray(shap.TreeExplainer(scorer.booster.trees).shap_values(matrix), dtype=float)
