"""What was searched, and what could have been seen: the answer where there is not enough evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.report.words import count, months_of, percent

_NO_RULE = (
    "So nothing is refused and nobody is preferred: every account is yellow until there is evidence.",
    "What would change this: more decided accounts, customers followed for longer, or an attribute, known before the "
    "sale, that people believe in and no column holds yet.",
)


def told_searched(criteria: Mapping[str, Any], kind: str | None = None) -> list[str]:
    """Return what was looked for and what came of it, a sentence a search.

    Parameters
    ----------
    criteria : mapping
        Content of ``criteria.json``.
    kind : {"exclude", "include"}, optional
        Only searches for exclusions, or for criteria; by default all.
    """
    searches = (criteria.get("searched") or {}).get("searches") or []
    return [_sentence(entry) for entry in searches if kind is None or _kind(entry) == kind]


def told_no_evidence(criteria: Mapping[str, Any]) -> list[str]:
    """Return what follows where nothing at all is proposed; why it is so, ``not_proposed`` says itself."""
    return [] if criteria["criteria"] else list(_NO_RULE)


def _kind(entry: Mapping[str, Any]) -> str:
    bad = entry["looking_for"] == ("more" if entry["outcome"].startswith("churn_") else "less")
    return "exclude" if bad else "include"


def _sentence(entry: Mapping[str, Any]) -> str:
    looked = f"Looked for groups that {_differ(entry)}, among {count(entry['accounts'], 'account')}"
    if entry.get("skipped"):
        return f"Not searched for groups that {_differ(entry)}: {entry['skipped']}."
    tried = f", {entry['conditions']:,} conditions and what they give together" if entry.get("conditions") else ""
    rules = entry.get("rules", 0)
    if rules:
        return f"{looked}{tried}: {count(rules, 'group')} stood out."
    return f"{looked}{tried}: none stood out.{_smallest(entry)}"


def _differ(entry: Mapping[str, Any]) -> str:
    outcome, more = entry["outcome"], entry["looking_for"] == "more"
    often = "more often" if more else "less often"
    months = months_of(outcome)
    if outcome.startswith("churn_"):
        return f"leave {often} within {count(months or 0, 'month')}"
    if outcome.startswith("won_and_kept_"):
        return f"are won and stay {count(months or 0, 'month')} {often}"
    return f"are won {often}"


def _smallest(entry: Mapping[str, Any]) -> str:
    """Say the smallest difference that would have shown, where the search told it."""
    least = entry.get("smallest_difference")
    if least is None:
        return ""
    points = percent(least).removesuffix(" %")
    return f" A group of a quarter of them would have had to differ from the rest by about {points} points to be seen."
