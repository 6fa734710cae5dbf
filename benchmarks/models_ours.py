"""The product's boosted model, fitted as the product fits it. The one place of the benchmarks that knows how."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from icp_ml.config.schema import Attribute
from icp_ml.models.crossfit import FOLDS, assign_folds, cross_fit
from icp_ml.models.learners import BoostedLearner
from icp_ml.models.targets import Target

Predict = Callable[[pd.DataFrame], np.ndarray]


def fit_ours(frame: pd.DataFrame, target: Target, attributes: Mapping[str, Attribute], random_state: int) -> Predict:
    """Fit untuned: flexibility and calibration chosen by cross-fitting, then a refit on everything.

    Parameters
    ----------
    frame : DataFrame, shape (n, n_attributes)
        Typed attributes of the training accounts.
    target : Target
        Their outcomes.
    attributes : mapping of str to Attribute
        Types.
    random_state : int
        Of folds and trees.

    Returns
    -------
    callable
        From typed attributes to probabilities.
    """
    fold = assign_folds(target.label, FOLDS, random_state)
    fitted = cross_fit(BoostedLearner(attributes, random_state), frame, target, fold)
    scorer = fitted.refit(frame, target)
    return lambda test: fitted.link.probability(scorer.margin(test))
