"""How MLflow reads a logged model back: by this module's name, so that no code and no pickle is stored with it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.models.storage import load_predictors
from icp_ml.models.types import Predictor


class ProbabilityModel:
    """What ``mlflow.pyfunc.load_model`` gives: attributes in, probabilities out.

    Parameters
    ----------
    predictor : Predictor
        Churn or win model of a release.
    """

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor

    def predict(self, frame: pd.DataFrame, params: Mapping[str, Any] | None = None) -> np.ndarray:
        """Return the probability of churn within the horizon, or of winning, shape (n_accounts,).

        Parameters
        ----------
        frame : DataFrame of shape (n_accounts, n_attributes)
            Typed attributes under their standard names; one it lacks is missing for every account.
        params : mapping, optional
            MLflow's inference parameters; there are none.
        """
        return self.predictor.predict(frame)


def _load_pyfunc(path: str, model_config: Mapping[str, Any]) -> ProbabilityModel:
    """Read a model; MLflow calls this with the logged data and ``{"outcome": "churn" or "win"}``."""
    return ProbabilityModel(load_predictors(Path(path))[model_config["outcome"]])
