"""Models held against the truth of a world: figures that a model which knows it must reach."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from benchmarks.models_truth import has_signal, judge, reachable, reported_slope
from benchmarks.worlds import make_world
from icp_ml.models.types import Metric


class Report:
    """A model report with nothing but its figures and what ships."""

    def __init__(self, kind, *metrics):
        self.predictor, self.metrics = type("P", (), {"kind": kind}), metrics


def test_the_truth_itself_has_no_gap_no_bias_and_a_slope_of_one():
    truth = np.random.default_rng(0).uniform(0.1, 0.6, 500)
    found = judge(truth, truth, truth)
    assert (found["gap"], found["unreachable"], found["bias"], found["excess"]) == (0, 0, 0, 0)
    assert found["slope"] == pytest.approx(1)
    assert (found["sd"], found["spread"]) == (truth.std(), truth.std())


def test_predictions_twice_as_far_apart_on_the_log_odds_have_a_slope_of_one_half():
    truth = np.random.default_rng(0).uniform(0.1, 0.6, 500)
    found = judge(expit(2 * logit(truth)), truth, truth)
    assert found["slope"] == pytest.approx(0.5)
    assert found["gap"] == pytest.approx(0)
    assert found["excess"] > 0.02


def test_the_same_for_everybody_has_no_slope_and_loses_all_rank():
    truth = np.array([0.1, 0.5])
    found = judge(np.array([0.4, 0.4]), truth, truth)
    assert found["slope"] is None
    assert found["gap"] == pytest.approx(found["auc"] - 0.5)
    assert found["bias"] == pytest.approx(0.1)


def test_only_worlds_whose_accounts_differ_have_a_signal():
    for kind, churn in (("noise", False), ("main_effects", True)):
        truth = make_world(kind, 1, 50).fresh(400, 1)[1]["churn"].to_numpy()
        assert has_signal(judge(truth, truth, truth)) is churn
    assert not has_signal({"absent": "too few"})


def test_without_missing_values_the_truth_is_within_reach():
    world = make_world("main_effects", 1, 50, missing=0.0)
    known, truth = world.fresh(300, 5)
    assert np.allclose(reachable(world, known), truth)


def test_where_the_deciding_value_is_missing_the_mean_over_its_values_is_all_one_can_say():
    world = make_world("majority_bad", 1, 50)  # has_revops, half of all, decides: churn 0.45 or 0.10
    known, truth = world.fresh(400, 5)
    best = reachable(world, known.assign(has_revops=pd.array([pd.NA] * 400, dtype="boolean")))
    assert best["churn"].mean() == pytest.approx(0.275, abs=0.01)
    there = known["has_revops"].notna()
    assert np.allclose(reachable(world, known)[there], truth[there])


def test_the_slope_told_is_that_of_the_kind_that_ships_and_of_later_accounts():
    figures = (
        Metric("calibration_slope", "boosted", 0.8),
        Metric("calibration_slope", "logistic", 0.9),
        Metric("brier", "logistic", 0.2),
    )
    assert reported_slope(Report("logistic", *figures)) == 0.9
    assert reported_slope(Report("base_rate", *figures)) is None
    crossed = [replace(m, split="cross_validated") for m in figures]
    assert reported_slope(Report("logistic", *crossed)) is None
