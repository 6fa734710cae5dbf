from __future__ import annotations

import itertools
import re
from typing import Any

from icp_ml.report.html import html_report
from icp_ml.report.kept_chart import kept_svg, told_curves
from icp_ml.report.summary import summarise


def curve(*kept: float) -> list[dict[str, Any]]:
    return [
        {"month": month, "kept": share, "low": share - 0.05 * (month > 0), "high": share, "at_risk": 40}
        for month, share in enumerate((1.0, *kept))
    ]


SEGMENTS: dict[str, Any] = {
    "segments": [
        {"id": "S2", "name": "Shops <b>", "curve": curve(0.9, 0.5)},
        {"id": "S1", "name": "SaaS", "curve": curve(1.0, 0.95)},
        {"id": "S3", "name": "Few", "curve": {"absent": "9 customers are fewer than 10"}},
    ],
    "curves": {"everybody": curve(0.95, 0.8), "no_segment": curve(0.95)},
}


def test_lines_are_of_segments_then_of_no_segment_then_of_all_and_who_has_none_is_named() -> None:
    told = told_curves(SEGMENTS, ["S1", "S2", "S3"])
    assert told is not None
    assert [(line["id"], line["mark"]) for line in told["lines"]] == [("S1", 1), ("S2", 2), ("none", 0), ("all", None)]
    assert told["absent"] == ["S3"]
    assert told["bottom"] == 0.4, "the lowest end of a range is 45 %"


def test_a_line_goes_on_level_and_drops_at_the_end_of_a_month() -> None:
    told = told_curves(SEGMENTS, ["S1", "S2", "S3"])
    svg = kept_svg(told, "kept")
    # Two months are 310 wide from 44, shares from 100 % at 24 to 40 % at 254.
    assert '<path d="M44.0,24.0H199.0V62.3H354.0V215.7H394.0"/>' in svg
    # The line of no segment ends after a month; nothing is drawn as if it went on.
    assert '<path d="M44.0,24.0H199.0V43.2H199.0"/>' in svg
    assert svg.count('class="line ') == 4
    assert 'class="line all"' in svg


def test_ends_of_lines_are_named_beside_each_other_and_read_out() -> None:
    lines = [{"id": f"S{i}", "name": f"Segment {i}", "curve": curve(0.9, 0.62)} for i in range(1, 9)]
    told = told_curves({"segments": lines}, [line["id"] for line in lines])
    svg = kept_svg(told, "Kept")
    places = sorted(float(y) for y in re.findall(r'class="name s\d" x="\d+" y="([0-9.]+)"', svg))
    assert len(places) == 8
    assert all(after - before >= 13.9 for before, after in itertools.pairwise(places))
    assert places[-1] <= 260, "none falls off the lower edge"
    assert 'aria-label="Kept. Segment 1: 62 % kept (57 to 62 %)' in svg


def test_more_than_eight_lines_are_never_drawn() -> None:
    entries = [{"id": f"S{i}", "name": "x", "curve": curve(0.9)} for i in range(1, 9)]
    told = told_curves({"segments": entries, "curves": SEGMENTS["curves"]}, [e["id"] for e in entries])
    assert [line["id"] for line in told["lines"]][-2:] == ["S8", "all"]


def test_the_report_draws_the_curves_and_escapes_names(documents: dict[str, dict]) -> None:
    for entry, drawn in zip(documents["segments"]["segments"], SEGMENTS["segments"], strict=False):
        entry |= {"curve": drawn["curve"], "name": drawn["name"], "elsewhere": {}}
    page = html_report(summarise(**documents))
    assert "Who stays how long" in page
    assert "The scale starts at 40 %, not at 0." in page
    assert "<b>:" not in page
    assert "Shops &lt;b&gt;, after 2 months: 50 % kept (45 to 50 %), 40 still followed" in page
