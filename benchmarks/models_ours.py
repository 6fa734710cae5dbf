"""The product's models, fitted as the product fits them. The one place of the benchmarks that knows how."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.config.schema import Attribute
from icp_ml.models.crossfit import FOLDS, CrossFit, assign_folds, cross_fit
from icp_ml.models.evaluation import score
from icp_ml.models.holdout import KINDS, cross_validated
from icp_ml.models.learners import learner_of
from icp_ml.models.selection import choose
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
    return _refitted(_cross_fitted("boosted", frame, target, attributes, random_state), frame, target)


@dataclass(frozen=True)
class _Everybody:
    """Records without dates: everybody can be tested."""

    frame: pd.DataFrame
    target: Target

    @property
    def testable(self) -> np.ndarray:
        return np.ones(len(self.frame), dtype=bool)


def fit_shipped(frame: pd.DataFrame, target: Target, attributes: Mapping[str, Attribute], random_state: int) -> Predict:
    """Fit what would ship where the history is too short for cut-offs: cross-validation chooses the kind.

    Parameters and value are those of :func:`fit_ours`.
    """
    fitted = {kind: _cross_fitted(kind, frame, target, attributes, random_state) for kind in KINDS[:2]}
    margins = {kind: (one.link, one.margin) for kind, one in fitted.items()}
    records: Any = _Everybody(frame, target)
    kind = choose(score(cross_validated(records, margins), random_state)).kind
    if kind == "base_rate":
        return lambda test: np.full(len(test), target.base_rate())
    return _refitted(fitted[kind], frame, target)


def _cross_fitted(
    kind: str, frame: pd.DataFrame, target: Target, attributes: Mapping[str, Attribute], random_state: int
) -> CrossFit:
    fold = assign_folds(target.label, FOLDS, random_state)
    return cross_fit(learner_of(kind, attributes, random_state), frame, target, fold)


def _refitted(fitted: CrossFit, frame: pd.DataFrame, target: Target) -> Predict:
    scorer = fitted.refit(frame, target)
    return lambda test: fitted.link.probability(scorer.margin(test))
