"""Segments by outcome: each figure, and whether it is better or worse than that of all other accounts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from icp_ml.report.proposals import Told
from icp_ml.report.words import count, figure_words, span
from icp_ml.segments.verdicts import compared

Figures = Mapping[str, Mapping[str, Any]]

# What each column is called, and whether more of it is better.
_COLUMNS = {
    "win_rate": ("Won", True),
    "churn": ("Left within {months}", False),
    "nrr": ("Revenue kept", True),
    "pull": ("Pull, 1 to 5", True),
    "arr": ("Paid a year", True),
    "cycle_days": ("Sales cycle", False),
    "cost_to_serve": ("Cost to serve a year", False),
    "opportunity_value": ("Earned per opportunity", True),
}
_INSTEAD = {"nrr": "grr"}  # where revenue with expansion is not known, that without it is shown
_SURER = 1.0
"""From this gap between two ranges on, in their half widths added up, the colour is the stronger one."""


def told_heat_map(
    segments: Mapping[str, Any], best_first: Sequence[str], everybody: Figures, horizon: int
) -> Told | None:
    """Return the heat map, None where there is no segment.

    Parameters
    ----------
    segments : mapping
        Content of ``segments.json``.
    best_first : sequence of str
        Ids of its segments in the order of the rows.
    everybody : mapping
        Figures of all accounts; what is absent there has no column.
    horizon : int
        Months of the churn horizon.

    Returns
    -------
    dict
        ``columns`` (labels); ``rows``: ``id``, ``name``, ``cells``, each with ``value``, ``between`` and ``tone`` (-2
        worse, far apart; -1 worse; 0 not told apart; 1, 2 better) or empty where not measured; ``others``: whether each
        row is held against all other accounts rather than against all; ``toned``: whether any cell is coloured.
    """
    if not segments["segments"]:
        return None
    names = _measured(everybody)
    looked_at, entries = segments.get("looked_at") or {}, {s["id"]: s for s in segments["segments"]}
    currency = segments.get("currency")
    # Releases of before there was a heat map do not know the figures of all other accounts.
    others = all("elsewhere" in entry for entry in entries.values())
    rows = [
        _row(key, entries[key]["name"], entries[key]["figures"], entries[key].get("elsewhere") or everybody, names)
        for key in best_first
    ]
    if "elsewhere" in looked_at:
        rows.append(_row("", "No segment", looked_at["elsewhere"], looked_at.get("in_segments") or everybody, names))
    rows.append(_row("", "All accounts", everybody, {}, names))
    months = count(int(everybody.get("churn", {}).get("months", horizon)), "month")
    for row in rows:
        row["cells"] = [
            _cell(name, figure, tone, currency) for name, (figure, tone) in zip(names, row["cells"], strict=True)
        ]
    return {
        "columns": [_COLUMNS[column][0].format(months=months) for column in _columns(names)],
        "rows": rows,
        "others": others,
        "toned": any(cell.get("tone") for row in rows for cell in row["cells"]),
    }


def _measured(everybody: Figures) -> list[str]:
    """Return the figures that have a column, in order."""
    names = [name if name in everybody else _INSTEAD.get(name, name) for name in _COLUMNS]
    names = [_INSTEAD.get(n, n) if "absent" in everybody.get(n, {}) else n for n in names]
    return [name for name in names if "estimate" in everybody.get(name, {})]


def _columns(names: Sequence[str]) -> list[str]:
    """Return the columns that figures stand in.

    >>> _columns(["win_rate", "grr"])
    ['win_rate', 'nrr']
    """
    own = {instead: column for column, instead in _INSTEAD.items()}
    return [own.get(name, name) for name in names]


def _row(key: str, name: str, figures: Figures, elsewhere: Figures, names: Sequence[str]) -> Told:
    cells = [(figures.get(n) or {}, tone(figures, elsewhere, n)) for n in names]
    return {"id": key, "name": name, "cells": cells}


def _cell(name: str, figure: Mapping[str, Any], shade: int, currency: str | None) -> Told:
    if "estimate" not in figure:
        return {}
    cell: Told = {"value": _unbroken(figure_words(name, figure["estimate"], currency)), "tone": shade}
    if "low" in figure:
        cell["between"] = _unbroken(span(*(figure_words(name, figure[end], currency) for end in ("low", "high"))))
    if figure.get("n"):
        cell["n"] = f"{figure['n']:,}"
    return cell


def _unbroken(words: str) -> str:
    """Keep a number and its unit on one line of a narrow cell."""
    return re.sub(r"(?<=\d) (?=%|days)|(?<=[A-Z]{3}) (?=-?\d)", "\N{NO-BREAK SPACE}", words)


def tone(figures: Figures, elsewhere: Figures, name: str) -> int:
    """Return 1 where a figure is better than elsewhere and -1 where worse; doubled where the ranges lie far apart.

    0 wherever the two ranges touch: a colour never claims what the ranges do not.

    >>> tone({"churn": {"low": 0.3, "high": 0.4}}, {"churn": {"low": 0.1, "high": 0.28}}, "churn")
    -1
    """
    here, there = figures.get(name) or {}, elsewhere.get(name) or {}
    if "low" not in here or "low" not in there:
        return 0
    sign = compared(figures, elsewhere, name) * (1 if _COLUMNS[_columns([name])[0]][1] else -1)
    gap = max(here["low"] - there["high"], there["low"] - here["high"])
    halves = (here["high"] - here["low"] + there["high"] - there["low"]) / 2
    return sign * (2 if gap >= _SURER * halves else 1)
