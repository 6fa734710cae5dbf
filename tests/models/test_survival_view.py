"""Churn month by month."""

from __future__ import annotations

import numpy as np
import pytest

from icp_ml.models.holdout import HoldOut
from icp_ml.models.survival_view import GROUPS, survival_view
from icp_ml.models.targets import ChurnTarget


def held(n: int, time: np.ndarray, event: np.ndarray) -> tuple[HoldOut, ChurnTarget]:
    """Customers whose hazard a month is 0.01 to 0.03, rising by row, forecast as it is; the rows are shuffled."""
    hazard = np.linspace(0.01, 0.03, n)
    by_month = 1 - np.exp(-hazard[:, None] * np.arange(1, 13))
    rows = np.random.default_rng(0).permutation(n)
    holdout = HoldOut(
        "out_of_time", ("x",), rows, np.zeros(n, dtype=int), {"boosted": by_month[rows, -1]},
        np.zeros(n), np.zeros(n), 12.0, by_month={"boosted": by_month[rows]},
    )  # fmt: skip
    return holdout, ChurnTarget(time, event, np.zeros(n), 12.0)


def test_thirds_by_forecast_have_their_own_customers_observed() -> None:
    # Of the last third, the riskiest, half leave at month 5; nobody else does.
    time, event = np.full(90, 14.0), np.zeros(90, dtype=bool)
    time[60::2], event[60::2] = 5.0, True
    view = survival_view(*held(90, time, event), "boosted").set_index(["group", "month"])
    assert view.loc[("all", 12), "n"] == 90
    assert view["n"].groupby("group").first()[list(GROUPS)].tolist() == [30, 30, 30]
    assert view.loc[("highest third", 4), "observed"] == 0
    assert view.loc[("highest third", 5), "observed"] == pytest.approx(0.5)
    assert view.loc[("middle third", 12), "observed"] == 0
    assert view.loc[("all", 12), "observed"] == pytest.approx(15 / 90)
    hazard = np.linspace(0.01, 0.03, 90)
    assert view.loc[("lowest third", 6), "forecast"] == pytest.approx((1 - np.exp(-6 * hazard[:30])).mean())


def test_months_that_hardly_anybody_was_followed_for_have_no_observed_churn() -> None:
    time = np.r_[np.full(81, 6.0), np.full(9, 12.0)]
    view = survival_view(*held(90, time, np.zeros(90, dtype=bool)), "boosted")
    everybody = view[view["group"] == "all"].set_index("month")
    assert everybody["observed"].notna().tolist() == [True] * 6 + [False] * 6
    assert everybody["forecast"].notna().all()


def test_few_customers_are_not_split() -> None:
    view = survival_view(*held(50, np.full(50, 12.0), np.zeros(50, dtype=bool)), "boosted")
    assert view["group"].unique().tolist() == ["all"]


def test_a_model_that_tells_nobody_apart_has_no_view() -> None:
    assert survival_view(*held(50, np.full(50, 12.0), np.zeros(50, dtype=bool)), "base_rate").empty
