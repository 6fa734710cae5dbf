"""Each rival sees the counted accounts as a practitioner would, and its groups are judged as ours are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.segment_outcome_rivals import OUTCOME_RIVALS
from benchmarks.segment_rivals import RAW_RIVALS, Rival, best_density, columns_of, measure_rival
from benchmarks.segment_scores import counted_accounts
from benchmarks.segment_worlds import make_segment_world


def _marks(rival):
    slow = [pytest.mark.slow] if rival.package == "umap-learn" else []
    return slow if rival.version else [*slow, pytest.mark.skip("not installed")]


INSTALLED = [pytest.param(r, id=r.name, marks=_marks(r)) for r in (*RAW_RIVALS, *OUTCOME_RIVALS)]


def test_columns_have_one_standard_deviation_and_tell_where_values_were_missing():
    frame = pd.DataFrame(
        {
            "people": [1.0, 3.0, np.nan, 2.0],
            "region": pd.Series(["north", "south", "south", "south"], dtype=object),
            "tools": [("a", "b"), ("b",), ("a", "b"), ("b",)],
            "same": [5.0, 5.0, 5.0, 5.0],
        }
    )
    found = columns_of(frame)
    assert found.shape == (4, 5)  # people, tool a, people missing, north, south; what all share is left out
    assert np.allclose(found.std(axis=0), 1.0)
    assert found[2, 0] == pytest.approx(0.0)  # the median, here the mean
    assert found[:, 1].tolist() == [1.0, -1.0, 1.0, -1.0]
    assert found[:, 2].round(3).tolist() == [-0.577, -0.577, 1.732, -0.577]


def test_numbers_of_a_long_tail_are_taken_as_logarithms():
    people = np.array([0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 63.0, 100_000.0])
    expected = np.log1p(people)
    words = pd.Series(["north", "south"] * 4, dtype=object)
    found = columns_of(pd.DataFrame({"people": people, "region": words}))
    assert found[:, 0] == pytest.approx((expected - expected.mean()) / expected.std())


def test_the_density_that_separates_best_is_chosen_and_one_cloud_is_noise():
    rng = np.random.default_rng(0)
    two = np.vstack([rng.normal(0, 0.1, (100, 2)), rng.normal(5, 0.1, (100, 2))])
    labels = best_density(two)
    assert len(np.unique(labels[:100][labels[:100] >= 0])) == len(np.unique(labels[100:][labels[100:] >= 0])) == 1
    assert set(labels[:100][labels[:100] >= 0]).isdisjoint(labels[100:])


def test_groups_that_are_the_cells_agree_wholly_and_who_is_in_none_is_one_group():
    world = make_segment_world("crossed", 3, accounts=200)
    right = measure_rival(Rival("right", "numpy", lambda w, counted: w.cell[counted]), world)
    assert (right["groups"], right["ari"], right["eta_pull"]) == (4, 1.0, pytest.approx(1.0))
    none = measure_rival(Rival("none", "numpy", lambda w, counted: np.full(counted.sum(), -1)), world)
    assert (none["groups"], none["ari"], none["eta_churn"]) == (0, 0.0, pytest.approx(0.0))


@pytest.mark.parametrize("rival", INSTALLED)
def test_each_gives_every_counted_account_a_group_and_the_same_again(rival):
    world = make_segment_world("four", 3, accounts=500)
    counted = counted_accounts(world)
    labels = rival.label(world, counted)
    assert labels.shape == (counted.sum(),)
    assert labels.min() >= -1
    if "told k" in rival.name:
        assert len(np.unique(labels)) == 5
    assert (rival.label(world, counted) == labels).all()


@pytest.mark.parametrize("rival", [p for p in INSTALLED if p.values[0].raw])
def test_clusters_of_raw_attributes_do_not_change_when_outcomes_change_hands(rival):
    world = make_segment_world("four", 3, accounts=400)
    counted = counted_accounts(world)
    rows = world.cohort.accounts
    shuffled = replace(world.cohort, accounts=rows.sample(frac=1, random_state=1).set_axis(rows.index))
    assert (rival.label(replace(world, cohort=shuffled), counted) == rival.label(world, counted)).all()


def test_a_package_that_is_not_there_has_no_version():
    assert Rival("none", "no_such_package", lambda w, c: np.zeros(0)).version == ""
