from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Economics
from icp_ml.segments.figures import segment_figures, segment_sizes


def cohort_of(accounts: pd.DataFrame, has_churn: bool = True) -> Cohort:
    frame = pd.DataFrame(index=accounts.index)
    return Cohort(accounts, frame, frame, 12, dt.date(2026, 6, 30), dt.date(2026, 5, 31), True, has_churn)


@pytest.fixture
def accounts():
    """Ten customers of ARR 100, two churned at month 6, kept ones at 110; ten lost deals."""
    n = 10
    churned = np.arange(n) < 2
    customers = pd.DataFrame(
        {
            "status": "customer",
            "outcome": "won",
            "started_at": pd.Timestamp("2024-01-01"),
            "is_customer": True,
            "entry_months": 0.0,
            "follow_up_months": np.where(churned, 6.0, 24.0),
            "churned": churned,
            "arr_start": 100.0,
            "grr": np.where(churned, 0.0, 1.0),
            "nrr": np.where(churned, 0.0, 1.1),
            "cycle_days": 30.0,
            "pull": [1.0, 2, 3, 4, 5, 1, 2, 3, 4, 5],
            "cost_to_serve": 5.0,
            "service_cost": 5.0,
            "years_at_risk": 1.0,
        }
    )
    lost = pd.DataFrame({"status": "lost", "outcome": "lost", "is_customer": False, "churned": False}, index=range(n))
    return pd.concat([customers, lost], ignore_index=True).astype({"is_customer": bool, "churned": bool})


def test_rates_are_those_counted_by_hand(accounts):
    figures = segment_figures(cohort_of(accounts), np.ones(20, dtype=bool), 12, Economics())
    assert figures["win_rate"]["estimate"] == 0.5
    assert figures["win_rate"]["n"] == 20
    assert figures["churn"]["estimate"] == pytest.approx(0.2)
    assert figures["churn"]["months"] == 12
    assert figures["grr"]["estimate"] == pytest.approx(0.8)
    assert figures["nrr"]["estimate"] == pytest.approx(0.88)
    assert figures["pull"]["estimate"] == pytest.approx(3.0)


def test_value_of_an_opportunity_is_win_rate_times_margin_less_costs(accounts):
    economics = Economics(gross_margin=0.5, acquisition_cost=10)
    figures = segment_figures(cohort_of(accounts), np.ones(20, dtype=bool), 12, economics)
    # 0.5 * (0.5 * 100 * 0.88 - 5) - 10
    assert figures["opportunity_value"]["estimate"] == pytest.approx(9.5)


def test_figures_without_data_are_absent_with_the_reason_and_never_zero(accounts):
    few = segment_figures(cohort_of(accounts), np.arange(20) < 5, 12, Economics())
    assert few["win_rate"] == {"absent": "5 decided accounts are fewer than 10"}
    assert "absent" in few["churn"]
    assert "needs win rate" in few["opportunity_value"]["absent"]
    unmeasured = segment_figures(cohort_of(accounts, has_churn=False), np.ones(20, dtype=bool), None, Economics())
    assert "not measured" in unmeasured["churn"]["absent"]


def test_customers_whose_horizon_lies_ahead_are_in_no_retention_ratio(accounts):
    late = accounts.copy()
    # The kept are followed for seven months only: what is known of NRR is that of the lost.
    late.loc[late["grr"] == 1, ["grr", "nrr"]] = np.nan
    late.loc[late["follow_up_months"] == 24, "follow_up_months"] = 7.0
    figures = segment_figures(cohort_of(late), np.ones(20, dtype=bool), 12, Economics())
    assert figures["nrr"] == {"absent": "0 of 10 customers of known ARR were followed for 12 months"}


def test_retained_arr_agrees_with_kaplan_meier_under_censoring(accounts):
    partly = accounts.copy()
    partly.loc[2, ["follow_up_months", "grr", "nrr"]] = [6.5, np.nan, np.nan]
    partly.loc[3, ["follow_up_months", "grr", "nrr"]] = [3.0, np.nan, np.nan]
    figures = segment_figures(cohort_of(partly), np.ones(20, dtype=bool), 12, Economics())
    # One of ten is censored before the two of nine churn: 7 / 9 kept, all of ARR 100.
    assert figures["churn"]["estimate"] == pytest.approx(2 / 9, abs=1e-6)
    assert figures["grr"]["estimate"] == pytest.approx(7 / 9, abs=1e-6)


def test_sizes_count_all_accounts(accounts):
    assert segment_sizes(cohort_of(accounts), np.arange(20) < 12) == {
        "won": 10,
        "lost": 2,
        "customers": 10,
        "open": 0,
        "all": 12,
    }


def test_a_year_of_service_costs_what_it_costs_and_not_the_mean_over_short_customers(accounts):
    # Five of the ten cost nothing in a tenth of a year, five cost 100 in a year: 500 / 5.5 years, not the mean, 50.
    short = np.arange(20) % 2 == 0
    told = accounts.assign(service_cost=np.where(short, 0.0, 100.0), years_at_risk=np.where(short, 0.1, 1.0))
    figures = segment_figures(cohort_of(told), np.ones(20, dtype=bool), 12, Economics())
    assert figures["cost_to_serve"]["estimate"] == pytest.approx(500 / 5.5)
