"""Accounts as dots in two dimensions, coloured by segment or by pull, as inline SVG text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from icp_ml.report.charts import spread
from icp_ml.report.markers import NONE

PULLS = (1, 2, 3, 4, 5)
_SIDE, _EDGE, _FOOT, _WORDS = 400, 10, 22, 18
_CELLS = 8
_APART = 18.0
_BESIDE = 40.0  # names further apart than this, from left to right, cannot cover each other

Point = Mapping[str, Any]


def map_svg(told: Mapping[str, Any], by: str, title: str) -> str:
    """Return one map.

    Parameters
    ----------
    told : mapping
        From :func:`icp_ml.report.map_words.told_map`.
    by : str
        What colour shows: ``segment`` or ``pull``.
    title : str
        Read out by screen readers.
    """
    points = told["points"]
    frame = _Frame.over(points)
    if by == "segment":
        groups = [(f"s{mark}", mark, [p for p in points if p["mark"] == mark]) for mark in _rarest_last(points)]
    else:
        groups = [(f"p{pull or 0}", 1, [p for p in points if p["pull"] == pull]) for pull in (None, *PULLS)]
    drawn = "".join(_group(name, shape, members, frame) for name, shape, members in groups if members)
    names = _names(points, frame) if by == "segment" else ""
    return (
        f'<svg class="map" viewBox="0 0 {_SIDE} {frame.height + _FOOT:.0f}" role="img" aria-label="{escape(title)}">'
        f"{_axes(told['axes'], frame.height)}{drawn}{names}</svg>"
    )


@dataclass(frozen=True)
class _Frame:
    """Where a point of the map stands: one scale for both directions, so that distances can be compared."""

    left: float
    top: float
    scale: float
    height: float

    @classmethod
    def over(cls, points: Sequence[Point]) -> _Frame:
        xs, ys = [p["x"] for p in points], [p["y"] for p in points]
        wide, high = max(xs) - min(xs), max(ys) - min(ys)
        room = _SIDE - 2 * _EDGE
        scale = min(room / max(wide, 1e-6), room / max(high, 1e-6))
        return cls(
            left=(_SIDE - scale * wide) / 2 - scale * min(xs),
            top=_WORDS + _EDGE + scale * max(ys),
            scale=scale,
            height=round(scale * high + 2 * _EDGE + _WORDS),
        )

    def at(self, point: Point) -> tuple[float, float]:
        """Return where a point stands, from the left and from the top."""
        return self.left + self.scale * point["x"], self.top - self.scale * point["y"]


def _rarest_last(points: Sequence[Point]) -> list[int]:
    """Return the marks in the order they are drawn: those of no segment, then the larger groups before the smaller."""
    counted = Counter(point["mark"] for point in points)
    return sorted(counted, key=lambda mark: (mark != NONE, -counted[mark], mark))


def _group(name: str, shape: int, points: Sequence[Point], frame: _Frame) -> str:
    """Draw the dots of one colour."""
    dots = "".join(f'<use href="#k{shape}" x="{x:.1f}" y="{y:.1f}"/>' for x, y in (frame.at(p) for p in points))
    return f'<g class="{name}">{dots}</g>'


def _names(points: Sequence[Point], frame: _Frame) -> str:
    """Write each segment's id where most of its dots are."""
    ids = sorted({p["segment"] for p in points if p["mark"] != NONE})
    places = {key: _densest([frame.at(p) for p in points if p["segment"] == key]) for key in ids}
    for key in ids:
        near = {k: places[k][1] for k in ids if abs(places[k][0] - places[key][0]) < _BESIDE}
        for moved, y in spread(near, _APART, frame.height - _EDGE).items():
            places[moved] = (places[moved][0], y)
    return "".join(
        f'<text class="name" x="{x:.1f}" y="{y + 5:.1f}" text-anchor="middle">{escape(key)}</text>'
        for key, (x, y) in places.items()
    )


def _densest(places: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the middle of the part of the map that most of the places are in."""
    size = _SIDE / _CELLS
    cells = Counter((int(x // size), int(y // size)) for x, y in places)
    best = min(cells, key=lambda cell: (-cells[cell], cell))
    inside = [(x, y) for x, y in places if (int(x // size), int(y // size)) == best]
    return sum(x for x, _ in inside) / len(inside), sum(y for _, y in inside) / len(inside)


def _axes(words: Mapping[str, str], height: float) -> str:
    """Frame the map and say what right and up mean."""
    parts = [f'<rect class="frame" x="0.5" y="0.5" width="{_SIDE - 1}" height="{height - 1:.0f}" rx="4"/>']
    if words["x"]:
        place = f'x="{_SIDE - 2}" y="{height + 16:.0f}" text-anchor="end"'
        parts.append(f"<text {place}>further right: {escape(words['x'])} →</text>")
    if words["y"]:
        parts.append(f'<text x="8" y="16">↑ further up: {escape(words["y"])}</text>')
    return "".join(parts)
