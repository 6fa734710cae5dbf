import datetime as dt

import numpy as np
from worlds import world

from icp_ml.criteria.receipts import look_again, receipt


def _cohort(**changes):
    """Four accounts: a customer who left after 6 months, one who stays, a lost one, a prospect with an open deal."""
    cohort, _ = world(1, 4, **{k: v for k, v in changes.items() if k == "keeping"})
    table = cohort.accounts.assign(
        outcome=["won", "won", "lost", None], is_customer=[True, True, False, False],
        follow_up_months=[6.0, 30.0, np.nan, np.nan], churned=[True, False, False, False],
        arr_start=[100.0, 250.0, np.nan, np.nan], arr_now=[0.0, 300.0, 0.0, 0.0], open_pipeline=[0.0, 0.0, 0.0, 70.0],
        amount=[90.0, np.nan, 40.0, 70.0],
        owner=["Kim", "Lee", "Kim", "Kim"], territory=["North"] * 4,
    )  # fmt: skip
    return type(cohort)(**{**vars(cohort), "accounts": table})


def test_a_receipt_counts_revenue_won_lost_and_open_now():
    everybody = np.ones(4, bool)
    figures = receipt(_cohort(), np.array([True, True, True, False]), everybody, 12)
    assert (figures["accounts"], figures["won"]) == (3, 2)
    assert (figures["arr_won"], figures["arr_lost_to_churn"], figures["arr_now"]) == (350.0, 100.0, 300.0)
    assert (figures["open_deals"], figures["open_pipeline"]) == (1, 70.0)
    assert figures["owners_hit_most"][0] == {"name": "Kim", "accounts": 2, "share": 0.6667}
    assert not figures["no_tension"]


def test_churn_after_the_horizon_is_not_lost_within_it():
    figures = receipt(_cohort(), np.array([True, True, False, False]), np.zeros(4, bool), 5)
    assert figures["arr_lost_to_churn"] == 0.0


def test_a_rule_that_hits_nothing_won_or_open_creates_no_tension():
    assert receipt(_cohort(), np.array([False, False, True, False]), np.zeros(4, bool), 12)["no_tension"]


def test_without_contracts_the_won_deals_count_and_churn_is_absent_not_zero():
    cohort = _cohort(keeping=False)
    cohort = type(cohort)(
        **{**vars(cohort), "accounts": cohort.accounts.assign(is_customer=False, arr_start=np.nan), "has_churn": False}
    )
    figures = receipt(cohort, np.array([True, True, True, False]), np.zeros(4, bool), 12)
    assert (figures["won"], figures["arr_won"], figures["arr_unknown"]) == (2, 90.0, 1)
    assert "arr_lost_to_churn" not in figures
    assert figures["absent"]["arr_lost_to_churn"] == "churn was not measured"
    assert not figures["no_tension"]


def test_six_months_on_from_the_last_of_a_month_is_the_last_of_a_shorter_one():
    assert look_again(dt.date(2025, 8, 31)) == dt.date(2026, 2, 28)
