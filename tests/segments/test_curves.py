from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.cohort import Cohort
from icp_ml.segments.curves import as_curve, common_curves, kept_by_month
from icp_ml.segments.figures import churn_months, segment_figures


def cohort_of(months: list[float], churned: list[bool], entry: list[float] | None = None, copies: int = 1) -> Cohort:
    """Return customers with a horizon of 4 months, each several times over."""
    accounts = pd.DataFrame(
        {
            "is_customer": True,
            "follow_up_months": np.repeat(months, copies),
            "churned": np.repeat(churned, copies),
            "entry_months": np.repeat(entry or [0.0] * len(months), copies),
        }
    )
    day = dt.date(2026, 6, 30)
    return Cohort(accounts, accounts, accounts, 4, day, day, has_wins=False, has_churn=True)


def everybody(cohort: Cohort) -> np.ndarray:
    return np.ones(len(cohort.accounts), dtype=bool)


def test_a_curve_falls_by_the_share_of_those_at_risk_who_leave() -> None:
    # Of 40, 10 leave at the end of month 2, 10 more are followed no longer, and 10 of the last 20 leave at month 3.
    cohort = cohort_of([2, 2, 3, 4], [True, False, True, False], copies=10)
    curve = as_curve(kept_by_month(cohort, everybody(cohort)))
    assert [(p["month"], p["kept"], p["at_risk"]) for p in curve] == [
        (0, 1.0, 40),
        (1, 1.0, 40),
        (2, 0.75, 40),
        (3, 0.375, 20),
        (4, 0.375, 10),
    ]
    assert curve[0]["low"] == curve[0]["high"] == 1.0
    assert all(p["low"] < p["kept"] <= p["high"] for p in curve[1:])


def test_a_curve_ends_where_too_few_are_at_risk_ten_of_a_small_group_thirty_of_a_large_one() -> None:
    small = cohort_of([2] * 40 + [4] * 9, [False] * 49)
    large = cohort_of([2] * 80 + [4] * 29, [False] * 109)
    assert [len(as_curve(kept_by_month(c, everybody(c)))) - 1 for c in (small, large)] == [2, 2]
    enough = cohort_of([2] * 40 + [4] * 10, [False] * 50)
    assert len(as_curve(kept_by_month(enough, everybody(enough)))) - 1 == 4


def test_customers_who_came_under_observation_late_count_from_then_on() -> None:
    # Twenty are seen from the start, ten of them leave at month 1; thirty more are seen from month 2 on.
    cohort = cohort_of([1, 4, 4, 4, 4], [True] + [False] * 4, [0, 0, 2, 2, 2], copies=10)
    curve = as_curve(kept_by_month(cohort, everybody(cohort)))
    assert [p["kept"] for p in curve] == [1.0, 0.5, 0.5, 0.5, 0.5], "10 of the 20 who could be seen to leave"
    assert [p["at_risk"] for p in curve] == [20, 20, 10, 40, 40]


def test_a_month_with_many_at_risk_does_not_bear_what_hung_on_one_customer_before() -> None:
    # One of two leaves in the middle of month 1, before the others come under observation.
    cohort = cohort_of([0.5, 4, *[4] * 40], [True, *[False] * 41], [0, 0, *[0.7] * 40])
    assert as_curve(kept_by_month(cohort, everybody(cohort))) == {
        "absent": "fewer than 10 customers were followed for a month from the start"
    }


@pytest.mark.parametrize(("n", "has_churn"), [(9, True), (20, False)])
def test_no_customers_or_no_subscriptions_make_no_curve(n: int, has_churn: bool) -> None:
    cohort = dataclasses.replace(cohort_of([4] * n, [False] * n), has_churn=has_churn)
    why = "9 customers are fewer than 10" if has_churn else "no subscriptions"
    assert as_curve(kept_by_month(cohort, everybody(cohort))) == {"absent": why}


def test_shares_moved_to_a_boundary_stay_shares_that_never_rise_and_keep_their_last_value() -> None:
    row = {"level": 0.9, "n": 20, "at_risk": 20, "thinnest": 20}
    moved = [(1.0, 1.0, 1.0), (0.90, 0.8, 1.02), (0.93, 0.85, 0.97), (0.7, 0.6, 0.8)]
    figures = {str(m): {"estimate": e, "low": lo, "high": hi, **row} for m, (e, lo, hi) in enumerate(moved)}
    curve = as_curve(figures)
    assert [p["kept"] for p in curve] == [1.0, 0.93, 0.93, 0.7]
    assert curve[1]["high"] == 1.0


def test_a_curve_ends_at_one_less_the_churn_figure_of_the_same_accounts(simulated, config) -> None:
    cohort, cell = simulated(3000, 5)
    counted = cohort.decided | cohort.customers
    months = churn_months(cohort, counted)
    churn = segment_figures(cohort, counted & (cell == 2), months, config.economics)["churn"]
    last = as_curve(kept_by_month(cohort, counted & (cell == 2)))[-1]
    assert last["month"] == months
    ends = {"kept": 1 - churn["estimate"], "low": 1 - churn["high"], "high": 1 - churn["low"]}
    assert {name: last[name] for name in ends} == pytest.approx(ends, abs=2e-6)


def test_accounts_of_no_segment_have_a_curve_of_their_own_only_where_there_are_segments() -> None:
    cohort = cohort_of([2] * 20 + [4] * 20, [True] * 20 + [False] * 20)
    none, half = np.full(40, -1), np.repeat([-1, 0], 20)
    assert set(common_curves(cohort, everybody(cohort), none)) == {"everybody"}
    found = common_curves(cohort, everybody(cohort), half)
    assert [found[name][-1]["kept"] for name in ("everybody", "no_segment")] == [0.5, 0.0]
