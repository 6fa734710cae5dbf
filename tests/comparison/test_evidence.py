"""What a rule shows on a release's accounts is what it says it is: rates of its own, by Kaplan-Meier."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import CensoredData, ecdf

from icp_ml.comparison.evidence import rule_figures
from tests.comparison.worlds import criterion, population, release, small


def _kept(months: np.ndarray, churned: np.ndarray, by: float) -> float:
    """Kaplan-Meier with SciPy; who left at a month left before those last seen then."""
    data = CensoredData(uncensored=months[churned], right=months[~churned] + 1e-9)
    return float(ecdf(data).sf.evaluate(by))


@pytest.fixture
def leavers() -> pd.DataFrame:
    """Small customers nearly all leave, and are seen to the end; most of the others are not followed for long."""
    rng = np.random.default_rng(4)
    n = 600
    is_small = np.arange(n) < 200
    ends = np.where(is_small, rng.uniform(1, 13, n), rng.uniform(1, 60, n))
    followed = np.where(is_small, rng.uniform(11, 24, n), rng.uniform(1, 14, n))
    return pd.DataFrame(
        {
            "size": np.where(is_small, 10.0, 100.0),
            "outcome": "won",
            "months": np.minimum(ends, followed),
            "churned": ends <= followed,
            "arr": 100.0,
        }
    )


def test_each_side_is_one_minus_its_own_kaplan_meier(leavers: pd.DataFrame) -> None:
    rule = criterion("X1", small(20))
    told = rule_figures(rule, release([rule]), population(leavers))
    months, churned = leavers["months"].to_numpy(), leavers["churned"].to_numpy(dtype=bool)
    inside = (leavers["size"] < 20).to_numpy()
    for name, side in (("rate", inside), ("rate_elsewhere", ~inside)):
        assert told[name] == pytest.approx(1 - _kept(months[side], churned[side], 12.0), abs=1e-9)
    assert told["rate"] <= 1
    assert told["low"] < told["estimate"] < told["high"]
    assert told["estimate"] == pytest.approx(told["rate"] - told["rate_elsewhere"])


def test_won_and_kept_is_the_win_rate_times_its_own_retention(leavers: pd.DataFrame) -> None:
    lost = leavers.assign(outcome="lost", months=np.nan, churned=False).iloc[::3]
    frame = pd.concat([leavers, lost], ignore_index=True)
    rule = criterion("C1", small(20), kind="include")
    told = rule_figures(rule, release([rule]), population(frame))
    months, churned = leavers["months"].to_numpy(), leavers["churned"].to_numpy(dtype=bool)
    inside = (leavers["size"] < 20).to_numpy()
    share = inside.sum() / (inside.sum() + (lost["size"] < 20).sum())
    assert told["rate"] == pytest.approx(share * _kept(months[inside], churned[inside], 12.0), abs=1e-9)


def test_a_rule_of_a_person_that_nothing_was_measured_of_says_so() -> None:
    rule = {**criterion("X1", small(20)), "evidence": None}
    assert (
        "nothing was measured"
        in rule_figures(rule, release([rule]), population(pd.DataFrame({"size": [1.0]})))["absent"]
    )
