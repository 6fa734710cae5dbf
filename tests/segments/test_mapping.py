from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Condition, Rule
from icp_ml.segments.mapping import laid_out, segments_map, turned
from icp_ml.segments.placed import Placed
from icp_ml.segments.types import Segment, SegmentsResult


@pytest.fixture(scope="module")
def accounts() -> Cohort:
    """Sixty accounts of four kinds, in turn."""
    n = 60
    kind = np.arange(n) % 4
    frame = pd.DataFrame(
        {
            "is_customer": kind < 2,
            "churned": kind == 0,
            "outcome": pd.Series(["won", "won", "won", "lost"] * 15, dtype="str"),
            "pull": np.where(kind == 0, 1.0, np.where(kind == 1, 4.0, np.nan)),
        }
    ).set_axis([f"A{i:02d}" for i in range(n)])
    size = pd.DataFrame({"size": kind.astype(float)}, index=frame.index)
    day = dt.date(2026, 6, 30)
    return Cohort(frame, size, size, 12, day, day, has_wins=True, has_churn=True)


def result_of(cohort: Cohort, space: np.ndarray, names: tuple[str, ...]) -> SegmentsResult:
    rule = Rule((Condition("size", "below", 1.0),))
    segment = Segment("S1", "small", rule, {}, {}, {}, 1.0, "avoid")
    clusters = np.where(np.arange(len(space)) < 3, -1, 0)
    where = Placed(tuple(cohort.accounts.index[: len(space)]), space, names, clusters)
    return SegmentsResult((segment,), None, {}, curves={}, placed=where)


def test_each_point_says_its_segment_what_happened_and_its_pull(accounts: Cohort) -> None:
    kind = np.arange(60) % 4
    space = np.column_stack([np.where(kind == 0, 2.0, -1.0), 0.1 * kind])
    found = segments_map(result_of(accounts, space, ("churn: size", "win: size")), accounts, 7)
    assert (found["accounts"], found["shown"], found["in_no_cluster"], found["clusters"]) == (60, 60, 3, 1)
    said = [{k: p[k] for k in ("segment", "pull", "outcome", "cluster")} for p in found["points"][:4]]
    assert said == [
        {"segment": "S1", "pull": 1, "outcome": "left", "cluster": -1},
        {"segment": "", "pull": 4, "outcome": "kept", "cluster": -1},
        {"segment": "", "pull": None, "outcome": "won", "cluster": -1},
        {"segment": "", "pull": None, "outcome": "lost", "cluster": 0},
    ]
    assert max(abs(p[axis]) for p in found["points"] for axis in "xy") == 1.0
    assert found == segments_map(result_of(accounts, space, ("churn: size", "win: size")), accounts, 7)


def test_near_in_the_picture_is_near_in_the_space() -> None:
    rng = np.random.default_rng(1)
    group = np.repeat([0, 1, 2], 40)
    space = rng.normal(size=(120, 8)) + 12 * np.eye(8)[group]
    xy = laid_out(space, 7)
    distances = np.linalg.norm(xy[:, None] - xy, axis=2)
    nearest = np.argsort(distances, axis=1)[:, 1:11]
    assert np.mean(group[nearest] == group[:, None]) > 0.95


def test_a_space_of_one_dimension_is_laid_out_too() -> None:
    xy = laid_out(np.repeat([[0.0], [5.0]], 30, axis=0) + np.linspace(0, 1, 60)[:, None], 7)
    assert xy.shape == (60, 2)
    assert np.isfinite(xy).all()


def test_right_and_up_are_better_and_the_picture_is_only_turned() -> None:
    xy = np.array([[0.0, 0.0], [0.0, 2.0], [1.0, 0.0], [1.0, 2.0]])
    # Leaving rises upwards, winning to the left.
    found, axes = turned(xy, {"churn": xy[:, 1] + 0.0, "win": -xy[:, 0]})
    assert {axis: (a["outcome"], a["correlation"]["estimate"]) for axis, a in axes.items()} == {
        "x": ("churn", -1.0),
        "y": ("win", 1.0),
    }
    # The second account leaves most and is won most: on the left, above.
    assert found.round(9).tolist() == [[1.0, 0.5], [-1.0, 0.5], [1.0, -0.5], [-1.0, -0.5]]


def test_a_correlation_has_its_interval_and_a_forecast_that_does_not_vary_goes_with_nothing() -> None:
    rng = np.random.default_rng(3)
    xy = rng.normal(size=(103, 2))
    _, axes = turned(xy, {"win": xy[:, 0] + rng.normal(size=103), "pull": np.ones(103)})
    found = axes["x"]["correlation"]
    assert axes["x"]["outcome"] == "win"
    assert np.arctanh(found["high"]) - np.arctanh(found["estimate"]) == pytest.approx(0.1645, abs=0.005)
    assert found["n"] == 103


def test_where_nothing_can_be_drawn_the_reason_is_given(accounts: Cohort) -> None:
    assert segments_map(SegmentsResult((), "too few"), accounts, 7)["absent"] == "0 accounts were placed, fewer than 50"
    flat = segments_map(result_of(accounts, np.empty((60, 0)), ()), accounts, 7)
    assert flat["absent"] == "no attribute tells accounts apart in what is expected to happen"
    assert "points" not in flat


def test_discovery_hands_on_what_the_pictures_need(discovered) -> None:
    # Here rules formed without a fifth differ from the published ones, so that figures and curves are moved.
    _, found = discovered
    assert found.segments
    assert len(found.placed.accounts) == 1500
    for segment in found.segments:
        assert segment.curve[0]["kept"] == 1.0
        assert segment.curve[-1]["kept"] == pytest.approx(1 - segment.figures["churn"]["estimate"], abs=2e-6)
        assert set(segment.elsewhere) == set(segment.figures)
    assert set(found.curves) == {"everybody", "no_segment"}
    assert set(found.looked_at["in_segments"]) == set(found.looked_at["elsewhere"])
