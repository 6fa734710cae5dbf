import numpy as np
import pandas as pd
import pytest
from worlds import world

from icp_ml.criteria.after_sale import after_sale, cost_to_serve, services_share, signal_about
from icp_ml.criteria.receipts import receipt

INSIDE = np.array([True] * 5 + [False] * 5)


def _cohort(signals=None, **columns):
    """Ten customers, the first five in the rule and half a year at risk, the others a year."""
    cohort, _ = world(3, 10)
    table = cohort.accounts.assign(
        outcome="won", is_customer=True, churned=False, follow_up_months=[6.0] * 5 + [30.0] * 5, arr_start=1000.0,
        years_at_risk=[0.5] * 5 + [1.0] * 5, **columns,
    )  # fmt: skip
    rows = None
    if signals is not None:
        listed = pd.DataFrame(signals, columns=["account_id", "signal", "value"])
        grouped = listed.groupby(["account_id", "signal"])["value"]
        rows = pd.DataFrame({"count": grouped.size(), "sum": grouped.sum(min_count=1), "mean": grouped.mean()})
    return type(cohort)(**{**vars(cohort), "accounts": table, "signals": rows})


def test_requests_are_counted_by_customer_and_year_so_that_short_follow_up_is_no_merit():
    # 5 requests in 5 half years are 2 a year; 5 requests in 5 years are 1 a year: equal raw counts, twice the load.
    (entry,) = after_sale(_cohort([(f"A{i}", "feature_request", None) for i in range(10)]), INSIDE)
    assert (entry["about"], entry["per"]) == ("feature requests", "customer and year")
    assert entry["inside"]["estimate"] == pytest.approx(2.0)
    assert entry["elsewhere"]["estimate"] == pytest.approx(1.0)
    assert entry["inside"]["n"] == 5
    assert entry["difference"]["estimate"] == pytest.approx(1.0)


def test_a_group_in_which_nothing_happened_has_a_bound_above_zero():
    (entry,) = after_sale(_cohort([(f"A{i}", "referral", 1.0) for i in range(5, 10)]), INSIDE)
    # None in 2.5 years at risk: -ln(0.05) / 2.5.
    assert entry["inside"]["estimate"] == 0.0
    assert entry["inside"]["high"] == pytest.approx(2.9957 / 2.5, abs=1e-4)


def test_onboarding_days_are_averaged_by_customer_under_the_companys_own_name():
    rows = [(f"A{i}", "onboarding_days", 40.0 + i if i < 5 else 20.0 + i) for i in range(10)]
    (entry,) = after_sale(_cohort(rows), INSIDE)
    assert (entry["signal"], entry["about"], entry["per"]) == ("onboarding_days", "onboarding", "customer")
    assert (entry["inside"]["estimate"], entry["elsewhere"]["estimate"]) == (42.0, 27.0)
    assert entry["differs"]


def test_onboarding_hours_logged_in_pieces_add_up_to_one_load_a_customer():
    rows = [(f"A{i}", "onboarding_hours", hours) for i in range(10) for hours in (3.0 + i, 4.0)]
    (entry,) = after_sale(_cohort(rows), INSIDE)
    assert entry["inside"]["estimate"] == 9.0


def test_a_level_is_averaged_and_an_unknown_signal_is_told_only_where_it_differs():
    rows = [(f"A{i}", "usage_breadth_pct", 80.0 - 10 * (i < 5) + 0.1 * i) for i in range(10)]
    rows += [(f"A{i}", "mood", float(i % 5)) for i in range(10)]
    entries = after_sale(_cohort(rows), INSIDE)
    assert [e["signal"] for e in entries] == ["usage_breadth_pct"]
    assert entries[0]["inside"]["estimate"] == pytest.approx(70.2)


def test_hours_of_support_add_up_by_customer_and_year():
    rows = [(f"A{i}", "support_hours", 4.0 + 0.01 * i if i < 5 else 1.0) for i in range(10)]
    (entry,) = after_sale(_cohort(rows), INSIDE)
    assert entry["inside"]["estimate"] == pytest.approx(8.04)
    assert entry["elsewhere"]["estimate"] == pytest.approx(1.0)


def test_too_few_customers_leave_a_figure_absent_with_the_reason():
    (entry,) = after_sale(_cohort([("A0", "reference", 1.0)]), np.arange(10) < 3)
    assert entry["absent"] == "fewer than 5 customers measured: 3 in it"


@pytest.mark.parametrize(
    ("name", "about"),
    [("Onboarding Hours", "onboarding"), ("implementationDays", "onboarding"), ("feature-requests", "feature requests"),
     ("referral", "references"), ("Reference call", "references"), ("preference_change", "other"), ("logins", "other")],
)  # fmt: skip
def test_signals_are_recognised_by_the_words_of_their_names(name, about):
    assert signal_about(name) == about


def test_a_year_of_service_costs_the_same_however_it_is_spread_over_customers():
    cohort = _cohort(service_cost=[60.0, 0, 0, 0, 0, 100.0, 100, 100, 100, 100])
    compared = cost_to_serve(cohort, INSIDE)
    # 60 in 2.5 years against 500 in 5; the mean of each customer's own yearly rate is the same here.
    assert (compared["inside"]["estimate"], compared["elsewhere"]["estimate"]) == (24.0, 100.0)


def test_services_are_set_against_first_year_revenue():
    bought = [100.0, 200.0, np.nan, 300.0, np.nan, 50.0, np.nan, np.nan, np.nan, np.nan]
    compared = services_share(_cohort(services_amount=bought), INSIDE)
    assert compared["inside"]["estimate"] == pytest.approx(600 / 5000)
    assert compared["elsewhere"]["estimate"] == pytest.approx(50 / 5000)


def test_where_zeros_are_written_an_empty_services_amount_is_unknown():
    bought = [100.0, 200.0, np.nan, 300.0, 0.0, 50.0, 0.0, 0.0, 0.0, 0.0]
    compared = services_share(_cohort(services_amount=bought), INSIDE)
    assert compared["absent"] == "fewer than 5 customers measured: 4 in it"


def test_the_receipt_names_each_load_and_what_is_not_measured():
    rows = [(f"A{i}", "reference", 1.0) for i in range(10)] + [(f"A{i}", "referral", 1.0) for i in range(5)]
    figures = receipt(_cohort(rows), INSIDE, np.zeros(10, bool), 12)
    assert (figures["references_a_year"], figures["references_a_year_elsewhere"]) == (4.0, 1.0)
    assert [e["signal"] for e in figures["against_rest"]] == ["reference", "referral"]
    assert figures["absent"] == {
        "cost_to_serve_a_year": "economics.signal_costs gives no signal a cost",
        "onboarding_load": "no signal's name speaks of onboarding",
        "feature_requests_a_year": "no signal's name speaks of feature requests",
        "services_share": "no won deal names a services amount",
    }


def test_without_a_signals_table_the_receipt_says_so_once_a_figure():
    absent = receipt(_cohort(), INSIDE, np.zeros(10, bool), 12)["absent"]
    assert absent["onboarding_load"] == absent["references_a_year"] == "there is no signals table"
