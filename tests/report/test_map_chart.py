from __future__ import annotations

import copy
import re
from typing import Any

from icp_ml.report.html import html_report
from icp_ml.report.map_chart import map_svg
from icp_ml.report.map_words import told_map
from icp_ml.report.summary import summarise


def point(x: float, y: float, segment: str = "", pull: int | None = None) -> dict[str, Any]:
    return {"x": x, "y": y, "segment": segment, "pull": pull, "outcome": "won", "cluster": 0}


def axis(outcome: str, correlation: float) -> dict[str, Any]:
    return {"outcome": outcome, "correlation": {"estimate": correlation, "low": 0, "high": 1, "level": 0.9, "n": 5}}


MAP: dict[str, Any] = {
    "accounts": 9, "shown": 5, "in_no_cluster": 2, "clusters": 3,
    "axes": {"x": axis("churn", -0.71), "y": axis("win", 0.2)},
    "points": [point(-1, 0, "S1", 5), point(1, 0, "S2"), point(1, 0.5, "S2", 1), point(0, 0.5), point(0, 0, "", 1)],
}  # fmt: skip
SEGMENTS = {"segments": [{"id": "S1", "name": "a"}, {"id": "S2", "name": "b"}]}


def test_a_map_has_one_scale_and_up_is_up() -> None:
    told = told_map(MAP, SEGMENTS)
    svg = map_svg(told, "segment", "map")
    # Two units are 380 wide, so half a unit is 95 high, under 18 of words and 10 of edge.
    assert 'viewBox="0 0 400 155"' in svg
    groups = dict(re.findall(r'<g class="(\w+)">(.*?)</g>', svg))
    assert groups["s1"] == '<use href="#k1" x="10.0" y="123.0"/>'
    assert groups["s2"] == '<use href="#k2" x="390.0" y="123.0"/><use href="#k2" x="390.0" y="28.0"/>'
    assert list(groups) == ["s0", "s2", "s1"], "few on top of many"


def test_each_segment_is_named_once_where_most_of_it_is() -> None:
    crowd = copy.deepcopy(MAP)
    crowd["points"] += [point(-0.9, 0.4, "S2") for _ in range(5)]
    svg = map_svg(told_map(crowd, SEGMENTS), "segment", "map")
    names = re.findall(r'class="name" x="([0-9.]+)" y="[0-9.]+" text-anchor="middle">(S\d)<', svg)
    assert names == [("10.0", "S1"), ("29.0", "S2")]


def test_names_of_segments_in_one_place_do_not_cover_each_other() -> None:
    told = told_map(MAP | {"points": [point(0, 0, "S1"), point(0, 0.01, "S2"), point(1, 1)]}, SEGMENTS)
    places = [float(y) for y in re.findall(r'class="name" x="[0-9.]+" y="([0-9.]+)"', map_svg(told, "segment", "map"))]
    assert abs(places[0] - places[1]) >= 18


def test_pull_is_drawn_in_five_shades_and_hollow_where_it_is_not_measured() -> None:
    svg = map_svg(told_map(MAP, SEGMENTS), "pull", "map")
    groups = {name: dots.count("<use") for name, dots in re.findall(r'<g class="(\w+)">(.*?)</g>', svg)}
    assert groups == {"p0": 2, "p1": 2, "p5": 1}
    assert 'class="name"' not in svg


def test_what_a_direction_means_is_said_only_where_it_means_something() -> None:
    told = told_map(MAP, SEGMENTS)
    assert told["axes"] == {"x": "expected to leave less often", "y": ""}
    assert told["sentences"] == [
        "Shown are 5 of 9 accounts with an outcome, drawn by lot.",
        "Roughly, right means expected to leave less often (0.7); in brackets how closely, from 0 for not at all to 1 "
        "for exactly. Distances between groups far apart mean nothing.",
        "2 accounts of these belong to no dense group that was found without any rule.",
    ]
    assert told["legend"][-1] == {"id": "", "name": "no segment", "mark": 0, "n": 2}


def test_the_report_shows_both_maps_or_says_why_there_is_none(documents: dict[str, dict]) -> None:
    summary = summarise(**documents)
    page = html_report(summary, segments_map=told_map(MAP, documents["segments"]))
    assert page.count('class="map"') == 2
    assert 'aria-label="Map of 5 accounts, coloured by pull"' in page
    used, known = set(re.findall(r'href="#(\w+)"', page)), set(re.findall(r'id="(\w+)"', page))
    assert used <= known
    without = html_report(summary, segments_map=told_map({"accounts": 9, "absent": "too few"}, documents["segments"]))
    assert "No map of accounts: too few." in without
    none_measured = MAP | {"points": [p | {"pull": None} for p in MAP["points"]]}
    unmeasured = html_report(summary, segments_map=told_map(none_measured, documents["segments"]))
    assert unmeasured.count('class="map"') == 1


def test_without_segments_or_from_an_older_release_there_is_no_map() -> None:
    assert told_map(None, SEGMENTS) is None
    assert told_map(MAP, {"segments": []}) is None


def test_fifteen_hundred_accounts_stay_far_under_three_megabytes(documents: dict[str, dict]) -> None:
    many = MAP | {"points": [point(i / 750 - 1, (i * 7919 % 1500) / 750 - 1, "S1", i % 5 + 1) for i in range(1500)]}
    page = html_report(summarise(**documents), segments_map=told_map(many, documents["segments"]))
    assert len(page.encode()) < 400_000
