"""Explain the model that ships: what it rests on, how firmly, and whether the explanation adds up."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from icp_ml.config.schema import Attribute
from icp_ml.models.crossfit import CrossFit
from icp_ml.models.effect_stability import effect_stability
from icp_ml.models.effects import dependence, importance
from icp_ml.models.explanations import check_explanations
from icp_ml.models.interactions import find_interactions
from icp_ml.models.predictors import FittedPredictor
from icp_ml.models.targets import Target
from icp_ml.models.types import Explained

_SHOWN = 10
"""Attributes whose effects are told level by level."""


def explain_model(
    fitted: CrossFit | None,
    predictor: FittedPredictor,
    frame: pd.DataFrame,
    target: Target,
    shap_values: pd.DataFrame,
    attributes: Mapping[str, Attribute],
    random_state: int,
) -> Explained:
    """Explain the model that ships.

    Parameters
    ----------
    fitted : CrossFit or None
        The shipped kind, cross-fitted; None for the base rate.
    predictor : FittedPredictor
        What ships: refitted on everything.
    frame : DataFrame
        Typed attributes of the accounts it was fitted on.
    target : Target
        Their outcomes.
    shap_values : DataFrame
        Their out-of-fold SHAP values, with ``base``.
    attributes : mapping of str to Attribute
        What the model may use.
    random_state : int
        Seed of samples and refits.

    Returns
    -------
    Explained

    Raises
    ------
    ArithmeticError
        If the explanations do not add up to the predictions.
    """
    additivity = check_explanations(predictor, frame)
    if fitted is None:
        chance = float(predictor.predict(frame.iloc[:1])[0])
        return Explained(chance, no_interactions="Every account is given the average chance.", additivity=additivity)
    chance = float(fitted.link.probability(fitted.margin).mean())
    table = importance(shap_values)
    names = table.loc[table["mean_abs_shap"] > 0, "attribute"].tolist()[:_SHOWN]
    found, none = find_interactions(fitted, frame, target, shap_values, attributes, chance, random_state)
    return Explained(
        chance=chance,
        dependence=dependence(frame, shap_values, attributes, names, chance, target.outcome),
        stability=effect_stability(fitted, frame, target, shap_values, attributes, random_state),
        interactions=found,
        no_interactions=none,
        additivity=additivity,
    )
