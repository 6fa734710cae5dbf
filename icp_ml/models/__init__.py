"""Churn and win models, evaluated out of time and explained."""

from __future__ import annotations

from icp_ml.models.fitting import fit_models
from icp_ml.models.storage import load_predictors, save_models
from icp_ml.models.types import Metric, ModelReport, Models, Predictor

__all__ = ["Metric", "ModelReport", "Models", "Predictor", "fit_models", "load_predictors", "save_models"]
