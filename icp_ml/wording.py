"""How conditions and figures read in words."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icp_ml.conditions import Condition

_COMPARE = {"at_least": "at least", "at_most": "at most", "above": "above", "below": "below"}
_COMPARE_COUNT = {"at_least": "at least", "at_most": "at most", "above": "more than", "below": "fewer than"}


def number_words(value: float) -> str:
    """Write a number as a person would: six significant digits, and every digit before the point.

    >>> number_words(1500.0), number_words(0.25), number_words(70.55), number_words(999999.75), number_words(0.00001234)
    ('1,500', '0.25', '70.55', '999,999.75', '0.00001234')
    """
    if float(value).is_integer():
        return f"{int(value):,}"
    decimals = max(2, 5 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}".rstrip("0").rstrip(".")


def label_words(attribute: str) -> str:
    """Write an attribute's name as words.

    >>> label_words("employee_count"), label_words("MonthlyCharges"), label_words("has_revops")
    ('employee count', 'MonthlyCharges', 'has revops')
    """
    return attribute.replace("_", " ").strip() or attribute


def list_words(items: tuple[str, ...], joiner: str) -> str:
    """Join levels: ``a, b or c``.

    >>> list_words(("a", "b", "c"), "or")
    'a, b or c'
    """
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {joiner} {items[-1]}"


def condition_words(condition: Condition, unit: str | None) -> str:
    """Write one condition in words, without its "or unknown"."""
    name, op, value = condition.attribute, condition.op, condition.value
    if op == "is":
        return _boolean_words(name, value)
    if op in ("in", "not_in", "has", "has_any", "has_none"):
        return _set_words(label_words(name), op, condition.tags)
    if counted := re.fullmatch(r"(.*[^_])_count", name):
        return _count_words(op, value, counted.group(1).replace("_", " "))
    suffix = f" {unit}" if unit else ""
    label = label_words(name)
    if op == "between":
        return f"{label} {_range_words(value)}{suffix}"
    return f"{label} {_COMPARE[op]} {number_words(value)}{suffix}"


def _range_words(ends: tuple[float, float]) -> str:
    """Write both ends, or the one where they are the same."""
    low, high = map(number_words, ends)
    return low if low == high else f"{low} to {high}"


def _count_words(op: str, value: float | tuple[float, float], thing: str) -> str:
    """Write a condition on a count: ``50 to 500 employees``."""
    if isinstance(value, tuple):
        return f"{_range_words(value)} {_plural(thing, value[1])}"
    return f"{_COMPARE_COUNT[op]} {number_words(value)} {_plural(thing, value)}"


def _plural(thing: str, count: float) -> str:
    """Return the noun as it follows the count."""
    if count == 1:
        return thing
    if re.search(r"[^aeiou]y$", thing):
        return thing[:-1] + "ies"
    return thing + ("es" if re.search(r"(s|x|z|ch|sh)$", thing) else "s")


def _boolean_words(name: str, value: bool) -> str:
    """Write a boolean condition: ``has no revops``."""
    for prefix, yes, no in (("has_", "has", "has no"), ("is_", "is", "is not")):
        if name.startswith(prefix) and name != prefix:
            return f"{yes if value else no} {label_words(name[len(prefix) :])}"
    return f"{label_words(name)} is {'yes' if value else 'no'}"


def _set_words(label: str, op: str, levels: tuple[str, ...]) -> str:
    """Write a condition on levels or tags; a level of blanks alone is shown in quotes."""
    shown = tuple(level if level.strip() else repr(level) for level in levels)
    if op in ("in", "has", "has_any"):
        return f"{label} {'is' if op == 'in' else 'with'} {list_words(shown, 'or')}"
    if len(shown) == 1:
        return f"{label} {'is not' if op == 'not_in' else 'without'} {shown[0]}"
    return f"{label} {'is' if op == 'not_in' else 'with'} neither {list_words(shown, 'nor')}"


def outcome_words(outcome: str) -> str:
    """Name an outcome.

    >>> outcome_words("churn_12m"), outcome_words("won_and_kept_8m"), outcome_words("won")
    ('churn within 12 months', 'won and kept for 8 months', 'win rate')
    """
    if found := re.fullmatch(r"(churn|won_and_kept)_(\d+)m", outcome):
        months = f"{found.group(2)} month{'' if found.group(2) == '1' else 's'}"
        return f"churn within {months}" if found.group(1) == "churn" else f"won and kept for {months}"
    return {"won": "win rate", "pull": "pull"}.get(outcome, outcome)
