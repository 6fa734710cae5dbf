from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.tracking.loading import ProbabilityModel


class _ByHeadcount:
    kind, outcome = "logistic", "churn"

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        return np.where(frame["employee_count"] < 100, 0.4, 0.1)

    def explain(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame


def test_a_loaded_model_gives_the_predictors_probabilities() -> None:
    frame = pd.DataFrame({"employee_count": [10.0, 500.0]})
    assert ProbabilityModel(_ByHeadcount()).predict(frame, params={}).tolist() == [0.4, 0.1]
