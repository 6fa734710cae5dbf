from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.segments.open_pipeline import pipeline_by_segment

LABELS = np.array(["S1", "S1", "S2", "", ""], dtype=object)


def cohort_of(amounts: list[float]) -> Cohort:
    accounts = pd.DataFrame({"open_pipeline": amounts})
    frame = pd.DataFrame(index=accounts.index)
    return Cohort(accounts, frame, frame, 12, dt.date(2026, 6, 30), dt.date(2026, 5, 31), True, True)


def test_the_shares_of_all_segments_and_of_none_add_up_to_what_is_open():
    found = pipeline_by_segment(cohort_of([100.0, 200.0, 0.0, 500.0, np.nan]), LABELS, ["S1", "S2"])
    assert found == {
        "S1": {"open": 300.0, "share": 0.375, "accounts": 2},
        "S2": {"open": 0.0, "share": 0.0, "accounts": 0},
        "": {"open": 500.0, "share": 0.625, "accounts": 1},
    }


def test_where_nothing_of_known_amount_is_open_there_is_a_reason_and_no_share():
    found = pipeline_by_segment(cohort_of([0.0] * 5), LABELS, ["S1", "S2"])
    assert found == {key: {"absent": "no open deal of known amount"} for key in ("S1", "S2", "")}
