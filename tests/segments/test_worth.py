from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from icp_ml.config.schema import Economics
from icp_ml.segments.worth import opportunity_value

ECONOMICS = Economics(gross_margin=0.5, acquisition_cost=10)


def figure(estimate, low, high, **more):
    return {"estimate": estimate, "low": low, "high": high, "level": 0.9, "n": 10, **more}


def rows(arr, nrr):
    """Return eight kept customers and two lost deals."""
    n = len(arr)
    customers = pd.DataFrame(
        {
            "outcome": "won", "is_customer": True, "entry_months": 0.0, "follow_up_months": 24.0, "churned": False,
            "arr_start": arr, "nrr": nrr, "grr": np.minimum(nrr, 1.0), "service_cost": 5.0, "years_at_risk": 1.0,
        },
        index=range(n),
    )  # fmt: skip
    lost = pd.DataFrame({"outcome": "lost", "is_customer": False, "churned": False}, index=[n, n + 1])
    return pd.concat([customers, lost]).astype({"is_customer": bool, "churned": bool})


def figures(**changed):
    known = {
        "win_rate": figure(0.8, 0.7, 0.85), "arr": figure(100.0, 90.0, 120.0), "nrr": figure(0.9, 0.8, 1.0),
        "churn": figure(0.1, 0.0, 0.2, months=12), "cost_to_serve": figure(5.0, 4.5, 7.0),
    }  # fmt: skip
    return known | changed


ALIKE = rows([80.0, 120.0] * 5, [1.0, 1.0, 0.8, 0.8, 1.0, 1.0, 0.8, 0.8, 1.0, 1.0])


def test_parts_that_do_not_go_together_add_up_as_squares_each_on_its_own_side():
    told = opportunity_value(figures(), rows([100.0] * 10, [1.0] * 10), 12, ECONOMICS)
    # 0.8 * (0.5 * 100 * 0.9 - 5) - 10; slopes 40 of winning, 0.36 of ARR, 40 of keeping, -0.8 of cost.
    assert told.ends[0] == pytest.approx(22.0)
    assert told.ends[1] == pytest.approx(22 - math.sqrt((40 * 0.1) ** 2 + 3.6**2 + 4**2 + 1.6**2))
    assert told.ends[2] == pytest.approx(22 + math.sqrt((40 * 0.05) ** 2 + 7.2**2 + 4**2 + 0.4**2))
    assert told.n == 10


def test_large_customers_that_stay_longer_leave_more_open_and_those_that_leave_less():
    together = rows([50.0, 150.0] * 5, [0.5, 1.0] * 5)
    apart = rows([50.0, 150.0] * 5, [1.0, 0.5] * 5)
    widths = [
        ends[2] - ends[1]
        for ends in (opportunity_value(figures(), frame, 12, ECONOMICS).ends for frame in (together, ALIKE, apart))
    ]
    assert widths[0] > widths[1] > widths[2]


def test_churn_stands_in_for_revenue_kept_and_says_over_how_many_months():
    short = figures(nrr={"absent": "no"}, churn=figure(0.2, 0.1, 0.3, months=8))
    told = opportunity_value(short, ALIKE, 12, ECONOMICS)
    assert told.ends[0] == pytest.approx(0.8 * (0.5 * 100 * 0.8 - 5) - 10)
    assert told.more == {"months": 8}


def test_costs_nobody_knows_count_as_none_and_are_named():
    told = opportunity_value(figures(cost_to_serve={"absent": "no"}), ALIKE, 12, Economics(gross_margin=0.5))
    assert told.ends[0] == pytest.approx(0.8 * 0.5 * 100 * 0.9)
    assert told.more == {"without": ["acquisition cost", "cost to serve"]}


def test_without_a_part_there_is_a_reason_and_no_value():
    assert opportunity_value(figures(arr={"absent": "no"}, win_rate={"absent": "no"}), ALIKE, 12, ECONOMICS) == (
        "needs win rate, ARR, which could not be measured here"
    )
