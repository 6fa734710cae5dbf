"""What a fitted model hands on: predictions, explanations, figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Metric:
    """One figure of model quality, out of time unless ``split`` says otherwise.

    ``name`` is a lower_snake metric name, ``model`` is ``boosted``, ``logistic`` or ``base_rate``.
    """

    name: str
    model: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int = 0
    split: str = "out_of_time"


class Predictor(Protocol):
    """A fitted model of one outcome."""

    @property
    def kind(self) -> str:
        """``boosted``, ``logistic`` or ``base_rate``."""
        ...

    @property
    def outcome(self) -> str:
        """``churn`` or ``win``."""
        ...

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        """Probability of churn within the horizon, or of winning, shape (len(frame),); frame holds typed attributes."""
        ...

    def explain(self, frame: pd.DataFrame) -> pd.DataFrame:
        """SHAP values on the log scale: one column an attribute plus ``base``; rows add up to the model's margin."""
        ...


@dataclass(frozen=True)
class ModelReport:
    """One outcome's model with what was measured of it.

    Parameters
    ----------
    outcome : str
        ``churn`` or ``win``.
    predictor : Predictor
        What ships: refitted on everything; the figures beside it are out of time.
    verdict : str
        Plain sentence: what ships and why (beats the base rate or not, beats the logistic or not).
    metrics : tuple of Metric
        With intervals, for boosted, logistic and base_rate.
    importance : DataFrame
        ``attribute``, ``mean_abs_shap``, sorted; of the shipped model.
    levels : DataFrame
        ``attribute``, ``level`` (readable), ``mean_shap``, ``n``: what each level or number bin adds.
    reliability : DataFrame
        ``predicted``, ``observed``, ``low``, ``high``, ``n``: out-of-time calibration by bins.
    oof : DataFrame
        Indexed by account_id (training accounts): ``prediction`` (out of fold) .
    oof_shap : DataFrame
        Out-of-fold SHAP values, indexed by account_id, for every decided account of the cohort; one column an
        attribute.
    extrapolated : bool
        Whether the full horizon lies beyond what follow-up supports.
    holdout : DataFrame
        The later accounts behind ``metrics``, from :func:`icp_ml.models.evaluation.held_out_frame`; empty where none
        was kept.
    """

    outcome: str
    predictor: Predictor
    verdict: str
    metrics: tuple[Metric, ...]
    importance: pd.DataFrame
    levels: pd.DataFrame
    reliability: pd.DataFrame
    oof: pd.DataFrame
    oof_shap: pd.DataFrame
    extrapolated: bool = False
    holdout: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True)
class Models:
    """The models of a release; one that could not be trained is None, with the reason in ``absent``."""

    churn: ModelReport | None
    win: ModelReport | None
    absent: dict[str, str] = field(default_factory=dict)
