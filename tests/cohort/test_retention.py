import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.retention import retained_influence, retained_share
from icp_ml.survival import wilson_interval


def _customers(n=10, **columns):
    kept = {"entry_months": 0.0, "follow_up_months": 24.0, "churned": False, "arr_start": 100.0, "nrr": 1.0, "grr": 1.0}
    return pd.DataFrame({name: columns.get(name, default) for name, default in kept.items()}, index=range(n))


def test_revenue_counts_not_heads():
    # Nine customers of 100 stay, one of 100 grows to 300; the share is (900 + 300) / 1000.
    share = retained_share(_customers(nrr=[1.0] * 9 + [3.0]), "nrr", 12)
    assert share["estimate"] == pytest.approx(1.2)
    assert share["low"] < 1.2 < share["high"]


def test_a_customer_not_yet_followed_is_stood_for_by_one_like_it():
    # Two left at 6 months, three are seen to 24, five were censored at 9: 2 of 10 lost in heads and in revenue.
    frame = _customers(
        follow_up_months=[6.0] * 2 + [24.0] * 3 + [24.0] * 2 + [9.0] * 3, churned=[True] * 2 + [False] * 8,
        nrr=[0.0] * 2 + [1.0] * 5 + [np.nan] * 3,
    )  # fmt: skip
    assert retained_share(frame, "nrr", 12)["estimate"] == pytest.approx(0.8)


def test_too_few_customers_have_no_share_but_a_reason():
    assert retained_share(_customers(4), "grr", 12) == {
        "absent": "4 of 4 customers of known ARR were followed for 12 months"
    }


def test_where_all_stayed_so_far_the_interval_says_that_one_can_leave():
    # Ten equal customers of whom none left, half of them paying 1.2 of what they paid.
    share = retained_share(_customers(nrr=[1.0] * 5 + [1.2] * 5), "nrr", 12)
    grown = 0.0577 * 1.0  # 1.833 * sd 0.1054 / sqrt(10), less than what leaving leaves open
    assert share["low"] == pytest.approx(1.1 - np.hypot(1.1 * (1 - wilson_interval(10, 10)[0]), grown), abs=0.01)
    assert retained_share(_customers(), "grr", 12)["low"] == pytest.approx(wilson_interval(10, 10)[0])


def test_one_large_customer_among_small_ones_is_worth_little_more_than_itself():
    frame = _customers(arr_start=[9_100.0] + [100.0] * 9)
    # (9100 + 900)^2 / (9100^2 + 9 * 100^2): as much as 1.2 equal customers.
    assert retained_share(frame, "grr", 12)["low"] == pytest.approx(wilson_interval(1.2063, 1.2063)[0], abs=1e-4)


def test_customers_who_all_shrank_alike_have_no_interval():
    assert retained_share(_customers(nrr=[0.8] * 10), "nrr", 12) == {
        "absent": "the 10 customers all have the same nrr: no interval can be given"
    }


def test_a_customer_moves_the_share_by_its_weight_and_by_how_far_it_lies_from_the_rest():
    frame = _customers(arr_start=[100.0] * 9 + [1100.0], churned=[True] + [False] * 9,
                       follow_up_months=[6.0] + [24.0] * 9, nrr=[0.0] + [1.0] * 9)  # fmt: skip
    # 1900 of 2000 are kept: the lost one moves it by 100 * -0.95 / 2000, the large one by 1100 * 0.05 / 2000.
    moved = retained_influence(frame, "nrr", 12)
    assert moved[[0, 9]] == pytest.approx([-0.0475, 0.0275])
    assert moved.sum() == pytest.approx(0.0)


@pytest.mark.parametrize("spread", [0.5, 1.1])
def test_the_interval_holds_the_true_share_where_few_leave(spread):
    rng, held, runs = np.random.default_rng(8), 0, 400
    for _ in range(runs):
        left = rng.random(60) < 0.08
        frame = _customers(60, arr_start=np.exp(spread * rng.standard_normal(60)), churned=left,
                           follow_up_months=np.where(left, 12.0, 24.0), grr=np.where(left, 0.0, 1.0))  # fmt: skip
        share = retained_share(frame, "grr", 12)
        held += share["low"] <= 0.92 <= share["high"]
    assert 0.87 <= held / runs <= 0.98
