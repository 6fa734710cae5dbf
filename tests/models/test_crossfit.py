"""Cross-fitting: what is held out stays out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icp_ml.config.schema import Attribute
from icp_ml.models.crossfit import assign_folds, cross_fit, scale_contributions
from icp_ml.models.learners import BoostedLearner, LogisticLearner
from icp_ml.models.settings import BoosterSettings
from icp_ml.models.targets import WinLink, WinTarget

ATTRIBUTES = {"x": Attribute(type="number"), "noise": Attribute(type="number")}
LEARNERS = [
    BoostedLearner(ATTRIBUTES, 0, BoosterSettings(rounds=(5, 40))),
    LogisticLearner(ATTRIBUTES),
]


@pytest.fixture(scope="module")
def data() -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(300, 2)), columns=["x", "noise"])
    return frame, rng.random(300) < 1 / (1 + np.exp(-2 * frame["x"].to_numpy()))


@pytest.mark.parametrize("learner", LEARNERS, ids=lambda v: v.kind)
def test_held_out_margins_are_those_of_models_fitted_on_the_other_folds(learner, data) -> None:
    frame, won = data
    fold = assign_folds(won, 4, 0)
    fitted = cross_fit(learner, frame, WinTarget(won), fold)
    for k in range(4):
        others = learner.fit(frame[fold != k], WinTarget(won[fold != k]), fitted.setting)
        np.testing.assert_allclose(fitted.margin[fold == k], others.margin(frame[fold == k]), atol=1e-6)


@pytest.mark.parametrize("learner", LEARNERS, ids=lambda v: v.kind)
def test_the_setting_is_the_one_with_the_least_held_out_log_loss(learner, data) -> None:
    frame, won = data
    fold = assign_folds(won, 4, 0)
    settings = range(2) if learner.kind == "boosted" else range(5)
    losses = []
    for setting in settings:
        margin = np.empty(300)
        for k in range(4):
            others = learner.fit(frame[fold != k], WinTarget(won[fold != k]), setting)
            margin[fold == k] = others.margin(frame[fold == k])
        p = 1 / (1 + np.exp(-margin))
        losses.append(-np.log(np.where(won, p, 1 - p)).mean())
    assert cross_fit(learner, frame, WinTarget(won), fold).setting == int(np.argmin(losses))


@pytest.mark.parametrize("learner", LEARNERS, ids=lambda v: v.kind)
def test_each_account_is_explained_by_the_model_that_never_saw_it(learner, data) -> None:
    frame, won = data
    fold = assign_folds(won, 4, 0)
    fitted = cross_fit(learner, frame, WinTarget(won), fold)
    total = fitted.explain(frame, fold).sum(axis=1)
    np.testing.assert_allclose(total, fitted.link.log_margin(fitted.margin), atol=1e-4)


def test_contributions_are_scaled_so_that_they_add_up_to_the_calibrated_margin() -> None:
    contributions = pd.DataFrame({"a": [1.0, -2.0], "base": [0.5, 0.5]})
    scaled = scale_contributions(contributions, WinLink(intercept=0.1, slope=0.5))
    assert scaled.to_dict("list") == {"a": [0.5, -1.0], "base": [0.35, 0.35]}
    assert contributions["a"].tolist() == [1.0, -2.0]


def test_folds_spread_each_label_evenly_and_follow_the_seed() -> None:
    label = np.array([1.0] * 10 + [0.0] * 25)
    fold = assign_folds(label, 5, 3)
    assert [np.bincount(fold[label == value]).tolist() for value in (1, 0)] == [[2] * 5, [5] * 5]
    assert (fold == assign_folds(label, 5, 3)).all()
    assert (fold != assign_folds(label, 5, 4)).any()
