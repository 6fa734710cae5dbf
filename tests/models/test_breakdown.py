"""How forecasts held in groups of accounts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from icp_ml.models.breakdown import breakdown
from icp_ml.survival import kaplan_meier, wilson_interval


def won(n: int = 60, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.1, 0.9, n)
    case = (rng.random(n) < p).astype(float)
    return pd.DataFrame(
        {"cutoff": "2025-03-31", "case": case, "control": 1 - case, "shipped": p, "base_rate": 0.5},
        index=pd.Index([f"a{i}" for i in range(n)], name="account_id"),
    )


def churned(n: int = 80, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    time, event = rng.integers(1, 25, n).astype(float), rng.random(n) < 0.6
    return pd.DataFrame(
        {"cutoff": "2025-03-31", "months": 12.0, "time": time, "event": event, "case": -9.0, "control": -9.0,
         "shipped": rng.random(n), "base_rate": 0.4},
        index=pd.Index([f"a{i}" for i in range(n)], name="account_id"),
    )  # fmt: skip


def label(frame: pd.DataFrame, group: object) -> pd.Series:
    return pd.Series(group, index=frame.index)


def test_a_group_is_what_its_accounts_give_alone() -> None:
    frame = won()
    half = label(frame, np.where(np.arange(60) < 40, "a", "b"))
    rows = {row["group"]: row for row in breakdown(frame, half, 0)}
    inside = frame[:40]
    assert (rows["a"]["n"], rows["a"]["events"]) == (40, inside["case"].sum())
    assert rows["a"]["predicted"] == pytest.approx(inside["shipped"].mean())
    assert rows["a"]["observed"]["estimate"] == pytest.approx(inside["case"].mean())
    ends = wilson_interval(int(inside["case"].sum()), 40)
    assert (rows["a"]["observed"]["low"], rows["a"]["observed"]["high"]) == pytest.approx(ends)
    assert rows["a"]["auc"]["estimate"] == pytest.approx(roc_auc_score(inside["case"], inside["shipped"]))
    squared = ((inside["shipped"] - inside["case"]) ** 2).mean()
    assert rows["a"]["brier"]["estimate"] == pytest.approx(squared)
    assert rows["a"]["brier_base_rate"]["estimate"] == pytest.approx(0.25)
    assert rows["a"]["brier_skill"]["estimate"] == pytest.approx(1 - squared / 0.25)
    assert rows["a"]["auc"]["low"] < rows["a"]["auc"]["estimate"] < rows["a"]["auc"]["high"]


def test_churn_is_kaplan_meier_and_brier_weighs_the_censoring_of_the_group_alone() -> None:
    frame = churned()
    (row,) = breakdown(frame, label(frame, "all"), 0)
    assert row["observed"]["estimate"] == pytest.approx(1 - kaplan_meier(frame["time"], frame["event"]).survival_at(12))
    # The Brier score of a constant forecast q is q^2 (1 - r) + (1 - q)^2 r at the Kaplan-Meier rate r.
    rate = row["observed"]["estimate"]
    assert row["brier_base_rate"]["estimate"] == pytest.approx(0.16 * (1 - rate) + 0.36 * rate)
    assert row["events"] == (frame["event"] & (frame["time"] <= 12)).sum()


def test_a_group_followed_too_briefly_has_no_rate_and_no_skill() -> None:
    frame = churned()
    frame["time"] = np.minimum(frame["time"], 11.0)
    (row,) = breakdown(frame, label(frame, "young"), 0)
    assert row["observed"] == {"absent": "fewer than 10 of them were followed for 12 months"}
    assert "absent" in row["auc"]
    assert "absent" in row["brier_skill"]


def test_few_events_leave_skill_absent_with_the_reason_and_keep_the_rate() -> None:
    frame = won()
    frame["case"] = np.r_[np.ones(9), np.zeros(51)]
    frame["control"] = 1 - frame["case"]
    (row,) = breakdown(frame, label(frame, "a"), 0)
    assert row["auc"] == {"absent": "fewer than 10 with, or without, the outcome"}
    assert row["observed"]["estimate"] == pytest.approx(9 / 60)


def test_accounts_of_different_cutoffs_are_not_compared() -> None:
    frame = won(40)
    frame["case"] = np.tile([1.0, 0.0], 20)
    frame["control"] = 1 - frame["case"]
    frame["cutoff"] = np.repeat(["2024-12-31", "2025-03-31"], 20)
    # Right within each cut-off, and the second's forecasts all above the first's.
    frame["shipped"] = np.where(frame["case"] > 0, 0.3, 0.2) + 0.5 * (frame["cutoff"] == "2025-03-31")
    (row,) = breakdown(frame, label(frame, "a"), 0)
    assert row["auc"]["estimate"] == 1.0


def test_groups_keep_the_order_of_their_categories_and_accounts_without_one_are_left_out() -> None:
    frame = won(30)
    tier = pd.Series(pd.Categorical(np.repeat(["red", "green", None], 10), ["green", "yellow", "red"]), frame.index)
    rows = breakdown(frame, tier[:25], 0)
    assert [(row["group"], row["n"]) for row in rows] == [("green", 10), ("red", 10)]


def test_the_same_input_gives_the_same_rows() -> None:
    frame = churned()
    assert breakdown(frame, label(frame, "a"), 4) == breakdown(frame, label(frame, "a"), 4)
