"""Searches over small worlds written down cell by cell, in which every figure can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import chi2

from icp_ml.config.schema import Attribute
from icp_ml.segments.bins import build_grid
from icp_ml.segments.rulelist import as_rules
from icp_ml.segments.search import Limits, RuleSearch
from icp_ml.segments.targets import Targets

Conditions = tuple[int, ...]


def won_of(cells: Sequence[tuple[dict[str, object], int, int]]) -> tuple[pd.DataFrame, Targets]:
    """Return accounts and who was won from ``(attributes, accounts, won of them)``, one row an account."""
    frame = pd.DataFrame([known for known, n, _ in cells for _ in range(n)])
    won = np.concatenate([np.arange(n) < wins for _, n, wins in cells]).astype(float)
    return frame, Targets(("win",), ((won - won.mean()) / won.std())[:, None], np.ones((len(won), 1)), {})


def search_of(frame: pd.DataFrame, targets: Targets, smallest: int = 20, deepest: int = 3) -> RuleSearch:
    """Return a search over true/false columns, texts and numbers of a frame."""
    kinds = {"b": "boolean", "O": "category", "f": "number"}
    attributes = {str(n): Attribute(type=kinds.get(c.dtype.kind, "category")) for n, c in frame.items()}
    grid = build_grid(frame, attributes, list(attributes), targets.scores, 8, smallest)
    return RuleSearch(grid, targets, Limits(smallest, deepest))


def crossed(
    n: int, names: Sequence[str], rates: dict[str, float], rest: float
) -> list[tuple[dict[str, object], int, int]]:
    """Return cells of n accounts for each combination of true/false; the first key whose letters all hold tells wins.

    A capital letter holds where the attribute is true, a small one where it is false.
    """
    cells = []
    for number in range(2 ** len(names)):
        known = {name: bool(number >> at & 1) for at, name in enumerate(names)}
        held = [rate for key, rate in rates.items() if all(known[k.lower()] == k.isupper() for k in key)]
        cells.append((known, n, round(n * (held or [rest])[0])))
    return cells


def told(rules: Sequence[Conditions], search: RuleSearch) -> list[str]:
    """Return rules over true/false columns as letters, capital where true: ``["Ab", "A"]``."""
    return [
        "".join(c.attribute.upper() if c.value else c.attribute for c in rule.conditions)
        for rule in as_rules(rules, search)
    ]


def place(search: RuleSearch, *letters: str) -> Conditions:
    """Return a rule over true/false columns as conditions of the grid."""
    axes = [a.attribute for a in search.grid.axes]
    found = []
    for letter in "".join(letters):
        at = np.flatnonzero(search.grid.axis_of == axes.index(letter.lower()))
        found += [int(i) for i in at if bool(search.grid.condition(int(i)).value) == letter.isupper()]
    return tuple(sorted(found))


def every_rule(search: RuleSearch) -> list[Conditions]:
    """Return every rule that the grid can say."""
    everything = range(len(search.grid.cost))
    axis = search.grid.axis_of
    sizes = range(1, search.limits.deepest + 1)
    return [r for k in sizes for r in combinations(everything, k) if len({int(axis[c]) for c in r}) == k]


def naive_hurdle(cost: float, chance: float = 0.05) -> float:
    """Return what one outcome's chi-squared exceeds with a chance shared among ``exp(cost)`` tries."""
    return float(chi2.isf(chance * np.exp(-round(cost, 2)), 1))
