"""The user's words for how a deal ended and what kind it is, guessed one by one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_REFUSED = re.compile(
    r"disqualif|unqualified|not qualified|\brefused\b|\bnot icp\b|\bno fit\b|\bnot a fit\b|declined by us|we declined|"
    r"turned down by us|rejected by us"
)
_LOST = re.compile(
    r"\blost\b|\bloss\b|\blose\b|no decision|\bno deal\b|not won|closed no\b|\bdead\b|abandon|\bdeclined\b|rejected|"
    r"cancel|went (dark|cold|with)|verloren|perdu|perdid|\bfailed\b|unsuccessful"
)
_WON = re.compile(
    r"\bwon\b|\bwin\b|closed yes\b|closed signed|^signed\b|contract signed|deal signed|\bbooked\b|successful|gewonnen|"
    r"gagn|ganad|^accepted$|^converted$"
)
_RENEWAL = re.compile(r"renew|verlängerung|renouvellement")
_EXPANSION = re.compile(
    r"expan|upsell|up sell|cross ?sell|upgrade|add ?on|existing ?(business|customer)|downgrade|growth"
)
_NEW = re.compile(r"\bnew\b|new ?business|new ?logo|neukunde|neugesch|first|initial")
_TRUE = ("true", "1", "yes", "t", "y")
_FALSE = ("false", "0", "no", "f", "n")


def guess_outcome(level: str) -> str:
    """Return the outcome that a stage or status speaks of; whatever speaks of no end is open.

    >>> [guess_outcome(s) for s in ("Closed Won", "closedlost", "8 - Disqualified", "Negotiation/Review")]
    ['won', 'lost', 'refused', 'open']
    """
    text = _loose(level)
    for outcome, pattern in (("refused", _REFUSED), ("lost", _LOST), ("won", _WON)):
        if pattern.search(text):
            return outcome
    return "open"


def guess_kind(level: str) -> str:
    """Return the kind a deal's type speaks of: renewal, expansion, or new for whatever speaks of neither.

    >>> [guess_kind(s) for s in ("Existing Customer - Upgrade", "Renewal", "New Business", "newbusiness")]
    ['expansion', 'renewal', 'new', 'new']
    """
    text = _loose(level)
    return "renewal" if _RENEWAL.search(text) else "expansion" if _EXPANSION.search(text) else "new"


def tells_kinds(levels: Sequence[str]) -> bool:
    """Return whether a column speaks of renewals, expansions or new business at all, and of little else."""
    spoken = [bool(p.search(_loose(level))) for level in levels for p in (_RENEWAL, _EXPANSION, _NEW)]
    return 0 < len(levels) <= 50 and any(spoken)


def outcome_values(levels: Sequence[str], ended: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """Return outcome: levels, from what the deals' own marks say where there are any, else from the words.

    Parameters
    ----------
    levels : sequence of str
        Different cells of the outcome column, the commonest first.
    ended : mapping, optional
        Level: outcome, where columns such as ``IsWon`` tell.
    """
    if levels and {level.strip().lower() for level in levels} <= {*_TRUE, *_FALSE}:
        won = [level for level in levels if level.strip().lower() in _TRUE]
        lost = [level for level in levels if level not in won]
        return {k: v for k, v in (("won", won), ("lost", lost)) if v}
    found: dict[str, list[str]] = {"won": [], "lost": [], "refused": [], "open": []}
    for level in levels:
        guess, marked = guess_outcome(level), (ended or {}).get(level)
        # A mark knows won from not won; only the words know that we declined.
        outcome = guess if marked is None or (marked == "lost" and guess == "refused") else marked
        found[outcome].append(level)
    return {outcome: found[outcome] for outcome in found if found[outcome]}


def kind_values(levels: Sequence[str]) -> dict[str, list[str]]:
    """Return kind: levels."""
    found: dict[str, list[str]] = {"new": [], "expansion": [], "renewal": []}
    for level in levels:
        found[guess_kind(level)].append(level)
    return {kind: found[kind] for kind in found if found[kind]}


def _loose(level: str) -> str:
    """Return the words of a level, run-together ones taken apart."""
    apart = re.sub(r"[\W_]+", " ", level.lower()).strip()
    return re.sub(r"^closed(won|lost)$", r"closed \1", apart)
