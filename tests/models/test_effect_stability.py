"""What holds when the model is fitted on other accounts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from icp_ml.config.schema import Attribute
from icp_ml.models.crossfit import CrossFit, assign_folds, cross_fit
from icp_ml.models.effect_stability import effect_stability, half_refits
from icp_ml.models.learners import LogisticLearner
from icp_ml.models.targets import WinTarget

ATTRIBUTES = {"strong": Attribute(type="number"), "flag": Attribute(type="boolean"), "noise": Attribute(type="number")}


def _fitted(n: int = 600) -> tuple[CrossFit, pd.DataFrame, WinTarget]:
    rng = np.random.default_rng(1)
    flag = pd.array(rng.random(n) < 0.5, dtype="boolean")
    frame = pd.DataFrame({"strong": rng.normal(size=n), "flag": flag, "noise": rng.normal(size=n)})
    eta = 1.5 * frame["strong"] + 0.8 * flag.to_numpy(dtype=float)
    target = WinTarget((rng.random(n) < 1 / (1 + np.exp(-eta))).to_numpy())
    return cross_fit(LogisticLearner(ATTRIBUTES), frame, target, assign_folds(target.label, 5, 0)), frame, target


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    fitted, frame, target = _fitted()
    values = fitted.explain(frame, fitted.fold)
    return effect_stability(fitted, frame, target, values, ATTRIBUTES, 7).set_index("attribute")


def test_planted_attributes_are_stable_and_noise_is_not(found: pd.DataFrame) -> None:
    assert found.index.tolist() == ["strong", "flag", "noise"]
    assert found["stable"].tolist() == [True, True, False]
    assert found.loc[["strong", "flag"], "agreeing"].tolist() == [8, 8]
    assert found["rank_low"].tolist()[0] == found["rank_high"].tolist()[0] == 1


def test_the_interval_lies_around_the_share_and_shares_add_up(found: pd.DataFrame) -> None:
    assert found["share"].sum() == pytest.approx(1.0)
    assert ((found["low"] < found["share"]) & (found["share"] < found["high"])).all()
    assert found.loc["strong", "high"] - found.loc["strong", "low"] > 0.02


def test_each_refit_learns_from_half_and_its_pair_from_the_other_half() -> None:
    fitted, frame, target = _fitted(100)
    seen: list[list[int]] = []

    class Recording(LogisticLearner):
        def fit(self, frame, target, setting):
            seen.append(frame.index.tolist())
            return super().fit(frame, target, setting)

    half_refits(replace(fitted, learner=Recording(ATTRIBUTES)), frame, target, 3)
    assert len(seen) == 8
    for first, second in zip(seen[::2], seen[1::2], strict=True):
        assert sorted(first + second) == list(range(100))
        assert len(first) == 50
    assert seen[0] != seen[2]


def test_a_refit_that_turns_the_effect_round_does_not_agree() -> None:
    fitted, frame, target = _fitted()
    values = fitted.explain(frame, fitted.fold)
    turned = values.assign(strong=-values["strong"])
    found = effect_stability(fitted, frame, target, turned, ATTRIBUTES, 7).set_index("attribute")
    assert found.loc["strong", "agreeing"] == 0
    assert not found.loc["strong", "stable"]


def test_the_same_seed_gives_the_same_table(found: pd.DataFrame) -> None:
    fitted, frame, target = _fitted()
    again = effect_stability(fitted, frame, target, fitted.explain(frame, fitted.fold), ATTRIBUTES, 7)
    pd.testing.assert_frame_equal(again.set_index("attribute"), found)
