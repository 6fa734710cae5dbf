from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icp_ml.comparison.figures import compared_figures
from icp_ml.survival import churn_rate
from tests.comparison.worlds import ECONOMICS, criterion, population, region, release, settled, small

FRAME = pd.concat([settled(400, 1), settled(300, 2).assign(months=lambda f: f["months"].where(f["months"] < 24, 7.0))])
ALL = release([criterion("C1", small(1000), "include")], points={"C1": 20})
BIG = release([criterion("X1", small(60)), criterion("C1", region("North"), "include")], points={"C1": 20})


def _figures():
    accounts = population(FRAME.reset_index(drop=True))
    return accounts, compared_figures(ALL, BIG, accounts, accounts.decided, ECONOMICS)


def test_shares_and_rates_are_those_counted_by_hand() -> None:
    accounts, found = _figures()
    rows, size = accounts.cohort.accounts, FRAME["size"].to_numpy()
    green = (size >= 60) & (FRAME["region"] == "North").to_numpy()
    won = (rows["outcome"] == "won").to_numpy()
    assert found.found["red"].after == pytest.approx((size < 60).mean())
    assert found.found["green"].before == 1.0
    assert found.found["win_rate_green"].after == pytest.approx(won[green].mean())
    arr = rows["arr_start"].fillna(0).to_numpy()
    assert found.found["arr_refused"].after == pytest.approx(arr[size < 60].sum() / arr.sum())
    assert (found.differing, found.differing_won) == ((size < 60).sum(), ((size < 60) & won).sum())


def test_churn_of_green_customers_is_kaplan_meier() -> None:
    accounts, found = _figures()
    rows = accounts.cohort.accounts
    green = (FRAME["size"] >= 60).to_numpy() & (FRAME["region"] == "North").to_numpy()
    mine = rows[green & rows["is_customer"].to_numpy()]
    assert found.months == 12
    assert found.found["churn_green"].after == pytest.approx(churn_rate(mine["follow_up_months"], mine["churned"], 12))


def test_a_refused_opportunity_earns_and_costs_nothing() -> None:
    accounts, found = _figures()
    assert found.found["net_margin"].n == len(FRAME)
    refuse_all = release([criterion("X1", small(1000))])
    nothing = compared_figures(ALL, refuse_all, accounts, accounts.decided, ECONOMICS).found["net_margin"]
    assert nothing.after == 0
    assert nothing.estimate == -nothing.before


def test_without_economics_winning_and_keeping_are_still_told() -> None:
    accounts, _ = _figures()
    found = compared_figures(ALL, BIG, accounts, accounts.decided, None)
    assert found.no_margin is not None
    assert found.no_margin.keys == ("economics.acquisition_cost",)
    assert {"win_rate_green", "churn_green", "red"} <= set(found.found)
    assert "net_margin" in found.absent


def test_a_rate_of_too_few_is_absent_with_the_reason() -> None:
    accounts = population(FRAME.head(20).reset_index(drop=True))
    found = compared_figures(ALL, BIG, accounts, accounts.decided, ECONOMICS)
    assert "30 are needed" in found.absent["win_rate_green"]
    assert np.isfinite(found.found["red"].estimate)
