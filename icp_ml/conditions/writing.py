"""A rule written in another language: the language brings the words, the meaning of a condition stays here.

A language (an SQL dialect, a CRM's formulas) is a :class:`Writer`. It never sees an operator, so that no two languages
can read one differently: "not in" is written here as "known, and not one of", as the contract says (section 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from icp_ml.conditions.condition import Condition, Rule
from icp_ml.conditions.operators import NUMBER_OPS, SYMBOLS

Written = TypeVar("Written")


class Writer(Protocol[Written]):
    """What a language must be able to say of one account.

    A statement about a missing value may come out as false or as the language's own "unknown" (NULL): nothing here
    turns such a statement into a true one.
    """

    def known(self, attribute: str) -> Written:
        """Say that the account has a value."""

    def compare(self, attribute: str, symbol: str, number: float) -> Written:
        """Say that the number is ``<``, ``<=``, ``>`` or ``>=`` another."""

    def one_of(self, attribute: str, levels: Sequence[str]) -> Written:
        """Say that the text is exactly one of these."""

    def is_value(self, attribute: str, value: bool) -> Written:
        """Say that the boolean has this value."""

    def has_any(self, attribute: str, tags: Sequence[str]) -> Written:
        """Say that one of these tags is there."""

    def every(self, parts: Sequence[Written]) -> Written:
        """Say that all of at least one statement hold."""

    def some(self, parts: Sequence[Written]) -> Written:
        """Say that one of at least one statement holds."""

    def negation(self, part: Written) -> Written:
        """Say that a statement does not hold."""

    def always(self) -> Written:
        """Say what holds for every account."""


def write_rule(rule: Rule, writer: Writer[Written]) -> Written:
    """Return a rule in the writer's language; a rule without conditions holds for everybody.

    >>> class Words:
    ...     def compare(self, attribute, symbol, number):
    ...         return f"{attribute} {symbol} {number:g}"
    ...
    ...     def every(self, parts):
    ...         return " and ".join(parts)
    >>> write_rule(Rule((Condition("n", "between", (1.0, 2.0)),)), Words())
    'n >= 1 and n <= 2'
    """
    parts = [write_condition(condition, writer) for condition in rule.conditions]
    if not parts:
        return writer.always()
    return parts[0] if len(parts) == 1 else writer.every(parts)


def write_condition(condition: Condition, writer: Writer[Written]) -> Written:
    """Return one condition in the writer's language."""
    said = _said(condition, writer)
    if condition.or_unknown:
        return writer.some([writer.negation(writer.known(condition.attribute)), said])
    return said


def _said(condition: Condition, writer: Writer[Written]) -> Written:
    """Return the condition, a missing value satisfying none."""
    attribute, op, value = condition.attribute, condition.op, condition.value
    if op == "between":
        low, high = value
        return writer.every([writer.compare(attribute, ">=", low), writer.compare(attribute, "<=", high)])
    if op in NUMBER_OPS:
        return writer.compare(attribute, SYMBOLS[op], value)
    if op == "is":
        return writer.is_value(attribute, bool(value))
    if op == "in":
        return writer.one_of(attribute, condition.tags)
    if op == "not_in":
        outside = writer.negation(writer.one_of(attribute, condition.tags))
        return writer.every([writer.known(attribute), outside])
    if op == "has_none":
        without = writer.negation(writer.has_any(attribute, condition.tags))
        return writer.every([writer.known(attribute), without])
    return writer.has_any(attribute, condition.tags)
