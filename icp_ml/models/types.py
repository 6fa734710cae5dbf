"""What a fitted model hands on: predictions, explanations, figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

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
class LearningCurve:
    """How good the forecasts are by the number of accounts learned from.

    Parameters
    ----------
    table : DataFrame
        ``learned_from`` (accounts, the mean over the cut-offs), ``auc``, ``brier``, each with ``_low`` and ``_high``,
        and ``n`` (tested accounts, the same in every row); empty where it could not be drawn.
    sentence : str
        Whether more data would probably help.
    absent : str
        Why there is none, else empty.
    """

    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    sentence: str = ""
    absent: str = ""


@dataclass(frozen=True)
class Interaction:
    """Two attributes whose effects do not simply add up.

    Parameters
    ----------
    first, second : str
        The attributes.
    share : float
        Part of all that attributes add to the predictions, on the log scale, which this pair makes up.
    p_value : float
        Of the pair among accounts the models did not see, corrected for the number of pairs looked at.
    cell : tuple of str
        In words, the level of each where the pair moves the chance most, upwards if it does there too.
    n : int
        Accounts in the cell.
    effect : float
        What the pair adds there on the log scale, mean.
    points : float
        The same as a change of the chance, at an account that is average but for these two levels.
    agreeing, refits : int
        How many of the cross-fitted models give the cell this sign.
    """

    first: str
    second: str
    share: float
    p_value: float
    cell: tuple[str, str]
    n: int
    effect: float
    points: float
    agreeing: int
    refits: int


@dataclass(frozen=True)
class Explained:
    """What the shipped model's answers rest on.

    Parameters
    ----------
    chance : float
        The average chance, at which points are told; NaN where nothing was explained.
    dependence : tuple of dict
        From :func:`icp_ml.models.effects.dependence`, of the attributes that matter most.
    stability : DataFrame
        From :func:`icp_ml.models.effect_stability.effect_stability`; empty where the model looks at nothing.
    interactions : tuple of Interaction
        Those that held-out accounts bear out.
    no_interactions : str
        Why there are none, else empty.
    additivity : dict
        ``gap`` (largest, log scale) between a prediction and its explanation added up, ``computed_apart`` (largest gap
        to SHAP values computed by another algorithm; boosted models only), ``accounts`` checked and ``tolerance``.
    """

    chance: float = float("nan")
    dependence: tuple[dict[str, Any], ...] = ()
    stability: pd.DataFrame = field(default_factory=pd.DataFrame)
    interactions: tuple[Interaction, ...] = ()
    no_interactions: str = ""
    additivity: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Calibration:
    """What the percentages of the shipped model are.

    Parameters
    ----------
    probabilities : bool
        Whether they may be called so.
    level_off : bool
        Whether they were clearly too high or too low altogether, so that only the order of accounts is told.
    sentence : str
        The same in words, with the figures.
    """

    probabilities: bool = False
    level_off: bool = False
    sentence: str = ""


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
        The later accounts behind ``metrics``, from :func:`icp_ml.models.holdout.held_out_frame`; empty where none
        was kept.
    learning : LearningCurve
        Whether more accounts would help.
    no_profit : str
        Why ``metrics`` holds no figure in money, empty where it does.
    explained : Explained
        What the shipped model's answers rest on.
    calibration : Calibration
        Whether its percentages may be called probabilities.
    by_month : DataFrame
        Churn month by month, from :func:`icp_ml.models.survival_view.survival_view`; empty for winning.
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
    learning: LearningCurve = field(default_factory=LearningCurve)
    no_profit: str = ""
    explained: Explained = field(default_factory=Explained)
    calibration: Calibration = field(default_factory=Calibration)
    by_month: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True)
class Models:
    """The models of a release; one that could not be trained is None, with the reason in ``absent``.

    Criteria, segments and the score rest on ``churn`` and ``win`` alone: ``early_churn``, for customer success, knows
    what was seen after the sale, and is set only when a release is written.
    """

    churn: ModelReport | None
    win: ModelReport | None
    absent: dict[str, str] = field(default_factory=dict)
    early_churn: ModelReport | None = None
