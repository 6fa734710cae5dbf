import math

import numpy as np
import pandas as pd
import pytest

from icp_ml.conditions import Condition
from icp_ml.config.schema import Attribute
from icp_ml.criteria.optimism import boundary_optimism
from icp_ml.criteria.outcomes import Outcome
from icp_ml.criteria.refining import Refiner
from icp_ml.criteria.region import Region
from icp_ml.criteria.stepping import Terms

SPECS = {"n": Attribute(type="number"), "c": Attribute(type="category"), "flag": Attribute(type="boolean")}


def _terms(sign: int = 1, seed: int = 3, smallest: int = 15) -> Terms:
    return Terms(SPECS, sign, smallest, 3, 0.6, seed, {})


def _won(values: np.ndarray) -> Outcome:
    nothing = np.full(len(values), np.nan)
    strata, never = np.zeros(len(values), int), np.zeros(len(values), bool)
    return Outcome(
        "won", np.arange(len(values)), strata, 12, values.astype(float), nothing, nothing, never, np.empty(0)
    )


def _accounts(seed: int, n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng([seed, n])
    return pd.DataFrame(
        {
            "n": np.round(rng.normal(50, 10, n), 1),
            "c": rng.choice(list("abcdef"), n),
            "flag": pd.array(rng.random(n) < 0.4, dtype="boolean"),
        }
    )


def _noise(seed: int, n: int = 400) -> Outcome:
    return _won(np.random.default_rng(seed).random(n) < 0.3)


def _difference(won: np.ndarray, inside: np.ndarray) -> float:
    return float(won[inside].mean() - won[~inside].mean())


def _naive(region: Region, won: np.ndarray, frame: pd.DataFrame, terms: Terms) -> float:
    """Two rounds of leaving every fifth out in turn, each account judged by the cut it did not help to place."""
    rounds = []
    for repeat in range(2):
        fifth = np.random.default_rng(terms.seed + repeat).permutation(len(frame)) % 5
        seen, judged = [], np.zeros(len(frame), bool)
        for k in range(5):
            made_by, left_out = np.flatnonzero(fifth != k), np.flatnonzero(fifth == k)
            part = _won(won[made_by])
            scores = terms.sign * (won[made_by] - won[made_by].mean())
            moved = Refiner(frame.iloc[made_by], scores, SPECS, 12, part.deviance(terms.sign)).refine(region)
            seen.append(_difference(won[made_by], moved.mask(frame.iloc[made_by])))
            judged[left_out] = moved.mask(frame.iloc[left_out])
        rounds.append(terms.sign * (np.mean(seen) - _difference(won, judged)))
    return max(0.0, 0.8 * float(np.mean(rounds)))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    "region", [Region({"n": (-math.inf, 45.0)}), Region({"n": (-math.inf, 60.0)}, {"c": frozenset("abc")})]
)
def test_it_is_what_leaving_each_fifth_out_in_turn_shows(region, sign):
    frame, outcome = _accounts(1), _noise(2)
    found = boundary_optimism(region, outcome, frame, _terms(sign))
    assert found > 0
    assert np.isclose(found, _naive(region, outcome.won, frame, _terms(sign)))


@pytest.mark.parametrize("sign", [1, -1])
def test_a_cut_placed_on_noise_is_flattered_by_about_all_that_it_shows(sign):
    """Of twelve cuts moved to where chance parts best, the apparent difference is all optimism."""
    optimism, apparent = [], []
    for seed in range(12):
        frame, outcome = _accounts(seed, 300), _noise(seed, 300)
        scores = sign * (outcome.won - outcome.won.mean())
        moved = Refiner(frame, scores, SPECS, 15, outcome.deviance(sign)).refine(Region({"n": (-math.inf, 50.0)}))
        apparent.append(sign * _difference(outcome.won, moved.mask(frame)))
        optimism.append(boundary_optimism(moved, outcome, frame, _terms(sign)))
    assert 0.5 < np.mean(optimism) / np.mean(apparent) < 1.5


def test_a_cut_placed_where_the_outcome_jumps_is_hardly_flattered_and_never_wronged():
    frame, found = _accounts(1, 1000), []
    chance = np.where(frame["n"].to_numpy() < 45, 0.9, 0.1)
    for seed in range(4):
        outcome = _won(np.random.default_rng(seed).random(1000) < chance)
        found.append(boundary_optimism(Region({"n": (-math.inf, 45.0)}), outcome, frame, _terms()))
    assert min(found) == 0
    assert max(found) < 0.01


def test_a_flag_has_no_boundary_that_could_flatter_it():
    region = Region(fixed=(Condition("flag", "is", True),))
    found = [boundary_optimism(region, _noise(seed), _accounts(seed), _terms()) for seed in range(12)]
    assert found == [0.0] * 12


def test_more_accounts_leave_less_to_flatter():
    region, found = Region({"n": (-math.inf, 45.0)}), {}
    for n in (200, 3200):
        terms = _terms(smallest=n // 10)
        found[n] = np.mean([boundary_optimism(region, _noise(s, n), _accounts(s, n), terms) for s in range(6)])
    assert found[3200] < found[200] / 2  # a quarter is expected, as errors shrink by the root of the accounts


def test_it_is_nothing_where_a_group_has_no_rate():
    everybody = Region(fixed=(Condition("flag", "is", True),))
    frame = _accounts(1, 100).assign(flag=pd.array([True] * 100, dtype="boolean"))
    assert boundary_optimism(everybody, _noise(1, 100), frame, _terms()) == 0


def test_the_same_seed_gives_the_same_and_another_seed_other_fifths():
    region, frame, outcome = Region({"n": (-math.inf, 45.0)}), _accounts(1), _noise(2)
    before = frame.copy()
    once, again, other = (boundary_optimism(region, outcome, frame, _terms(seed=seed)) for seed in (3, 3, 30))
    assert once == again != other
    pd.testing.assert_frame_equal(frame, before)
