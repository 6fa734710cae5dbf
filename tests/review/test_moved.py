"""Accounts that change tier are counted with what hangs on them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.review.moved import Move, tier_moves

ACCOUNTS = pd.DataFrame(
    {"arr_now": [100.0, np.nan, 0.0, 40.0, 7.0], "open_pipeline": [0.0, 30.0, 0.0, 5.0, np.nan]},
)


def test_each_move_is_counted_once_and_those_to_red_come_first():
    before = ["green", "yellow", "yellow", "green", "red"]
    after = ["red", "red", "green", "red", "red"]
    assert tier_moves(before, after, ACCOUNTS) == (
        Move("green", "red", 2, 2, 1, 140.0, 5.0),
        Move("yellow", "red", 1, 0, 1, 0.0, 30.0),
        Move("yellow", "green", 1, 0, 0, 0.0, 0.0),
    )


def test_where_nothing_moves_there_is_nothing():
    assert tier_moves(["red"] * 5, ["red"] * 5, ACCOUNTS) == ()
