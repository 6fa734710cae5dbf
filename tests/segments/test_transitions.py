from __future__ import annotations

import numpy as np
import pytest

from icp_ml.segments.transitions import Change, flows, what_changed


def changed(*counts: list[int], same: dict[int, int] | None = None) -> list[tuple]:
    """Return the changes of a table of earlier segments by new ones, the last row and column being no segment."""
    return [(c.kind, c.before, c.now) for c in what_changed(np.array(counts), same or {})]


def test_flows_count_who_went_where():
    then, now = np.array([0, 0, 1, -1]), np.array([1, -1, 1, 0])
    assert flows(then, now, 2, 2).tolist() == [[0, 1, 1], [0, 1, 0], [1, 0, 0]]


def test_the_same_accounts_but_for_a_twentieth_are_kept_and_more_have_moved():
    assert changed([95, 5], [5, 0], same={0: 0}) == [("kept", (0,), (0,))]
    assert changed([94, 6], [0, 0], same={0: 0}) == [("moved", (0,), (0,))]
    assert changed([100, 0], [6, 0], same={0: 0}) == [("moved", (0,), (0,))]


def test_a_segment_with_no_successor_has_died_and_one_with_no_predecessor_is_born():
    assert changed([0, 100], [50, 0]) == [("born", (), (0,)), ("died", (0,), ())]


def test_one_segment_that_most_accounts_of_two_new_ones_were_in_has_split():
    assert changed([40, 50, 10], [0, 5, 0]) == [("split", (0,), (0, 1))]


def test_a_part_that_keeps_the_id_is_told_with_the_split_though_its_boundary_moved():
    assert changed([60, 30, 10], [20, 0, 0], same={0: 0}) == [("split", (0,), (0, 1))]


def test_a_part_that_took_but_a_few_accounts_makes_no_split():
    assert changed([95, 5, 0], [0, 1, 0], same={0: 0}) == [("kept", (0,), (0,)), ("born", (), (1,))]


def test_parts_that_hold_no_more_than_half_of_a_segment_make_no_split():
    assert changed([25, 25, 50], [0, 0, 0]) == [("born", (), (0,)), ("born", (), (1,)), ("died", (0,), ())]


def test_two_segments_most_of_whose_accounts_are_in_one_new_one_have_merged():
    assert changed([40, 10], [50, 0], [5, 0]) == [("merged", (0, 1), (0,))]
    assert changed([40, 10], [50, 0], [5, 0], same={1: 0}) == [("merged", (0, 1), (0,))]


def test_small_segments_swallowed_by_a_large_new_one_have_died_and_not_merged():
    assert changed([20, 0], [20, 0], [100, 0]) == [("born", (), (0,)), ("died", (0,), ()), ("died", (1,), ())]


def test_where_a_split_and_a_merge_share_a_segment_the_one_of_more_accounts_is_told():
    # The first segment's 100 accounts went to both new ones; the second's 30 went to the second too.
    assert changed([40, 60, 0], [0, 30, 0], [0, 0, 0]) == [("split", (0,), (0, 1)), ("died", (1,), ())]
    assert changed([10, 60, 0], [0, 50, 0], [0, 0, 0]) == [("born", (), (0,)), ("merged", (0, 1), (1,))]


def test_a_segment_that_nobody_falls_to_any_more_has_died():
    assert changed([0, 0], [5, 0]) == [("born", (), (0,)), ("died", (0,), ())]


def test_a_release_without_segments_before_or_now_is_told():
    assert changed([3, 7]) == [("born", (), (0,))]
    assert changed([3], [7]) == [("died", (0,), ())]
    assert changed([10]) == []


@pytest.mark.parametrize("seed", range(5))
def test_every_segment_is_told_once(seed):
    rng = np.random.default_rng(seed)
    for _ in range(100):
        old, new = rng.integers(0, 5, 2)
        counts = rng.integers(0, 30, (old + 1, new + 1)) * (rng.random((old + 1, new + 1)) < 0.5)
        both, before, now = counts[:-1, :-1], counts[:-1].sum(1), counts[:, :-1].sum(0)
        union = before[:, None] + now[None] - both
        same = {int(i): int(j) for i, j in np.argwhere((2 * both > union) & (both > 0))}
        found: list[Change] = what_changed(counts, same)
        assert sorted(at for change in found for at in change.before) == list(range(old))
        assert sorted(at for change in found for at in change.now) == list(range(new))
