"""A view that MLflow's list of runs opens with: releases only, and the charts by which they are compared, named.

MLflow keeps what a person saves under "Views" as a tag of the experiment: the state of its page, compressed. Writing
one is no public interface of it: a version that reads it otherwise says that the view is invalid and shows its own.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

VIEW = "icp-releases"
"""Under this key the view is found in an address."""
VIEW_TAG = f"mlflow.sharedViewState.{VIEW}"
_NAME = "Releases side by side"
_SEARCH = "tags.`icp.part` = 'discovery'"
_REST = "Model metrics"  # MLflow's own name of the section for names without a slash
_WIDE, _NARROW = 340, 170
_COLUMNS = {
    "tags.`icp.verdict`": _WIDE,
    "tags.`icp.reviewed_by`": _NARROW,
    "metrics.`scorecard_green_rate`": _NARROW,
    "metrics.`scorecard_red_rate`": _NARROW,
    "metrics.`tiers/green_accounts`": _NARROW,
    "metrics.`tiers/green_open_pipeline`": _NARROW,
    "metrics.`tiers/red_open_pipeline`": _NARROW,
    "metrics.`tiers/red_arr_now`": _NARROW,
    "metrics.`exclusions_revenue_taken_now`": _NARROW,
    "metrics.`exclusions_revenue_to_be_replaced`": _NARROW,
}
_FIRST = ("attributes.`Run Name`", "runDateAndNestInfo")  # MLflow's own columns
_SHARES = {"yMin": 0, "yMax": 1.05}  # with one axis for all, the chart of one tier can be held against that of another

# Section, whose name is shown in 40 letters, to the figures that have a chart each; several in one chart in brackets.
_SECTIONS: dict[str, tuple[str, Mapping[str, float], Sequence[str | tuple[str, ...]]]] = {
    "Who stays: share still there, by month": (
        "LINE",
        _SHARES,
        ("kept_by_month/green", "kept_by_month/red", "kept_by_month/all", "kept_by_month/yellow"),
    ),
    "From each score up: how good, how many": (
        "LINE",
        _SHARES,
        ("at_score_or_above/won_and_kept", "at_score_or_above/accounts"),
    ),
    "Past accounts won and kept, by tier": (
        "BAR",
        {},
        ("scorecard_green_rate", "scorecard_yellow_rate", "scorecard_red_rate"),
    ),
    "What each tier holds now": (
        "BAR",
        {},
        (
            *("tiers/green_accounts", "tiers/green_open_pipeline", "tiers/green_arr_now"),
            *("tiers/red_accounts", "tiers/red_open_pipeline", "tiers/red_arr_now"),
        ),
    ),
    "Revenue that exclusions would refuse": (
        "BAR",
        {},
        ("exclusions_revenue_taken_now", "exclusions_revenue_to_be_replaced"),
    ),
    "Left by month: forecast and seen": ("LINE", {}, (("left_by_month/forecast", "left_by_month/seen"),)),
}


def releases_view(now: int) -> str:
    """Return the value of the tag.

    Parameters
    ----------
    now : int
        When it was made, milliseconds.
    """
    packed = base64.b64encode(zlib.compress(json.dumps(_state(), separators=(",", ":")).encode(), 9)).decode()
    return json.dumps({"name": _NAME, "createdAt": now, "updatedAt": now, "state": f"deflate;{packed}"})


def releases_link(experiment: str) -> str:
    """Return where MLflow's pages show the view of an experiment."""
    return f"#/experiments/{experiment}/runs?viewStateShareKey={VIEW}&compareRunsMode=CHART"


def _state() -> dict[str, Any]:
    """Return the page's state; what is not said here is as MLflow has it."""
    sections = [_section(f"icp{number}", name, display=True) for number, name in enumerate(_SECTIONS)]
    charts = [c for number, found in enumerate(_SECTIONS.values()) for c in _charts(f"icp{number}", *found)]
    return {
        "searchFilter": _SEARCH,
        "orderByKey": "attributes.start_time",
        "orderByAsc": False,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "selectedColumns": list(_COLUMNS),
        "columnOrder": [*_FIRST, *_COLUMNS],
        "columnWidths": dict(_COLUMNS),
        "runsHiddenMode": "FIRST_10_RUNS",
        "compareRunCharts": charts,
        # Whatever else is logged goes to the last section, which is closed.
        "compareRunSections": [*sections, _section("icp-rest", _REST, display=False)],
        "viewMaximized": False,
        "runListHidden": False,
        "isAccordionReordered": True,
        "useGroupedValuesInCharts": True,
        "hideEmptyCharts": True,
        "groupBy": None,
        "groupsExpanded": {},
    }


def _section(key: str, name: str, *, display: bool) -> dict[str, Any]:
    shown = {"display": display, "isReordered": True, "deleted": False, "isGenerated": False}
    return {"uuid": key, "name": name, **shown}


def _charts(
    section: str, kind: str, shown: Mapping[str, float], charts: Sequence[str | tuple[str, ...]]
) -> Iterator[dict[str, Any]]:
    """Give the charts of a section; a figure that is drawn beside another gets no chart of its own."""
    for number, names in enumerate(charts):
        first, *others = [names] if isinstance(names, str) else names
        several = {"selectedMetricKeys": [first, *others]} if others else {}
        key = f"{section}-{number}"
        yield _chart(key, section, kind, first, shown) | several
        for beside, other in enumerate(others):
            yield _chart(f"{key}-{beside}", section, kind, other, shown) | {"deleted": True}


def _chart(key: str, section: str, kind: str, name: str, shown: Mapping[str, float]) -> dict[str, Any]:
    chart = {"uuid": key, "type": kind, "runsCountToCompare": 10, "metricSectionId": section, "metricKey": name}
    chart |= {"deleted": False, "isGenerated": False}
    if kind == "BAR":
        return chart
    axes = {"xAxisScaleType": "linear", "scaleType": "linear", "xAxisKey": "step", "yAxisKey": "metric"}
    smooth = {"lineSmoothness": 0, "useGlobalXaxisKey": True, "useGlobalLineSmoothing": True, "range": dict(shown)}
    return chart | axes | smooth | {"selectedXAxisMetricKey": "", "yAxisExpressions": [], "ignoreOutliers": False}
