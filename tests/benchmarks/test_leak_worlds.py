"""Worlds with planted leaks: the truth they claim is there, and the hunt finds it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.leak_honest import HONEST
from benchmarks.leak_planted import PLANTED
from benchmarks.leak_worlds import Shape, make_leak_world
from benchmarks.leaks import wilson
from icp_ml.features.leaks import find_leaks


def test_there_are_at_least_25_kinds_of_leaks_and_names_are_unique() -> None:
    assert len({c.kind for c in PLANTED}) >= 25
    assert len({c.name for c in PLANTED + HONEST}) == len(PLANTED) + len(HONEST)


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    one, same, other = (make_leak_world(seed, 200) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one.tables.accounts, same.tables.accounts)
    assert not one.tables.accounts["nps"].equals(other.tables.accounts["nps"])


def test_leaks_hold_what_they_are_called_after() -> None:
    world = make_leak_world(3, 600, Shape(missing=0.0))
    accounts, known = world.cohort.accounts, world.cohort.attributes
    won = (accounts["outcome"] == "won").to_numpy()
    left = accounts["churned"].to_numpy()
    assert not known["nps"].notna().to_numpy()[~won].any()
    assert (known["support_tickets"].to_numpy()[~won] == 0).all()
    assert set(known["lifecycle_stage"][left]) == {"former customer"}
    assert not ((known["headcount"] % 50).to_numpy()[~won] != 0).any()
    flipped = known["is_client"].to_numpy(dtype=bool) ^ won
    # 600 x 0.1 = 60 are wrong on average, with a standard deviation of 7.3.
    assert 35 <= flipped.sum() <= 85


def test_recorded_over_time_nothing_leaked_was_known_before_the_decision() -> None:
    world = make_leak_world(4, 300, Shape(over_time=True, missing=0.0))
    decided = world.cohort.decided
    assert world.cohort.attributes["nps"][decided].isna().all()
    assert set(world.cohort.attributes["lifecycle_stage"][decided]) == {"lead"}
    assert world.cohort.latest["nps"].notna().any()
    assert set(world.tables.accounts.columns) >= {"account_id", "observed_at"}


def test_leaks_of_an_outcome_that_is_not_recorded_are_not_planted() -> None:
    assert "cancellation_reason" not in make_leak_world(1, 300, Shape(tables="deals")).leaks
    assert "nps" not in make_leak_world(1, 300, Shape(tables="contracts")).leaks


def test_numbered_fields_keep_their_truth() -> None:
    world = make_leak_world(1, 300, Shape(telling_names=False))
    assert len(world.leaks) == len(PLANTED)
    assert all(name.startswith("field_") for name in world.leaks)


def test_wilsons_interval_is_that_of_the_formula() -> None:
    # 8 of 10 at z = 2: centre (8 + 2) / 14, half width 2 * sqrt(1.6 + 1) / 14.
    low, high = wilson(8, 10, z=2.0)
    assert (low, high) == pytest.approx((10 / 14 - 2 * 2.6**0.5 / 14, 10 / 14 + 2 * 2.6**0.5 / 14))


@pytest.mark.slow
@pytest.mark.parametrize("shape", [Shape(telling_names=False), Shape(over_time=True), Shape(missing=0.3)])
def test_leaks_are_caught_and_honest_attributes_pass(shape: Shape) -> None:
    missed, accused, leaks, honest = [], [], 0, 0
    for seed in (2001, 2002):
        world = make_leak_world(seed, 1500, shape)
        found = {s.attribute for s in find_leaks(world.cohort, world.tables, world.config).suspects}
        missed += [kind for name, kind in world.leaks.items() if name not in found]
        accused += [kind for name, kind in world.honest.items() if name in found]
        leaks, honest = leaks + len(world.leaks), honest + len(world.honest)
    assert len(missed) <= 0.05 * leaks, missed
    assert len(accused) <= 0.02 * honest, accused
    assert np.isclose(leaks, 2 * len(PLANTED))
