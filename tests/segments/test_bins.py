from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icp_ml.conditions import Condition
from icp_ml.config.schema import Attribute
from icp_ml.segments.bins import Axis, build_grid


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    n = 200
    frame = pd.DataFrame(
        {
            "n": rng.integers(1, 9, n).astype(float),
            "level": rng.choice(["a", "b", "c"], n),
            "size": rng.choice(["1-10", "11-50", "51-200"], n),
            "flag": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "tags": [("x",) if v else ("y", "z") for v in rng.random(n) < 0.5],
            "amount": rng.normal(size=n),
        }
    )
    frame.loc[:9, ["n", "level", "amount"]] = np.nan
    frame.loc[:9, "flag"] = pd.NA
    return frame


SIZES = ("1-10", "51-200")
SPECS = {
    "n": Attribute(type="number"),
    "level": Attribute(type="category"),
    "size": Attribute(type="category", order=["1-10", "11-50", "51-200"]),
    "flag": Attribute(type="boolean"),
    "tags": Attribute(type="tags"),
    "amount": Attribute(type="number"),
}


def test_every_condition_of_the_grid_holds_for_the_accounts_of_its_bins(frame):
    grid = build_grid(frame, SPECS, list(SPECS), np.zeros((len(frame), 1)), 8, 5)
    for index in range(len(grid.cost)):
        condition = grid.condition(index)
        np.testing.assert_array_equal(grid.mask(index), condition.mask(frame), err_msg=condition.text())


def test_ordered_levels_are_only_joined_with_their_neighbours(frame):
    grid = build_grid(frame, SPECS, ["size"], np.zeros((len(frame), 1)), 8, 5)
    named = {grid.condition(i).value for i in range(len(grid.cost))}
    assert ("1-10", "51-200") not in named
    assert ("1-10", "11-50") in named


def test_rare_levels_are_named_by_no_rule():
    column = pd.Series(["a"] * 50 + ["b"] * 50 + ["r1", "r2"])
    grid = build_grid(pd.DataFrame({"c": column}), {"c": Attribute(type="category")}, ["c"], np.zeros((102, 1)), 8, 5)
    named = {level for i in range(len(grid.cost)) for level in grid.condition(i).tags}
    assert named == {"a", "b"}


def test_the_best_of_many_sets_of_levels_costs_more_than_one_of_two():
    codes = np.tile(np.arange(6), 20)
    many = Axis("c", "levels", tuple("abcdef"), codes, 6)
    assert many.condition(np.array([1, 1, 0, 0, 0, 0], dtype=bool)) == Condition("c", "in", ("a", "b"))
    frame = pd.DataFrame({"c": [*"abcdef"] * 20, "flag": pd.array([True, False] * 60, dtype="boolean")})
    specs = {"c": Attribute(type="category"), "flag": Attribute(type="boolean")}
    grid = build_grid(frame, specs, ["c", "flag"], np.zeros((120, 1)), 8, 5)
    sizes = np.array([len(grid.condition(i).tags) if grid.axis_of[i] == 0 else 0 for i in range(len(grid.cost))])
    assert grid.cost[sizes == 3].min() > grid.cost[sizes == 1].max() > grid.cost[sizes == 0].max()


def test_an_attribute_that_never_varies_offers_no_condition():
    frame = pd.DataFrame({"n": [1.0] * 10})
    assert build_grid(frame, {"n": Attribute(type="number")}, ["n"], np.zeros((10, 1)), 8, 2) is None


@pytest.fixture
def grid(frame):
    return build_grid(frame, SPECS, list(SPECS), np.zeros((len(frame), 1)), 4, 5)


def bins_of(grid, condition: int) -> set[int]:
    return set(np.flatnonzero(np.asarray(grid.subsets[[condition]].todense()).ravel()).tolist())


def test_parts_of_a_condition_are_all_that_hold_for_some_of_its_bins_and_not_for_all(grid):
    for whole in range(len(grid.cost)):
        expected = [
            part
            for part in range(len(grid.cost))
            if grid.axis_of[part] == grid.axis_of[whole] and bins_of(grid, part) < bins_of(grid, whole)
        ]
        assert grid.parts_of(whole).tolist() == expected
        assert [part for part in range(len(grid.cost)) if grid.is_part(part, whole)] == expected


def test_the_opposite_of_conditions_on_one_axis_is_every_bin_that_none_of_them_holds(grid):
    for axis, spec in enumerate(grid.axes):
        same = np.flatnonzero(grid.axis_of == axis).tolist()
        everything = set.union(*(bins_of(grid, c) for c in same))
        named = {frozenset(bins_of(grid, c)): c for c in same}
        assert len(everything) == spec.bins
        for one in same:
            for other in same:
                left = frozenset(everything - bins_of(grid, one) - bins_of(grid, other))
                assert grid.opposite([one, other]) == named.get(left)


def test_a_gap_in_the_middle_of_numbers_has_no_name(grid):
    conditions = {grid.condition(i).text(): i for i in range(len(grid.cost))}
    low, high = (next(i for text, i in conditions.items() if text.startswith(f"size is {level}")) for level in SIZES)
    # What the least and the largest leave is the middle; what the middle leaves are two ends.
    middle = grid.opposite([low, high])
    assert grid.condition(middle) == Condition("size", "in", ("11-50",))
    assert grid.opposite([middle]) is None


def test_whoever_has_no_value_is_in_neither_a_condition_nor_its_opposite(grid):
    for condition in range(len(grid.cost)):
        opposite = grid.opposite([condition])
        if opposite is not None:
            known = grid.axes[grid.axis_of[condition]].codes >= 0
            np.testing.assert_array_equal(grid.mask(condition) | grid.mask(opposite), known)
            assert not np.any(grid.mask(condition) & grid.mask(opposite))
