"""Boosted trees."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icp_ml.errors import DataError
from icp_ml.models.boosting import Booster, train_booster
from icp_ml.models.settings import ROUNDS


@pytest.fixture(scope="module")
def data() -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    x, level = rng.normal(size=600), rng.integers(0, 3, 600)
    frame = pd.DataFrame({"x": x, "c": pd.Categorical.from_codes(level, ["a", "b", "c"])})
    frame.loc[:40, "x"] = np.nan
    return frame, (rng.random(600) < 1 / (1 + np.exp(-(x - (level == 1))))).astype(float)


def test_the_same_seed_gives_the_same_bytes(data) -> None:
    first, second = (train_booster(*data, "logistic", rounds=30, random_state=3) for _ in range(2))
    assert first.to_bytes() == second.to_bytes()
    assert first.to_bytes() != train_booster(*data, "logistic", rounds=30, random_state=4).to_bytes()


def test_contributions_add_up_to_the_margin(data) -> None:
    booster = train_booster(*data, "logistic")
    np.testing.assert_allclose(booster.contributions(data[0]).sum(axis=1), booster.margin(data[0]), atol=1e-4)


def test_the_path_ends_at_the_margin_and_the_first_trees_stand_alone(data) -> None:
    booster = train_booster(*data, "logistic")
    path = booster.path(data[0])
    np.testing.assert_array_equal(path[:, -1], booster.margin(data[0]))
    np.testing.assert_array_equal(path[:, 0], booster.first(ROUNDS[0]).margin(data[0]))


def test_the_bytes_are_read_back(data) -> None:
    booster = train_booster(*data, "poisson", offset=np.full(600, -1.0), rounds=20)
    again = Booster.from_bytes(booster.to_bytes(), "churn.ubj")
    np.testing.assert_array_equal(again.margin(data[0]), booster.margin(data[0]))


def test_bytes_that_are_no_model_are_named() -> None:
    with pytest.raises(DataError, match=r"churn\.ubj must hold an xgboost model in UBJSON; found 5 bytes"):
        Booster.from_bytes(b"hello", "churn.ubj")


def test_a_monotone_direction_is_kept(data) -> None:
    booster = train_booster(*data, "logistic", monotone=(-1, 0))
    grid = pd.DataFrame({"x": np.linspace(-3, 3, 50), "c": pd.Categorical.from_codes([0] * 50, ["a", "b", "c"])})
    assert (np.diff(booster.margin(grid)) <= 1e-6).all()
    assert np.diff(train_booster(*data, "logistic").margin(grid)).max() > 0.1


def test_an_offset_is_not_learned_again() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(size=4000)})
    offset = np.where(np.arange(4000) % 2 == 0, np.log(0.05), np.log(0.4))
    label = (rng.random(4000) < np.exp(offset)).astype(float)
    margin = train_booster(frame, label, "poisson", offset=offset, rounds=50).margin(frame)
    assert abs(margin.mean()) < 0.1


def test_squared_trees_learn_the_mean_of_a_score_that_is_no_label() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"x": np.tile([0.0, 1.0], 1000)})
    score = np.where(frame["x"] == 1, 3.0, -2.0) + rng.normal(size=2000)
    booster = train_booster(frame, score, "squared")
    np.testing.assert_allclose(booster.margin(frame)[:2], [-2.0, 3.0], atol=0.1)
    np.testing.assert_allclose(booster.contributions(frame).sum(axis=1), booster.margin(frame), atol=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_margins_from_plain_numbers_are_those_of_xgboost_s_own_matrix_to_the_bit(seed):
    rng = np.random.default_rng(seed)
    levels = pd.Index(["a", "b", "c", "d"])

    def drawn(rows: int) -> pd.DataFrame:
        numbers = {f"n{i}": np.where(rng.random(rows) < 0.2, np.nan, rng.lognormal(3, 2, rows)) for i in range(3)}
        category = pd.Categorical.from_codes(rng.integers(-1, 4, rows), levels)
        return pd.DataFrame({**numbers, "level": category, "flag": rng.integers(0, 2, rows).astype(float)})

    fitted = drawn(500)
    label = (fitted["n0"].fillna(0) + 20 * (fitted["level"] == "b") + rng.normal(0, 10, 500) > 25).astype(float)
    booster = train_booster(fitted, label.to_numpy(), "logistic", rounds=40, random_state=seed)
    asked = drawn(3000)
    for rounds in (1, 17, 40):
        assert booster.margin(asked, rounds).tobytes() == booster.path(asked, (rounds,)).ravel().tobytes()
    assert len(set(booster.margin(asked))) > 20
    assert booster.margin(asked.iloc[:0]).shape == (0,)
