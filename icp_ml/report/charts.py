"""Charts as inline SVG text: they need no network, and take their colours from the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_SIDE, _LEFT, _BOTTOM = 300, 42, 36
_TICKS = 4


def reliability_svg(rows: Sequence[Mapping[str, Any]], title: str) -> str:
    """Return a reliability plot: promised on x, observed with its interval on y, the diagonal where both agree.

    Parameters
    ----------
    rows : sequence of mapping
        ``predicted``, ``observed``, and ``low``, ``high``, ``n`` where known; shares from 0 to 1.
    title : str
        Read out by screen readers.
    """
    top = nice_top([max(r["predicted"], r.get("high") or r["observed"]) for r in rows])
    parts = [_axes(top), _line(0, 0, top, top, top, "diagonal")]
    for row in rows:
        x, y = row["predicted"], row["observed"]
        if row.get("low") is not None and row.get("high") is not None:
            parts.append(_line(x, row["low"], x, min(row["high"], top), top, "whisker"))
        words = f"promised {100 * x:.0f} %, observed {100 * y:.0f} %" + (f", n = {row['n']:,}" if row.get("n") else "")
        cx, cy = _at(x, y, top)
        parts.append(f'<circle class="dot" cx="{cx:.1f}" cy="{cy:.1f}" r="4"><title>{escape(words)}</title></circle>')
    width, height = _LEFT + _SIDE + 24, _SIDE + _BOTTOM + 12
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )


def _axes(top: float) -> str:
    parts = []
    for i in range(_TICKS + 1):
        share = top * i / _TICKS
        (x, base), (left, y) = _at(share, 0, top), _at(0, share, top)
        words = f"{100 * share:.0f} %" if top >= 0.08 else f"{100 * share:.1f} %"
        parts.append(_line(0, share, top, share, top, "grid"))
        parts.append(f'<text x="{x:.1f}" y="{base + 16:.1f}" text-anchor="middle">{words}</text>')
        parts.append(f'<text x="{left - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{words}</text>')
    middle = _LEFT + _SIDE / 2
    parts.append(f'<text x="{middle:.0f}" y="{_SIDE + _BOTTOM + 6}" text-anchor="middle">promised</text>')
    parts.append(f'<text x="{_LEFT + 6}" y="20">observed</text>')
    return "".join(parts)


def _line(x1: float, y1: float, x2: float, y2: float, top: float, name: str) -> str:
    (a, b), (c, d) = _at(x1, y1, top), _at(x2, y2, top)
    return f'<line class="{name}" x1="{a:.1f}" y1="{b:.1f}" x2="{c:.1f}" y2="{d:.1f}"/>'


def _at(x: float, y: float, top: float) -> tuple[float, float]:
    """Return where a pair of shares is drawn."""
    return _LEFT + _SIDE * x / top, 8 + _SIDE * (1 - y / top)


def spread(ends: Mapping[str, float], apart: float, lowest: float = math.inf) -> dict[str, float]:
    """Move names apart from the top down, and up again from the lowest place, so that none covers another.

    >>> spread({"a": 10.0, "b": 12.0}, 13), spread({"a": 10.0, "b": 12.0}, 13, 20.0)
    ({'a': 10.0, 'b': 23.0}, {'a': 7.0, 'b': 20.0})
    """
    placed: dict[str, float] = {}
    above = -math.inf
    for name, y in sorted(ends.items(), key=lambda end: end[1]):
        placed[name] = above = max(y, above + apart)
    below = lowest + apart
    for name in reversed(placed):
        placed[name] = below = min(placed[name], below - apart)
    return placed


def nice_top(values: Sequence[float]) -> float:
    """Return the end of an axis that holds every value: 1, 2, 4 or 8 times a power of ten, at most 1.

    >>> nice_top([0.03, 0.36]), nice_top([0.81]), nice_top([])
    (0.4, 1.0, 1.0)
    """
    largest = max(values, default=1.0)
    if largest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(largest))
    step = next(s for s in (1, 2, 4, 8, 10) if s * power >= largest - 1e-12)
    return min(1.0, round(step * power, 10))
