"""The operators a condition may have, by the type of attribute they fit."""

from __future__ import annotations

from typing import Any, Protocol

NUMBER_OPS = ("between", "at_least", "at_most", "above", "below")
LEVEL_OPS = ("in", "not_in")
TAG_OPS = ("has", "has_any", "has_none")
OPS = (*NUMBER_OPS, *LEVEL_OPS, "is", *TAG_OPS)
OPS_BY_TYPE = {"number": NUMBER_OPS, "category": LEVEL_OPS, "boolean": ("is",), "tags": TAG_OPS}
SYMBOLS = {"at_least": ">=", "at_most": "<=", "above": ">", "below": "<"}

Logic = dict[str, Any]


class AttributeLike(Protocol):
    """What a condition needs to know of an attribute."""

    @property
    def type(self) -> Any:
        """``number``, ``category``, ``boolean`` or ``tags``."""

    @property
    def unit(self) -> str | None:
        """Unit shown in words."""

    @property
    def order(self) -> list[str] | None:
        """Levels of a category from low to high, where they have an order."""


def plain_number(value: float) -> int | float:
    """Return whole numbers as ``int``, so that JSON and YAML show ``40`` and not ``40.0``.

    >>> plain_number(40.0), plain_number(0.5)
    (40, 0.5)
    """
    return int(value) if float(value).is_integer() and abs(value) < 2**53 else float(value)
