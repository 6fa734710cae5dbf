"""What is truly delivered by a group of accounts, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.segment_recipes import ALL_RECIPES, Cell, SegmentRecipe
from benchmarks.segment_worlds import cell_of, delivered, equal_cells, make_segment_world
from icp_ml.conditions import Condition, Rule

REVOPS = Rule((Condition("has_revops", "is", True),))
RECIPE = SegmentRecipe(
    (
        Cell("high pull", REVOPS, win=0.5, churn=0.2, pull=0.0, expand=0.5, arr=10_000, cost=1_000),
        Cell("rest", Rule(()), win=0.25, churn=0.4, pull=0.0, expand=0.0, arr=20_000, cost=500),
    )
)


def test_a_cell_delivers_its_own_figures_and_what_an_opportunity_is_worth_follows():
    first = delivered(RECIPE, np.array([1.0, 0.0]))
    assert (first["win_rate"], first["churn"], first["arr"]) == (0.5, 0.2, 10_000)
    assert first["grr"] == pytest.approx(0.8)
    assert first["nrr"] == pytest.approx(0.96)  # of 80 % kept, every second pays 40 % more
    assert first["cost_to_serve"] == pytest.approx(1_000)
    assert first["opportunity_value"] == pytest.approx(0.5 * (0.8 * 10_000 * 0.96 - 1_000) - 1_500)


def test_figures_of_customers_weigh_cells_by_those_won_and_revenue_by_arr():
    mixed = delivered(RECIPE, np.array([1.0, 2.0]))  # as many won of either
    assert mixed["win_rate"] == pytest.approx(1 / 3)
    assert (mixed["churn"], mixed["arr"]) == (pytest.approx(0.3), pytest.approx(15_000))
    assert mixed["grr"] == pytest.approx((0.8 * 10_000 + 0.6 * 20_000) / 30_000)
    assert mixed["nrr"] == pytest.approx((0.96 * 10_000 + 0.6 * 20_000) / 30_000)
    # Of those who leave 30 % do before the last day of the year, after 6.25 months on average.
    years = np.array([1 - 0.2 * 0.3 * 5.75 / 12, 1 - 0.4 * 0.3 * 5.75 / 12])
    assert mixed["cost_to_serve"] == pytest.approx((1_000 * years[0] + 500 * years[1]) / years.sum())


def test_cells_of_the_same_pull_spread_evenly_over_all_five_fifths():
    assert delivered(RECIPE, np.array([1.0, 2.0]))["pull"] == pytest.approx(3.0)


def test_measured_pull_of_customers_is_what_the_cells_foretell():
    world = make_segment_world("pull_only", 1, accounts=20_000)
    pull = world.cohort.accounts["pull"].to_numpy()
    for cell in (0, 1):
        told = delivered(world.recipe, np.eye(2)[cell])["pull"]
        assert np.nanmean(pull[world.cell == cell]) == pytest.approx(told, abs=0.06)  # three standard errors


def test_cells_of_equal_true_pull_and_churn_count_as_one():
    recipe = ALL_RECIPES["crossed"]
    assert equal_cells(recipe).tolist() == [0, 1, 2, 3]
    assert equal_cells(SegmentRecipe((*RECIPE.cells, Cell("as rest", Rule(()), 0.9, 0.4)))).tolist() == [0, 1, 1]


def test_an_account_is_of_the_first_cell_whose_rule_holds_and_gaps_hold_nowhere():
    known, cell = make_segment_world("crossed", 1, accounts=200).fresh(500, 3)
    found = cell_of(RECIPE, known)
    assert (found[known["has_revops"].isna()] == 1).all()
    assert (found == 0).tolist() == known["has_revops"].fillna(False).tolist()
    assert set(cell) == {0, 1, 2, 3}


def test_the_same_seed_gives_the_same_world():
    first, again = (make_segment_world("four", 4, accounts=100) for _ in range(2))
    assert first.cohort.accounts.equals(again.cohort.accounts)
    assert (first.cell == again.cell).all()
