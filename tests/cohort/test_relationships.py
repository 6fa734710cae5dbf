from __future__ import annotations

import pandas as pd
import pytest

# as_of 2026-06-30 less 30 grace days: follow-up ends on 2026-05-31.


def follow(cohort, account):
    row = cohort.accounts.loc[account]
    return row.churned, row.follow_up_months, None if pd.isna(row.ended_at) else str(row.ended_at.date())


def test_follow_up_ends_for_all_at_as_of_less_the_grace_days(make_cohort):
    periods = [
        ("A", "2025-05-31", None, 1.0),
        ("B", "2025-05-31", "2026-06-10", 1.0),  # ended within the grace days: not yet known
        ("C", "2025-05-31", "2026-05-31", 1.0),  # ended by then: churn on its end date
        ("D", "2025-05-31", "2027-05-31", 1.0),  # ends after as_of: active
    ]
    cohort = make_cohort(["A", "B", "C", "D"], None, periods)
    assert str(cohort.follow_up_until) == "2026-05-31"
    assert [follow(cohort, a) for a in "ABCD"] == [
        (False, 12.0, None),
        (False, 12.0, None),
        (True, 12.0, "2026-05-31"),
        (False, 12.0, None),
    ]
    assert cohort.accounts["follow_up_days"].tolist() == [365.0] * 4


def test_a_missed_first_renewal_of_an_annual_contract_is_churn_within_12_months(make_cohort):
    periods = [("A", "2024-02-29", "2025-02-28", 1.0), ("B", "2024-01-01", "2025-01-01", 1.0)]
    cohort = make_cohort(["A", "B"], None, periods)
    assert cohort.accounts["follow_up_months"].tolist() == [12.0, 12.0]
    assert cohort.accounts["churned"].all()


@pytest.mark.parametrize(("restart", "churned", "won_back"), [("2024-07-30", False, False), ("2024-07-31", True, True)])
def test_a_gap_of_up_to_the_grace_days_is_no_churn_and_a_longer_one_a_win_back(make_cohort, restart, churned, won_back):
    cohort = make_cohort(["A"], None, [("A", restart, None, 1.0), ("A", "2024-01-01", "2024-06-30", 1.0)])
    account = cohort.accounts.loc["A"]
    assert (account.churned, account.won_back) == (churned, won_back)
    assert cohort.counts["customers"] == 1
    assert cohort.counts["won_back"] == won_back


def test_a_win_back_neither_undoes_the_churn_nor_makes_a_second_customer(make_cohort):
    cohort = make_cohort(["A"], None, [("A", "2023-01-01", "2023-07-01", 1.0), ("A", "2024-01-01", None, 9.0)])
    assert follow(cohort, "A") == (True, 6.0, "2023-07-01")
    account = cohort.accounts.loc["A"]
    assert (account.arr_start, account.arr_horizon, account.arr_now, account.nrr) == (1.0, 0.0, 9.0, 0.0)


def test_a_short_period_inside_a_long_one_does_not_end_the_relationship(make_cohort):
    periods = [
        ("A", "2023-01-01", "2025-01-01", 1.0),
        ("A", "2023-02-01", "2023-03-01", 1.0),
        ("A", "2024-12-01", "2025-06-01", 1.0),
    ]
    cohort = make_cohort(["A"], None, periods)
    assert follow(cohort, "A") == (True, 29.0, "2025-06-01")
    assert cohort.accounts.loc["A", "periods"] == 3


def test_only_periods_with_arr_make_a_customer_and_a_missing_arr_is_not_none(make_cohort):
    periods = [
        ("A", "2024-01-01", None, 0.0),
        ("B", "2024-01-01", None, None),
        ("C", "2024-01-01", "2024-03-01", 0.0),  # a free trial comes before the start
        ("C", "2024-03-01", None, 5.0),
    ]
    cohort = make_cohort(["A", "B", "C"], None, periods)
    assert cohort.customers.tolist() == [False, True, True]
    assert cohort.accounts["status"].tolist() == ["never worked", "customer", "customer"]
    assert str(cohort.accounts.loc["C", "started_at"].date()) == "2024-03-01"
    assert pd.isna(cohort.accounts.loc["B", "arr_start"])
    assert cohort.counts["periods_of_unknown_arr"] == 1


def test_a_customer_started_within_the_grace_days_has_no_follow_up_yet(make_cohort):
    cohort = make_cohort(["A", "B", "C"], None, [("A", "2026-06-15", None, 1.0), ("B", "2026-05-30", None, 1.0)])
    assert cohort.customers.tolist() == [False, True, False]
    assert cohort.accounts["follow_up_days"].fillna(-1).tolist() == [0.0, 1.0, -1.0]
    assert cohort.accounts.loc["A", "left_out"].startswith("no follow-up yet")
    assert cohort.counts["not_followed_yet"] == 1


def test_a_period_of_no_length_is_churn_in_month_zero(make_cohort):
    cohort = make_cohort(["A"], None, [("A", "2024-01-01", "2024-01-01", 4.0)])
    assert cohort.customers.tolist() == [True]
    assert follow(cohort, "A") == (True, 0.0, "2024-01-01")
    assert cohort.accounts.loc["A", "arr_start"] == 4.0


def test_while_a_renewal_is_open_at_the_terms_end_follow_up_ends_there_censored(make_cohort):
    periods = [
        ("A", "2024-01-01", "2025-01-01", 1.0, {"censored_at": "2025-01-01"}),
        ("B", "2024-01-01", None, 1.0, {"censored_at": "2025-01-01"}),  # the end left empty means the same
        ("C", "2024-01-01", "2025-01-01", 1.0, {"censored_at": None}),
        ("D", "2024-01-01", "2025-01-01", 1.0, {"censored_at": "2025-01-01"}),  # another period runs on
        ("D", "2024-06-01", "2025-06-01", 1.0, {"censored_at": None}),
        ("E", "2025-06-20", "2026-06-20", 1.0, {"censored_at": "2026-06-20"}),  # after the end of follow-up
    ]
    cohort = make_cohort(list("ABCDE"), None, periods)
    assert follow(cohort, "A") == follow(cohort, "B") == (False, 12.0, None)
    assert follow(cohort, "C") == (True, 12.0, "2025-01-01")
    assert follow(cohort, "D") == (True, 17.0, "2025-06-01")
    assert cohort.accounts.loc["E", "follow_up_days"] == 345


def test_survivors_from_before_covers_from_enter_the_risk_set_on_that_day(make_cohort):
    periods = [
        ("A", "2020-01-01", None, 1.0),
        ("B", "2022-01-01", None, 1.0),
        ("C", "2019-01-01", "2020-06-01", 1.0),  # ended before: never at risk
        ("D", "2019-01-01", "2021-01-01", 1.0),  # ended on the day
    ]
    cohort = make_cohort(["A", "B", "C", "D"], None, periods, covers_from="2021-01-01")
    assert cohort.accounts["entry_months"].tolist() == [12.0, 0.0, 24.0, 24.0]
    assert cohort.customers.tolist() == [True, True, False, False]
    assert (cohort.counts["entered_late"], cohort.counts["never_at_risk"]) == (1, 2)
    assert cohort.accounts.loc["C", "left_out"] == "ended before covers_from; in no churn rate"
    assert any("1 customers of before 2021-01-01" in note for note in cohort.notes)


def test_no_grace_days_count_every_day_up_to_as_of(make_cohort):
    periods = [("A", "2025-06-30", "2026-06-30", 1.0), ("B", "2025-06-30", "2025-12-30", 1.0)]
    cohort = make_cohort(["A", "B"], None, [*periods, ("B", "2025-12-31", None, 1.0)], outcomes={"grace_days": 0})
    assert follow(cohort, "A") == (True, 12.0, "2026-06-30")
    assert follow(cohort, "B") == (True, 6.0, "2025-12-30")
    assert cohort.accounts["won_back"].tolist() == [False, True]


def test_an_empty_table_of_subscriptions_is_a_table_without_customers(make_cohort):
    cohort = make_cohort(["A"], [("D1", "A", "2024-01-01", "2024-02-01", "won")], [])
    assert cohort.customers.tolist() == [False]
    assert cohort.accounts.loc["A", "won_without_period"]
