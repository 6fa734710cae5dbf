import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.retention import retained_share


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
