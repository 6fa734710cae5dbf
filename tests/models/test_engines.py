"""Trees grown elsewhere are judged by what trainings in memory would give."""

from __future__ import annotations

import numpy as np
import pytest

from icp_ml.models import fit_models
from icp_ml.models.boosting import train_booster
from icp_ml.models.engines import FIGURES, EngineFigure, compare_engines
from icp_ml.models.fitting import model_attributes, model_records


@pytest.fixture(scope="module")
def records(world):
    attributes = model_attributes(world.config, list(world.config.attributes))
    return model_records(world.cohort, attributes)[0]["churn"], attributes


@pytest.fixture(scope="module")
def held_out(fitted):
    return fitted.churn.holdout["boosted"].to_numpy()


def test_the_same_trees_give_the_same_figures_within_noise(world, records, held_out):
    figures = compare_engines(*records, world.config.seed, held_out)
    assert [f.name for f in figures] == list(FIGURES)
    for figure in figures:
        assert figure.there == figure.here
        assert figure.low < figure.here < figure.high
        assert figure.within_noise
        assert figure.n == len(held_out)


def test_forecasts_that_tell_nobody_apart_are_beyond_noise(world, records, held_out):
    shuffled = np.random.default_rng(0).permutation(held_out)
    figures = {f.name: f for f in compare_engines(*records, world.config.seed, shuffled)}
    assert not figures["auc"].within_noise
    assert figures["auc"].there < figures["auc"].low
    assert not figures["brier"].within_noise


def test_both_ends_of_the_noise_count_as_within():
    assert EngineFigure("auc", 0.7, 0.71, 0.7, 0.72, 9).within_noise
    assert EngineFigure("auc", 0.72, 0.71, 0.7, 0.72, 9).within_noise
    assert not EngineFigure("auc", 0.73, 0.71, 0.7, 0.72, 9).within_noise


def test_what_grows_the_trees_of_an_outcome_can_be_given_and_grows_no_others(world, fitted):
    losses = []

    def counting(encoded, label, loss, **told):
        losses.append(loss)
        return train_booster(encoded, label, loss, **told)

    usable = list(world.config.attributes)
    models = fit_models(world.cohort, world.config, usable, trainers={"churn": counting})
    assert set(losses) == {"poisson"}, "winning is learned by the logistic loss, in memory"
    assert len(losses) > 6
    assert models.churn.metrics == fitted.churn.metrics
    assert models.win.metrics == fitted.win.metrics
