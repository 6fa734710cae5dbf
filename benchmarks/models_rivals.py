"""Models as a practitioner would fit them: libraries' defaults, and tuned by Optuna inside the training set.

All are given the same training rows with a plain label, numbers with gaps, native categories and a column for each
tag; each runs in one thread. Tuning is three-fold cross-validation by log loss with early stopping in every trial, then
a refit on the whole training set with the number of trees that the folds stopped at. A package that is not installed is
told as absent.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegressionCV
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.models_plain import Sample, one_hot

INNER_FOLDS = 3
MOST_TREES = 1000
PATIENCE = 50
SEED = 7

Settings = dict[str, Any]


Grow = Callable[[Settings, Sample, Sample | None], tuple[Any, int]]


@dataclass(frozen=True)
class Booster:
    """A library: what to import, where its settings are looked for, and how it is fitted.

    ``suggest`` takes an Optuna trial; ``grow`` stops early on the second sample where there is one, and returns the
    model with its number of trees.
    """

    package: str
    suggest: Callable[[Any], Settings]
    grow: Grow


@dataclass(frozen=True)
class Rival:
    """A model beside ours: the packages it needs, and a function from training and trials to probabilities."""

    name: str
    packages: tuple[str, ...]
    predict: Callable[[Sample, pd.DataFrame, int], np.ndarray]
    tuned: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """Packages that are not installed."""
        return tuple(name for name in self.packages if importlib.util.find_spec(name) is None)

    @property
    def versions(self) -> str:
        """The packages with their versions, in words."""
        return " ".join(f"{name} {importlib.import_module(name).__version__}" for name in self.packages)


def fit_defaults(booster: Booster, learn: Sample, test: pd.DataFrame, trials: int) -> np.ndarray:
    """Fit a library as it comes."""
    model, _ = booster.grow({}, learn, None)
    return _probabilities(model, test)


def fit_tuned(booster: Booster, learn: Sample, test: pd.DataFrame, trials: int) -> np.ndarray:
    """Fit a library at the settings found in ``trials`` trials."""
    model, _ = booster.grow(tune(booster, learn, trials), learn, None)
    return _probabilities(model, test)


def tune(booster: Booster, learn: Sample, trials: int) -> Settings:
    """Return the settings with the least log loss in cross-validation, the number of trees among them."""
    optuna = importlib.import_module("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    folds = list(StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=SEED).split(learn.frame, learn.label))

    def held_out_loss(trial: Any) -> float:
        settings = booster.suggest(trial) | {"n_estimators": MOST_TREES}
        losses, trees = [], []
        for a, b in folds:
            watch = learn.take(b)
            model, stopped_at = booster.grow(settings, learn.take(a), watch)
            losses.append(log_loss(watch.label, _probabilities(model, watch.frame)))
            trees.append(stopped_at)
        trial.set_user_attr("trees", max(1, round(float(np.mean(trees)))))
        return float(np.mean(losses))

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=SEED))
    study.optimize(held_out_loss, n_trials=trials)
    return study.best_params | {"n_estimators": study.best_trial.user_attrs["trees"]}


def fit_logistic(learn: Sample, test: pd.DataFrame, trials: int) -> np.ndarray:
    """Fit a ridge-penalised logistic regression on one-hot columns, its penalty chosen by inner cross-validation."""
    design = one_hot(learn.frame)
    columns = design.columns
    ridge = LogisticRegressionCV(
        Cs=np.logspace(-4, 1, 8), cv=5, scoring="neg_log_loss", l1_ratios=(0,), use_legacy_attributes=False,
        max_iter=2000,
    )  # fmt: skip
    model = make_pipeline(StandardScaler(), ridge).fit(design.to_numpy(), learn.label)
    middle = learn.frame.median(numeric_only=True)
    return _probabilities(model, one_hot(test, middle).reindex(columns=columns, fill_value=0.0).to_numpy())


def _probabilities(model: Any, frame: Any) -> np.ndarray:
    return np.asarray(model.predict_proba(frame)[:, 1], dtype=float)


def _suggest_xgboost(trial: Any) -> Settings:
    return {
        "max_depth": trial.suggest_int("max_depth", 2, 8),
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
        "min_child_weight": trial.suggest_float("min_child_weight", 1.0, 30.0, log=True),
        "subsample": trial.suggest_float("subsample", 0.5, 1.0),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.4, 1.0),
        "reg_lambda": trial.suggest_float("reg_lambda", 0.01, 30.0, log=True),
    }


def _grow_xgboost(settings: Settings, learn: Sample, watch: Sample | None) -> tuple[Any, int]:
    xgboost = importlib.import_module("xgboost")
    stop = {} if watch is None else {"early_stopping_rounds": PATIENCE, "eval_metric": "logloss"}
    model = xgboost.XGBClassifier(enable_categorical=True, n_jobs=1, random_state=SEED, **stop, **settings)
    watched = None if watch is None else [(watch.frame, watch.label)]
    model.fit(learn.frame, learn.label, eval_set=watched, verbose=False)
    return model, 0 if watch is None else model.best_iteration + 1


def _suggest_lightgbm(trial: Any) -> Settings:
    return {
        "num_leaves": trial.suggest_int("num_leaves", 4, 64, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
        "min_child_samples": trial.suggest_int("min_child_samples", 5, 100, log=True),
        "subsample": trial.suggest_float("subsample", 0.5, 1.0),
        "colsample_bytree": trial.suggest_float("colsample_bytree", 0.4, 1.0),
        "reg_lambda": trial.suggest_float("reg_lambda", 0.001, 30.0, log=True),
    }


def _grow_lightgbm(settings: Settings, learn: Sample, watch: Sample | None) -> tuple[Any, int]:
    lightgbm = importlib.import_module("lightgbm")
    rows = {"subsample_freq": 1} if "subsample" in settings else {}  # without it no rows are sampled
    model = lightgbm.LGBMClassifier(n_jobs=1, random_state=SEED, verbosity=-1, **rows, **settings)
    if watch is None:
        return model.fit(learn.frame, learn.label), 0
    stop = lightgbm.early_stopping(PATIENCE, verbose=False)
    model.fit(
        learn.frame, learn.label, eval_X=watch.frame, eval_y=watch.label,
        eval_metric="binary_logloss", callbacks=[stop],
    )  # fmt: skip
    return model, model.best_iteration_


def _suggest_catboost(trial: Any) -> Settings:
    return {
        "depth": trial.suggest_int("depth", 3, 8),
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.2, log=True),
        "l2_leaf_reg": trial.suggest_float("l2_leaf_reg", 1.0, 30.0, log=True),
        "random_strength": trial.suggest_float("random_strength", 0.1, 10.0, log=True),
        "bagging_temperature": trial.suggest_float("bagging_temperature", 0.0, 1.0),
    }


def _grow_catboost(settings: Settings, learn: Sample, watch: Sample | None) -> tuple[Any, int]:
    catboost = importlib.import_module("catboost")
    words = list(learn.frame.select_dtypes("category"))
    model = catboost.CatBoostClassifier(
        cat_features=words, thread_count=1, random_seed=SEED, verbose=False, allow_writing_files=False, **settings
    )
    if watch is None:
        return _Worded(model.fit(_worded(learn.frame), learn.label)), 0
    watched = (_worded(watch.frame), watch.label)
    model.fit(_worded(learn.frame), learn.label, eval_set=watched, early_stopping_rounds=PATIENCE)
    return _Worded(model), model.tree_count_


@dataclass(frozen=True)
class _Worded:
    """CatBoost over the frames that the others take: it has no missing category, so that missing is a level."""

    model: Any

    def predict_proba(self, frame: pd.DataFrame) -> np.ndarray:
        return np.asarray(self.model.predict_proba(_worded(frame)))


def _worded(frame: pd.DataFrame) -> pd.DataFrame:
    words = frame.select_dtypes("category")
    return frame.assign(**{str(c): words[c].astype(object).where(words[c].notna(), "missing") for c in words})


_LIBRARIES = (
    ("XGBoost", Booster("xgboost", _suggest_xgboost, _grow_xgboost)),
    ("LightGBM", Booster("lightgbm", _suggest_lightgbm, _grow_lightgbm)),
    ("CatBoost", Booster("catboost", _suggest_catboost, _grow_catboost)),
)
LOGISTIC = Rival("penalised logistic", (), fit_logistic)
DEFAULTS = tuple(Rival(f"default {name}", (b.package,), partial(fit_defaults, b)) for name, b in _LIBRARIES)
TUNED = tuple(Rival(f"tuned {name}", (b.package, "optuna"), partial(fit_tuned, b), True) for name, b in _LIBRARIES)
RIVALS = (LOGISTIC, *DEFAULTS, *TUNED)
