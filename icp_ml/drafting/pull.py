"""Signals whose names say what they measure, as parts of pull."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from icp_ml.drafting.vocabulary import words

# Name, aggregate, window in days (None: the default), direction, what it is.
_PARTS: tuple[tuple[str, str, int | None, str, str], ...] = (
    (r"\bonboarding (days|time|duration)\b|\bdays to (onboard|go live|value|activat\w+|launch)\b|"
     r"\btime to (first )?value\b|\bimplementation days\b|^onboarding$|^ttv$", "mean", 180, "lower", "quick to start"),
    (r"\busage\b|\badoption\b|\bactive (users|days|seats)\b|\blog ?ins?\b|^sessions$",
     "mean", None, "higher", "used a lot"),
    (r"\b(nps|csat|promoter score|satisfaction)\b", "mean", None, "higher", "content"),
    (r"\breferrals?\b", "count", None, "higher", "recommends us"),
    (r"\btickets?\b|\bsupport (cases?|requests?)\b|\bescalations?\b", "count", None, "lower", "asks for little help"),
)  # fmt: skip


def guess_pull(signals: Sequence[str], deals: bool) -> list[tuple[dict[str, object], str]]:
    """Return the parts of pull that names speak for, each with what it means.

    >>> [part for part, _ in guess_pull(["csat_score", "emails_clicked"], deals=False)]
    [{'signal': 'csat_score', 'aggregate': 'mean', 'direction': 'higher'}]
    """
    parts: list[tuple[dict[str, object], str]] = []
    if deals:
        parts.append(({"opportunity": "sales_cycle_days", "direction": "lower"}, "quick to buy"))
    return [*parts, *_named(sorted(signals))]


def _named(signals: Iterable[str]) -> Iterable[tuple[dict[str, object], str]]:
    for signal in signals:
        for pattern, aggregate, window, direction, meaning in _PARTS:
            if re.search(pattern, words(signal)):
                window_key = {} if window is None else {"window_days": window}
                yield {"signal": signal, "aggregate": aggregate, **window_key, "direction": direction}, meaning
                break
