"""Values that only one side has, against counts worked out by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from icp_ml.features.leaks_levels import find_telling_levels, find_telling_tag, one_sided
from icp_ml.features.leaks_outcomes import Contrast

WON = Contrast(
    "won", np.arange(200), np.arange(200) < 80, np.zeros(200, dtype=np.int64), "won accounts", "lost accounts"
)
LEFT = dataclasses.replace(WON, name="left", having="customers who left", lacking="customers still there")


def _column(won: list[object], lost: list[object]) -> pd.Series:
    """80 won accounts and 120 lost ones, whose values repeat in turn."""
    return pd.Series([won[i % len(won)] for i in range(80)] + [lost[i % len(lost)] for i in range(120)])


def test_paid_plans_that_only_won_accounts_have_are_named_with_their_shares() -> None:
    # 60 of 80 won accounts have a paid plan, none of the 120 lost ones.
    column = _column(["pro", "pro", "plus", "standard"], ["standard"])
    (found,) = find_telling_levels(column, "category", (WON,), seed=1)
    assert found.sentence == (
        "75% of won accounts and 0% of lost accounts have values such as 'pro', 'plus', "
        "so it probably copies the outcome"
    )
    assert found.figures == {"outcome": "won", "share": 0.75, "share_elsewhere": 0.0, "n": 200}


def test_a_count_above_its_default_for_won_accounts_only_is_named_by_the_default() -> None:
    (found,) = find_telling_levels(_column([3.0, 8.0, 1.0], [1.0]), "number", (WON,), seed=1)
    assert "have a value other than 1," in found.sentence


def test_a_default_that_customers_get_by_leaving_is_named() -> None:
    column = pd.Series([0.0] * 80 + [float(100 + i) for i in range(120)])
    (found,) = find_telling_levels(column, "number", (LEFT,), seed=1)
    assert "100% of customers who left and 0% of customers still there have the value 0," in found.sentence


def test_the_tail_of_a_number_is_no_default_however_one_sided() -> None:
    column = pd.Series([10.0 + i for i in range(80)] + [i / 12 for i in range(120)])
    assert find_telling_levels(column, "number", (WON,), seed=1) == []


def test_a_level_that_nobody_left_from_is_plausible_and_one_that_only_leavers_have_is_not() -> None:
    two_years = pd.Series(["monthly"] * 80 + ["two years"] * 70 + ["monthly"] * 50)
    assert find_telling_levels(two_years, "category", (LEFT,), seed=1) == []
    told = pd.Series(["gone"] * 40 + ["there"] * 160)
    assert [f.figures["share"] for f in find_telling_levels(told, "category", (LEFT,), seed=1)] == [0.5]


def test_many_rare_levels_are_not_pooled_by_the_outcome_of_their_own_accounts() -> None:
    names = pd.Series([f"city {i // 2}" for i in range(200)])
    shuffled = names.sample(frac=1, random_state=3).reset_index(drop=True)
    assert find_telling_levels(shuffled, "category", (WON,), seed=1) == []


@pytest.mark.parametrize(("inside_lost", "accused"), [(0, True), (2, True), (3, False), (12, False)])
def test_a_value_is_one_sided_where_seven_times_the_share_is_no_chance(inside_lost: int, accused: bool) -> None:
    # 40 of 80 won accounts. Under seven times the share, 560 of 680 (0.8235) of those with the value are won: that 40
    # or more of 42 are is 0.014 (0.0003 + 0.0026 + 0.0114), that 40 or more of 43 are is 0.045.
    inside = np.array([True] * 40 + [False] * 40 + [True] * inside_lost + [False] * (120 - inside_lost))
    assert one_sided(inside, WON.positive, WON) is accused


@pytest.mark.parametrize(("inside_lost", "accused"), [(240, True), (241, False)])
def test_a_value_is_one_sided_from_ten_times_the_share_however_certain(inside_lost: int, accused: bool) -> None:
    # 1,600 of 3,200 won accounts are 50 %, and 240 of 4,800 lost ones are 5 %.
    many = dataclasses.replace(
        WON, rows=np.arange(8000), positive=np.arange(8000) < 3200, stratum=np.zeros(8000, dtype=np.int64)
    )
    inside = (np.arange(8000) < 1600) | (np.arange(8000) >= 8000 - inside_lost)
    assert one_sided(inside, many.positive, many) is accused


def test_too_few_accounts_leave_seven_times_the_share_possible() -> None:
    # All of 15 won accounts and none of 20 lost: under seven times the share the chance is (105 / 125) ** 15 = 0.073.
    few = dataclasses.replace(
        WON, rows=np.arange(35), positive=np.arange(35) < 15, stratum=np.zeros(35, dtype=np.int64)
    )
    assert not one_sided(np.arange(35) < 15, few.positive, few)
    # With 25 and 40 it is (175 / 215) ** 25 = 0.006.
    more = dataclasses.replace(
        WON, rows=np.arange(65), positive=np.arange(65) < 25, stratum=np.zeros(65, dtype=np.int64)
    )
    assert one_sided(np.arange(65) < 25, more.positive, more)


def test_a_tag_that_only_customers_have_is_named() -> None:
    has = np.array([True] * 56 + [False] * 144)
    (found,) = find_telling_tag(has, "our_product", (WON,))
    assert found.sentence.startswith("70% of won accounts and 0% of lost accounts have the tag 'our_product',")
    assert found.figures["tag"] == "our_product"
    assert find_telling_tag(np.array([True] * 40 + [False] * 40 + [True] * 20 + [False] * 100), "sap", (WON,)) == []
