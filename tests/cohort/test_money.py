from __future__ import annotations

import numpy as np
import pytest

FIGURES = ["arr_start", "arr_horizon", "arr_now", "grr", "nrr"]


def figures(cohort, account="A"):
    return cohort.accounts.loc[account, FIGURES].astype(float).tolist()


def test_overlapping_arr_adds_and_growth_counts_in_net_but_not_gross_retention(make_cohort):
    periods = [("A", "2024-01-01", None, 100.0), ("A", "2024-06-01", None, 50.0)]
    assert figures(make_cohort(["A"], None, periods)) == [100, 150, 150, 1.0, 1.5]


def test_two_products_from_the_first_day_are_the_arr_at_the_start(make_cohort):
    periods = [("A", "2024-01-01", None, 100.0), ("A", "2024-01-01", "2024-07-01", 60.0)]
    assert figures(make_cohort(["A"], None, periods)) == [160, 100, 100, 0.625, 0.625]


def test_a_renewal_on_the_day_of_the_end_counts_once(make_cohort):
    periods = [("A", "2024-01-01", "2025-01-01", 100.0), ("A", "2025-01-01", None, 80.0)]
    assert figures(make_cohort(["A"], None, periods)) == [100, 80, 80, 0.8, 0.8]


def test_a_horizon_in_a_gap_within_the_grace_days_has_the_arr_that_closes_the_gap(make_cohort):
    periods = [("A", "2024-01-01", "2024-12-20", 100.0), ("A", "2025-01-10", None, 120.0)]
    assert figures(make_cohort(["A"], None, periods)) == [100, 120, 120, 1.0, 1.2]


def test_churned_by_the_horizon_keeps_nothing_and_churned_later_what_it_had(make_cohort):
    periods = [("A", "2024-01-01", "2025-01-01", 100.0), ("B", "2024-01-01", "2025-01-02", 100.0)]
    cohort = make_cohort(["A", "B"], None, periods)
    assert figures(cohort, "A") == [100, 0, 0, 0, 0]
    assert figures(cohort, "B") == [100, 100, 0, 1, 1]


def test_before_the_horizon_is_reached_nothing_is_said_of_it(make_cohort):
    # Follow-up ends on 2026-05-31: A reaches 12 months that day, B a day short of it, C churned early.
    periods = [
        ("A", "2025-05-31", None, 10.0),
        ("B", "2025-06-01", None, 10.0),
        ("C", "2026-01-01", "2026-02-01", 10.0),
    ]
    cohort = make_cohort(["A", "B", "C"], None, periods)
    assert figures(cohort, "A") == [10, 10, 10, 1, 1]
    assert figures(cohort, "B") == pytest.approx([10, np.nan, 10, np.nan, np.nan], nan_ok=True)
    assert figures(cohort, "C") == [10, 0, 0, 0, 0]
    assert cohort.accounts["horizon_passed"].tolist() == [True, False, False]


def test_an_unknown_arr_in_force_makes_the_sum_unknown_but_churn_is_still_nothing_kept(make_cohort):
    periods = [
        ("A", "2024-01-01", None, 100.0),
        ("A", "2024-06-01", None, None),
        ("B", "2024-01-01", "2024-06-01", None),
    ]
    cohort = make_cohort(["A", "B"], None, periods)
    assert figures(cohort, "A") == pytest.approx([100] + [np.nan] * 4, nan_ok=True)
    assert figures(cohort, "B") == pytest.approx([np.nan, 0, 0, 0, 0], nan_ok=True)


def test_what_ended_within_the_grace_days_has_no_known_arr_now(make_cohort):
    periods = [("A", "2024-01-01", "2026-06-10", 10.0), ("B", "2024-01-01", "2026-05-31", 10.0)]
    cohort = make_cohort(["A", "B"], None, periods)
    assert np.isnan(cohort.accounts.loc["A", "arr_now"])
    assert cohort.accounts.loc["B", "arr_now"] == 0


def test_a_renewal_still_open_at_the_horizon_leaves_retention_unknown(make_cohort):
    periods = [("A", "2024-01-01", "2025-01-01", 10.0, {"censored_at": "2025-01-01"})]
    assert np.isnan(figures(make_cohort(["A"], None, periods))[3:]).all()


def test_the_present_period_ends_when_the_last_one_in_force_does(make_cohort):
    periods = [
        ("A", "2025-01-01", "2026-12-31", 1.0),
        ("A", "2026-01-01", "2027-03-31", 1.0),
        ("B", "2025-01-01", "2026-12-31", 1.0),
        ("B", "2026-01-01", None, 1.0),
        ("C", "2025-01-01", "2025-12-31", 1.0),
    ]
    ends = make_cohort(["A", "B", "C", "N"], None, periods).accounts["period_end"]
    assert str(ends.iloc[0].date()) == "2027-03-31"
    assert ends.isna().tolist() == [False, True, True, True]


def test_the_end_of_a_running_term_that_the_reader_keeps_apart_is_the_period_end(make_cohort):
    cohort = make_cohort(["A"], None, [("A", "2026-01-01", None, 1.0, {"term_ends_at": "2026-12-31"})])
    assert str(cohort.accounts.loc["A", "period_end"].date()) == "2026-12-31"
    assert not cohort.accounts.loc["A", "churned"]


def test_the_horizon_is_the_configs(make_cohort):
    periods = [("A", "2024-01-01", None, 100.0), ("A", "2024-06-01", None, 50.0)]
    cohort = make_cohort(["A"], None, periods, outcomes={"churn_horizon_months": 3})
    assert (cohort.horizon, cohort.accounts.loc["A", "nrr"]) == (3, 1.0)


def test_accounts_that_never_had_a_contract_have_no_revenue_figures(make_cohort):
    cohort = make_cohort(["A", "N"], None, [("A", "2024-01-01", None, 100.0)])
    assert cohort.accounts.loc["N", [*FIGURES, "years_at_risk"]].isna().all()
