"""What the scikit-learn estimators share: typed attributes in, a cross-fitted and calibrated margin out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from icp_ml.config.schema import Attribute
from icp_ml.models.crossfit import assign_folds, cross_fit
from icp_ml.models.estimator_input import attributes_of, checked, typed
from icp_ml.models.learners import Learner, learner_of
from icp_ml.models.predictors import FittedPredictor
from icp_ml.models.settings import BUILT_IN, BoosterSettings
from icp_ml.models.targets import Target


class AttributeModel(BaseEstimator):
    """What both estimators share: typed attributes in, a cross-fitted and calibrated margin out."""

    def __init__(
        self,
        *,
        kind: Literal["boosted", "logistic"],
        attributes: Mapping[str, Attribute] | None,
        settings: BoosterSettings | None,
        n_folds: int,
        random_state: int | np.random.RandomState | None,
    ) -> None:
        self.kind = kind
        self.attributes = attributes
        self.settings = settings
        self.n_folds = n_folds
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.target_tags.required = True
        return tags

    def explain(self, X: Any) -> pd.DataFrame:
        """Return what each attribute adds to the calibrated margin (SHAP values), and ``base``.

        Parameters
        ----------
        X : DataFrame or array-like, shape (n, n_features)
            Columns as in ``fit``.

        Returns
        -------
        DataFrame, shape (n, n_features + 1)
            Rows add up to the log-odds of the second class for :class:`WinClassifier`, and to the log cumulative hazard
            at the horizon, ``log(-log(1 - p))``, for :class:`ChurnRegressor`.
        """
        frame = self._read(X)
        return self.predictor_.explain(frame)

    def _fit(self, frame: pd.DataFrame, target: Target) -> None:
        """Cross-fit, refit on everything, and keep both."""
        seed = self._seed()
        learner = self._learner(seed)
        fold = assign_folds(target.label, self.n_folds, seed)
        self.cross_fit_ = cross_fit(learner, frame, target, fold)
        self.scorer_ = self.cross_fit_.refit(frame, target)
        self.predictor_ = FittedPredictor(
            learner.kind, target.outcome, tuple(self.attributes_), self.cross_fit_.link, self.scorer_
        )

    def _learn_columns(self, X: Any, y: Any) -> pd.DataFrame:
        """Check ``X``, learn what its columns are, and return them typed; without ``y`` there is no fitting."""
        if y is None:
            # scikit-learn's words, which its checks look for.
            raise ValueError(f"This {type(self).__name__} estimator requires y to be passed, but the target y is None.")
        frame = checked(self, X, reset=True)
        self.attributes_ = attributes_of(frame, self.attributes)
        return typed(frame, self.attributes_)

    def _read(self, X: Any) -> pd.DataFrame:
        """Check ``X`` against what was fitted, and return its columns typed."""
        check_is_fitted(self, "predictor_")
        frame = checked(self, X, reset=False)
        if not isinstance(X, pd.DataFrame) and (text := [n for n, a in self.attributes_.items() if a.type != "number"]):
            raise ValueError(
                f"X must be a frame as in fit, since not all its columns were numbers: {', '.join(text[:5])}"
            )
        # Names were compared above, where both had any.
        return typed(frame.set_axis(list(self.attributes_), axis=1), self.attributes_)

    def _learner(self, seed: int) -> Learner:
        """Return what learns the margin."""
        if self.kind not in ("boosted", "logistic"):
            raise ValueError(f"kind must be 'boosted' or 'logistic'; found {self.kind!r}")
        return learner_of(self.kind, self.attributes_, seed, self.settings or BUILT_IN)

    def _seed(self) -> int:
        """Seed of folds and trees."""
        if not isinstance(self.n_folds, (int, np.integer)) or self.n_folds < 2:
            raise ValueError(f"n_folds must be a whole number from 2 up; found {self.n_folds!r}")
        if isinstance(self.random_state, (int, np.integer)):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))
