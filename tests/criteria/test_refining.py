import math

import numpy as np
import pandas as pd

from icp_ml.config.schema import Attribute
from icp_ml.criteria.refining import Refiner
from icp_ml.criteria.region import Region

SPECS = {"n": Attribute(type="number"), "c": Attribute(type="category")}


def _refiner(frame, bad, smallest=5):
    return Refiner(frame, bad.astype(float), SPECS, smallest)


def test_a_threshold_moves_to_where_the_outcome_changes_and_is_said_in_a_round_number():
    frame = pd.DataFrame({"n": np.arange(1.0, 201.0), "c": "x"})
    refined = _refiner(frame, frame["n"].to_numpy() < 80).refine(Region({"n": (-math.inf, 50.0)}))
    assert refined == Region({"n": (-math.inf, 80.0)})


def test_an_interval_keeps_both_ends():
    frame = pd.DataFrame({"n": np.arange(1.0, 201.0), "c": "x"})
    bad = (frame["n"] >= 50) & (frame["n"] <= 100)
    refined = _refiner(frame, bad.to_numpy()).refine(Region({"n": (40.0, 120.0)}))
    low, high = refined.bounds["n"]
    assert (low, np.nextafter(high, 0)) == (50.0, 100.0)


def test_a_second_bound_that_brings_nothing_is_not_added():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"n": rng.permutation(400).astype(float), "c": "x"})
    bad = (frame["n"].to_numpy() < 200) & (rng.random(400) < 0.5)
    low, _ = _refiner(frame, bad).refine(Region({"n": (-math.inf, 150.0)})).bounds["n"]
    assert low == -math.inf


def test_levels_with_the_same_outcome_join_and_others_stay_out():
    frame = pd.DataFrame({"n": 1.0, "c": np.repeat(list("abcd"), 50)})
    bad = np.concatenate([np.tile([1, 1, 0, 1, 0], 10), np.tile([1, 0, 1, 0, 1], 10), np.tile([0, 0, 0, 0, 1], 20)])
    assert _refiner(frame, bad).refine(Region(levels={"c": frozenset("a")})).levels["c"] == frozenset("ab")


def test_the_statistic_is_the_permutation_standardised_sum():
    frame = pd.DataFrame({"n": np.arange(10.0), "c": "x"})
    scores = np.array([3.0, 1.0, 0, 0, 0, 0, 0, 0, 0, 0])
    inside = frame["n"].to_numpy() < 2
    # sum of centred scores 4 - 2 * 0.4 = 3.2; variance 2 * 8 / 9 * mean((s - 0.4)^2) = 16 / 9 * 0.84
    expected = 3.2 / np.sqrt(16 / 9 * 0.84)
    assert np.isclose(Refiner(frame, scores, SPECS, 1).statistic(inside), expected)
