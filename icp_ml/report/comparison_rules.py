"""What changed in the rules and why, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from icp_ml.report.words import count, months_of, percent, points

_NOT_ENOUGH = (
    "A difference still shows, but that alone is not enough: a rule must also hold beside the others, among the "
    "accounts that they leave, and after correction for everything that was searched."
)
_ORDER = ("came", "went", "moved", "status", "renamed", "points", "line", "base", "tier", "attribute")


def told_rules(changes: Sequence[Mapping[str, Any]], a: str, b: str) -> list[dict[str, Any]]:
    """Return each change in a sentence, with what the rule shows on either release's accounts.

    Parameters
    ----------
    changes : sequence of mapping
        From :func:`icp_ml.comparison.evidence.with_evidence`.
    a, b : str
        What the releases are called.
    """
    order = {what: place for place, what in enumerate(_ORDER)}
    told = []
    for change in sorted(changes, key=lambda entry: order[entry["what"]]):
        entry = {key: change[key] for key in ("what", "id", "before", "after", "text")}
        entry["kind"] = change.get("kind", "")
        entry["evidence"] = []
        if "then" in change:
            entry["evidence"] = [
                f"On the accounts of {a}: {_shown(change['then'], change['outcome'])}.",
                f"On the accounts of {b}: {_shown(change['now'], change['outcome'])}.",
            ]
            if change["what"] == "went" and not change["rejected"] and _still_shows(change):
                entry["evidence"].append(_NOT_ENOUGH)
            entry["measured"] = {"then": change["then"], "now": change["now"], "outcome": change["outcome"]}
        told.append(entry)
    return told


def rules_sentence(changes: Sequence[Mapping[str, Any]]) -> str:
    """Return which rules came, went and moved, in one sentence; empty where none did.

    >>> rules_sentence([{"what": "came", "id": "X1", "after": "Fewer than 40 employees", "before": None}])
    'X1 came (“Fewer than 40 employees”).'
    """
    told = [
        f"{entry['id']} {entry['what']} (“{entry['before'] if entry['what'] == 'went' else entry['after']}”)"
        for entry in changes
        if entry["what"] in ("came", "went", "moved")
    ]
    return f"{', '.join(told)}." if told else ""


def _still_shows(change: Mapping[str, Any]) -> bool:
    """Return whether a difference speaks for a rule on the newer accounts all the same."""
    now = change["now"]
    if "absent" in now:
        return False
    more_is_worse = str(change["outcome"]).startswith("churn")
    wanted_more = (change["kind"] == "exclude") == more_is_worse
    return bool(now["low"] > 0 if wanted_more else now["high"] < 0)


def _shown(figures: Mapping[str, Any], outcome: str | None) -> str:
    """Say what happened where a rule holds, and elsewhere."""
    if "absent" in figures:
        return str(figures["absent"])
    n = figures["n"]
    low, high = figures["low"], figures["high"]
    if outcome == "pull":
        return (
            f"pull averages {figures['rate']:.2f} where it holds ({count(n, 'customer')}) and "
            f"{figures['rate_elsewhere']:.2f} elsewhere, on a scale of 0 to 1"
        )
    gap = points(low, high)
    gap = gap if low > 0 or high < 0 else f"no difference can be told: {gap}"
    return (
        f"{percent(figures['rate'])} {_happened(str(outcome))} where it holds ({count(n, 'account')}), "
        f"{percent(figures['rate_elsewhere'])} elsewhere ({gap})"
    )


def _happened(outcome: str) -> str:
    months = months_of(outcome)
    if outcome.startswith("churn"):
        return f"left within {months} months"
    return f"were won and stayed {months} months" if outcome.startswith("won_and_kept") else "were won"
