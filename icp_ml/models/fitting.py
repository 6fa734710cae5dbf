"""Fit, judge and explain the churn and win models of a cohort."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Attribute, Config
from icp_ml.errors import ConfigError, nearest
from icp_ml.models.crossfit import FOLDS, CrossFit, assign_folds, cross_fit
from icp_ml.models.effects import importance, level_effects
from icp_ml.models.evaluation import held_out_frame, hold_out, reliability, score
from icp_ml.models.history import Records, churn_records, win_records
from icp_ml.models.learners import BoostedLearner, Learner, LogisticLearner
from icp_ml.models.predictors import FittedPredictor
from icp_ml.models.selection import choose, confirm
from icp_ml.models.settings import BUILT_IN, BoosterSettings, ModelSettings
from icp_ml.models.targets import ChurnTarget, Target
from icp_ml.models.types import ModelReport, Models
from icp_ml.survival import supported_horizon

_LEAST_ACCOUNTS = 40
_LEAST_EACH = 10
"""Under these counts not even the base rate is worth shipping as a forecast."""


def fit_models(
    cohort: Cohort,
    config: Config,
    usable: Sequence[str],
    progress: Callable[[str], None] = lambda message: None,
    settings: ModelSettings | None = None,
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

    Returns
    -------
    Models
        An outcome that cannot be modelled is None, with the reason in ``absent``.

    Raises
    ------
    ConfigError
        If a usable attribute is not declared.
    """
    attributes = _attributes(config, usable)
    reports: dict[str, ModelReport | None] = {"churn": None, "win": None}
    absent: dict[str, str] = {}
    makers: dict[str, Callable[[Cohort, list[str]], Records]] = {"churn": churn_records, "win": win_records}
    for outcome, make in makers.items():
        if reason := _unmeasured(cohort, outcome):
            absent[outcome] = reason
            continue
        records = make(cohort, list(attributes))
        if reason := _too_little(records.target, attributes):
            absent[outcome] = reason
            continue
        decided = cohort.attributes.loc[cohort.decided | cohort.customers, list(attributes)]
        reports[outcome] = fit_outcome(
            records, decided, attributes, config.seed, progress, (settings or ModelSettings()).of(outcome)
        )
    return Models(reports["churn"], reports["win"], absent)


def fit_outcome(
    records: Records,
    decided: pd.DataFrame,
    attributes: Mapping[str, Attribute],
    random_state: int,
    progress: Callable[[str], None] = lambda message: None,
    settings: BoosterSettings = BUILT_IN,
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

    Returns
    -------
    ModelReport
    """
    outcome = records.target.outcome
    progress(f"{outcome} model: testing on later accounts")
    scores = score(hold_out(records, attributes, random_state, settings), random_state)
    choice = choose(scores)
    progress(f"{outcome} model: fitting on {len(records.frame):,} accounts")
    fold = assign_folds(records.target.label, FOLDS, random_state)
    shipped = _cross_fitted(choice.kind, records, _Recipe(attributes, random_state, settings), fold)
    choice = confirm(choice, shipped.link.slope if shipped else 0.0)
    shipped = None if choice.kind == "base_rate" else shipped
    predictor = _predictor(choice.kind, shipped, records, attributes)
    everyone = _folds_of_all(records.frame.index, decided.index, fold, random_state)
    shap_values = _explained(shipped, predictor, decided, everyone)
    training = shap_values.loc[records.frame.index]
    if choice.kind == "logistic" and choice.boosted_has_skill:
        boosted = _cross_fitted("boosted", records, _Recipe(attributes, random_state, settings), fold)
        shap_values = _explained(boosted, predictor, decided, everyone)
    return ModelReport(
        outcome=outcome,
        predictor=predictor,
        verdict=choice.verdict,
        metrics=scores.metrics(),
        importance=importance(training),
        levels=level_effects(records.frame, training, attributes),
        reliability=reliability(scores.holdout, records.target, choice.kind),
        oof=_out_of_fold(shipped, predictor, records),
        oof_shap=shap_values,
        extrapolated=_extrapolated(records.target),
        holdout=held_out_frame(records, scores.holdout, choice.kind),
    )


def _attributes(config: Config, usable: Sequence[str]) -> dict[str, Attribute]:
    """Look up the usable attributes."""
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


def _too_little(target: Target, attributes: Mapping[str, Attribute]) -> str | None:
    """Why there is too little to model, None where there is enough."""
    if not attributes:
        return "no attribute may be used: every one is set aside as a leak or ignored"
    n, events = len(target.label), int(target.label.sum())
    words = {"churn": ("customers", "churned within the horizon"), "win": ("decided accounts", "won")}[target.outcome]
    if n < _LEAST_ACCOUNTS or min(events, n - events) < _LEAST_EACH:
        return (
            f"a {target.outcome} model needs at least {_LEAST_ACCOUNTS} {words[0]}, {_LEAST_EACH} of whom {words[1]} "
            f"and {_LEAST_EACH} did not; found {n:,} {words[0]}, of whom {events:,} {words[1]}"
        )
    return None


@dataclass(frozen=True)
class _Recipe:
    """What learners are made from."""

    attributes: Mapping[str, Attribute]
    random_state: int
    settings: BoosterSettings

    def learner(self, kind: str) -> Learner:
        if kind == "logistic":
            return LogisticLearner(self.attributes)
        return BoostedLearner(self.attributes, self.random_state, self.settings)


def _cross_fitted(kind: str, records: Records, recipe: _Recipe, fold: np.ndarray) -> CrossFit | None:
    """Cross-fit a kind on everything; the base rate has nothing to fit."""
    if kind == "base_rate":
        return None
    return cross_fit(recipe.learner(kind), records.frame, records.target, fold)


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
