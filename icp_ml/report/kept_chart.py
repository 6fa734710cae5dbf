"""Who stays how long, one line a segment, as inline SVG text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from icp_ml.report.charts import spread
from icp_ml.report.markers import MOST, marks
from icp_ml.report.proposals import Told
from icp_ml.report.words import percent, span

_WIDTH, _HEIGHT, _LEFT, _TOP, _FOOT, _NAMES = 310, 230, 44, 24, 36, 136
_GUTTER = 40
"""Room after the last month, where the ranges of all lines stand beside each other."""
_APART = 14
_MOST_MONTHS = 12
_MOST_BESIDE = 4.0  # between the ranges of two lines at one month
_STEPS = (0.02, 0.05, 0.1, 0.2, 0.25)
_MOST_LINES_ACROSS = 6


def told_curves(segments: Mapping[str, Any], best_first: Sequence[str]) -> Told | None:
    """Return the lines to draw, None where no segment's customers were followed.

    Parameters
    ----------
    segments : mapping
        Content of ``segments.json``; of releases of before there were curves nothing is drawn.
    best_first : sequence of str
        Ids of its segments in order.

    Returns
    -------
    dict
        ``lines``: ``id`` and ``name``, ``mark`` (colour and shape; 0 no segment, None everybody) and ``points``;
        ``bottom``: where the axis starts; ``absent``: ids of segments without a line.
    """
    entries, of = {s["id"]: s for s in segments["segments"]}, marks(s["id"] for s in segments["segments"])
    common = segments.get("curves") or {}
    shown = [key for key in best_first if isinstance(entries[key].get("curve"), list) and entries[key]["curve"]]
    if not shown:
        return None
    lines = [_line(key, entries[key]["name"], of[key], entries[key]["curve"]) for key in shown[:MOST]]
    if isinstance(common.get("no_segment"), list) and len(lines) < MOST:
        lines.append(_line("none", "no segment", 0, common["no_segment"]))
    if isinstance(common.get("everybody"), list):
        lines.append(_line("all", "all accounts", None, common["everybody"]))
    lowest = min(point["low"] for line in lines for point in line["points"])
    return {
        "lines": lines,
        "bottom": max(0.0, math.floor(round(10 * lowest, 6)) / 10),
        "absent": [key for key in best_first if key not in shown],
    }


def kept_svg(told: Mapping[str, Any], title: str) -> str:
    """Return the chart: months on x, the share of customers kept on y, names at the ends of lines.

    Parameters
    ----------
    told : mapping
        From :func:`told_curves`.
    title : str
        Read out by screen readers, before where each line ends.
    """
    lines, bottom = told["lines"], told["bottom"]
    last = max(line["points"][-1]["month"] for line in lines)
    frame = _Frame(last, bottom, len(lines))
    parts = [frame.axes()]
    # The best is drawn last, on top of the others.
    parts += [_drawn(line, at, frame) for at, line in reversed(list(enumerate(lines)))]
    parts.append(_names(lines, frame))
    words = "; ".join(f"{line['name']}: {_end_words(line['points'][-1])}" for line in lines)
    width, height = _LEFT + _WIDTH + _GUTTER + _NAMES, _TOP + _HEIGHT + _FOOT
    return (
        f'<svg class="kept" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(f"{title}. {words}")}">'
        f"{''.join(parts)}</svg>"
    )


class _Frame:
    """Where a month and a share stand."""

    def __init__(self, last: int, bottom: float, lines: int) -> None:
        self.last, self.bottom = last, bottom
        self.beside = min(_MOST_BESIDE, 0.9 * _WIDTH / last / max(lines, 1))

    def x(self, month: float) -> float:
        return _LEFT + _WIDTH * month / self.last

    def end(self, month: float) -> float:
        return self.x(month) + (_GUTTER if month == self.last else 0)

    def y(self, share: float) -> float:
        return _TOP + _HEIGHT * (1 - (share - self.bottom) / (1 - self.bottom))

    def axes(self) -> str:
        """Return lines across with their shares, and the months."""
        step = next((s for s in _STEPS if (1 - self.bottom) / s <= _MOST_LINES_ACROSS), _STEPS[-1])
        parts = []
        for k in range(math.floor((1 - self.bottom) / step + 1e-9) + 1):
            y = self.y(1 - k * step)
            parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_LEFT + _WIDTH + _GUTTER}" y2="{y:.1f}"/>')
            parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{100 * (1 - k * step):.0f} %</text>')
        for month in range(0, self.last + 1, -(-self.last // _MOST_MONTHS)):
            foot = _TOP + _HEIGHT + 16
            parts.append(f'<text x="{self.x(month):.1f}" y="{foot}" text-anchor="middle">{month}</text>')
        middle = _LEFT + _WIDTH / 2
        parts.append(
            f'<text x="{middle:.0f}" y="{_TOP + _HEIGHT + 31}" text-anchor="middle">months from the start</text>'
        )
        parts.append(f'<text x="{_LEFT - 38}" y="12">still customers</text>')
        return "".join(parts)


def _line(key: str, name: str, mark: int | None, points: Sequence[Mapping[str, Any]]) -> Told:
    return {"id": key, "name": name, "mark": mark, "points": [dict(point) for point in points]}


def _drawn(line: Mapping[str, Any], at: int, frame: _Frame) -> str:
    """Draw one line in steps, since renewals lose many on one day; ranges stand beside each other after the step."""
    points, name = line["points"], "all" if line["mark"] is None else f"s{line['mark']}"
    path = f"M{frame.x(0):.1f},{frame.y(points[0]['kept']):.1f}"
    path += "".join(f"H{frame.x(p['month']):.1f}V{frame.y(p['kept']):.1f}" for p in points[1:])
    parts = [f'<path d="{path}H{frame.end(points[-1]["month"]):.1f}"/>']
    if line["mark"] is not None:
        parts += [_range(line, point, at, frame) for point in points if point["month"] in _ranged(points, frame.last)]
    return f'<g class="line {name}">{"".join(parts)}</g>'


def _ranged(points: Sequence[Mapping[str, Any]], last: int) -> set[int]:
    """Return the months at which ranges are drawn: three of them, and where the line ends."""
    return {max(1, round(last * k / 3)) for k in (1, 2, 3)} | {points[-1]["month"]}


def _range(line: Mapping[str, Any], point: Mapping[str, Any], at: int, frame: _Frame) -> str:
    x = frame.x(point["month"]) + frame.beside * (at + 1)
    words = f"{line['name']}, after {point['month']} months: {_end_words(point)}, {point['at_risk']:,} still followed"
    low, kept, high = (frame.y(point[end]) for end in ("low", "kept", "high"))
    return (
        f"<g><title>{escape(words)}</title>"
        f'<line class="end" x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}"/>'
        f'<use href="#k{line["mark"]}" x="{x:.1f}" y="{kept:.1f}"/></g>'
    )


def _names(lines: Sequence[Mapping[str, Any]], frame: _Frame) -> str:
    """Return the names beside the ends of the lines; a line that ends early is named there too, on the right."""
    ends = {line["id"]: frame.y(line["points"][-1]["kept"]) for line in lines}
    places = spread(ends, _APART, _TOP + _HEIGHT)
    parts = []
    for line in lines:
        share = line["points"][-1]["kept"]
        short = {"none": "no segment", "all": "all accounts"}.get(line["id"], line["id"])
        name = "all" if line["mark"] is None else f"s{line['mark']}"
        x, y = _LEFT + _WIDTH + _GUTTER + 8, places[line["id"]]
        parts.append(
            f'<line class="lead" x1="{frame.end(line["points"][-1]["month"]):.1f}" y1="{ends[line["id"]]:.1f}" '
            f'x2="{x - 2}" y2="{y:.1f}"/>'
            f'<text class="name {name}" x="{x}" y="{y + 4:.1f}">{escape(short)} {escape(percent(share))}</text>'
        )
    return "".join(parts)


def _end_words(point: Mapping[str, Any]) -> str:
    """Say how many stay, with the range."""
    return f"{percent(point['kept'])} kept ({span(percent(point['low']), percent(point['high']))})"
