"""The view of releases names figures that a release has, and is stored as MLflow stores one."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from icp_ml.tracking.views import VIEW, VIEW_TAG, releases_link, releases_view

_LONGEST_EXPERIMENT_TAG = 5000


def _state() -> dict[str, Any]:
    packed = json.loads(releases_view(1))["state"].removeprefix("deflate;")
    state: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(packed)))
    return state


def test_the_view_has_a_name_fits_a_tag_and_is_found_by_its_link() -> None:
    told = releases_view(123)
    assert {key: json.loads(told)[key] for key in ("name", "createdAt", "updatedAt")} == {
        "name": "Releases side by side",
        "createdAt": 123,
        "updatedAt": 123,
    }
    assert len(told) < _LONGEST_EXPERIMENT_TAG
    assert f"mlflow.sharedViewState.{VIEW}" == VIEW_TAG
    assert releases_link("4") == f"#/experiments/4/runs?viewStateShareKey={VIEW}&compareRunsMode=CHART"


def test_only_releases_are_shown() -> None:
    assert _state()["searchFilter"] == "tags.`icp.part` = 'discovery'"


def test_every_chart_stands_in_a_section_and_no_two_are_the_same() -> None:
    state = _state()
    sections = [section["uuid"] for section in state["compareRunSections"]]
    assert len(set(sections)) == len(sections)
    charts = state["compareRunCharts"]
    assert {chart["metricSectionId"] for chart in charts} == set(sections[:-1]), "the last is for all others"
    assert not state["compareRunSections"][-1]["display"]
    assert len({chart["uuid"] for chart in charts}) == len({chart["metricKey"] for chart in charts}) == len(charts)


@pytest.mark.slow
def test_every_figure_of_the_view_is_one_that_a_release_logs(discovered: Path) -> None:
    told = json.loads((discovered / "metrics.json").read_text(encoding="utf-8"))
    state = _state()
    lines = {chart["metricKey"] for chart in state["compareRunCharts"] if chart["type"] == "LINE"}
    bars = {chart["metricKey"] for chart in state["compareRunCharts"] if chart["type"] == "BAR"}
    assert lines == set(told["series"]), "each line that a release has is drawn, and no other"
    assert bars <= set(told["metrics"])
    columns = {c.split("`")[1] for c in state["selectedColumns"] if c.startswith("metrics.")}
    assert columns <= set(told["metrics"])
