import numpy as np
import pandas as pd

from icp_ml.criteria.adjusting import adjust_effect, columns_of
from icp_ml.criteria.outcomes import Outcome


def _won(won: np.ndarray) -> Outcome:
    n = len(won)
    empty = np.full(n, np.nan)
    return Outcome(
        "won", np.arange(n), np.zeros(n, int), 12, won.astype(float), empty, empty, np.zeros(n, bool), np.empty(0)
    )


def _world(seed: int = 0, n: int = 4000):
    rng = np.random.default_rng(seed)
    discount = rng.random(n) < 0.5
    stands_in = np.where(rng.random(n) < 0.9, discount, ~discount)  # goes with the discount nine times in ten
    return rng, discount, stands_in


def test_with_nothing_beside_it_the_difference_is_the_plain_one():
    inside = np.array([True] * 4 + [False] * 4)
    told = adjust_effect(_won(np.array([1, 1, 1, 0, 1, 0, 0, 0])), inside, {})
    assert np.isclose(told["alone"]["estimate"], 0.75 - 0.25)
    assert told["verdict"] == "holds"


def test_a_difference_within_each_level_is_the_one_held_equal():
    """Two sources of equal size: 0.5 less 0.0 in the first, 1.0 less 0.5 in the second; by hand 0.5."""
    source = pd.Series(["web"] * 4 + ["event"] * 4)
    inside = np.array([True, True, False, False] * 2)
    won = np.array([1, 0, 0, 0, 1, 1, 1, 0])
    flags = (source == "web").to_numpy(dtype=float)[:, None]
    assert np.isclose(adjust_effect(_won(won), inside, {"source": flags})["beside"]["source"]["estimate"], 0.5)


def test_a_rule_that_stands_in_for_the_discount_is_told_so():
    rng, discount, stands_in = _world()
    won = rng.random(len(discount)) < np.where(discount, 0.7, 0.3)
    told = adjust_effect(_won(won), stands_in, {"discount": columns_of(pd.Series(discount * 10.0))})
    assert told["alone"]["estimate"] > 0.25
    assert told["verdict"] == "stands in for discount"


def test_an_effect_of_its_own_holds_beside_the_discount():
    rng, discount, stands_in = _world()
    won = rng.random(len(discount)) < np.where(stands_in, 0.7, 0.3)
    assert (
        adjust_effect(_won(won), stands_in, {"discount": columns_of(pd.Series(discount * 10.0))})["verdict"] == "holds"
    )


def test_words_become_a_flag_each_and_rare_ones_none():
    words = pd.Series(["a"] * 20 + ["b"] * 15 + ["c"] * 3 + [None] * 12)
    assert columns_of(words).sum(axis=0).tolist() == [20, 15, 12]


def test_unknown_numbers_are_flagged_and_a_constant_holds_nothing_equal():
    columns = columns_of(pd.Series([1.0, 3.0, np.nan, 5.0]))
    assert columns[:, 0].tolist() == [1.0, 3.0, 3.0, 5.0]
    assert columns[:, 1].tolist() == [0, 0, 1, 0]
    assert columns_of(pd.Series([2.0, 2.0])).shape == (2, 0)
