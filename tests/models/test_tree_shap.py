"""SHAP values leaf by leaf, against their definition and against xgboost."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import pytest

from icp_ml.models.boosting import Booster, encoded_values, train_booster
from icp_ml.models.settings import BoosterSettings
from icp_ml.models.tree_shap import Tree, tree_contributions, tree_interactions

# Column 0 below 5: 1, else column 1 missing or among codes {2}: (right) 10, else column 0 below 8: 4, else -3.
TREE = Tree(
    left=np.array([1, -1, 3, 5, -1, -1, -1]),
    right=np.array([2, -1, 4, 6, -1, -1, -1]),
    column=np.array([0, 0, 1, 0, 0, 0, 0]),
    value=np.array([5, 1, 0, 8, 10, 4, -3], dtype=np.float32),
    default_left=np.array([True, False, False, True, False, False, False]),
    cover=np.array([20.0, 5.0, 15.0, 9.0, 6.0, 3.0, 6.0]),
    right_codes={2: np.array([2])},
)
ROWS = np.array([[3, 0], [9, 0], [6, 1], [6, 2], [9, np.nan], [np.nan, 0]], dtype=np.float32)


def _worth(row: np.ndarray, known: set[int], node: int = 0) -> float:
    """Expected value of the tree where only some columns are known."""
    if TREE.left[node] < 0:
        return float(TREE.value[node])
    left, right, column = TREE.left[node], TREE.right[node], int(TREE.column[node])
    if column not in known:
        shares = TREE.cover[[left, right]] / TREE.cover[node]
        return float(shares[0] * _worth(row, known, left) + shares[1] * _worth(row, known, right))
    if np.isnan(row[column]):
        goes = bool(TREE.default_left[node])
    else:
        goes = row[column] != 2 if node in TREE.right_codes else row[column] < TREE.value[node]
    return _worth(row, known, left if goes else right)


def test_two_columns_have_the_values_of_the_definition() -> None:
    values = tree_contributions([TREE], ROWS, np.array([0, 1]))
    pairs = tree_interactions([TREE], ROWS, np.array([0, 1]))
    for row, found, pair in zip(ROWS, values, pairs[0, 1], strict=True):
        none, first, second, both = (_worth(row, known) for known in (set(), {0}, {1}, {0, 1}))
        assert found[0] == pytest.approx((first - none + both - second) / 2)
        assert found[1] == pytest.approx((second - none + both - first) / 2)
        assert pair == pytest.approx(both - first - second + none)


def _mixed() -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(4)
    n = 600
    kinds = pd.Categorical.from_codes(rng.integers(-1, 5, n), [f"k{i}" for i in range(5)])
    frame = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n), "kind": kinds, "d": rng.normal(size=n)})
    frame.loc[rng.random(n) < 0.2, "a"] = np.nan
    label = (frame["a"].fillna(1) * frame["b"] + (frame["kind"].cat.codes == 2) * frame["d"]).to_numpy()
    return frame, label + rng.normal(size=n)


@pytest.fixture(scope="module")
def grown() -> tuple[Booster, pd.DataFrame]:
    frame, label = _mixed()
    settings = BoosterSettings(max_depth=5, min_child_weight=1.0, rounds=(20,))
    return train_booster(frame, label, "squared", settings=settings), frame


def test_contributions_are_those_of_xgboost_with_categories_and_missing_values(grown) -> None:
    booster, frame = grown
    found = tree_contributions(booster.tables(), encoded_values(frame), np.arange(4))
    np.testing.assert_allclose(found, booster.contributions(frame)[:, :-1], atol=1e-5)


def test_interactions_are_those_of_xgboost(grown) -> None:
    booster, frame = grown
    theirs = booster.interactions(frame)
    found = tree_interactions(booster.tables(), encoded_values(frame), np.arange(4))
    assert set(found) == set(combinations(range(4), 2))
    assert np.abs(found[0, 1]).mean() > 0.1
    for (i, j), values in found.items():
        np.testing.assert_allclose(values, theirs[:, i, j] + theirs[:, j, i], atol=1e-5)
    np.testing.assert_allclose(theirs.sum(axis=2), booster.contributions(frame), atol=1e-4)


def test_columns_of_one_attribute_are_added_up_and_do_not_interact_with_each_other(grown) -> None:
    booster, frame = grown
    owner = np.array([0, 1, 0, 1])
    apart = tree_interactions(booster.tables(), encoded_values(frame), np.arange(4))
    found = tree_interactions(booster.tables(), encoded_values(frame), owner)
    assert set(found) == {(0, 1)}
    across = sum(v for (i, j), v in apart.items() if owner[i] != owner[j])
    np.testing.assert_allclose(found[0, 1], across, atol=1e-9)


def _brute(worth: Callable[[frozenset[int]], float], players: int, i: int) -> float:
    """Shapley value by its definition."""
    others = [k for k in range(players) if k != i]
    total = 0.0
    for size in range(players):
        weight = factorial(size) * factorial(players - size - 1) / factorial(players)
        total += sum(weight * (worth(frozenset(s) | {i}) - worth(frozenset(s))) for s in combinations(others, size))
    return total


def test_a_leaf_of_three_conditions_has_the_shapley_values_of_its_game() -> None:
    chain = Tree(
        left=np.array([1, 3, -1, 5, -1, -1, -1]),
        right=np.array([2, 4, -1, 6, -1, -1, -1]),
        column=np.array([0, 1, 0, 2, 0, 0, 0]),
        value=np.array([0, 0, 0, 0, 0, 7, 0], dtype=np.float32),
        default_left=np.zeros(7, dtype=bool),
        cover=np.array([10.0, 5.0, 5.0, 4.0, 1.0, 1.0, 3.0]),
        right_codes={},
    )
    shares, fulfilled = (0.5, 0.8, 0.25), (1.0, 0.0, 1.0)

    def worth(known: frozenset[int]) -> float:
        return 7 * float(np.prod([fulfilled[k] if k in known else shares[k] for k in range(3)]))

    found = tree_contributions([chain], np.array([[-1, 1, -1]], dtype=np.float32), np.arange(3))
    assert found[0] == pytest.approx([_brute(worth, 3, i) for i in range(3)])
