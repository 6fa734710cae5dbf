"""Identifiers, dates written as numbers, and ways of writing, on frames made by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.cohort import Cohort
from icp_ml.features.leaks_calendar import find_date_number
from icp_ml.features.leaks_dates import find_date_text, find_in_step
from icp_ml.features.leaks_identifiers import find_identifier
from icp_ml.features.leaks_outcomes import Contrast
from icp_ml.features.leaks_writing import find_writing

N = 60
# One customer every 17 days from 2023-01-01; 17 and 365 share no factor, so starts spread over the year.
STARTS = np.datetime64("2023-01-01", "D") + 17 * np.arange(N)


def _customers() -> Cohort:
    accounts = pd.DataFrame(
        {
            "outcome": "won",
            "decided_at": (STARTS - 30).astype("datetime64[ns]"),
            "closed_at": STARTS.astype("datetime64[ns]"),
            "started_at": STARTS.astype("datetime64[ns]"),
            "ended_at": pd.Series(pd.NaT, index=range(N), dtype="datetime64[ns]"),
            "follow_up_months": (np.datetime64("2026-06-30") - STARTS).astype(float) / 30.4,
            "cycle_days": np.tile([20.0, 45.0, 31.0, 60.0, 52.0, 24.0], N // 6),
            "churned": False,
            "is_customer": True,
        }
    )
    return Cohort(accounts, accounts, accounts, 12, dt.date(2026, 6, 30), dt.date(2026, 5, 31), True, True)


def _next_anniversaries() -> np.ndarray:
    """Days since 1970 on which each contract renews after 2026-06-30."""
    years = 2027 - STARTS.astype("datetime64[Y]").astype(int) - 1970
    due = np.array([pd.Timestamp(d) + pd.DateOffset(years=int(y)) for d, y in zip(STARTS, years, strict=True)])
    past = due > pd.Timestamp("2027-06-30")
    return np.array([(d - pd.DateOffset(years=int(p)) - pd.Timestamp(0)).days for d, p in zip(due, past, strict=True)])


@pytest.mark.parametrize(
    "disguise",
    [
        lambda days: days + 25569.0,
        lambda days: days * 86_400.0,
        lambda days: days * 86_400_000.0,
        lambda days: days - float((pd.Timestamp("2026-06-30") - pd.Timestamp(0)).days),
    ],
    ids=["a spreadsheet's number", "seconds", "milliseconds", "days to go"],
)
def test_a_renewal_date_is_found_by_its_anniversaries_in_every_disguise(disguise: object) -> None:
    (found,) = find_date_number(pd.Series(disguise(_next_anniversaries())), "number", _customers())
    assert found.figures == {"with": "started_at", "share": 1.0, "n": 60}
    assert "it falls on anniversaries of the start of the first contract" in found.sentence


def test_numbers_that_do_not_follow_the_contract_are_no_dates() -> None:
    rng = np.random.default_rng(1)
    for values in (rng.integers(1, 365, N), 40_000 + rng.integers(0, 9000, N), np.full(N, 90), np.arange(N) % 4):
        assert find_date_number(pd.Series(values.astype(float)), "number", _customers()) == []


def test_dates_written_as_eight_digits_are_found_and_old_ones_pass() -> None:
    written = pd.Series([float(str(d).replace("-", "")) for d in STARTS[::-1] + 400])
    found = find_date_number(written, "number", _customers())
    assert found[0].sentence == ("it holds dates written as numbers, 100% of them after the first decision on record")
    founded = written - 30 * 10_000
    assert [f.sentence for f in find_date_number(founded, "number", _customers()) if "written" in f.sentence] == []


def test_the_length_of_the_deal_is_found_by_its_rank_correlation() -> None:
    cohort = _customers()
    (found,) = find_in_step(cohort.accounts["cycle_days"] * 2 + 1, "number", cohort, seed=1)
    assert found.figures == {"with": "cycle_days", "rank_correlation": 1.0, "n": 60, "among": "all"}


def test_days_since_the_last_activity_are_found_among_lost_accounts_though_customers_differ() -> None:
    cohort = _customers()
    lost = np.arange(N) % 2 == 0
    accounts = cohort.accounts.assign(outcome=np.where(lost, "lost", "won"), is_customer=~lost)
    accounts.loc[lost, ["started_at", "ended_at"]] = pd.NaT
    cohort = Cohort(accounts, accounts, accounts, 12, cohort.as_of, cohort.follow_up_until, True, True)
    idle = (np.datetime64("2026-06-30") - STARTS).astype(float)
    values = pd.Series(np.where(lost, idle, np.tile([5.0, 1.0, 3.0, 9.0], 15)))
    found = find_in_step(values, "number", cohort, seed=1)
    # Half of the accounts, 30 lost ones, in exactly reversed order.
    assert [(f.figures["among"], f.figures["rank_correlation"], f.figures["n"]) for f in found] == [
        ("lost accounts", 1.0, 30)
    ]


def test_dates_as_text_are_found_and_say_how_many_lie_after_the_decision() -> None:
    text = pd.Series(pd.Series(STARTS).dt.strftime("%d.%m.%Y").to_numpy(dtype=object))
    (found,) = find_date_text(text, "category", _customers())
    assert found.sentence == "it holds dates, 100% of them after the decision"


def test_codes_and_numbers_given_out_one_by_one_name_accounts_and_headcounts_do_not() -> None:
    codes = pd.Series([f"K{i}" for i in range(40)])
    assert [f.code for f in find_identifier(codes, "category")] == ["identifier"]
    assert [f.code for f in find_identifier(pd.Series(np.arange(40) + 5.0), "number")] == ["identifier"]
    # 40 x 39 / 2 pairs in a width of 40 would repeat 19.5 times by chance; none does.
    shuffled = pd.Series(np.random.default_rng(1).permutation(40).astype(float))
    assert [f.code for f in find_identifier(shuffled, "number")] == ["identifier"]
    # In a width of 390,001 chance would repeat 0.002 times, so that no repeat tells nothing.
    assert find_identifier(pd.Series(np.arange(40) * 10_000.0), "number") == []
    assert find_identifier(pd.Series(np.arange(40) % 20 * 1.0), "number") == []
    assert find_identifier(pd.Series(np.arange(40) + 0.5), "number") == []


def test_headcounts_that_are_exact_for_customers_only_are_written_differently() -> None:
    won = Contrast("won", np.arange(N), np.arange(N) < 30, np.zeros(N, dtype=np.int64), "won accounts", "lost accounts")
    exact = pd.Series([51.0, 63.0, 77.0] * 10 + [50.0, 100.0, 150.0] * 10)
    (found,) = find_writing(exact, "number", (won,))
    assert found.code == "written_differently"
    assert found.sentence.startswith("it is an exact number, not a multiple of ten, for 100% of won accounts and 0%")
    assert find_writing(pd.Series([51.0, 60.0] * 30), "number", (won,)) == []
    # Counts below ten are never round, so nothing can be read from that.
    assert find_writing(pd.Series([1.0, 3.0] * 15 + [20.0, 30.0] * 15), "number", (won,)) == []


def test_towns_in_capitals_for_customers_only_are_written_differently() -> None:
    won = Contrast("won", np.arange(N), np.arange(N) < 30, np.zeros(N, dtype=np.int64), "won accounts", "lost accounts")
    towns = pd.Series([f"TOWN {chr(65 + i % 26)}" for i in range(30)] + [f"Town {chr(65 + i % 26)}" for i in range(30)])
    (found,) = find_writing(towns, "category", (won,))
    assert found.sentence.startswith("it is written in capitals for 100% of won accounts and 0% of lost accounts")
