from __future__ import annotations

import numpy as np

from icp_ml.sample.draws import Draws

PINNED = [863, 418, 627, 530, 424, 590]


def test_one_stream_does_not_depend_on_another_being_drawn() -> None:
    alone = Draws(7).uniform("size", 5)
    after = Draws(7)
    after.normal("something else", 100)
    assert after.uniform("size", 5).tolist() == alone.tolist()


def test_another_name_or_seed_gives_other_numbers() -> None:
    base = Draws(7).uniform("size", 5)
    assert not np.array_equal(base, Draws(7).uniform("cycle", 5))
    assert not np.array_equal(base, Draws(8).uniform("size", 5))


def test_the_first_numbers_of_a_stream_are_the_same_on_every_platform_and_version() -> None:
    # Written down once: numpy 2.4.6 on Python 3.11. A change here would change every committed sample.
    assert Draws(7).integers("pinned", 0, 999, 6).tolist() == PINNED


def test_integers_reach_both_ends_and_never_beyond() -> None:
    drawn = Draws(1).integers("dice", 1, 6, 2000)
    assert sorted(set(drawn.tolist())) == [1, 2, 3, 4, 5, 6]


def test_levels_come_in_the_share_of_their_weights() -> None:
    drawn = Draws(1).pick("letters", ("a", "b", "c"), 20_000, (1, 0, 3))
    assert np.mean(drawn == "a") == np.float64(np.mean(drawn != "c"))
    assert abs(np.mean(drawn == "c") - 0.75) < 0.015
