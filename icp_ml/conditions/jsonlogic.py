"""Reading a rule back from the JsonLogic that :meth:`icp_ml.conditions.Rule.jsonlogic` wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from icp_ml.conditions.operators import SYMBOLS, Logic

Parsed = tuple[str, str, Any, bool]
EVERYBODY: Logic = {"==": [1, 1]}
_NAMES = {symbol: name for name, symbol in SYMBOLS.items()}


def conditions_of(logic: Logic) -> list[Parsed]:
    """Return the conditions as ``(attribute, op, value, or_unknown)``.

    The shape alone is read here; the caller writes the rule again and compares, which catches all that a shape hides.

    Raises
    ------
    KeyError, TypeError, ValueError, IndexError, AttributeError
        If the logic has a shape no condition has.
    """
    if logic == EVERYBODY:
        return []
    single = _single(logic)
    if single is not None:
        return [single]
    ((op, parts),) = logic.items()
    found = [_single(part) for part in parts]
    if op != "and" or None in found:
        raise ValueError("not a list of conditions")
    return [parsed for parsed in found if parsed is not None]


def _single(logic: Logic) -> Parsed | None:
    """Return one condition, or nothing where the logic may be a list of them."""
    ((op, args),) = logic.items()
    if op == "==":
        return args[0]["var"], "is", args[1], False
    if op == "in":
        if isinstance(args[0], dict):
            return args[0]["var"], "in", tuple(args[1]), False
        return args[1]["var"], "has", args[0], False
    if op == "or":
        return _alternatives(args)
    if op == "and" and set(args[0]) == {"!="}:
        return _guarded(args[1:])
    return None


def _alternatives(args: Sequence[Logic]) -> Parsed | None:
    """Return what an ``or`` spells: "or unknown", or any of several tags."""
    if "==" in args[0]:
        inner = _single(args[1])
        return inner and (*inner[:3], True)
    return args[0]["in"][1]["var"], "has_any", tuple(arg["in"][0] for arg in args), False


def _guarded(parts: Sequence[Logic]) -> Parsed:
    """Return what stands behind a "not missing"."""
    ((op, args),) = parts[0].items()
    if op == "!":
        inside = args[0]["in"]
        if isinstance(inside[0], dict):
            return inside[0]["var"], "not_in", tuple(inside[1]), False
        return inside[1]["var"], "has_none", tuple(part["!"][0]["in"][0] for part in parts), False
    if len(args) == 3:
        return args[1]["var"], "between", (float(args[0]), float(args[2])), False
    return args[0]["var"], _NAMES[op], float(args[1]), False
