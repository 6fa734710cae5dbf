import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from icp_ml.conditions import Condition
from icp_ml.config.schema import Attribute
from icp_ml.criteria.atoms import build_atoms
from icp_ml.criteria.outcomes import Outcome
from icp_ml.criteria.region import Region, levels_of
from icp_ml.criteria.stepping import Shaped, Step, Terms

SPECS = {
    "flag": Attribute(type="boolean"),
    "size": Attribute(type="number"),
    "age": Attribute(type="number"),
    "level": Attribute(type="category"),
}
FLAG = Condition("flag", "is", True)
ALLOWED = {1: 0.0125, 2: 0.0075, 3: 0.005}


def _frame(seed: int, n: int = 1200) -> pd.DataFrame:
    rng = np.random.default_rng([seed, n])
    return pd.DataFrame(
        {
            "flag": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "size": np.round(rng.normal(50, 15, n)),
            "age": rng.integers(0, 40, n).astype(float),
            "level": rng.choice(list("abcdef"), n),
        }
    )


def _step(frame: pd.DataFrame, chance: np.ndarray, seed: int = 0, **changes: object) -> Step:
    """A step in search of winning, each account won by its chance."""
    n = len(frame)
    won = (np.random.default_rng(seed).random(n) < chance).astype(float)
    nothing, never = np.full(n, np.nan), np.zeros(n, bool)
    outcome = Outcome("won", np.arange(n), np.zeros(n, int), 12, won, nothing, nothing, never, np.empty(0))
    terms = replace(Terms(SPECS, 1, 24, 3, 0.6, 7, levels_of(frame, SPECS)), **changes)
    names = [name for name in SPECS if name in frame]
    return Step(outcome, frame, build_atoms(frame, SPECS, names, 8, terms.smallest), terms)


def _chance(inside: np.ndarray, high: float = 0.5, low: float = 0.1) -> np.ndarray:
    return np.where(inside, high, low)


def _jaccard(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


PAIR = Region({"size": (-math.inf, 45.0)}, fixed=(FLAG,))


@pytest.mark.parametrize("seed", range(3))
def test_the_strongest_rule_is_the_planted_one_and_reached_its_gate(seed):
    frame = _frame(seed)
    shaped, worst = _step(frame, _chance(PAIR.mask(frame)), seed).strongest(ALLOWED, 0)
    assert shaped.region.attributes == PAIR.attributes
    assert _jaccard(shaped.region.mask(frame), PAIR.mask(frame)) > 0.9
    assert shaped.statistic > shaped.gate > 2
    assert worst <= shaped.q_value < 1


def test_nothing_stands_out_where_the_outcome_is_chance_or_never_happens_or_accounts_are_few():
    frame = _frame(1)
    nothing, smallest_p = _step(frame, np.full(1200, 0.2)).strongest(ALLOWED, 0)
    assert nothing is None
    assert smallest_p == 1.0  # no better than chance: never below the rate allowed
    assert _step(frame, np.zeros(1200)).strongest(ALLOWED, 0) == (None, 1.0)
    assert _step(frame[:40], np.full(40, 0.5)).strongest(ALLOWED, 0) == (None, 1.0)


def test_a_rule_is_judged_by_the_rate_of_the_depth_it_was_found_at():
    frame = _frame(2)
    step = _step(frame, _chance(PAIR.mask(frame)))
    everything, _ = step.strongest({1: 0.02, 2: 0.02, 3: 0.02}, 0)
    by_three, _ = step.strongest({1: 1e-9, 2: 1e-9, 3: 0.02}, 0)
    nothing = step.strongest({1: 1e-9, 2: 1e-9, 3: 1e-9}, 0)
    assert everything.region == by_three.region
    assert nothing == (None, 1.0)


def _half_known(seed: int, among_known: float, among_unknown: float, flag: float = 0.0) -> tuple[pd.DataFrame, Step]:
    """Accounts of which the age is known for half, who win by whether it is, and by the flag."""
    frame = _frame(seed)
    unknown = np.random.default_rng([seed, 9]).random(1200) < 0.5
    frame["age"] = frame["age"].mask(unknown)
    chance = np.where(unknown, among_unknown, among_known) + flag * FLAG.mask(frame)
    return frame, _step(frame, chance, seed)


@pytest.mark.parametrize("seed", range(3))
def test_a_condition_that_only_tells_the_known_from_the_unknown_is_not_proposed(seed):
    frame, step = _half_known(seed, 0.5, 0.1)
    old = Region({"age": (1.0, math.inf)})
    assert step.refiner.statistic(old.mask(frame)) > 8  # beside all others it stands out by far
    assert step._only_by_being_known(old)
    shaped, _ = step.strongest(ALLOWED, 0)
    assert shaped is None


def test_a_condition_that_parts_the_known_is_proposed_though_many_are_unknown():
    frame = _frame(1)
    unknown = np.random.default_rng(5).random(1200) < 0.5
    chance = _chance((frame["age"] < 15).to_numpy())
    frame["age"] = frame["age"].mask(unknown)
    step = _step(frame, np.where(unknown, 0.25, chance))
    shaped, _ = step.strongest(ALLOWED, 0)
    assert shaped.region == Region({"age": (-math.inf, 15.0)})
    assert not step._only_by_being_known(shaped.region)


def test_a_real_condition_is_proposed_beside_one_that_only_tells_the_known_from_the_unknown():
    for seed in range(3):
        _, step = _half_known(seed, 0.5, 0.1, flag=0.25)
        shaped, _ = step.strongest(ALLOWED, 0)
        assert shaped is not None
        assert shaped.region == Region(fixed=(FLAG,))


def test_shaping_drops_an_idle_condition():
    frame = _frame(1)
    step = _step(frame, _chance(FLAG.mask(frame)))
    assert step.shape(Region(levels={"level": frozenset("abcd")}, fixed=(FLAG,))) == Region(fixed=(FLAG,))


def test_shaping_adds_the_condition_within_which_the_outcome_concentrates():
    frame = _frame(1)
    shaped = _step(frame, _chance(PAIR.mask(frame))).shape(Region(fixed=(FLAG,)))
    assert shaped.attributes == {"flag", "size"}
    assert _jaccard(shaped.mask(frame), PAIR.mask(frame)) > 0.9
    alone = _step(frame, _chance(PAIR.mask(frame)), max_conditions=1).shape(Region(fixed=(FLAG,)))
    assert alone.size == 1


def test_shaping_exchanges_a_proxy_for_its_original():
    frame = _frame(1)
    frame["age"] = frame["size"] + np.random.default_rng(3).normal(0, 8, 1200)
    step = _step(frame, _chance((frame["size"] < 45).to_numpy(), 0.6))
    assert step.shape(Region({"age": (-math.inf, 45.0)})).attributes == {"size"}
    step = _step(frame, _chance((frame["size"] < 45).to_numpy(), 0.6), max_conditions=1)  # no room to add it first
    assert step.shape(Region({"age": (-math.inf, 45.0)})).attributes == {"size"}


def test_a_region_fits_that_is_neither_too_large_nor_too_small_nor_too_long():
    frame = _frame(1)
    step = _step(frame, _chance(FLAG.mask(frame)), max_conditions=2, most_covered=0.6)
    cut = {low: Region({"age": (low, math.inf)}) for low in (10.0, 20.0, 39.5)}
    assert [step.fits(region) for region in cut.values()] == [False, True, False]
    assert not step.fits(Region())
    assert not step.fits(Region({"age": (20.0, math.inf)}, {"level": frozenset("abc")}, (FLAG,)))


BOX = Region({"size": (40.0, 60.0), "age": (10.0, 25.0)})


@pytest.mark.parametrize("seed", range(3))
def test_intervals_on_two_numbers_are_drawn_by_the_effects(seed, monkeypatch):
    """Four cuts: more than a scan of three conditions holds."""
    frame = _frame(seed, 2000)
    step = _step(frame, _chance(BOX.mask(frame), 0.6), seed)
    found = step.strongest(ALLOWED, 0)[0]
    assert found.region.attributes == {"size", "age"}
    assert _jaccard(found.region.mask(frame), BOX.mask(frame)) > 0.85
    monkeypatch.setattr("icp_ml.criteria.stepping.regions_from_effects", lambda *_: [])
    by_scan = step.strongest(ALLOWED, 0)[0]
    assert step.refiner.worth(found.region) >= step.refiner.worth(by_scan.region)


def test_a_region_of_the_effects_takes_over_only_with_the_attributes_of_the_rule_and_enough_gain(monkeypatch):
    frame = _frame(1)
    step = _step(frame, _chance(PAIR.mask(frame)))
    monkeypatch.setattr("icp_ml.criteria.stepping.regions_from_effects", lambda *_: [])
    best = step.strongest(ALLOWED, 0)[0]
    elsewhere = Region({"size": (-math.inf, 45.0)}, {"level": frozenset("a")})
    for other in (elsewhere, best.region):  # without the flag; no gain
        monkeypatch.setattr("icp_ml.criteria.stepping.regions_from_effects", lambda *_, other=other: [other])
        assert step._or_by_effects(best, 0) == best
    by_flag = Shaped(Region(fixed=(FLAG,)), 4.0, 3.0, 0.01)
    monkeypatch.setattr("icp_ml.criteria.stepping.regions_from_effects", lambda *_: [PAIR])
    taken = step._or_by_effects(by_flag, 0)
    assert taken.region.attributes == {"flag", "size"}
    gain = step._statistic(taken.region) / step._statistic(by_flag.region)
    assert gain > 1
    assert (taken.statistic, taken.gate, taken.q_value) == (4.0 * gain, 3.0, 0.01)


def test_a_region_of_the_effects_that_loses_an_attribute_in_shaping_does_not_take_over(monkeypatch):
    frame = _frame(1)
    step = _step(frame, _chance(PAIR.mask(frame)))
    by_flag = Shaped(Region(fixed=(FLAG,)), 4.0, 3.0, 0.01)
    without_flag = Region({"size": (-math.inf, 45.0)})
    assert step.refiner.worth(without_flag) > step.refiner.worth(by_flag.region) + 4
    monkeypatch.setattr("icp_ml.criteria.stepping.regions_from_effects", lambda *_: [PAIR])
    monkeypatch.setattr(step, "shape", lambda _: without_flag)
    assert step._or_by_effects(by_flag, 0) == by_flag


def test_the_difference_is_that_of_the_rates_in_the_direction_searched():
    frame = _frame(1)
    more, less = (_step(frame, _chance(FLAG.mask(frame)), sign=sign) for sign in (1, -1))
    inside, region = FLAG.mask(frame), Region(fixed=(FLAG,))
    expected = more.outcome.won[inside].mean() - more.outcome.won[~inside].mean()
    assert np.isclose(more.difference(region), expected)
    assert np.isclose(less.difference(region), -expected)
    assert more.difference(Region()) == 0  # nobody is left to compare with


def test_the_same_seed_gives_the_same_rule_and_leaves_the_accounts_as_they_were():
    frame = _frame(4)
    before = frame.copy()
    found = [_step(frame, _chance(PAIR.mask(frame))).strongest(ALLOWED, 0) for _ in range(2)]
    assert found[0] == found[1]
    pd.testing.assert_frame_equal(frame, before)
