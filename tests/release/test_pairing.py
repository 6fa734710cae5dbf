"""Which forecasts of two releases are compared: six accounts, each there for one reason."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from icp_ml.config.schema import Attribute
from icp_ml.release.holdout import HeldOut
from icp_ml.release.pairing import Side, pair

SIZE = {"size": Attribute(type="number")}


class Deployed:
    """A shipped model: a hundredth of the size."""

    kind = "logistic"
    outcome = "win"

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        return frame["size"].to_numpy() / 100


def release(as_of: str, known: dict[str, tuple[str | None, str | None]], attributes: Any = None) -> Any:
    table = pa.table(
        {
            "account_id": list(known),
            "outcome": pa.array([outcome for outcome, _ in known.values()], pa.string()),
            "started_at": pa.array([start for _, start in known.values()], pa.string()),
        }
    )
    return SimpleNamespace(criteria={"as_of": as_of}, attributes=attributes or SIZE, table=lambda name: table)


def held(rows: list[tuple[Any, ...]], split: str = "out_of_time", months: float | None = None) -> HeldOut:
    """Rows of id, day begun, event, forecast, size."""
    ids, begun, event, shipped, size = (list(column) for column in zip(*rows, strict=True))
    index = pd.Index(ids, name="account_id", dtype="str")
    case = np.array(event, dtype=float)
    frame = pd.DataFrame(
        {
            "split": split,
            "cutoff": [f"{day[:4]}-cut" for day in begun],
            "begun": pd.to_datetime(begun),
            "case": case,
            "control": 1 - case,
            "months": np.nan if months is None else months,
            "time": np.nan,
            "event": pd.Series([None] * len(ids), dtype=object).to_numpy(),
            "base_rate": 0.5,
            "shipped": shipped,
        },
        index=index,
    )
    return HeldOut(frame, pd.DataFrame({"size": np.array(size, dtype=float)}, index=index))


CHALLENGER = [
    ("old", "2025-02-01", 1, 0.81, 10),
    ("moved", "2025-02-02", 0, 0.82, 20),
    ("unknown", "2025-02-03", 0, 0.83, 30),
    ("lost before", "2025-08-01", 1, 0.84, 40),
    ("new", "2025-08-02", 0, 0.85, 50),
    ("newest", "2025-09-01", 1, 0.86, 60),
]
CHAMPION = [
    ("old", "2025-02-01", 0, 0.31, 1),
    ("moved", "2025-01-15", 0, 0.32, 1),
    ("lost before", "2025-03-01", 0, 0.34, 1),
]
KNOWN = {"old": ("won", None), "moved": ("won", None), "lost before": ("lost", None), "new": (None, None)}


@pytest.fixture
def champion() -> Side:
    return Side(release("2025-06-30", KNOWN), held(CHAMPION), Deployed())


def challenger(**kwargs: Any) -> Side:
    return Side(release("2025-12-31", {}), held(CHALLENGER, **kwargs), Deployed())


def test_each_account_is_compared_only_where_neither_model_had_seen_it(champion):
    pairs = pair("win", champion, challenger())
    assert pairs.challenger.tolist() == [0.81, 0.85, 0.86], "old, new, newest"
    assert pairs.champion.tolist() == [0.31, 0.50, 0.60], "its own hold-out for the old, as shipped for the new"
    assert pairs.case.tolist() == [1, 0, 1], "outcomes are the challenger's, which knows more"
    assert pairs.control.tolist() == [0, 1, 0]


def test_forecasts_of_different_fits_are_in_different_groups(champion):
    old, new, newest = pair("win", champion, challenger()).group
    assert new == newest != old


def test_a_cross_validated_challenger_is_not_set_against_forecasts_of_later_accounts(champion):
    cross = Side(champion.release, held(CHAMPION, split="cross_validated"), champion.predictor)
    assert pair("win", cross, challenger(split="cross_validated")).challenger.tolist() == [0.81]


def test_hold_outs_of_different_kinds_are_not_compared(champion):
    cross = Side(champion.release, held(CHAMPION, split="cross_validated"), champion.predictor)
    assert pair("win", cross, challenger()).challenger.tolist() == [0.85, 0.86]


def test_a_champion_without_a_model_forecasts_the_base_rate_for_everybody(champion):
    pairs = pair("win", Side(champion.release, None, None), challenger())
    assert pairs.champion.tolist() == [0.5] * 6


@pytest.mark.parametrize("theirs", [{"other": Attribute(type="number")}, {"size": Attribute(type="category")}])
def test_a_shipped_model_is_not_asked_about_accounts_that_lack_what_it_needs(champion, theirs):
    other = challenger()
    lacking = Side(release("2025-12-31", {}, theirs), other.held_out, other.predictor)
    assert pair("win", champion, lacking).challenger.tolist() == [0.81]


def churn_side(as_of: str, months: float, customers: dict[str, Any], more: bool = False) -> Side:
    """Four customers seen for 3 to 12 months; a fifth, lost sight of after one, where there are ``more``."""
    rows = [(name, f"2024-01-0{day}", 0, 0.1 * day, 1) for day, name in enumerate("abcde"[: 4 + more], start=1)]
    side = held(rows, months=months)
    side.frame["time"] = [3.0, 6.0, 12.0, 12.0, 1.0][: 4 + more]
    side.frame["event"] = [True, False, False, True, False][: 4 + more]
    return Side(release(as_of, customers), side, Deployed())


def test_churn_weights_are_those_of_the_accounts_that_are_left():
    customers = dict.fromkeys("abcde", ("won", "2024-01-01"))
    pairs = pair("churn", churn_side("2025-06-30", 12, customers), churn_side("2025-12-31", 12, {}, more=True))
    assert (pairs.months, pairs.events, pairs.others) == (12, 2, 1)
    # b, lost sight of after six months, weighs on the two seen to the end; e, never held out by the champion, on none.
    assert pairs.case.tolist() == pytest.approx([1.0, 0, 0, 1.5])
    assert pairs.control.tolist() == pytest.approx([0, 0, 1.5, 0])


def test_forecasts_of_churn_by_different_months_are_not_compared():
    customers = dict.fromkeys("abcd", ("won", "2024-01-01"))
    pairs = pair("churn", churn_side("2025-06-30", 8, customers), churn_side("2025-12-31", 12, {}))
    assert len(pairs.champion) == 0
    assert not pairs.enough
