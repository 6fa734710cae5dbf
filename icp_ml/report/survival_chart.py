"""Churn month by month as inline SVG text: forecast as lines, observed as dots with their range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from icp_ml.report.charts import nice_top, spread

_WIDTH, _HEIGHT, _LEFT, _TOP, _FOOT, _NAMES = 330, 210, 46, 26, 34, 100
_TICKS = 4
_MOST_LABELS = 12
_APART = 13
"""Least distance between the names at the ends of two lines."""


def survival_svg(rows: Sequence[Mapping[str, Any]], title: str) -> str:
    """Return a chart of churn by month: one line a group, and what was observed of it.

    Parameters
    ----------
    rows : sequence of mapping
        ``group``, ``month``, ``forecast``, and ``observed``, ``low``, ``high`` where known; shares from 0 to 1.
    title : str
        Read out by screen readers.
    """
    top = nice_top([max(r["forecast"], r.get("high") or 0.0) for r in rows])
    last = max(r["month"] for r in rows)
    groups = list(dict.fromkeys(r["group"] for r in rows))
    parts = [_axes(top, last)]
    for group in groups:
        parts += _group([r for r in rows if r["group"] == group], top, last)
    ends = {g: _y(next(r["forecast"] for r in rows if r["group"] == g and r["month"] == last), top) for g in groups}
    for group, y in spread(ends, _APART).items():
        parts.append(f'<text x="{_LEFT + _WIDTH + 6}" y="{y + 4:.1f}">{escape(group)}</text>')
    width, height = _LEFT + _WIDTH + _NAMES, _TOP + _HEIGHT + _FOOT
    return (
        f'<svg class="effect" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )


def _group(rows: Sequence[Mapping[str, Any]], top: float, last: int) -> list[str]:
    """Draw one group."""
    line = " ".join(f"{_x(r['month'], last):.1f},{_y(r['forecast'], top):.1f}" for r in rows)
    parts = [f'<polyline class="curve" points="{_x(0, last):.1f},{_y(0, top):.1f} {line}"/>']
    for row in rows:
        if row.get("observed") is None:
            continue
        x, y = _x(row["month"], last), _y(row["observed"], top)
        if row.get("low") is not None and row.get("high") is not None:
            low, high = _y(row["low"], top), _y(min(row["high"], top), top)
            parts.append(f'<line class="whisker" x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}"/>')
        words = (
            f"{row['group']}, by month {row['month']}: forecast {100 * row['forecast']:.0f} %, observed "
            f"{100 * row['observed']:.0f} %"
        )
        parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{escape(words)}</title></circle>')
    return parts


def _axes(top: float, last: int) -> str:
    parts = []
    for i in range(_TICKS + 1):
        share, y = top * i / _TICKS, _y(top * i / _TICKS, top)
        words = f"{100 * share:.0f} %" if top >= 0.08 else f"{100 * share:.1f} %"
        parts.append(f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_LEFT + _WIDTH}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{words}</text>')
    every = -(-last // _MOST_LABELS)
    for month in range(0, last + 1, every):
        x = _x(month, last)
        parts.append(f'<text x="{x:.1f}" y="{_TOP + _HEIGHT + 16}" text-anchor="middle">{month}</text>')
    middle = _LEFT + _WIDTH / 2
    parts.append(f'<text x="{middle:.0f}" y="{_TOP + _HEIGHT + 31}" text-anchor="middle">months from the start</text>')
    parts.append(f'<text x="{_LEFT}" y="14">left by then</text>')
    return "".join(parts)


def _x(month: float, last: int) -> float:
    return _LEFT + _WIDTH * month / last


def _y(share: float, top: float) -> float:
    return _TOP + _HEIGHT * (1 - share / top)
