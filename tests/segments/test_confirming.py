from __future__ import annotations

import numpy as np
from scipy.stats import binom, chi2

from icp_ml.segments import confirming
from icp_ml.segments.confirming import ERROR
from icp_ml.segments.targets import Targets


def won_of(*groups: tuple[int, int]) -> tuple[Targets, list[np.ndarray]]:
    """Return who was won and the mask of each group, from ``(accounts, won of them)``."""
    won = np.concatenate([np.arange(n) < wins for n, wins in groups]).astype(float)
    group = np.repeat(np.arange(len(groups)), [n for n, _ in groups])
    scores = ((won - won.mean()) / won.std())[:, None]
    return Targets(("win",), scores, np.ones((len(won), 1)), {}), [group == g for g in range(len(groups))]


def confirmed(masks: list[np.ndarray], targets: Targets, smallest: int, formed: int) -> tuple[list[int], dict]:
    """Return what is confirmed where every segment came back without each fold."""
    everybody = np.ones(len(targets.scores), dtype=bool)
    return confirming.confirmed(masks, [everybody] * len(masks), targets, smallest, formed)


def chance(targets: Targets, inside: np.ndarray, outside: np.ndarray) -> float:
    """Return the p-value of two groups differing, over the scatter of both together."""
    scores = targets.scores[:, 0]
    both = inside | outside
    between = sum(m.sum() * (scores[m].mean() - scores[both].mean()) ** 2 for m in (inside, outside))
    return round(float(chi2.sf(between / np.clip(scores[both].var(), 1, 4), 1)), 4)


def test_a_segment_that_differs_from_the_rest_is_confirmed_and_one_that_does_not_is_told_with_its_p_value():
    targets, (good, same, rest) = won_of((60, 54), (60, 31), (120, 60))
    kept, dropped = confirmed([good, same], targets, 20, 2)
    assert kept == [0]
    assert dropped == {1: chance(targets, same, rest)}
    assert dropped[1] > 0.5


def test_a_part_is_compared_with_the_segment_that_its_accounts_would_fall_to():
    # The part differs from the rest by far, and from the segment around it hardly.
    targets, (part, whole, rest) = won_of((60, 48), (60, 47), (120, 30))
    kept, dropped = confirmed([part, part | whole], targets, 20, 2)
    assert kept == [1]
    assert dropped == {0: chance(targets, part, whole)}
    assert chance(targets, part, rest) < 0.001


def test_a_segment_of_too_few_held_out_accounts_is_not_confirmed():
    targets, (few, _) = won_of((19, 19), (200, 60))
    assert confirmed([few], targets, 20, 1) == ([], {0: 1.0})
    assert confirmed([few], targets, 19, 1) == ([0], {})


def test_the_more_were_formed_the_more_each_has_to_differ():
    targets, (one, rest) = won_of((50, 33), (100, 44))
    assert ERROR / 8 < chance(targets, one, rest) < ERROR
    assert confirmed([one], targets, 20, 1) == ([0], {})
    assert confirmed([one], targets, 20, 8) == ([], {0: chance(targets, one, rest)})


def test_each_segment_passes_its_own_step_of_holm_and_not_the_weakest_alone():
    targets, (clear, second, third, rest) = won_of((100, 95), (100, 65), (100, 65), (300, 156))
    # Of three, the least must be within a third of the error, the next within half, the last within all of it.
    assert ERROR / 2 < chance(targets, second, rest) < ERROR
    kept, dropped = confirmed([clear, second, third], targets, 20, 3)
    assert kept == [0]
    assert set(dropped) == {1, 2}


def test_who_is_left_is_compared_with_all_others_since_nobody_else_is_there():
    targets, (good, bad, left) = won_of((100, 90), (100, 40), (100, 20))
    assert confirmed([good, bad, left], targets, 20, 3) == ([0, 1, 2], {})


def test_who_is_left_is_not_confirmed_where_all_others_fare_the_same():
    targets, (good, bad, left) = won_of((100, 90), (100, 10), (100, 50))
    assert confirmed([good, bad, left], targets, 20, 3) == ([0, 1], {2: 1.0})


def test_who_is_left_is_compared_with_those_of_unknown_values_only_where_they_are_many():
    # A quarter as many as those left have gaps, and fare like them.
    for unknown, kept in ((24, [0, 1]), (28, [0])):
        targets, (good, left, _) = won_of((100, 90), (100, 20), (unknown, unknown // 4))
        assert confirmed([good, left], targets, 20, 2)[0] == kept


def test_a_segment_that_did_not_come_back_without_some_accounts_is_not_compared_with_its_own_like_among_them():
    # Half of those left lie where the rule did not come back: they are nobody's, and fare just like them.
    targets, (good, left, nobody) = won_of((100, 90), (60, 12), (60, 12))
    everybody, without = np.ones(220, dtype=bool), ~nobody
    without[:50] = False
    kept, dropped = confirming.confirmed([good, left], [everybody, without], targets, 20, 2)
    assert (kept, dropped) == ([0, 1], {})
    assert confirmed([good, left], targets, 20, 2) == ([0], {1: 1.0})


def test_a_segment_that_never_came_back_is_not_confirmed():
    targets, (good, _) = won_of((100, 90), (100, 20))
    nobody = np.zeros(200, dtype=bool)
    assert confirming.confirmed([nobody], [nobody], targets, 20, 1) == ([], {0: 1.0})
    assert confirmed([good], targets, 20, 1) == ([0], {})


def test_of_two_halves_both_are_confirmed_or_none():
    targets, (one, other) = won_of((100, 90), (100, 10))
    assert confirmed([one, other], targets, 20, 2) == ([0, 1], {})
    targets, (one, other) = won_of((100, 50), (100, 50))
    assert confirmed([one, other], targets, 20, 2)[0] == []


def test_where_nothing_differs_something_is_confirmed_at_most_at_the_stated_error():
    rng = np.random.default_rng(2)
    draws, published = 400, 0
    for _ in range(draws):
        targets, masks = won_of((80, 40), (80, 40), (80, 40), (160, 80))
        published += bool(confirmed(masks[:3], targets.rows(rng.permutation(400)), 20, 3)[0])
    # More than this has probability 1 in 1,000.
    assert published <= binom.isf(1e-3, draws, ERROR)


def test_no_segments_confirm_nothing():
    targets, _ = won_of((100, 50))
    assert confirmed([], targets, 20, 0) == ([], {})
