from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from icp_ml.models.fitting import model_attributes, model_records
from icp_ml.models.holdout import hold_out
from icp_ml.models.settings import BUILT_IN, BoosterSettings, ModelSettings


def test_settings_survive_being_written() -> None:
    settings = BoosterSettings(max_depth=5, eta=0.031, rounds=(10, 20), tuned_until="2025-03-31")
    assert BoosterSettings.from_state(settings.state()) == settings


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(ValueError, match="unknown booster settings: leaves"):
        BoosterSettings.from_state({"leaves": 3})


def test_what_xgboost_takes_holds_no_settings_of_ours() -> None:
    taken = BoosterSettings(tuned_until="2025-03-31").parameters()
    assert {"rounds", "tuned_until"} & set(taken) == set()
    assert taken["max_depth"] == BUILT_IN.max_depth


def test_an_outcome_without_settings_has_the_built_in_ones() -> None:
    found = BoosterSettings(max_depth=2)
    settings = ModelSettings({"churn": found})
    assert (settings.of("churn"), settings.of("win")) == (found, BUILT_IN)


def test_forecasts_of_before_the_search_are_judged_with_the_settings_one_had_then(
    simulate: Callable[..., object],
) -> None:
    world = simulate(900, 5)
    attributes = model_attributes(world.config, ["employees", "has_revops"])
    records = model_records(world.cohort, attributes)[0]["win"]
    plain = hold_out(records, attributes, 7)
    middle = plain.labels[2]
    tuned = hold_out(records, attributes, 7, BoosterSettings(max_depth=6, eta=0.1, tuned_until=middle))
    same = plain.predictions["boosted"] == tuned.predictions["boosted"]
    before = np.array(plain.labels)[plain.group] < middle
    assert same[before].all()
    assert not same[~before].all()
