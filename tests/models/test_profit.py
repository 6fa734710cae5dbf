"""What acting on a model would have earned."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Economics
from icp_ml.models import metrics
from icp_ml.models.profit import acting_profit
from icp_ml.models.types import Metric

ECONOMICS = Economics(gross_margin=0.5, acquisition_cost=100.0)
N = 22


def cohort(**columns: object) -> Cohort:
    """Twenty-two held-out customers a0.. and two of before, each worth 1,000 a year and costing 60 to serve."""
    index = pd.Index([f"a{i}" for i in range(N)] + ["old1", "old2"], name="account_id")
    accounts = pd.DataFrame(
        {"arr_start": 1000.0, "amount": 1000.0, "cost_to_serve": 60.0, "service_cost": 60.0, "years_at_risk": 1.0,
         "is_customer": True},
        index=index,
    ).assign(**columns)  # fmt: skip
    day = dt.date(2026, 6, 30)
    return Cohort(accounts, accounts[[]], accounts[[]], 12, day, day, has_wins=True, has_churn=True)


def holdout(shipped: np.ndarray | float, case: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "case": case,
            "control": 1 - case,
            "boosted": shipped,
            "logistic": 0.3,
            "base_rate": 0.5,
            "months": 12.0,
            "time": np.where(case > 0, 6.0, 12.0),
        },
        index=pd.Index([f"a{i}" for i in range(N)], name="account_id"),
    )


HALF = np.repeat([1.0, 0.0], N // 2)


def by_name(found: tuple[Metric, ...]) -> dict[tuple[str, str], float]:
    return {(m.name, m.model): m.value for m in found}


def test_what_a_perfect_model_of_churn_earns_by_hand() -> None:
    found = acting_profit(cohort(), ECONOMICS, holdout(HALF, HALF), "churn", "out_of_time", 0, 20)
    values = by_name(found.metrics)
    # Kept: 500 margin less 100 and 60. Lost after half a year: -100 and -30.
    assert values["profit_of_all", "base_rate"] == pytest.approx((340 - 130) / 2)
    assert values["profit", "boosted"] == pytest.approx(340 / 2)
    assert values["profit_gain", "boosted"] == pytest.approx(130 / 2)
    assert values["refused_share", "boosted"] == 0.5
    # At an even chance 250 of margin are expected, more than 160 of cost: the base rate refuses nobody.
    assert values["refused_share", "base_rate"] == 0.0
    assert values["profit_over_base_rate", "boosted"] == pytest.approx(65.0)


def test_each_customer_counts_with_its_own_value() -> None:
    arr = np.r_[np.full(11, 300.0), np.full(13, 1000.0)]
    values = by_name(acting_profit(cohort(arr_start=arr), ECONOMICS, holdout(0.5, HALF), "churn", "x", 0, 5).metrics)
    # Half of 150 of margin is less than 160 of cost, so that the same chance refuses the small ones alone.
    assert values["refused_share", "boosted"] == 0.5
    assert values["profit", "boosted"] == pytest.approx(340 / 2)


def test_the_cost_to_expect_is_that_of_customers_not_held_out() -> None:
    cost = np.r_[np.full(N, 60.0), 700.0, 300.0]
    served = cohort(service_cost=cost)
    values = by_name(acting_profit(served, ECONOMICS, holdout(0.0, HALF), "churn", "x", 0, 5).metrics)
    # 100 and 500 are expected of everybody, above any margin; what the tested cost themselves nobody could know.
    assert values["refused_share", "boosted"] == 1.0
    assert values["profit", "boosted"] == 0.0


def test_the_censored_count_by_their_weights() -> None:
    frame = holdout(0.0, HALF)
    frame["case"], frame["control"] = 2 * HALF, (1 - HALF)
    values = by_name(acting_profit(cohort(), ECONOMICS, frame, "churn", "x", 0, 5).metrics)
    assert values["profit_of_all", "base_rate"] == pytest.approx((340 - 2 * 130) / 3)


def test_winning_earns_the_deal_and_pursuing_costs_whoever_wins() -> None:
    values = by_name(acting_profit(cohort(), ECONOMICS, holdout(HALF, HALF), "win", "x", 0, 5).metrics)
    assert values["profit_of_all", "base_rate"] == pytest.approx((400 - 100) / 2)
    assert values["profit", "boosted"] == pytest.approx(400 / 2)


def test_intervals_are_those_of_the_shared_resamples() -> None:
    found = acting_profit(cohort(), ECONOMICS, holdout(HALF, HALF), "win", "out_of_time", 3, 50)
    everybody = next(m for m in found.metrics if m.name == "profit_of_all")
    weight = metrics.resample_weights(N, 50, 3)
    naive = [np.repeat(np.where(HALF > 0, 400.0, -100.0), w.astype(int)).mean() for w in weight]
    assert (everybody.low, everybody.high) == pytest.approx(tuple(np.quantile(naive[1:], [0.05, 0.95])))
    assert (everybody.n, everybody.split) == (N, "out_of_time")


def test_customers_of_unknown_value_are_left_out_and_too_many_are_a_reason() -> None:
    some, most = np.full(N + 2, 1000.0), np.full(N + 2, 1000.0)
    some[0], most[:5] = np.nan, np.nan
    found = acting_profit(cohort(arr_start=some), ECONOMICS, holdout(0.0, HALF), "churn", "x", 0, 5)
    everybody = next(m for m in found.metrics if m.name == "profit_of_all")
    assert everybody.n == N - 1
    assert everybody.value == pytest.approx((11 * 340 - 10 * 130) / 21)
    absent = acting_profit(cohort(arr_start=most), ECONOMICS, holdout(0.1, HALF), "churn", "x", 0, 5)
    assert absent.absent == "ARR is known of 17 of 22 tested customers, fewer than 80%"
    assert absent.metrics == ()


def test_too_few_with_the_outcome_are_a_reason() -> None:
    nine = np.r_[np.ones(9), np.zeros(N - 9)]
    found = acting_profit(cohort(), ECONOMICS, holdout(0.1, nine), "churn", "x", 0, 5)
    assert found.absent.startswith("fewer than 10 tested customers of known ARR")


def test_without_any_cost_there_is_nothing_to_weigh() -> None:
    free = replace(cohort(), accounts=cohort().accounts.drop(columns=["cost_to_serve", "service_cost"]))
    found = acting_profit(free, Economics(), holdout(HALF, HALF), "churn", "x", 0, 5)
    assert "put one under economics.acquisition_cost" in found.absent
    assert not acting_profit(cohort(), Economics(), holdout(HALF, HALF), "churn", "x", 0, 5).absent, "serving costs"


def test_nothing_is_measured_of_attributes_a_cohort_does_not_hold() -> None:
    bare = replace(cohort(), accounts=cohort().accounts[["is_customer"]])
    found = acting_profit(bare, ECONOMICS, holdout(HALF, HALF), "churn", "x", 0, 5)
    assert "ARR is known of 0 of 22" in found.absent
