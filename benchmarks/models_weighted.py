"""The other honest way to censored churn: a plain label at the horizon, weighted by inverse chances of being followed.

The same trees as ours, on whose status at the horizon is known alone (Vock et al. 2016, doi:10.1016/j.jbi.2016.03.009).
What it costs against the hazard on exposure is the question; what ships is the better of the two.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xgboost as xgb
from sklearn.linear_model import LogisticRegression

from benchmarks.models_ours import Predict
from benchmarks.models_plain import plain_frames
from icp_ml.config.schema import Attribute
from icp_ml.models.crossfit import FOLDS, assign_folds
from icp_ml.models.settings import BUILT_IN, ROUNDS
from icp_ml.models.targets import ChurnTarget
from icp_ml.survival import ipcw_weights


def fit_weighted(
    frame: pd.DataFrame, target: ChurnTarget, attributes: Mapping[str, Attribute], random_state: int
) -> Predict:
    """Fit with weights; number of trees and calibration chosen on held-out customers, weighted too."""
    weight = ipcw_weights(target.time, target.event, target.horizon)
    known = weight > 0
    frame, label, weight = frame[known][list(attributes)], target.label[known], weight[known]
    fold = assign_folds(label, FOLDS, random_state)

    def predict(test: pd.DataFrame) -> np.ndarray:
        learn, new = plain_frames(frame, test[list(attributes)])
        path = np.zeros((len(learn), len(ROUNDS)))
        for k in range(FOLDS):
            inside = fold == k
            path[inside] = _margins(_grow(learn[~inside], label[~inside], weight[~inside], random_state), learn[inside])
        losses = (weight[:, None] * (np.logaddexp(0.0, path) - label[:, None] * path)).sum(axis=0)
        best = int(losses.argmin())
        link = LogisticRegression(C=1e6).fit(path[:, [best]], label, sample_weight=weight)
        margin = _margins(_grow(learn, label, weight, random_state), new)[:, [best]]
        return np.asarray(link.predict_proba(margin)[:, 1])

    return predict


def _grow(frame: pd.DataFrame, label: np.ndarray, weight: np.ndarray, random_state: int) -> xgb.XGBClassifier:
    settings = BUILT_IN.parameters()
    model = xgb.XGBClassifier(
        n_estimators=ROUNDS[-1], learning_rate=settings.pop("eta"), enable_categorical=True, n_jobs=1,
        base_score=0.5, random_state=random_state, **settings,
    )  # fmt: skip
    return model.fit(frame, label, sample_weight=weight)


def _margins(model: xgb.XGBClassifier, frame: pd.DataFrame) -> np.ndarray:
    """Margins after each number of trees."""
    return np.column_stack([model.predict(frame, output_margin=True, iteration_range=(0, r)) for r in ROUNDS])
