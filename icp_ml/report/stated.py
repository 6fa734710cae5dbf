"""What the ICP people already hold gets right and wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.report.proposals import Told
from icp_ml.report.words import count, months_of, percent, points, span

_MATCHED = {"pursued": "accounts pursued", "won": "accounts won", "kept": "customers kept for {months} months"}


def told_stated(criteria: Mapping[str, Any]) -> Told | None:
    """Return the audit of the stated ICP and exclusions, or None where the config states none.

    Returns
    -------
    dict or None
        ``text``; ``findings``, ``matches``, ``outcomes``, ``failing``, ``pull``: lists of sentences; ``exclusions``:
        one ``{"text", "reason", "owner", "supported", "verdict"}`` each.
    """
    stated = criteria.get("stated")
    if not stated:
        return None
    figures = stated.get("figures") or {}
    return {
        "text": stated["text"],
        "findings": list(stated.get("findings") or []),
        "matches": _matches(figures, criteria["churn_horizon_months"]),
        "outcomes": [_in_and_out(name, f) for name, f in figures.items() if "inside" in f and "outside" in f],
        "failing": [_failing(row) for row in stated.get("failing") or [] if row["fails"]],
        "pull": _pull(stated.get("pull") or {}),
        "exclusions": [_exclusion(e) for e in stated.get("exclusions") or []],
    }


def _matches(figures: Mapping[str, Any], months: int) -> list[str]:
    known = {group: figures.get(f"match_rate_{group}", {}) for group in _MATCHED}
    return [
        f"{percent(rate['estimate'])} of {rate['n']:,} {_MATCHED[group].format(months=months)} fit it "
        f"({span(percent(rate['low']), percent(rate['high']))})."
        for group, rate in known.items()
        if "estimate" in rate
    ]


def _in_and_out(outcome: str, figure: Mapping[str, Any]) -> str:
    months = months_of(outcome)
    if outcome.startswith("churn_"):
        happened = f"of the customers that fit it left within {months} months"
    elif outcome.startswith("won_and_kept_"):
        happened = f"of the accounts that fit it were won and stayed {months} months"
    else:
        happened = "of the accounts that fit it were won"
    difference = figure["difference"]
    return (
        f"{percent(figure['inside'])} {happened}, against {percent(figure['outside'])} of the rest "
        f"({points(difference['low'], difference['high'])})."
    )


def _failing(row: Mapping[str, Any]) -> str:
    unknown = f" ({count(row['unknown'], 'account')} with no value)" if row.get("unknown") else ""
    return f"“{row['text']}” fails for {percent(row['share'])} of {count(row['won'], 'won account')}{unknown}."


def _pull(pull: Mapping[str, Any]) -> list[str]:
    if pull.get("none_because"):
        return [f"Pull inside it: {pull['none_because']}."]
    return [
        f"Inside it, pull is {'stronger' if rule['pull'] == 'more' else 'weaker'} where: {rule['text']} "
        f"({count(rule['n'], 'customer')})."
        for rule in pull.get("rules") or []
    ]


def _exclusion(entry: Mapping[str, Any]) -> Told:
    kept = ("text", "reason", "owner", "review_on", "supported")
    return {name: entry.get(name) for name in kept} | {"verdict": _exclusion_verdict(entry)}


def _exclusion_verdict(entry: Mapping[str, Any]) -> str:
    difference, outcome = entry.get("difference"), entry.get("outcome")
    if entry.get("supported") is None or not difference or not outcome:
        return str(entry["verdict"])
    share = (
        f"the share that left within {months_of(outcome)} months" if outcome.startswith("churn_") else "the win rate"
    )
    low, high = difference["low"], difference["high"]
    size = points(low, high)
    if entry["supported"]:
        return f"Supported by the data: {share} is {_side(size)} than elsewhere."
    if low < 0 < high:
        return f"Not supported by the data: {share} could be anything from {_side(size)} than elsewhere."
    return f"Not supported by the data: {share} is {_side(size)} than elsewhere."


def _side(size: str) -> str:
    """Write a difference of points as higher and lower."""
    return size.replace(" more", " higher").replace(" less", " lower")
