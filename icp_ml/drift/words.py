"""A review in plain sentences."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from icp_ml.drift.chance import visible
from icp_ml.drift.finding import Finding
from icp_ml.drift.forecasts import BAD_NEWS, Comparison, Tally
from icp_ml.wording import label_words, list_words

_SHOWN = 3
_NOT_EVEN = "Not even a ranking worth nothing would surely have shown."


def headline(verdict: str, findings: Sequence[Finding]) -> str:
    """Say what to do, and why in a few words."""
    alarms = [finding for finding in findings if finding.alarm]
    if verdict == "retrain":
        held = sorted({finding.subject for finding in alarms if finding.family == "performance"})
        return f"Retrain: the forecasts no longer hold ({list_words(tuple(held), 'and')})."
    tested = any(finding.p is not None and finding.family == "performance" for finding in findings)
    if verdict == "look":
        holds = "its forecasts still hold" if tested else "too few outcomes yet to tell whether its forecasts hold"
        changed = tuple(dict.fromkeys(label_words(finding.subject) for finding in alarms))
        named = list_words(changed[:_SHOWN], "and") + (" and others" if len(changed) > _SHOWN else "")
        return f"Look: other accounts come in than the release was made from ({named}); {holds}."
    if tested:
        return "Fine: nothing differs from the release by more than chance explains."
    return "Fine so far: too few new outcomes to tell whether the forecasts hold; nothing else speaks against them."


def too_early(released: dt.date, months: int) -> str:
    """Say that no look is due."""
    return f"Fine so far: too early to tell; the first look is due {months} months after {released.isoformat()}."


def told(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return each alarm, each forecast that was tested with the shift that would have shown, and what was not."""
    alarms = [f"{_sentence(finding)} {_when(finding)}" for finding in findings if finding.alarm]
    performance = [finding for finding in findings if finding.family == "performance" and not finding.alarm]
    return (*alarms, *(f"{_sentence(f)} {_when(f)} {smallest(f)}".strip() for f in performance))


def win_level(n: int, found: Comparison) -> str:
    """Compare wins with forecasts."""
    if not n:
        return "win rate: too few to tell (no deal was decided)"
    told = f"win rate: {found.seen / n:.0%} where {found.expected / n:.0%} was forecast ({n:,} decided deals)"
    return told if found.p is not None else f"{told}: too few to tell"


def churn_level(n: int, found: Comparison) -> str:
    """Compare endings with forecasts."""
    if not n:
        return "churn: too few to tell (no customer was under observation)"
    told = f"churn: {found.seen:.0f} of {n:,} customers under observation left, {found.expected:.1f} were expected to"
    return told if found.p is not None else f"{told}: too few to tell"


def ranking(outcome: str, tally: Tally, found: Comparison) -> str:
    """Say how well outcomes follow the forecasts."""
    who = "wins" if outcome == "win" else "endings"
    if found.p is None:
        return f"ranking of {who}: too few, or too much alike, to tell ({int(tally.seen.sum())} {who})"
    seen, due = tally.upper_half
    which = "likeliest to win" if outcome == "win" else "likeliest to leave"
    return (
        f"ranking of {who}: {seen:.0f} of {tally.seen.sum():.0f} came from the half forecast {which}, where {due:.0f} "
        "were to be expected"
    )


def smallest(finding: Finding) -> str:
    """Say what shift the data would have shown in four cases of five."""
    if finding.deviation is None or finding.level is None:
        return ""
    side = finding.level * BAD_NEWS if finding.test.endswith("level") else finding.level
    shift = visible(finding.deviation, side)
    if finding.test == "win_level":
        return f"A fall by {100 * shift:.0f} points would have shown."
    if finding.test == "churn_level":
        return f"Churn of {1 + shift:.1f} times the forecast would have shown."
    return f"A ranking that lost {shift:.0%} of its spread would have shown." if shift < 1 else _NOT_EVEN


def _sentence(finding: Finding) -> str:
    text = finding.text[0].upper() + finding.text[1:]
    return f"{text};"


def _when(finding: Finding) -> str:
    return f"{finding.window}."
