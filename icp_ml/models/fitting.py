"""Fit, judge and explain the churn and win models of a cohort."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Attribute, Config
from icp_ml.errors import ConfigError, nearest
from icp_ml.models.boosting import Trainer, train_booster
from icp_ml.models.calibration import judge_calibration
from icp_ml.models.crossfit import FOLDS, CrossFit, assign_folds, cross_fit
from icp_ml.models.effects import importance, level_effects
from icp_ml.models.evaluation import Scores, reliability, score
from icp_ml.models.explained import explain_model
from icp_ml.models.history import Records, churn_records, win_records
from icp_ml.models.holdout import HoldOut, cross_validated, held_out_frame, hold_out
from icp_ml.models.learners import learner_of
from icp_ml.models.learning_curve import learning_curve
from icp_ml.models.predictors import FittedPredictor
from icp_ml.models.profit import acting_profit
from icp_ml.models.selection import choose, confirm
from icp_ml.models.settings import BUILT_IN, BoosterSettings, ModelSettings
from icp_ml.models.survival_view import survival_view
from icp_ml.models.targets import ChurnTarget, Target
from icp_ml.models.types import ModelReport, Models
from icp_ml.models.updating import Update
from icp_ml.survival import supported_horizon

_LEAST_ACCOUNTS = 40
_LEAST_EACH = 10
"""Under these counts not even the base rate is worth shipping as a forecast."""

_WORDS = {
    "churn": ("a churn", "customers", "churned within the horizon"),
    "win": ("a win", "decided accounts", "won"),
    "early_churn": ("an early-life churn", "customers still there after the window", "churned within the horizon"),
}


def fit_models(
    cohort: Cohort,
    config: Config,
    usable: Sequence[str],
    progress: Callable[[str], None] = lambda message: None,
    settings: ModelSettings | None = None,
    trainers: Mapping[str, Trainer] | None = None,
) -> Models:
    """Fit the churn and the win model.

    Parameters
    ----------
    cohort : Cohort
        One row an account.
    config : Config
        Attribute types, monotone directions and the seed.
    usable : sequence of str
        Attributes the models may use: leaks and ignored ones already left out, ``adjust`` ones included.
    progress : callable, optional
        Told in words what is being done.
    settings : ModelSettings, optional
        How trees are grown, as ``icp train`` found it; the built-in ones if not given.
    trainers : mapping, optional
        By outcome, what grows its trees; in memory if not given.

    Returns
    -------
    Models
        An outcome that cannot be modelled is None, with the reason in ``absent``.

    Raises
    ------
    ConfigError
        If a usable attribute is not declared.
    """
    attributes = model_attributes(config, usable)
    measured, absent = model_records(cohort, attributes)
    reports: dict[str, ModelReport | None] = {"churn": None, "win": None}
    for outcome, records in measured.items():
        decided = cohort.attributes.loc[cohort.decided | cohort.customers, list(attributes)]
        grown = (settings or ModelSettings()).of(outcome)
        train = (trainers or {}).get(outcome, train_booster)
        report = fit_outcome(records, decided, attributes, config.seed, progress, grown, train=train)
        reports[outcome] = _with_profit(report, cohort, config)
    return Models(reports["churn"], reports["win"], absent)


def fit_outcome(
    records: Records,
    decided: pd.DataFrame,
    attributes: Mapping[str, Attribute],
    random_state: int,
    progress: Callable[[str], None] = lambda message: None,
    settings: BoosterSettings = BUILT_IN,
    held: HoldOut | None = None,
    train: Trainer = train_booster,
) -> ModelReport:
    """Judge the kinds of models of one outcome, refit the one that ships on everything, and explain it.

    Parameters
    ----------
    records : Records
        Accounts with the outcome.
    decided : DataFrame
        Attributes of every decided account, those of the records among them; all are explained out of fold.
    attributes : mapping of str to Attribute
        What the models may use.
    random_state : int
        Seed of folds, trees and resamples.
    progress : callable, optional
        Told in words what is being done.
    settings : BoosterSettings, optional
        How boosted trees are grown.
    held : HoldOut, optional
        What :func:`icp_ml.models.holdout.hold_out` gave for the same arguments, to judge by; made if not given.
    train : Trainer, optional
        What grows boosted trees; those of the learning curve, which ship nowhere, are grown in memory all the same.

    Returns
    -------
    ModelReport
    """
    outcome = records.target.outcome
    progress(f"{outcome} model: testing on later accounts")
    scores = score(held or hold_out(records, attributes, random_state, settings, train=train), random_state)
    progress(f"{outcome} model: fitting on {len(records.frame):,} accounts")
    fold = assign_folds(records.target.label, FOLDS, random_state)
    fitted = {
        kind: cross_fit(
            learner_of(kind, attributes, random_state, settings, train), records.frame, records.target, fold
        )
        for kind in ("boosted", "logistic")
    }
    choice = choose(scores, _cross_validated(fitted, records, scores, random_state))
    choice = confirm(choice, fitted[choice.kind].link.slope if choice.kind in fitted else 0.0)
    shipped = _updated(fitted.get(choice.kind), scores.holdout.updates.get(choice.kind))
    predictor = _predictor(choice.kind, shipped, records, attributes)
    everyone = _folds_of_all(records.frame.index, decided.index, fold, random_state)
    shap_values = _explained(shipped, predictor, decided, everyone)
    training = shap_values.loc[records.frame.index]
    if choice.kind == "logistic" and choice.boosted_has_skill:
        shap_values = _explained(fitted["boosted"], predictor, decided, everyone)
    progress(f"{outcome} model: explaining")
    explained = explain_model(shipped, predictor, records.frame, records.target, training, attributes, random_state)
    progress(f"{outcome} model: learning from fewer accounts")
    curve = learning_curve(records, scores.holdout, choice.kind, attributes, random_state, settings)
    calibration = judge_calibration(scores, choice.kind)
    return ModelReport(
        outcome=outcome,
        predictor=predictor,
        verdict=f"{choice.verdict} {calibration.sentence}",
        metrics=scores.metrics(),
        importance=importance(training),
        levels=level_effects(records.frame, training, attributes),
        reliability=reliability(scores.holdout, records.target, choice.kind),
        oof=_out_of_fold(shipped, predictor, records),
        oof_shap=shap_values,
        extrapolated=_extrapolated(records.target),
        holdout=held_out_frame(records, scores.holdout, choice.kind),
        learning=curve,
        explained=explained,
        calibration=calibration,
        by_month=_by_month(scores.holdout, records.target, choice.kind),
    )


def _by_month(holdout: HoldOut, target: Target, kind: str) -> pd.DataFrame:
    """Return churn month by month; empty for winning."""
    return survival_view(holdout, target, kind) if isinstance(target, ChurnTarget) else pd.DataFrame()


def _with_profit(report: ModelReport, cohort: Cohort, config: Config) -> ModelReport:
    """Add what acting on the forecasts would have earned."""
    split = report.metrics[0].split
    profit = acting_profit(cohort, config.economics, report.holdout, report.outcome, split, config.seed)
    return replace(report, metrics=report.metrics + profit.metrics, no_profit=profit.absent)


def model_records(cohort: Cohort, attributes: Mapping[str, Attribute]) -> tuple[dict[str, Records], dict[str, str]]:
    """Return what each outcome's model learns from, and why an outcome that cannot be modelled has none."""
    makers: dict[str, Callable[[Cohort, list[str]], Records]] = {"churn": churn_records, "win": win_records}
    measured: dict[str, Records] = {}
    absent: dict[str, str] = {}
    for outcome, make in makers.items():
        if reason := _unmeasured(cohort, outcome):
            absent[outcome] = reason
            continue
        records = make(cohort, list(attributes))
        if reason := too_little(records.target, attributes):
            absent[outcome] = reason
        else:
            measured[outcome] = records
    return measured, absent


def model_attributes(config: Config, usable: Sequence[str]) -> dict[str, Attribute]:
    """Look up the usable attributes.

    Raises
    ------
    ConfigError
        If one is not declared.
    """
    for name in usable:
        if name not in config.attributes:
            raise ConfigError(
                f"attribute {name!r} must be declared under 'attributes'{nearest(name, config.attributes)}; "
                "declare it there, or correct the name"
            )
    return {name: config.attributes[name] for name in usable}


def _unmeasured(cohort: Cohort, outcome: str) -> str | None:
    """Why an outcome was not measured at all, None where it was."""
    if outcome == "churn" and not cohort.has_churn:
        return "churn was not measured: there are no customers to follow"
    if outcome == "win" and not cohort.has_wins:
        return "winning was not measured: there are no won and lost deals to compare"
    return None


def too_little(target: Target, attributes: Mapping[str, Attribute]) -> str | None:
    """Why there is too little to model, None where there is enough."""
    if not attributes:
        return "no attribute may be used: every one is set aside as a leak or ignored"
    n, events = len(target.label), int(target.label.sum())
    model, *words = _WORDS[target.outcome]
    if n < _LEAST_ACCOUNTS or min(events, n - events) < _LEAST_EACH:
        return (
            f"{model} model needs at least {_LEAST_ACCOUNTS} {words[0]}, {_LEAST_EACH} of whom {words[1]} "
            f"and {_LEAST_EACH} did not; found {n:,} {words[0]}, of whom {events:,} {words[1]}"
        )
    return None


def _cross_validated(
    fitted: Mapping[str, CrossFit], records: Records, scores: Scores, random_state: int
) -> Scores | None:
    """Figures of the cross-fitted models on everybody; None where the hold-out is cross-validated itself."""
    if scores.holdout.split != "out_of_time":
        return None
    margins = {kind: (one.link, one.margin) for kind, one in fitted.items()}
    return score(cross_validated(records, margins), random_state)


def _updated(shipped: CrossFit | None, update: Update | None) -> CrossFit | None:
    """Put into what ships what later accounts showed of its kind."""
    return shipped if shipped is None or update is None else replace(shipped, link=update.of(shipped.link))


def _predictor(
    kind: str, shipped: CrossFit | None, records: Records, attributes: Mapping[str, Attribute]
) -> FittedPredictor:
    """Refit what ships on everything."""
    outcome, names = records.target.outcome, tuple(attributes)
    if shipped is None:
        return FittedPredictor(kind, outcome, names, records.target.link(np.zeros(len(records.frame))))
    return FittedPredictor(kind, outcome, names, shipped.link, shipped.refit(records.frame, records.target))


def _folds_of_all(trained: pd.Index, decided: pd.Index, fold: np.ndarray, random_state: int) -> np.ndarray:
    """Give every decided account a fold, those not trained on at random, so that all are explained alike."""
    drawn = np.random.default_rng(random_state).permutation(len(decided)) % FOLDS
    known = pd.Series(fold, index=trained).reindex(decided).to_numpy(dtype=float)
    return np.where(np.isnan(known), drawn, known).astype(int)


def _explained(
    fitted: CrossFit | None, predictor: FittedPredictor, decided: pd.DataFrame, fold: np.ndarray
) -> pd.DataFrame:
    """Return out-of-fold SHAP values of every decided account; zeros for the base rate."""
    if fitted is None:
        return predictor.explain(decided)
    return fitted.explain(decided, fold).reindex(columns=[*predictor.attributes, "base"]).fillna(0.0)


def _out_of_fold(shipped: CrossFit | None, predictor: FittedPredictor, records: Records) -> pd.DataFrame:
    """Out-of-fold predictions of the training accounts."""
    margin = np.zeros(len(records.frame)) if shipped is None else shipped.margin
    return pd.DataFrame({"prediction": predictor.link.probability(margin)}, index=records.frame.index)


def _extrapolated(target: Target) -> bool:
    """Whether fewer than 30 are at risk at the churn horizon."""
    if not isinstance(target, ChurnTarget):
        return False
    return supported_horizon(target.time, target.event, int(target.horizon), entry=target.entry) != target.horizon
