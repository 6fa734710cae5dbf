import math

import numpy as np
import pandas as pd
import pytest
from scipy.special import xlogy

from icp_ml.config.schema import Attribute
from icp_ml.criteria.deviance import Deviance
from icp_ml.criteria.refining import Refiner, _Line
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


def _ratio(events: list[float], accounts: list[float]) -> float:
    """Twice the log ratio of events to what was expected of them, in both groups."""
    seen, n = np.array(events), np.array(accounts)
    return float(2 * xlogy(seen, seen / (n * seen.sum() / n.sum())).sum())


def test_with_a_scale_the_statistic_is_the_root_of_the_likelihood_ratio_of_two_groups():
    frame = pd.DataFrame({"n": np.arange(10.0), "c": "x"})
    churned = np.array([1.0, 1, 1, 0, 1, 0, 0, 0, 0, 0])
    refiner = Refiner(frame, churned - 0.4, SPECS, 1, Deviance("poisson", 0.4))
    # 3 of 4 against 1 of 6; the scores vary by 0.24 * 10 / 9 where counts would by 0.4
    expected = np.sqrt(_ratio([3, 1], [4, 6]) / (0.24 * 10 / 9 / 0.4))
    assert np.isclose(refiner.statistic(frame["n"].to_numpy() < 4), expected)
    less = Refiner(frame, 0.4 - churned, SPECS, 1, Deviance("poisson", 0.4, -1))
    assert np.isclose(less.statistic(frame["n"].to_numpy() < 4), -expected)


def test_too_few_accounts_inside_or_outside_have_no_statistic_and_are_worth_nothing():
    frame = pd.DataFrame({"n": np.arange(20.0), "c": "x"})
    refiner = _refiner(frame, frame["n"].to_numpy() < 8, smallest=5)
    inside = {n: refiner.statistic(frame["n"].to_numpy() < n) for n in (4, 5, 15, 16, 20)}
    assert [n for n, value in inside.items() if np.isfinite(value)] == [5, 15]
    assert refiner.worth(Region({"n": (-math.inf, 4.0)})) == -math.inf


def test_a_region_that_has_less_is_worth_nothing():
    frame = pd.DataFrame({"n": np.arange(20.0), "c": "x"})
    assert _refiner(frame, frame["n"].to_numpy() < 8).worth(Region({"n": (10.0, math.inf)})) == -math.inf


def test_a_region_is_worth_its_deviance_less_ten_for_a_second_bound_and_two_and_a_half_for_a_further_level():
    frame = pd.DataFrame({"n": np.arange(40.0), "c": np.repeat(list("abcd"), 10)})
    refiner = _refiner(frame, frame["n"].to_numpy() < 20)
    half, quarter = frame["n"].to_numpy() < 20, frame["n"].to_numpy() < 10
    assert np.isclose(refiner.worth(Region({"n": (-math.inf, 20.0)})), refiner.statistic(half) ** 2)
    assert np.isclose(refiner.worth(Region({"n": (0.0, 20.0)})), refiner.statistic(half) ** 2 - 10)
    assert np.isclose(refiner.worth(Region(levels={"c": frozenset("a")})), refiner.statistic(quarter) ** 2)
    assert np.isclose(refiner.worth(Region(levels={"c": frozenset("ab")})), refiner.statistic(half) ** 2 - 2.5)


def _between_38_and_40(more_at_38: float) -> float:
    """The cut said where 38 brings so much more in deviance than 40: ends of stretches of accounts aged 37, 39, 41."""
    line = _Line(np.array([37.0, 37.5, 39.0, 41.0]), np.zeros(5), np.zeros(5), _refiner(_AGES, _AGES["n"] < 2))
    roots = np.sqrt(np.array([1.0, 100.0 + more_at_38, 100.0]))  # below 37.5, 39 and 41
    return line._sayable(np.array([1, 2, 3]), roots)


_AGES = pd.DataFrame({"n": np.arange(4.0), "c": "x"})


@pytest.mark.parametrize(("more_at_38", "cut"), [(-1.0, 40.0), (0.0, 40.0), (4.9, 40.0), (5.1, 38.0), (9.0, 38.0)])
def test_forty_is_said_unless_thirty_eight_brings_five_more_in_deviance(more_at_38, cut):
    # 38 takes two steps more to say than 40, at 2.5 each
    assert _between_38_and_40(more_at_38) == cut


def test_no_round_number_is_worth_more_than_eight_in_deviance():
    # 1235 takes five steps more to say than 1000, 12.5 in deviance
    line = _Line(np.array([999.0, 1234.0, 1235.0]), np.zeros(4), np.zeros(4), _refiner(_AGES, _AGES["n"] < 2))
    near, far = np.sqrt(np.array([92.1, 100.0])), np.sqrt(np.array([91.9, 100.0]))
    assert line._sayable(np.array([1, 2]), near) == 1000.0
    assert line._sayable(np.array([1, 2]), far) == 1235.0


def test_a_cut_among_accounts_is_said_as_a_round_number_where_chance_leaves_it_open():
    """40 of 100 churn below 38 and 8 of 100 above: a few accounts of 38 and 39 leave open where it changes."""
    ages = np.concatenate([np.tile([10.0, 20, 30, 37], 25), [38, 38, 39, 39], np.tile([45.0, 50, 60, 70], 25)])
    churned = np.concatenate([np.arange(100) % 5 < 2, [0, 0, 0, 0], np.arange(100) % 25 < 2]).astype(float)
    frame = pd.DataFrame({"n": ages, "c": "x"})
    scale = Deviance("poisson", float(churned.mean()))
    refiner = Refiner(frame, churned - churned.mean(), SPECS, 15, scale)
    at_38, at_40 = (refiner.statistic(ages < n) ** 2 for n in (38, 40))
    assert 0 < at_38 - at_40 < 5
    assert refiner.refine(Region({"n": (-math.inf, 50.0)})) == Region({"n": (-math.inf, 40.0)})


@pytest.mark.parametrize("seed", range(4))
def test_a_moved_bound_is_within_what_its_digits_may_cost_of_the_best_of_all_cuts(seed):
    rng = np.random.default_rng(seed)
    ages = np.round(rng.normal(50, 12, 300))
    churned = (rng.random(300) < np.where(ages < 47, 0.5, 0.15)).astype(float)
    refiner = Refiner(
        pd.DataFrame({"n": ages, "c": "x"}), churned - churned.mean(), SPECS, 15, Deviance("poisson", churned.mean())
    )
    bounds = refiner.refine(Region({"n": (-math.inf, 60.0)})).bounds["n"]
    best = max(refiner.statistic(ages < cut) for cut in np.unique(ages)[1:])
    assert bounds[0] == -math.inf
    assert refiner.statistic(ages < bounds[1]) ** 2 >= best**2 - 8


@pytest.mark.parametrize("bounds", [(-math.inf, 60.0), (-math.inf, 150.0)])
def test_a_bound_the_wrong_way_round_stays_where_it_was(bounds):
    frame = pd.DataFrame({"n": np.arange(200.0), "c": "x"})
    region = Region({"n": bounds})
    assert _refiner(frame, frame["n"].to_numpy() >= 120, smallest=12).refine(region) == region


def test_an_open_bound_with_less_below_it_closes_around_what_has_more():
    frame = pd.DataFrame({"n": np.arange(200.0), "c": "x"})
    refined = _refiner(frame, frame["n"].to_numpy() >= 40, smallest=12).refine(Region({"n": (-math.inf, 150.0)}))
    assert refined == Region({"n": (40.0, math.inf)})


def test_refining_twice_gives_the_same_and_leaves_the_accounts_as_they_were():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"n": np.round(rng.normal(50, 12, 300)), "c": rng.choice(list("abcd"), 300)})
    frame.loc[rng.random(300) < 0.1, "n"] = np.nan
    before, refiner = frame.copy(), _refiner(frame, (frame["n"] < 45).to_numpy() & (rng.random(300) < 0.7), 15)
    start = Region({"n": (-math.inf, 60.0)}, {"c": frozenset("ab")})
    assert refiner.refine(start) == refiner.refine(start)
    pd.testing.assert_frame_equal(frame, before)
