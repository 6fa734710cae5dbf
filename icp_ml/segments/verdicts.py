"""What is to be thought of a segment, by written rules.

A figure is *above elsewhere* when its 90 % interval lies above that of all other accounts, *below* when it lies below;
anything else is the same. With this:

``avoid``
    churn above elsewhere, or an expected value of an opportunity whose interval lies below 0, or both win rate and
    value below elsewhere (the win rate alone where value is unmeasured).
``high pull``
    not avoid; pull above elsewhere (where pull is unmeasured, win rate); and neither churn above nor value below
    elsewhere.
``promising``
    not one of these; at least one of win rate, pull, NRR, value above or churn below elsewhere, and none the wrong way.
``average``
    everything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Figures = Mapping[str, Mapping[str, Any]]

_GOOD = ("win_rate", "pull", "nrr", "opportunity_value")


def compared(figures: Figures, elsewhere: Figures, name: str) -> int:
    """Return 1 where a figure is above elsewhere, -1 where below, 0 where the same or unmeasured.

    >>> compared({"pull": {"low": 3.5, "high": 4.5}}, {"pull": {"low": 2.9, "high": 3.1}}, "pull")
    1
    """
    here, there = figures[name], elsewhere[name]
    if "absent" in here or "absent" in there:
        return 0
    return 1 if here["low"] > there["high"] else -1 if here["high"] < there["low"] else 0


def verdict(figures: Figures, elsewhere: Figures) -> str:
    """Return ``high pull``, ``promising``, ``average`` or ``avoid``; the rules stand above.

    Parameters
    ----------
    figures, elsewhere : mapping
        Figures of the segment and of all other accounts, from accounts that formed neither.
    """
    signs = {name: compared(figures, elsewhere, name) for name in (*_GOOD, "churn")}
    value = figures["opportunity_value"]
    loses = "absent" not in value and value["high"] < 0
    worth_less = signs["opportunity_value"] < 0 or "absent" in value
    if signs["churn"] > 0 or loses or (signs["win_rate"] < 0 and worth_less):
        return "avoid"
    asked = "win_rate" if "absent" in figures["pull"] or "absent" in elsewhere["pull"] else "pull"
    if signs[asked] > 0 and signs["opportunity_value"] >= 0:
        return "high pull"
    better = signs["churn"] < 0 or any(signs[name] > 0 for name in _GOOD)
    return "promising" if better and not any(signs[name] < 0 for name in _GOOD) else "average"


def ranking(figures: Mapping[str, Figures]) -> dict[str, list[str]]:
    """Return segment ids by expected value of an opportunity and by win rate alone, best first.

    A segment whose figure is absent is left out of that ranking.
    """
    found = {}
    for name in ("opportunity_value", "win_rate"):
        known = [(-f[name]["estimate"], key) for key, f in figures.items() if "absent" not in f[name]]
        found[f"by_{name}"] = [key for _, key in sorted(known)]
    return found
