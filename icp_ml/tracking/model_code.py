"""MLflow stores this file with a release's model and runs it to load one; what it runs is the installed ``icp_ml``.

No module imports it. Nothing of a run is in it, so that no code of a run is ever stored.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

from icp_ml.errors import IcpError
from icp_ml.release.reading import ALLOW_MISSING
from icp_ml.tracking.released import ReleasedModel


class IcpModel(PythonModel):
    """What ``mlflow.pyfunc.load_model`` gives: raw account columns in, the columns of ``icp score`` out."""

    def load_context(self, context: Any) -> None:
        """Read the release that was stored with the model."""
        self.model = ReleasedModel.load(Path(context.artifacts["criteria"]).parent)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Score accounts; MlflowException, which a server answers with status 400, where they need mending."""
        try:
            return self.model.predict(model_input, params)
        except IcpError as err:
            told = str(err).replace(ALLOW_MISSING, "params {'allow_missing': true}")
            raise MlflowException.invalid_parameter_value(told) from err


set_model(IcpModel())
