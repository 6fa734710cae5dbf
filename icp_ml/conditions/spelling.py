"""The config's spelling of a condition, for instance ``{attribute: employee_count, between: [50, 500]}``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from icp_ml.conditions.operators import NUMBER_OPS, OPS, OPS_BY_TYPE, AttributeLike, plain_number
from icp_ml.errors import ConfigError, nearest

Parsed = tuple[str, str, Any, bool]
_BOOLEAN_WORDS = {"true": True, "yes": True, "t": True, "1": True, "false": False, "no": False, "f": False, "0": False}


def parse_condition(spelled: Any, attributes: Mapping[str, AttributeLike], where: str) -> Parsed:
    """Read one condition as ``(attribute, op, value, or_unknown)``.

    Raises
    ------
    ConfigError
        If it is no mapping, the attribute or operator is unknown, or the value does not fit the attribute's type.
    """
    if not isinstance(spelled, Mapping):
        raise ConfigError(
            f"{where}: a condition is a mapping such as {{attribute: employee_count, at_least: 50}}; found {spelled!r}"
        )
    attribute = _attribute(spelled, attributes, where)
    op, raw = _operator(spelled, attribute, where)
    spec = attributes[attribute]
    at = f"{where}: {attribute}"
    or_unknown = spelled.get("or_unknown", False)
    if not isinstance(or_unknown, bool):
        raise ConfigError(f"{at}: 'or_unknown' needs true or false; found {or_unknown!r}")
    if spec.type == "category" and op in NUMBER_OPS:
        return attribute, "in", _levels_between(op, raw, spec.order, at), or_unknown
    fitting = OPS_BY_TYPE[spec.type]
    if op not in fitting:
        raise ConfigError(
            f"{where}: {op!r} does not fit {attribute!r}, which is of type {spec.type}; use one of {', '.join(fitting)}"
        )
    return attribute, op, _typed(op, raw, at), or_unknown


def check_list(spelled: Any, where: str) -> Sequence[Any]:
    """Return a rule's list of conditions, or say that it is none."""
    if isinstance(spelled, (str, Mapping)) or not isinstance(spelled, Sequence):
        raise ConfigError(
            f"{where}: a rule is a list of conditions; found {spelled!r}; put a '-' before each condition"
        )
    return spelled


def _attribute(spelled: Mapping[str, Any], attributes: Mapping[str, AttributeLike], where: str) -> str:
    """Return the declared attribute named."""
    attribute = spelled.get("attribute")
    if not isinstance(attribute, str) or attribute not in attributes:
        raise ConfigError(
            f"{where}: attribute {attribute!r} is not declared under 'attributes'"
            f"{nearest(str(attribute), attributes)}; declare it there, or correct the name"
        )
    return attribute


def _operator(spelled: Mapping[str, Any], attribute: str, where: str) -> tuple[str, Any]:
    """Return the one operator given and its raw value."""
    rest = {str(k): v for k, v in spelled.items() if k not in ("attribute", "or_unknown")}
    for op in rest:
        if op not in OPS:
            raise ConfigError(f"{where}: unknown operator {op!r}{nearest(op, OPS)}; known: {', '.join(OPS)}")
    if len(rest) != 1:
        found = " and ".join(map(repr, rest)) or "none"
        raise ConfigError(
            f"{where}: a condition on {attribute!r} needs exactly one of {', '.join(OPS)}; found {found}"
            + ("; write each as a condition of its own" if rest else "")
        )
    return next(iter(rest.items()))


def _typed(op: str, raw: Any, at: str) -> Any:
    """Return the value in the type the operator works on."""
    if op == "between":
        return _between(raw, at)
    if op in NUMBER_OPS:
        return _number(op, raw, at)
    if op == "is":
        return _boolean(raw, at)
    if op == "has":
        if isinstance(raw, (list, tuple)):
            raise ConfigError(f"{at}: 'has' needs one tag; found {raw!r}; for several use 'has_any' or 'has_none'")
        return _level(op, raw, at)
    levels = raw if isinstance(raw, (list, tuple)) else [raw]
    if not levels:
        raise ConfigError(f"{at}: {op!r} needs at least one value; found an empty list")
    return tuple(dict.fromkeys(_level(op, v, at) for v in levels))


def _between(raw: Any, at: str) -> tuple[float, float]:
    """Return both ends of ``between``."""
    if not isinstance(raw, (list, tuple)) or len(raw) != 2:
        raise ConfigError(f"{at}: 'between' needs [low, high]; found {raw!r}")
    low, high = (_number("between", v, at) for v in raw)
    if low > high:
        raise ConfigError(f"{at}: 'between' needs the low end first; found [{plain_number(low)}, {plain_number(high)}]")
    return low, high


def _number(op: str, raw: Any, at: str) -> float:
    """Return a finite number."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not math.isfinite(raw):
        raise ConfigError(f"{at}: {op!r} needs a number; found {raw!r}")
    return float(raw)


def _boolean(raw: Any, at: str) -> bool:
    """Return true or false, in any of the words the data may use."""
    known = _BOOLEAN_WORDS.get(str(raw).lower())
    if known is None:
        raise ConfigError(f"{at}: 'is' needs true or false; found {raw!r}")
    return known


def _level(op: str, raw: Any, at: str) -> str:
    """Return a level or tag as text; category values are text even where they look like numbers."""
    if raw is None or isinstance(raw, (list, tuple, Mapping)):
        raise ConfigError(f"{at}: {op!r} needs texts; found {raw!r}; a missing value satisfies no condition")
    return ("true" if raw else "false") if isinstance(raw, bool) else str(raw)


def _levels_between(op: str, raw: Any, order: list[str] | None, at: str) -> tuple[str, ...]:
    """Return the ordered levels that a comparison keeps."""
    if not order:
        raise ConfigError(f"{at}: {op!r} needs ordered levels; give the attribute an 'order', or use 'in'")
    ends = [str(v) for v in (raw if isinstance(raw, (list, tuple)) else [raw])]
    if any(end not in order for end in ends) or len(ends) != (2 if op == "between" else 1):
        needed = "two levels" if op == "between" else "one level"
        unknown = next((nearest(end, order) for end in ends if end not in order), "")
        raise ConfigError(f"{at}: {op!r} needs {needed} of the order {order}; found {raw!r}{unknown}")
    low, high = order.index(ends[0]), order.index(ends[-1])
    keep: dict[str, Callable[[int], bool]] = {
        "between": lambda i: low <= i <= high,
        "at_least": lambda i: i >= low,
        "at_most": lambda i: i <= low,
        "above": lambda i: i > low,
        "below": lambda i: i < low,
    }
    levels = tuple(level for i, level in enumerate(order) if keep[op](i))
    if not levels:
        raise ConfigError(f"{at}: {op!r} {raw!r} leaves no level of the order {order}")
    return levels
