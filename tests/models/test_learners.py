"""Boosted and linear scorers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icp_ml.config.schema import Attribute
from icp_ml.models.learners import PENALTIES, BoostedLearner, LogisticLearner
from icp_ml.models.targets import ChurnTarget, WinTarget

ATTRIBUTES = {
    "x": Attribute(type="number"),
    "level": Attribute(type="category"),
    "tools": Attribute(type="tags"),
}


@pytest.fixture(scope="module")
def data() -> tuple[pd.DataFrame, WinTarget]:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=800),
            "level": pd.Series(rng.choice(["a", "b"], 800), dtype="str"),
            "tools": [tuple(np.array(["p", "q"])[rng.random(2) < 0.5]) for _ in range(800)],
        }
    )
    has_p = np.array(["p" in t for t in frame["tools"]])
    frame.loc[:60, "x"] = np.nan
    eta = frame["x"].fillna(0).to_numpy() + has_p
    return frame, WinTarget(rng.random(800) < 1 / (1 + np.exp(-eta)))


@pytest.mark.parametrize("learner", [BoostedLearner(ATTRIBUTES, 0), LogisticLearner(ATTRIBUTES)], ids=lambda v: v.kind)
def test_contributions_have_one_column_an_attribute_and_add_up(learner, data) -> None:
    scorer = learner.fit(*data, 2)
    contributions = scorer.contributions(data[0])
    assert list(contributions.columns) == ["x", "level", "tools", "base"]
    np.testing.assert_allclose(contributions.sum(axis=1), scorer.margin(data[0]), atol=1e-4)


@pytest.mark.parametrize("learner", [BoostedLearner(ATTRIBUTES, 0), LogisticLearner(ATTRIBUTES)], ids=lambda v: v.kind)
def test_a_path_holds_what_each_setting_gives(learner, data) -> None:
    path = learner.fit_path(*data)
    margins = path.margins(data[0])
    for setting in (0, margins.shape[1] - 1):
        np.testing.assert_allclose(margins[:, setting], path.at(setting).margin(data[0]), atol=1e-6)
        np.testing.assert_allclose(margins[:, setting], learner.fit(*data, setting).margin(data[0]), atol=1e-6)


@pytest.mark.parametrize("learner", [BoostedLearner(ATTRIBUTES, 0), LogisticLearner(ATTRIBUTES)], ids=lambda v: v.kind)
def test_an_unseen_level_is_predicted_as_a_missing_one(learner, data) -> None:
    scorer = learner.fit(*data, 2)
    new, missing = (pd.DataFrame({"x": [0.5], "level": [v], "tools": [("p",)]}) for v in ("never", None))
    assert scorer.margin(new) == scorer.margin(missing)


def test_a_coefficient_against_the_asked_direction_is_left_out(data) -> None:
    falling = ATTRIBUTES | {"x": Attribute(type="number", monotone="decreasing")}
    scorer = LogisticLearner(falling).fit(*data, 0)
    assert [c.name for c in scorer.encoder.dense_columns][:2] == ["x", "x"]
    assert scorer.coefficients[0] == 0.0
    assert scorer.coefficients[1] != 0.0
    assert LogisticLearner(ATTRIBUTES).fit(*data, 0).coefficients[0] > 0.5


def test_a_stronger_penalty_shrinks(data) -> None:
    learner = LogisticLearner(ATTRIBUTES)
    sizes = [np.abs(learner.fit(*data, setting).coefficients).sum() for setting in range(len(PENALTIES))]
    assert sizes == sorted(sizes, reverse=True)


def test_the_poisson_baseline_finds_a_hazard_ratio_in_spite_of_unequal_follow_up() -> None:
    rng = np.random.default_rng(3)
    flag = rng.random(4000) < 0.5
    churn, censored = rng.exponential(np.where(flag, 10.0, 30.0)), rng.uniform(0, 24, 4000)
    target = ChurnTarget(np.minimum(churn, censored), churn <= censored, np.zeros(4000), 12.0)
    frame = pd.DataFrame({"flag": pd.array(flag, dtype="boolean")})
    scorer = LogisticLearner({"flag": Attribute(type="boolean")}).fit(frame, target, 0)
    assert scorer.coefficients[0] == pytest.approx(np.log(3), abs=0.12)


def test_the_poisson_baseline_expects_as_much_churn_as_was_seen() -> None:
    # The score equation of the intercept, which has no penalty; each customer weighs by the churn expected of it.
    rng = np.random.default_rng(4)
    x, left, seen = rng.normal(size=500), rng.exponential(20, 500), rng.uniform(0, 24, 500)
    target = ChurnTarget(np.minimum(left, seen), left <= seen, np.zeros(500), 12.0)
    frame = pd.DataFrame({"x": x + 0.1 * seen})
    scorer = LogisticLearner({"x": Attribute(type="number")}).fit(frame, target, 0)
    assert np.exp(target.offset + scorer.margin(frame)).sum() == pytest.approx(target.label.sum(), rel=1e-3)


def test_trees_keep_the_direction_an_attribute_is_said_to_have(data) -> None:
    line = pd.DataFrame({"x": np.linspace(-3, 3, 50), "level": "a", "tools": [("p",)] * 50})
    steps = {}
    for direction in (None, "decreasing"):
        attributes = ATTRIBUTES | {"x": Attribute(type="number", monotone=direction)}
        steps[direction] = np.diff(BoostedLearner(attributes, 0).fit(*data, 2).margin(line))
    assert steps[None].sum() > 1.0
    assert (steps["decreasing"] <= 0).all()


def test_attributes_without_a_level_frequent_enough_to_encode_tell_nobody_apart() -> None:
    frame = pd.DataFrame({"tech": [(f"tool {i}",) for i in range(40)]})
    attributes = {"tech": Attribute(type="tags")}
    for learner in (BoostedLearner(attributes, 0), LogisticLearner(attributes)):
        scorer = learner.fit(frame, WinTarget(np.arange(40) < 10), 0)
        assert np.ptp(scorer.margin(frame)) == 0.0
        np.testing.assert_allclose(scorer.contributions(frame).sum(axis=1), scorer.margin(frame), atol=1e-6)
