"""Trees summed question by question, against xgboost's own sum: the same bits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icp_ml.models import boosting, tree_margins
from icp_ml.models.boosting import Booster, encoded_values, train_booster
from icp_ml.models.settings import BUILT_IN, BoosterSettings
from icp_ml.models.tree_margins import SmallTrees

LEVELS = pd.Index([f"level {i}" for i in range(12)])


def drawn(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Draw numbers with gaps, a category with unknown levels, ranks and flags."""
    numbers = {f"n{i}": np.where(rng.random(rows) < 0.2, np.nan, rng.lognormal(3, 2, rows)) for i in range(3)}
    category = pd.Categorical.from_codes(rng.integers(-1, 12, rows), LEVELS)
    rank = np.where(rng.random(rows) < 0.1, np.nan, rng.integers(0, 4, rows))
    return pd.DataFrame({**numbers, "level": category, "rank": rank, "flag": rng.integers(0, 2, rows).astype(float)})


def fitted(rng: np.random.Generator, loss: str, settings: BoosterSettings = BUILT_IN) -> Booster:
    frame = drawn(rng, 3000)
    odd = (frame["level"].cat.codes % 3 == 1).to_numpy() * 20.0 - 10 * frame["n1"].isna().to_numpy()
    signal = frame["n0"].fillna(30).clip(0, 100) + odd + 5 * frame["rank"].fillna(2) + rng.normal(0, 10, 3000)
    label = (signal > signal.median()).astype(float) if loss != "squared" else signal
    return train_booster(frame, label.to_numpy(), loss, rounds=60, random_state=1, settings=settings)


@pytest.mark.parametrize("loss", ["poisson", "logistic", "squared"])
@pytest.mark.parametrize("seed", range(3))
def test_sums_are_xgboost_s_to_the_bit(loss, seed, monkeypatch):
    monkeypatch.setattr(tree_margins, "BLOCK", 1000)
    rng = np.random.default_rng(seed)
    booster = fitted(rng, loss)
    small = SmallTrees.of(booster.tables())
    assert small is not None
    asked = drawn(rng, 4500)
    # Values on the very edge of a question go right.
    edges = np.array([q.below for q in small.questions if q.right_codes is None and q.column == 0], dtype=np.float32)
    asked["n0"] = np.where(rng.random(4500) < 0.3, rng.choice(edges.astype(float), 4500), asked["n0"])
    assert any(q.right_codes is not None for q in small.questions)
    assert small.sums(encoded_values(asked)).astype(float).tobytes() == booster.path(asked, (60,)).ravel().tobytes()


def test_many_accounts_are_summed_so_and_few_by_xgboost_itself(monkeypatch):
    monkeypatch.setattr(boosting, "_MANY", 100)
    rng = np.random.default_rng(0)
    booster, asked = fitted(rng, "logistic"), drawn(rng, 100)
    asked_of: list[int] = []
    plain = SmallTrees.sums
    monkeypatch.setattr(SmallTrees, "sums", lambda self, values: asked_of.append(len(values)) or plain(self, values))
    whole = booster.margin(asked)
    assert asked_of == [1, 100], "one account to see that the sum starts from nothing, then all"
    assert np.append(booster.margin(asked[:60]), booster.margin(asked[60:])).tobytes() == whole.tobytes()
    assert asked_of == [1, 100]


def test_trees_that_ask_too_much_are_left_to_xgboost(monkeypatch):
    monkeypatch.setattr(boosting, "_MANY", 1)
    rng = np.random.default_rng(0)
    booster = fitted(rng, "logistic", BoosterSettings.from_state({**BUILT_IN.state(), "max_depth": 6}))
    assert SmallTrees.of(booster.tables()) is None
    asked = drawn(rng, 500)
    assert booster.margin(asked).tobytes() == booster.path(asked, (60,)).ravel().tobytes()
