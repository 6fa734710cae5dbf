"""Lines over months and scores, each point counted again here account by account."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.cohort import Cohort
from icp_ml.report.series import release_series
from tests.criteria.worlds import world

AGENCY = {"in": [{"var": "industry"}, ["agency"]]}
LARGE = {"and": [{"!=": [{"var": "employee_count"}, None]}, {">=": [{"var": "employee_count"}, 100]}]}
PARTS = {"X1": ("exclude", AGENCY, None), "C1": ("include", LARGE, 20)}


def _criteria(*ids: str, rejected: str = "") -> dict:
    rules = [
        {"id": i, "kind": PARTS[i][0], "status": "rejected" if i == rejected else "proposed", "text": i, "when": when}
        for i, (_, when, _) in PARTS.items()
        if i in ids
    ]
    lines = [
        {"criterion": i, "attribute": "employee_count", "when": when, "points": points, "text": i}
        for i, (_, when, points) in PARTS.items()
        if i in ids and points
    ]
    return {
        "criteria": rules, "scorecard": {"base": 55, "items": lines}, "tiers": {"green": 72, "red": 50},
        "review": None, "churn_horizon_months": 12, "searched": {"horizon_months": 12},
    }  # fmt: skip


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    """Everybody followed for two years, so that each share can be counted; a fifth of the agencies' customers left."""
    made, _ = world(seed=5, accounts=1200, churn_in=0.6, churn=0.2)
    accounts = made.accounts.copy()
    customers = accounts["is_customer"].to_numpy(dtype=bool)
    left = customers & accounts["churned"].to_numpy(dtype=bool)
    months = np.where(left, 1.5 + np.arange(len(accounts)) % 12, 24.0)
    return dataclasses.replace(made, accounts=accounts.assign(follow_up_months=np.where(customers, months, np.nan)))


def _tier(row: pd.Series) -> str:
    if row["industry"] == "agency":
        return "red"
    return "green" if 55 + 20 * (row["employee_count"] >= 100) >= 72 else "yellow"


def _tiers(cohort: Cohort) -> np.ndarray:
    return np.array([_tier(row) for _, row in cohort.attributes.iterrows()])


@pytest.mark.parametrize("tier", ["all", "green", "yellow", "red"])
def test_who_is_still_there_is_counted_by_month(cohort: Cohort, tier: str) -> None:
    points = release_series(cohort, _criteria("X1", "C1"), {})[f"kept_by_month/{tier}"]
    rows = cohort.accounts[cohort.customers & ((_tiers(cohort) == tier) | (tier == "all"))]
    there = [(~rows["churned"].astype(bool) | (rows["follow_up_months"] > month)).mean() for month in range(13)]
    assert [p["step"] for p in points] == list(range(13))
    assert [p["value"] for p in points] == pytest.approx(there, abs=1e-6)
    assert points[12]["value"] < 0.95, "the world must hold something to see"
    assert all(p["low"] <= p["value"] <= p["high"] for p in points)


def test_from_each_score_up_accounts_without_an_exclusion_are_counted(cohort: Cohort) -> None:
    series = release_series(cohort, _criteria("X1", "C1"), {})
    frame = cohort.attributes
    score = 55 + 20 * (frame["employee_count"] >= 100)
    welcome = frame["industry"] != "agency"
    rows = cohort.accounts
    kept = (rows["outcome"] == "won") & ~(rows["churned"].astype(bool) & (rows["follow_up_months"] <= 12))
    rates = {p["step"]: p for p in series["at_score_or_above/won_and_kept"]}
    shares = {p["step"]: p["value"] for p in series["at_score_or_above/accounts"]}
    for step in (0, 55, 60, 72, 75):
        inside = welcome & (score >= step)
        assert rates[step]["value"] == pytest.approx(kept[inside].mean()), step
        assert rates[step]["n"] == inside.sum(), step
        assert shares[step] == pytest.approx(inside.mean()), step
    assert max(rates) == 75, "nobody has more"
    assert 72 in rates, "a tier's edge is a point of its own"


def test_a_rejected_rule_counts_no_more(cohort: Cohort) -> None:
    before = release_series(cohort, _criteria("X1", "C1"), {})
    series = release_series(cohort, _criteria("X1", "C1", rejected="X1"), {})
    assert series == release_series(cohort, _criteria("C1"), {})
    assert "kept_by_month/red" not in series, "nobody is red"
    assert series["at_score_or_above/accounts"][0] == {"step": 0, "value": 1.0, "n": 1200}
    assert before["at_score_or_above/accounts"][0]["value"] < 1


def test_without_rules_there_are_neither_tiers_nor_scores_to_draw(cohort: Cohort) -> None:
    assert set(release_series(cohort, _criteria(), {})) == {"kept_by_month/all"}


def test_few_customers_draw_no_line(cohort: Cohort) -> None:
    few = cohort.accounts.index[cohort.customers][:9]
    lost = cohort.accounts.index[~cohort.customers]
    chosen = few.append(lost)
    small = dataclasses.replace(
        cohort, accounts=cohort.accounts.loc[chosen], attributes=cohort.attributes.loc[chosen],
        latest=cohort.latest.loc[chosen],
    )  # fmt: skip
    assert not [name for name in release_series(small, _criteria("X1", "C1"), {}) if name.startswith("kept_by_month")]


def test_what_was_forecast_and_what_was_seen_are_those_of_all_tested_customers(cohort: Cohort) -> None:
    rows = [
        {"group": "all", "month": 1, "n": 90, "forecast": 0.1, "observed": 0.12, "low": 0.1, "high": 0.2},
        {"group": "all", "month": 2, "n": 90, "forecast": 0.3, "observed": float("nan"), "low": float("nan"),
         "high": float("nan")},
        {"group": "highest third", "month": 1, "n": 30, "forecast": 0.5, "observed": 0.5, "low": 0.4, "high": 0.6},
    ]  # fmt: skip
    series = release_series(cohort, _criteria(), {"churn": {"by_month": rows}, "win": {"absent": "no deals"}})
    assert series["left_by_month/forecast"] == [
        {"step": 1, "value": 0.1, "n": 90},
        {"step": 2, "value": 0.3, "n": 90},
    ]
    assert series["left_by_month/seen"] == [{"step": 1, "value": 0.12, "low": 0.1, "high": 0.2, "n": 90}]


@pytest.mark.parametrize(("many", "last"), [(29, 55), (30, 75)])
def test_a_score_that_fewer_than_thirty_accounts_reach_is_not_drawn(cohort: Cohort, many: int, last: int) -> None:
    size = pd.Series(np.r_[np.full(many, 500.0), np.full(1200 - many, 5.0)], index=cohort.attributes.index)
    sized = dataclasses.replace(cohort, attributes=cohort.attributes.assign(employee_count=size))
    points = release_series(sized, _criteria("C1"), {})["at_score_or_above/won_and_kept"]
    assert points[-1]["step"] == last
