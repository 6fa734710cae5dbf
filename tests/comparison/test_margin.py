from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from icp_ml.comparison.margin import Margins, NoMargins, net_margins
from icp_ml.config.schema import Economics
from tests.comparison.worlds import ECONOMICS, cohort


def _margins(frame: pd.DataFrame, economics: Economics | None = ECONOMICS) -> Margins | NoMargins:
    held = cohort(frame)
    return net_margins(held, held.decided, economics)


def _customers(n: int, months: float, churned: bool, arr: float = 1000.0, cost: float = 0.0) -> pd.DataFrame:
    row = {"outcome": "won", "months": months, "churned": churned, "arr": arr, "cost": cost}
    return pd.DataFrame([row] * n)


LOST = pd.DataFrame({"outcome": ["lost"] * 5})


def test_each_account_earns_margin_on_what_is_kept_less_serving_less_pursuing() -> None:
    stayed, left = _customers(30, 24, False, cost=40), _customers(10, 12, True, cost=20)
    found = _margins(pd.concat([stayed, left, LOST], ignore_index=True))
    assert isinstance(found, Margins)
    assert found.net[0] == 0.5 * 1000 - 40 - 100
    assert found.net[30] == -20 - 100  # left on the anniversary: nothing is paid any more
    assert found.net[40] == -100  # lost: pursuing cost what it cost
    assert found.received[30] == 0.5 * 1000 - 20 - 100  # though the first year came in


def test_customers_of_unknown_length_are_represented_by_those_like_them() -> None:
    followed, young = _customers(40, 24, False), _customers(40, 3, False)
    found = _margins(pd.concat([followed, young, LOST], ignore_index=True))
    assert isinstance(found, Margins)
    assert found.net[:40].sum() == pytest.approx(80 * 500 - 40 * 100)
    assert set(found.net[40:80]) == {-100.0}
    assert found.net.sum() == pytest.approx(80 * 500 - 85 * 100)
    assert found.followed == 40


def test_customers_of_unknown_revenue_are_represented_by_the_others() -> None:
    known, unknown = _customers(40, 24, False), _customers(10, 24, False, arr=np.nan)
    found = _margins(pd.concat([known, unknown], ignore_index=True))
    assert isinstance(found, Margins)
    assert found.net.sum() == pytest.approx(50 * 500 - 50 * 100)


def test_under_censoring_the_mean_is_that_of_a_world_with_known_truth() -> None:
    rng = np.random.default_rng(2)
    n = 40_000
    won = rng.random(n) < 0.4
    leaves, seen = rng.exponential(20, n), rng.uniform(2, 30, n)
    # Large customers leave later, so that neither revenue nor time may be averaged on its own.
    arr = np.where(leaves > 12, 3000.0, 1000.0)
    churned = won & (leaves < seen)
    frame = pd.DataFrame(
        {
            "outcome": np.where(won, "won", "lost"),
            "months": np.where(won, np.minimum(leaves, seen), np.nan),
            "churned": churned,
            "arr": np.where(won, arr, np.nan),
        }
    )
    found = _margins(frame)
    assert isinstance(found, Margins)
    truth = 0.4 * np.exp(-12 / 20) * 0.5 * 3000 - 100
    assert found.net.mean() == pytest.approx(truth, abs=6)
    naive = np.where(won & ~churned, 0.5 * arr, 0).mean() - 100
    assert abs(naive - truth) > 40  # the young taken for kept


def test_a_short_follow_up_is_said_never_shortened_to() -> None:
    young = _customers(60, 8, False).assign(decided_at="2024-09-30")
    found = _margins(pd.concat([young, LOST], ignore_index=True))
    assert isinstance(found, NoMargins)
    assert (
        "0 of their 60 customers of known revenue have been followed for 12 months, and 30 are needed" in found.reason
    )
    assert found.ready_on == dt.date(2025, 10, 30)  # a year and the 30 days of grace later
    assert found.keys == ()


@pytest.mark.parametrize("economics", [None, Economics(gross_margin=0.5)])
def test_without_the_cost_of_pursuing_the_missing_key_is_named(economics: Economics | None) -> None:
    found = _margins(_customers(40, 24, False), economics)
    assert isinstance(found, NoMargins)
    assert found.keys == ("economics.acquisition_cost",)


def test_where_too_little_revenue_is_known_nothing_is_said() -> None:
    found = _margins(pd.concat([_customers(40, 24, False), _customers(20, 24, False, arr=np.nan)], ignore_index=True))
    assert isinstance(found, NoMargins)
    assert "known of 40 of 60 won accounts, fewer than 80%" in found.reason


def test_an_unknown_cost_to_serve_is_named() -> None:
    found = _margins(_customers(40, 24, False, cost=np.nan))
    assert isinstance(found, Margins)
    assert found.without == ("cost to serve",)
