"""What was seen of customers in their first days, on frames small enough to work out by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.cohort import Cohort
from icp_ml.features.early_life import EarlyLife, Seen, early_life

START = pd.Timestamp("2025-01-01")
N = 12


def cohort_of(n: int = N, as_of: str = "2026-06-30", **columns) -> Cohort:
    """Customers that all started on the same day, unless a column says otherwise."""
    ids = pd.Index([f"c{i}" for i in range(n)], name="account_id")
    accounts = pd.DataFrame({"started_at": START, "entry_months": 0.0, "arr_start": 100.0} | columns, index=ids)
    attributes = pd.DataFrame({"size": range(n)}, index=ids)
    last = dt.date.fromisoformat(as_of)
    return Cohort(accounts, attributes, attributes, 12, last, last, has_wins=False, has_churn=True)


def signals_of(*rows: tuple[int, int, str, float | None]) -> pd.DataFrame:
    """Rows of customer, days after 2025-01-01, signal and value."""
    frame = pd.DataFrame(rows, columns=["account", "days", "signal", "value"]).astype({"value": float})
    return frame.assign(occurred=START + pd.to_timedelta(frame.pop("days"), unit="D"))


def on_start(signal: str = "tick", of: int = N, value: float = 1.0) -> list[tuple[int, int, str, float | None]]:
    return [(i, 0, signal, value + i) for i in range(of)]


def seen(*rows: tuple[int, int, str, float | None], cohort: Cohort | None = None, days: int = 90) -> EarlyLife:
    return early_life(cohort or cohort_of(), signals_of(*rows), days)


def test_each_aggregate_is_what_a_person_would_work_out() -> None:
    rows = [(i, 0, "use", 10.0) for i in range(N)] + [(0, 5, "use", 40.0), (1, 89, "use", 1.0), (1, 30, "use", 4.0)]
    frame = seen(*rows).frame
    assert frame.loc["c0"].to_dict() == {"use, times": 2, "use, average": 25, "use, total": 50, "use, last": 40}
    assert frame.loc["c1"].to_dict() == {"use, times": 3, "use, average": 5, "use, total": 15, "use, last": 1}
    assert frame.loc["c2"].to_dict() == {"use, times": 1, "use, average": 10, "use, total": 10, "use, last": 10}


def test_who_never_had_a_signal_has_it_no_times_in_no_total_and_without_an_average() -> None:
    rows = [*on_start(of=11), *((i, 3, "tick", 2.0) for i in range(5))]
    last = seen(*rows).frame.loc["c11"]
    assert (last["tick, times"], last["tick, total"]) == (0, 0)
    assert last[["tick, average", "tick, last"]].isna().all()


def test_an_occurrence_without_a_value_is_counted_and_nothing_else() -> None:
    row = seen(*on_start(of=11), *((i, 3, "tick", 2.0) for i in range(5)), (11, 1, "tick", None)).frame.loc["c11"]
    assert row["tick, times"] == 1
    assert row[["tick, average", "tick, total", "tick, last"]].isna().all()


@pytest.mark.parametrize(("day", "counted"), [(-1, False), (0, True), (89, True), (90, False)])
def test_the_window_holds_its_first_day_and_not_the_day_after_its_last(day: int, counted: bool) -> None:
    frame = seen(*on_start(), *((i, 1, "tick", 5.0) for i in range(6)), (7, day, "tick", 5.0)).frame
    assert frame.loc["c7", "tick, times"] == 1 + counted


def test_what_happens_outside_a_customers_window_changes_nothing() -> None:
    before = seen(*on_start(), (3, 20, "tick", 9.0))
    outside = [(i, day, name, 77.0) for i in range(N) for day in (-30, 90, 400) for name in ("tick", "later")]
    after = seen(*on_start(), (3, 20, "tick", 9.0), *outside)
    pd.testing.assert_frame_equal(before.frame, after.frame)
    assert before.on_first_day == after.on_first_day


def test_a_signal_moved_past_the_window_is_gone() -> None:
    moved = seen(*on_start(), *((i, 90, "late", float(i)) for i in range(N)))
    kept = seen(*on_start(), *((i, 89, "late", float(i)) for i in range(N)))
    assert kept.signals == ["late", "tick"]
    assert moved.signals == ["tick"]


@pytest.mark.parametrize(("days", "unknown"), [(200, True), (90, True), (89, False)])
def test_a_customer_of_before_a_signal_was_recorded_is_unknown_rather_than_at_zero(days: int, unknown: bool) -> None:
    cohort = cohort_of(started_at=[START - pd.Timedelta(days=days), *[START] * (N - 1)])
    row = seen(*on_start(of=11)[1:], (11, 2, "tick", 7.0), (11, 3, "tick", 7.0), cohort=cohort).frame.loc["c0"]
    assert row["tick, times"] == 0 or unknown
    assert row.isna().all() == unknown


def test_the_order_of_the_file_does_not_matter() -> None:
    rows = [
        *on_start(value=0.1),
        *((i, 7, "tick", 0.3 * i) for i in range(N)),
        *((i, 7, "tick", 0.7) for i in range(N)),
    ]
    pd.testing.assert_frame_equal(seen(*rows).frame, seen(*reversed(rows)).frame)


def test_only_customers_whose_window_has_passed_and_was_covered_are_there() -> None:
    late = pd.Timestamp("2026-04-02")
    cohort = cohort_of(
        as_of="2026-06-30",
        started_at=[START, late - pd.Timedelta(days=1), late, pd.NaT, *[START] * (N - 4)],
        entry_months=[3.0, *[0.0] * (N - 1)],
    )
    found = seen(*on_start(), cohort=cohort)
    assert list(found.frame.index) == ["c1", *(f"c{i}" for i in range(4, N))]
    assert found.day[0] == np.datetime64("2026-06-30")
    assert found.months[1] == 3.0  # 1 January and 90 days: 1 April


def test_columns_that_tell_nobody_apart_are_left_out() -> None:
    assert seen(*((i, 0, "same", 5.0) for i in range(N))).frame.empty
    assert list(seen(*on_start()).columns) == ["tick, average"]


def test_a_signal_hardly_ever_repeated_has_no_total_and_no_last_value() -> None:
    once = seen(*on_start(of=11), (0, 4, "tick", 3.0)).columns
    assert [s.aggregate for s in once.values()] == ["count", "mean"]
    twice = seen(*on_start(of=11), (0, 4, "tick", 3.0), (1, 4, "tick", 3.0)).columns
    assert [s.aggregate for s in twice.values()] == ["count", "mean", "sum", "last"]


def test_a_signal_of_fewer_than_ten_customers_is_left_out() -> None:
    assert seen(*on_start(of=9)).signals == []
    assert seen(*on_start(of=10)).signals == ["tick"]


def test_arr_at_the_start_is_there_where_half_of_it_is_known() -> None:
    known = [float(i) for i in range(6)] + [np.nan] * 6
    assert seen(*on_start(), cohort=cohort_of(arr_start=known)).columns["arr_at_start"] == Seen(None, "last")
    assert "arr_at_start" not in seen(*on_start(), cohort=cohort_of(arr_start=[*known[1:], np.nan])).columns


def test_a_column_does_not_take_the_name_of_an_attribute() -> None:
    cohort = cohort_of()
    named = Cohort(**{**vars(cohort), "attributes": cohort.attributes.rename(columns={"size": "tick, average"})})
    assert list(seen(*on_start(), cohort=named).columns) == ["tick, average (seen)"]


def test_the_share_dated_on_the_first_day_is_of_what_was_seen_in_the_window() -> None:
    found = seen(*on_start(), *((i, 8, "tick", 1.0) for i in range(4)), *((i, 200, "tick", 1.0) for i in range(N)))
    assert found.on_first_day == {"tick": 0.75}
