"""Records that hold only a part of the earliest customers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.coverage import partly_on_record

AS_OF = np.datetime64("2025-01-01")


def followed(seed: int, held_from: str | None = None, leavers_before: str | None = None) -> pd.DataFrame:
    """1,000 customers of 2019 to 2024, of whom 25 % a year leave.

    Of before ``held_from`` only who was still there that day is on record; of those started before ``leavers_before``
    only who left within a year.
    """
    rng = np.random.default_rng(seed)
    started = np.datetime64("2019-01-01") + rng.integers(0, 6 * 365, 1000).astype("timedelta64[D]")
    lifetime = rng.exponential(365 / -np.log(0.75), 1000)
    ended = started + np.ceil(lifetime).astype("timedelta64[D]")
    churned = ended <= AS_OF
    held = np.ones(1000, dtype=bool)
    if held_from:
        held &= ended >= np.datetime64(held_from)
    if leavers_before:
        held &= (started >= np.datetime64(leavers_before)) | (churned & (lifetime <= 365))
    days = (np.minimum(ended, AS_OF) - started).astype(float)
    return pd.DataFrame(
        {
            "is_customer": True,
            "started_at": started.astype("datetime64[ns]"),
            "ended_at": np.where(churned, ended, np.datetime64("NaT")).astype("datetime64[ns]"),
            "follow_up_months": days / 30.4375,
            "churned": churned,
            "entry_months": 0.0,
        }
    )[held]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("day", ["2021-04-01", "2022-01-01"])
def test_the_day_from_which_endings_are_on_record_is_proposed(seed: int, day: str) -> None:
    notes = partly_on_record(followed(seed, held_from=day), 12)
    assert len(notes) == 1
    assert notes[0].endswith(f"set covers_from, for instance to {day}")


@pytest.mark.parametrize("seed", range(5))
def test_years_of_which_only_those_who_left_are_on_record_are_told(seed: int) -> None:
    notes = partly_on_record(followed(seed, leavers_before="2022-01-01"), 12)
    assert len(notes) == 1
    assert "may hold only those of that time who have left" in notes[0]


@pytest.mark.parametrize("seed", range(10))
def test_complete_records_are_not_remarked_on(seed: int) -> None:
    assert partly_on_record(followed(seed), 12) == []
