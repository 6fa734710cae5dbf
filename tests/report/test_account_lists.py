from __future__ import annotations

import pandas as pd
import pytest

from icp_ml.report.account_lists import SHOWN, account_lists
from icp_ml.report.counting import tier_counts


def _accounts() -> pd.DataFrame:
    """Five green and three red accounts: a prospect, an open deal, a customer, one that left, one never followed."""
    nan, end = float("nan"), pd.Timestamp("2027-01-31")
    rows = {
        "A": ("Ash", "never worked", False, nan, 0.0, pd.NaT),
        "B": ("Birch", "open", False, nan, 500.0, pd.NaT),
        "C": ("Cedar", "customer", False, 900.0, 0.0, pd.NaT),
        "D": ("Dogwood", "customer", True, 0.0, 0.0, pd.NaT),
        "E": (None, "customer", False, nan, 0.0, pd.NaT),
        "F": ("Fir", "customer", False, 1200.0, 300.0, end),
        "G": ("Gum", "lost", False, nan, 700.0, pd.NaT),
        "H": ("Hazel", "lost", False, nan, 0.0, pd.NaT),
    }
    columns = ["name", "status", "churned", "arr_now", "open_pipeline", "period_end"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _scored() -> pd.DataFrame:
    reasons = '[{"text": "50 to 500 employees", "points": 18}, {"text": "Has revops", "points": 2}]'
    tiers = ["green"] * 5 + ["red"] * 3
    return pd.DataFrame(
        {"account_id": list("ABCDEFGH"), "icp_tier": tiers, "icp_score": [80] * 5 + [20] * 3, "reasons": reasons}
    )


def test_whom_to_pursue_are_green_accounts_that_are_surely_no_customers_open_deals_first() -> None:
    pursue = account_lists(_accounts(), _scored(), "EUR")["pursue"]
    assert [(r["id"], r["state"]) for r in pursue["rows"]] == [
        ("B", "deal open"),
        ("A", "never worked"),
        ("D", "customer before"),
    ]
    assert pursue["rows"][0]["pipeline"] == "EUR 500"
    assert pursue["rows"][0]["why"] == "50 to 500 employees; Has revops"


def test_open_deals_to_refuse_come_by_size_and_name_customers_as_such() -> None:
    refuse = account_lists(_accounts(), _scored(), "EUR")["refuse"]
    assert [(r["id"], r["state"], r["pipeline"]) for r in refuse["rows"]] == [
        ("G", "deal open", "EUR 700"),
        ("F", "customer", "EUR 300"),
    ]


def test_red_customers_show_what_they_pay_and_when_their_contract_ends() -> None:
    (row,) = account_lists(_accounts(), _scored(), None)["customers"]["rows"]
    assert (row["name"], row["arr"], row["until"]) == ("Fir", "1,200", "2027-01-31")


def test_a_list_is_cut_and_keeps_its_total() -> None:
    many = pd.concat([_accounts().iloc[[0]]] * (SHOWN + 5))
    scored = pd.concat([_scored().iloc[[0]]] * (SHOWN + 5), ignore_index=True)
    scored["account_id"] = [f"A{i:02}" for i in range(SHOWN + 5)]
    pursue = account_lists(many, scored, None)["pursue"]
    assert (pursue["total"], len(pursue["rows"])) == (SHOWN + 5, SHOWN)


@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        ("green", {"accounts": 5, "with_open_deals": 1, "open_pipeline": 500.0, "present_customers": 1,
                   "arr_now": 900.0, "no_customers_now": 3, "customers_before": 1}),
        ("yellow", {"accounts": 0, "with_open_deals": 0, "open_pipeline": 0.0, "present_customers": 0, "arr_now": 0.0,
                    "no_customers_now": 0, "customers_before": 0}),
        ("red", {"accounts": 3, "with_open_deals": 2, "open_pipeline": 1000.0, "present_customers": 1,
                 "arr_now": 1200.0, "no_customers_now": 2, "customers_before": 0}),
    ],
)  # fmt: skip
def test_tiers_count_what_the_lists_name(tier: str, expected: dict) -> None:
    assert tier_counts(_scored(), _accounts())[tier] == expected
