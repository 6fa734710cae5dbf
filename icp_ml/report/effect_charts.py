"""Charts of what values add to a chance, as inline SVG text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from icp_ml.wording import number_words

_WIDTH, _HEIGHT, _LEFT, _TOP, _FOOT = 420, 190, 46, 24, 24
_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_SKEWED = 20.0
"""From this ratio of the largest value to the middle one on, values are spaced by their logarithm."""
_TICKS = 5
_LEAST_WIDTH = 5.0
_STRIP = 200
_ROOM = 28
"""Half the width of a label: one nearer to the edge would be cut."""


def dependence_svg(
    levels: Sequence[Mapping[str, Any]],
    accounts: Sequence[Sequence[float]],
    limit: float,
    towards: str,
    title: str,
) -> str:
    """Return a chart of a number: its value on x, what it adds to the chance on y.

    Parameters
    ----------
    levels : sequence of mapping
        Bins in rising order: ``from``, ``to``, ``middle``, ``points``, ``low_points``, ``high_points``, ``level``,
        ``count``, ``moves``.
    accounts : sequence of (value, effect, points)
        Drawn as small dots; those outside the axes are left out.
    limit : float
        Largest move, up or down.
    towards : str
        What the chance is of: ``to leave``.
    title : str
        Read out by screen readers.
    """
    step = next(s for s in _STEPS if 4 * s >= limit or s == _STEPS[-1])
    top = step * max(1, math.ceil(limit / step - 1e-9))
    axis = _Axis.over(levels)
    height = _TOP + _HEIGHT + _FOOT
    dots = "".join(f"M{axis.at(v):.0f} {_y(p, top):.0f}h0" for v, _, p in accounts if axis.holds(v) and abs(p) <= top)
    parts = [
        _moves(step, top),
        axis.ticks(),
        f'<text x="{_LEFT + 4}" y="14">more likely {escape(towards)}</text>',
        f'<text x="{_LEFT + 4}" y="{_TOP + _HEIGHT - 6}">less likely</text>',
        f'<path class="each" d="{dots}"/>' if dots else "",
        *(_bin(level, axis, top) for level in levels),
    ]
    return (
        f'<svg class="effect" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )


def strip_svg(level: Mapping[str, Any], limit: float) -> str:
    """Return one row of a table as a strip: zero in the middle, a dot for the mean, a line for four fifths.

    Parameters
    ----------
    level : mapping
        ``points``, ``low_points``, ``high_points``, shares between -1 and 1.
    limit : float
        Where the strip ends, left and right.
    """
    low, mean, high = (
        _STRIP / 2 + (_STRIP / 2 - 6) * max(-1.0, min(1.0, level[k] / limit if limit else 0.0))
        for k in ("low_points", "points", "high_points")
    )
    return (
        f'<svg class="strip" viewBox="0 0 {_STRIP} 18" preserveAspectRatio="xMidYMid meet" aria-hidden="true">'
        f'<line class="grid" x1="0" y1="9" x2="{_STRIP}" y2="9"/>'
        f'<line class="zero" x1="{_STRIP / 2:.0f}" y1="1" x2="{_STRIP / 2:.0f}" y2="17"/>'
        f'<line class="whisker" x1="{low:.1f}" y1="9" x2="{high:.1f}" y2="9"/>'
        f'<circle class="dot" cx="{mean:.1f}" cy="9" r="4"/></svg>'
    )


class _Axis:
    """Where a value stands from left to right."""

    def __init__(self, low: float, high: float, one: float | None = None) -> None:
        # From ``one`` on, where there is one, values are spaced by their logarithm; 0 has none.
        self.low, self.high, self.one = low, high, one

    @classmethod
    def over(cls, levels: Sequence[Mapping[str, Any]]) -> _Axis:
        """Return the axis that holds every bin; a last bin that goes very far is cut at its own middle."""
        low, high = levels[0]["from"], levels[-1]["to"]
        middle = levels[len(levels) // 2]["middle"]
        if low >= 0 and high > _SKEWED * max(middle, 1e-9):
            return cls(low, high, levels[0]["middle"] or levels[0]["to"] or high / 1e4)
        first, last = levels[0], levels[-1]
        inner = last["from"] - first["to"]
        if len(levels) > 2 and inner > 0:
            low, high = max(low, first["middle"] - inner / 2), min(high, last["middle"] + inner / 2)
        return cls(low, high)

    def holds(self, value: float) -> bool:
        """Whether a value lies on the axis."""
        return self.low <= value <= self.high

    def at(self, value: float) -> float:
        """Return the place of a value, one off the axis at its end."""
        low, high, x = (self._scaled(v) for v in (self.low, self.high, min(max(value, self.low), self.high)))
        share = (x - low) / (high - low) if high > low else 0.5
        return _LEFT + 8 + (_WIDTH - _LEFT - 24) * share

    def ticks(self) -> str:
        """Return round values under the axis."""
        base = _TOP + _HEIGHT
        return "".join(
            f'<text x="{self.at(v):.0f}" y="{base + 16}" text-anchor="middle">{_short(v)}</text>'
            for v in self.round_values()
        )

    def round_values(self) -> list[float]:
        """Return a handful of round values on the axis, its ends where there are none."""
        if self.one is not None:
            first = math.floor(math.log10(self.one))
            found = [10.0**k for k in range(first, math.floor(math.log10(self.high)) + 1)]
        else:
            raw = (self.high - self.low) / _TICKS or 1.0
            power = 10.0 ** math.floor(math.log10(raw))
            step = next(s * power for s in (1, 2, 5, 10) if s * power >= raw * (1 - 1e-9))
            found = [round(step * k, 10) for k in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]
        found = [v for v in found if self.holds(v) and self.at(v) < _WIDTH - _ROOM]
        return found or sorted({self.low, self.high})

    def _scaled(self, value: float) -> float:
        return value if self.one is None else math.log10(1.0 + value / self.one)


def _bin(level: Mapping[str, Any], axis: _Axis, top: float) -> str:
    """One bin: a band for four fifths of its accounts, a line for their mean."""
    left, right = axis.at(level["from"]), axis.at(level["to"])
    if right - left < _LEAST_WIDTH:
        left, right = (left + right - _LEAST_WIDTH) / 2, (left + right + _LEAST_WIDTH) / 2
    low, mean, high = (_y(level[k], top) for k in ("low_points", "points", "high_points"))
    words = f"{level['level']}: {level['moves']}, n = {level['count']}"
    return (
        f"<g><title>{escape(words)}</title>"
        f'<rect class="band" x="{left:.1f}" y="{high:.1f}" width="{right - left:.1f}" '
        f'height="{max(low - high, 1.0):.1f}"/>'
        f'<line class="mean" x1="{left:.1f}" y1="{mean:.1f}" x2="{right:.1f}" y2="{mean:.1f}"/></g>'
    )


def _moves(step: float, top: float) -> str:
    """Lines across, with the points they stand for."""
    parts = []
    for k in range(-round(top / step), round(top / step) + 1):
        y, shown = _y(k * step, top), 100 * k * step
        words = "0" if k == 0 else f"{shown:+.{0 if step >= 0.01 else 1}f}"
        parts.append(
            f'<line class="{"zero" if k == 0 else "grid"}" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - 8}" y2="{y:.1f}"/>'
        )
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{words}</text>')
    return "".join(parts)


def _short(value: float) -> str:
    """Write a round value in little room.

    >>> _short(2_000_000.0), _short(500.0), _short(1e9)
    ('2 million', '500', '1 billion')
    """
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if abs(value) >= size:
            return f"{number_words(value / size)} {word}"
    return number_words(value)


def _y(points: float, top: float) -> float:
    """Where a move stands from top to bottom."""
    return _TOP + _HEIGHT * (1 - max(-1.0, min(1.0, points / top))) / 2
