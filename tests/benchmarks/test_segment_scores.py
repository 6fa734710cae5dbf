"""Labels are held against what was planted; where a first place is not defined, none is asked for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.segment_recipes import ALL_RECIPES, SEGMENT_RECIPES, Cell, SegmentRecipe
from benchmarks.segment_scores import agreement, eta_squared, high_pull_cell, ranked_first, score_segments
from benchmarks.segment_worlds import make_segment_world
from icp_ml.conditions import Condition, Rule
from icp_ml.segments import Segment, SegmentsResult

HAS = Rule((Condition("has_revops", "is", True),))
HIGH = Cell("high pull", HAS, win=0.5, churn=0.2, pull=1.0, expand=0.5, arr=10_000, cost=1_000)
REST = Cell("rest", Rule(()), win=0.25, churn=0.4, expand=0.0, arr=20_000, cost=500)
RECIPE = SegmentRecipe((HIGH, REST))


def ranked(*ids):
    return SegmentsResult((), None, {"ranking": {"by_opportunity_value": list(ids)}})


def test_eta_squared_is_the_share_of_variance_between_groups():
    # Means 1 and 4 around 2.5: 4 * 1.5 ** 2 = 9, of 6.25 + 0.25 + 0.25 + 6.25 = 13.
    assert eta_squared(np.array(["a", "a", "b", "b"]), np.array([0.0, 2.0, 3.0, 5.0])) == pytest.approx(9 / 13)
    assert eta_squared(np.array(["a", "b", "a", "b"]), np.array([0.0, 0.0, 1.0, 1.0])) == 0.0
    assert eta_squared(np.array(["a", "b"]), np.array([1.0, 1.0])) is None


def test_labels_that_are_the_cells_agree_wholly_and_one_label_for_all_not_at_all():
    cell = np.array([0, 0, 1, 1, 1])
    right = agreement(RECIPE, cell, np.array(["S1", "S1", "", "", ""]))
    assert right == pytest.approx({"ari": 1.0, "eta_pull": 1.0, "eta_churn": 1.0})
    assert agreement(RECIPE, cell, np.zeros(5)) == {"ari": 0.0, "eta_pull": 0.0, "eta_churn": 0.0}


def test_where_all_accounts_are_alike_no_agreement_is_defined():
    none = {"ari": None, "eta_pull": None, "eta_churn": None}
    assert agreement(ALL_RECIPES["noise"], np.zeros(4, dtype=int), np.array([0, 0, 1, 1])) == none


def test_splitting_cells_of_equal_pull_and_churn_counts_against_labels():
    twin = SegmentRecipe((HIGH, replace(REST, name="twin", rule=HAS, win=0.9), REST))
    cell = np.array([0, 0, 1, 1, 2, 2])
    assert agreement(twin, cell, np.array([0, 0, 1, 1, 1, 1]))["ari"] == 1.0
    split = agreement(twin, cell, cell)
    assert split["ari"] < 1.0
    assert (split["eta_pull"], split["eta_churn"]) == (pytest.approx(1.0), pytest.approx(1.0))


def test_a_first_place_needs_a_region_that_is_worth_a_tenth_more_than_any_other():
    # 1,840 an opportunity; the rest 775.
    assert high_pull_cell(RECIPE) == 0
    # 0.25 * (0.8 * 20,000 * 0.6 + c) - 1,500 with costs so low that it comes to 1,650 (0.897) and 1,675 (0.910).
    assert high_pull_cell(SegmentRecipe((HIGH, replace(REST, cost=-3_000)))) == 0
    assert high_pull_cell(SegmentRecipe((HIGH, replace(REST, cost=-3_100)))) is None


def test_no_first_place_is_asked_for_a_cell_without_a_rule_or_of_another_name():
    assert high_pull_cell(SegmentRecipe((replace(REST, rule=HAS), replace(HIGH, rule=Rule(()))))) is None
    assert high_pull_cell(SegmentRecipe((replace(HIGH, name="kept"), REST))) is None


def test_the_first_place_is_defined_where_high_pull_was_planted_to_be_worth_most():
    assert {kind for kind, recipe in SEGMENT_RECIPES.items() if high_pull_cell(recipe) is None} == {
        "pull_only",  # won, kept and expanding alike
        "churn_only",  # the better side is who is left
    }


def test_the_segment_ranked_first_must_hold_mostly_accounts_of_the_high_pull_cell():
    labels, cell = np.array(["S1", "S1", "S1", "S2", "S2"], dtype=object), np.array([0, 0, 1, 1, 1])
    assert ranked_first(RECIPE, ranked("S1", "S2"), labels, cell) is True
    assert ranked_first(RECIPE, ranked("S2", "S1"), labels, cell) is False
    assert ranked_first(RECIPE, SegmentsResult((), "no segments"), labels, cell) is False
    assert ranked_first(ALL_RECIPES["pull_only"], ranked("S1"), labels, cell) is None


def a_segment(rule, **figures):
    told = {n: {"absent": "not here"} for n in ("win_rate", "churn", "grr", "nrr", "pull", "arr", "cost_to_serve")}
    told |= {"opportunity_value": {"absent": "not here"}} | figures
    return Segment("S1", "revops", rule, {}, told, {}, 0.9, "average")


def test_planted_rules_as_segments_reach_the_bound_and_intervals_stand_beside_the_truth():
    world = make_segment_world("crossed", 2, accounts=300)
    rule = world.recipe.cells[1].rule  # has revops: the cells high pull and kept together
    win = {"estimate": 0.4, "low": 0.3, "high": 0.45}
    churn = {"estimate": 0.1, "low": 0.0, "high": 0.2, "months": 8}
    found = SegmentsResult((a_segment(rule, win_rate=win, churn=churn),), None)
    scored = score_segments(world, found)
    assert scored["eta_churn"] == pytest.approx(scored["eta_churn_counted"], abs=0.1)
    assert scored["ari"] < scored["ari_planted"] < 1.0  # 3 % of the values are missing
    [(name, truth, *rest)] = scored["intervals"]  # churn by month 8 has no truth to stand beside
    assert (name, rest) == ("win_rate", [0.4, 0.3, 0.45])
    assert truth == pytest.approx(0.32 * 0.50 + 0.68 * 0.45, abs=0.002)


def test_without_gaps_the_planted_rules_tell_the_cells_apart_wholly():
    world = make_segment_world("crossed", 2, accounts=300, missing=0.0)
    assert score_segments(world, SegmentsResult((), "none"))["ari_planted"] == 1.0


def test_where_revenue_follows_headcount_no_revenue_is_held_against_the_planted_one():
    world = make_segment_world("size_alone", 2, accounts=300)
    figure = {"estimate": 1.0, "low": 0.0, "high": 2.0}
    found = SegmentsResult((a_segment(HAS, arr=figure, opportunity_value=figure, grr=figure),), None)
    assert [row[0] for row in score_segments(world, found)["intervals"]] == ["grr"]
