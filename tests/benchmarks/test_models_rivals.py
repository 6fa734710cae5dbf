"""The models beside ours are run as a practitioner would, and none sees an account it is tested on."""

from __future__ import annotations

import importlib.util

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks.models_plain import Sample, one_hot, plain_frames
from benchmarks.models_rivals import RIVALS, Booster, fit_tuned, tune

OPTUNA = pytest.mark.skipif(importlib.util.find_spec("optuna") is None, reason="optuna is not installed")
INSTALLED = [pytest.param(r, id=r.name, marks=[pytest.mark.skip("not installed")] if r.missing else []) for r in RIVALS]


def customers(seed, n=500):
    """Return customers of whom those with a spreadsheet and below 60 people churn, half of them, and others hardly."""
    rng = np.random.default_rng(seed)
    tags = [("spreadsheets",) if has else ("slack", "jira") for has in rng.random(n) < 0.5]
    frame = pd.DataFrame(
        {
            "people": np.where(rng.random(n) < 0.05, np.nan, rng.integers(1, 200, n)),
            "tools": tags,
            "funded": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "region, long": rng.choice(np.array(["north", "south", None], dtype=object), n, p=[0.45, 0.45, 0.1]),
        },
        index=pd.RangeIndex(seed * n, (seed + 1) * n),
    )
    bad = (frame["people"] < 60).to_numpy() & np.array(["spreadsheets" in t for t in tags])
    return frame, rng.random(n) < np.where(bad, 0.7, 0.05)


def test_levels_and_tags_are_those_of_the_training_accounts():
    train = pd.DataFrame(
        {
            "n": [1.0, np.nan],
            "yes": pd.array([True, None], dtype="boolean"),
            "tag": [("a", "b"), ()],
            "word": ["x", "y"],
        }
    )
    test = pd.DataFrame(
        {
            "n": [5.0, 6.0],
            "yes": pd.array([False, True], dtype="boolean"),
            "tag": [("b", "new"), ("a",)],
            "word": ["never met", "y"],
        },
        index=[7, 8],
    )
    learn, met = plain_frames(train, test)
    assert learn.drop(columns="x4").iloc[0].tolist() == [1.0, 1.0, 1.0, 1.0]
    assert learn.drop(columns="x4").iloc[1].tolist() == pytest.approx([np.nan, np.nan, 0.0, 0.0], nan_ok=True)
    assert met.drop(columns="x4").to_numpy().tolist() == [[5.0, 0.0, 0.0, 1.0], [6.0, 1.0, 1.0, 0.0]]
    assert met["x4"].astype(object).where(met["x4"].notna(), "missing").tolist() == ["missing", "y"]
    assert list(met["x4"].cat.categories) == list(learn["x4"].cat.categories) == ["x", "y"]


def test_a_regression_fills_gaps_with_the_training_median_and_says_where():
    frame = pd.DataFrame({"n": [np.nan, 4.0], "word": pd.Categorical(["x", None], categories=["x", "y"])})
    told = one_hot(frame, pd.Series({"n": 9.0}))
    assert told[["n", "n missing"]].to_numpy().tolist() == [[9.0, 1.0], [4.0, 0.0]]
    assert told.filter(like="word").to_numpy().tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]


@pytest.mark.parametrize("rival", INSTALLED)
def test_each_ranks_later_customers_and_says_the_same_again(rival):
    (known, churned), (met, outcome) = customers(0), customers(1)
    learn, test = plain_frames(known, met)
    found = rival.predict(Sample(learn, churned), test, 2)
    assert found.shape == (len(met),)
    assert roc_auc_score(outcome, found) > 0.65
    assert abs(found.mean() - outcome.mean()) < 0.06
    assert (rival.predict(Sample(learn, churned), test, 2) == found).all()


class Recorded:
    """A booster that remembers what it was fitted on; the deeper it is, the worse it gets."""

    def __init__(self):
        self.calls = []

    def grow(self, settings, learn, watch):
        self.calls.append((settings, set(learn.frame.index), None if watch is None else set(watch.frame.index)))
        return _Constant(0.5 - settings["depth"] / 100), 10 * len(self.calls)


class _Constant:
    def __init__(self, p):
        self.p = p

    def predict_proba(self, frame):
        return np.tile([1 - self.p, self.p], (len(frame), 1))


@OPTUNA
def test_tuning_watches_accounts_it_does_not_learn_from_and_refits_the_best_on_all_with_the_trees_of_the_folds():
    frame, _ = plain_frames(*[customers(0, 60)[0]] * 2)
    half = np.arange(60) % 2 == 0  # a constant of 0.5 is best, so that the least depth is
    made = Recorded()
    booster = Booster("none", lambda trial: {"depth": trial.suggest_int("depth", 1, 40)}, made.grow)
    fit_tuned(booster, Sample(frame, half), frame, 6)
    *trials, (settings, rows, watched) = made.calls
    assert len(trials) == 6 * 3
    for _, learnt, watching in trials:
        assert learnt | watching == set(frame.index)
        assert not learnt & watching
    best = min(range(6), key=lambda k: trials[3 * k][0]["depth"])
    assert settings == {"depth": trials[3 * best][0]["depth"], "n_estimators": 10 * (3 * best + 2)}
    assert (rows, watched) == (set(frame.index), None)


@OPTUNA
def test_more_trials_never_tune_worse():
    frame, _ = plain_frames(*[customers(0, 60)[0]] * 2)
    half = np.arange(60) % 2 == 0
    booster = Booster("none", lambda trial: {"depth": trial.suggest_int("depth", 1, 40)}, Recorded().grow)
    found = [tune(booster, Sample(frame, half), trials)["depth"] for trials in (1, 10)]
    assert found[1] <= found[0]
