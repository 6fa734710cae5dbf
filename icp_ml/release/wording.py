"""Evidence and attribute values in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from icp_ml.conditions import AttributeLike, Condition
from icp_ml.wording import condition_words, label_words, list_words, number_words, outcome_words


def evidence_words(evidence: Mapping[str, Any] | None, status: str = "proposed") -> str:
    """Say what a criterion rests on, in one line.

    >>> evidence_words({"outcome": "won", "n": 80, "events": 40, "rate": 0.5, "rate_elsewhere": 0.2,
    ...     "risk_difference": {"estimate": 0.3, "low": 0.2, "high": 0.4, "level": 0.9}})
    'win rate 50% against 20% elsewhere (80 accounts; difference 30 points, 90% interval 20 to 40)'
    """
    if not evidence or "rate" not in evidence or "rate_elsewhere" not in evidence:
        return f"no evidence measured ({status} by a person)" if status != "proposed" else "no evidence measured"
    inside, outside = evidence["rate"], evidence["rate_elsewhere"]
    words = f"{outcome_words(evidence['outcome'])} {inside:.0%} against {outside:.0%} elsewhere"
    counted = f"{evidence['n']:,} accounts"
    difference = evidence.get("risk_difference")
    if not difference:
        return f"{words} ({counted})"
    estimate, low, high = (f"{100 * difference[k]:.0f}" for k in ("estimate", "low", "high"))
    level = f"{difference['level']:.0%}"
    return f"{words} ({counted}; difference {estimate} points, {level} interval {low} to {high})"


def value_words(value: Any, attribute: AttributeLike) -> str:
    """Write an attribute's value as a person would.

    >>> from icp_ml.config.schema import Attribute
    >>> value_words(1500.0, Attribute(type="number", unit="people")), value_words((), Attribute(type="tags"))
    ('1,500 people', 'none')
    """
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    if value is None or pd.isna(value):
        return "unknown"
    if attribute.type == "number":
        return number_words(float(value)) + (f" {attribute.unit}" if attribute.unit else "")
    if attribute.type == "boolean":
        return "yes" if value else "no"
    return str(value)


def holding_words(name: str, value: Any, attribute: AttributeLike) -> str:
    """Say in words that an account has a value.

    >>> from icp_ml.config.schema import Attribute
    >>> holding_words("employee_count", 30.0, Attribute(type="number", unit="people"))
    '30 employees'
    >>> holding_words("has_revops", False, Attribute(type="boolean"))
    'has no revops'
    >>> holding_words("industry", None, Attribute(type="category"))
    'industry not known'
    """
    if isinstance(value, tuple):
        return f"{label_words(name)} with {list_words(value, 'and')}" if value else f"{label_words(name)}: none"
    if value is None or pd.isna(value):
        return f"{label_words(name)} not known"
    if attribute.type == "number":
        condition = Condition(name, "between", (float(value), float(value)))
        return condition_words(condition, attribute.unit)
    if attribute.type == "boolean":
        return condition_words(Condition(name, "is", bool(value)), None)
    return condition_words(Condition(name, "in", (str(value),)), None)
