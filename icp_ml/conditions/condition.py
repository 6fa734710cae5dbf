"""One condition and one rule, each with its views: mask, words, JsonLogic, SQL and the config's spelling."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.conditions import jsonlogic, spelling
from icp_ml.conditions.operators import LEVEL_OPS, NUMBER_OPS, SYMBOLS, TAG_OPS, AttributeLike, Logic, plain_number
from icp_ml.errors import ConfigError
from icp_ml.wording import condition_words


@dataclass(frozen=True)
class Condition:
    """One operator on one attribute.

    Parameters
    ----------
    attribute : str
        Standard attribute name.
    op : str
        One of :data:`OPS`.
    value : float, bool, str, or tuple
        A number; ``(low, high)`` for ``between``, both ends counted; a tuple of texts for sets of levels or tags; a
        bool for ``is``; one text for ``has``.
    or_unknown : bool, default False
        Whether a missing value satisfies the condition too.
    """

    attribute: str
    op: str
    value: Any
    or_unknown: bool = False

    def mask(self, frame: pd.DataFrame) -> np.ndarray:
        """Return which rows satisfy the condition, shape ``(len(frame),)``, bool.

        >>> Condition("n", "below", 40.0).mask(pd.DataFrame({"n": [1.0, 40.0, np.nan]})).tolist()
        [True, False, False]
        """
        column = frame[self.attribute]
        holds = self._holds(column)
        return holds | _missing(column) if self.or_unknown else holds

    def _holds(self, column: pd.Series) -> np.ndarray:
        """Return which rows satisfy the condition, a missing value none."""
        if self.op in NUMBER_OPS:
            return self._holds_number(column.to_numpy(dtype=float, na_value=np.nan))
        if self.op == "is":
            return (column.astype("boolean") == self.value).fillna(False).to_numpy(dtype=bool)
        if self.op in LEVEL_OPS:
            inside = column.isin(list(self.value)).to_numpy()
            return inside if self.op == "in" else ~inside & ~_missing(column)
        missing, wanted = _missing(column), set(self.tags)
        pairs = zip(column, missing, strict=True)
        found = np.fromiter((not m and not wanted.isdisjoint(v) for v, m in pairs), bool, len(column))
        return ~found & ~missing if self.op == "has_none" else found

    def _holds_number(self, values: np.ndarray) -> np.ndarray:
        """Return which numbers satisfy the condition; NaN compares as false."""
        with np.errstate(invalid="ignore"):
            if self.op == "between":
                return (values >= self.value[0]) & (values <= self.value[1])
            compare = {"at_least": np.greater_equal, "at_most": np.less_equal, "above": np.greater, "below": np.less}
            return np.asarray(compare[self.op](values, self.value))

    @property
    def tags(self) -> tuple[str, ...]:
        """The levels or tags named, as a tuple."""
        return (self.value,) if isinstance(self.value, str) else tuple(self.value)

    def jsonlogic(self) -> Logic:
        """Return the condition as JsonLogic over a typed object.

        >>> Condition("n", "below", 40.0).jsonlogic()
        {'and': [{'!=': [{'var': 'n'}, None]}, {'<': [{'var': 'n'}, 40]}]}
        """
        var: Logic = {"var": self.attribute}
        known: Logic = {"!=": [var, None]}
        if self.or_unknown:
            return {"or": [{"==": [var, None]}, replace(self, or_unknown=False).jsonlogic()]}
        if self.op == "between":
            return {"and": [known, {"<=": [plain_number(self.value[0]), var, plain_number(self.value[1])]}]}
        if self.op in NUMBER_OPS:
            return {"and": [known, {SYMBOLS[self.op]: [var, plain_number(self.value)]}]}
        if self.op == "is":
            return {"==": [var, bool(self.value)]}
        if self.op == "in":
            return {"in": [var, list(self.value)]}
        if self.op == "not_in":
            return {"and": [known, {"!": [{"in": [var, list(self.value)]}]}]}
        having: list[Logic] = [{"in": [tag, var]} for tag in self.tags]
        if self.op == "has_none":
            return {"and": [known, *({"!": [h]} for h in having)]}
        return having[0] if self.op == "has" else {"or": having}

    def sql(self, column: str) -> str:
        """Return the condition as DuckDB SQL, never NULL, over a typed column expression.

        The expression must be ``DOUBLE`` (missing is NULL, not NaN), text, ``BOOLEAN`` or a list of texts.

        >>> print(Condition("industry", "in", ("a'b",)).sql('"industry"'))
        coalesce("industry" IN ('a''b'), FALSE)
        """
        return f"coalesce({self._sql(column)}, {'TRUE' if self.or_unknown else 'FALSE'})"

    def _sql(self, column: str) -> str:
        """Return the condition as SQL that is NULL for a missing value."""
        if self.op == "between":
            return f"{column} BETWEEN {_number_sql(self.value[0])} AND {_number_sql(self.value[1])}"
        if self.op in NUMBER_OPS:
            return f"{column} {SYMBOLS[self.op]} {_number_sql(self.value)}"
        if self.op == "is":
            return f"{column} = {'TRUE' if self.value else 'FALSE'}"
        if self.op in LEVEL_OPS:
            listed = ", ".join(_text_sql(t) for t in self.tags)
            return f"{column} {'IN' if self.op == 'in' else 'NOT IN'} ({listed})"
        having = " OR ".join(f"list_contains({column}, {_text_sql(t)})" for t in self.tags)
        return f"NOT ({having})" if self.op == "has_none" else having

    def to_config(self) -> dict[str, Any]:
        """Return the config's spelling, for instance ``{"attribute": "n", "below": 40}``."""
        value = self.value
        if self.op in NUMBER_OPS:
            value = [plain_number(v) for v in value] if self.op == "between" else plain_number(value)
        elif isinstance(value, tuple):
            value = list(value)
        spelled: dict[str, Any] = {"attribute": self.attribute, self.op: value}
        if self.or_unknown:
            spelled["or_unknown"] = True
        return spelled

    def text(self, attributes: Mapping[str, AttributeLike] | None = None) -> str:
        """Return the condition in words.

        >>> Condition("employee_count", "between", (50.0, 500.0)).text()
        '50 to 500 employees'
        >>> Condition("industry", "not_in", ("retail", "media")).text()
        'industry is neither retail nor media'
        """
        unit = getattr((attributes or {}).get(self.attribute), "unit", None)
        return condition_words(self, unit) + (" (or unknown)" if self.or_unknown else "")

    @classmethod
    def parse(
        cls, spelled: Mapping[str, Any], attributes: Mapping[str, AttributeLike], where: str = "condition"
    ) -> Condition:
        """Read the config's spelling.

        Raises
        ------
        ConfigError
            If the attribute or operator is unknown, or the value does not fit the attribute's type.
        """
        return cls(*spelling.parse_condition(spelled, attributes, where))


@dataclass(frozen=True)
class Rule:
    """Conditions that must all hold.

    Parameters
    ----------
    conditions : tuple of Condition
        In the order they are read out; an empty rule holds for everybody.
    """

    conditions: tuple[Condition, ...]

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of the attributes used, each once, in order."""
        return tuple(dict.fromkeys(c.attribute for c in self.conditions))

    def mask(self, frame: pd.DataFrame) -> np.ndarray:
        """Return which rows satisfy every condition, shape ``(len(frame),)``, bool."""
        holds = np.ones(len(frame), dtype=bool)
        for condition in self.conditions:
            holds &= condition.mask(frame)
        return holds

    def text(self, attributes: Mapping[str, AttributeLike] | None = None) -> str:
        """Return the rule in words, first letter capital."""
        words = " and ".join(c.text(attributes) for c in self.conditions) or "every account"
        return words[0].upper() + words[1:]

    def jsonlogic(self) -> Logic:
        """Return the rule as JsonLogic; a single condition stands alone, and no condition holds for everybody."""
        if not self.conditions:
            return dict(jsonlogic.EVERYBODY)
        if len(self.conditions) == 1:
            return self.conditions[0].jsonlogic()
        return {"and": [c.jsonlogic() for c in self.conditions]}

    def sql(self, columns: Mapping[str, str]) -> str:
        """Return the rule as DuckDB SQL over typed column expressions by attribute name."""
        return " AND ".join(c.sql(columns[c.attribute]) for c in self.conditions) or "TRUE"

    def key(self) -> str:
        """Return a hash of the normalised rule: order and repetition of conditions and levels do not matter."""
        parts = sorted({json.dumps(_normalised(c), sort_keys=True) for c in self.conditions})
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    @classmethod
    def parse(
        cls, spelled: Sequence[Mapping[str, Any]], attributes: Mapping[str, AttributeLike], where: str = "rule"
    ) -> Rule:
        """Read a list of conditions in the config's spelling; errors as in :meth:`Condition.parse`."""
        listed = spelling.check_list(spelled, where)
        return cls(tuple(Condition.parse(c, attributes, f"{where}[{i}]") for i, c in enumerate(listed)))

    @classmethod
    def from_jsonlogic(cls, logic: Logic) -> Rule:
        """Read back what :meth:`jsonlogic` wrote.

        Raises
        ------
        ConfigError
            If the logic has a shape no condition has.

        >>> rule = Rule((Condition("n", "below", 40.0), Condition("t", "has_none", ("x", "y"))))
        >>> Rule.from_jsonlogic(rule.jsonlogic()) == rule
        True
        """
        try:
            rule = cls(tuple(Condition(*parsed) for parsed in jsonlogic.conditions_of(logic)))
            same = _canonical(rule.jsonlogic()) == _canonical(logic)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as err:
            raise ConfigError(_foreign(logic)) from err
        if not same:
            raise ConfigError(_foreign(logic))
        return rule


def _missing(column: pd.Series) -> np.ndarray:
    """Return which values are missing."""
    return np.asarray(column.isna(), dtype=bool)


def _number_sql(value: float) -> str:
    """Write a number literal of the column's type, so that no engine compares decimals with doubles."""
    return f"CAST({plain_number(value)!r} AS DOUBLE)"


def _text_sql(value: str) -> str:
    """Write a text literal."""
    return "'" + value.replace("'", "''") + "'"


def _normalised(condition: Condition) -> dict[str, Any]:
    """Return the config's spelling with levels sorted, and one tag spelled as a set of one."""
    spelled = condition.to_config()
    if condition.op == "has":
        spelled["has_any"] = [spelled.pop("has")]
    if condition.op in (*LEVEL_OPS, *TAG_OPS):
        op = "has_any" if condition.op == "has" else condition.op
        spelled[op] = sorted(set(spelled[op]))
    return spelled


def _canonical(logic: Any) -> Any:
    """Return logic with each number as a text, 40.0 as ``40``: Python's own comparison takes true for 1."""
    if isinstance(logic, dict):
        return {key: _canonical(value) for key, value in logic.items()}
    if isinstance(logic, list):
        return [_canonical(value) for value in logic]
    if isinstance(logic, float):
        return ("number", repr(plain_number(logic)))
    return ("number", repr(logic)) if isinstance(logic, int) else logic


def _foreign(logic: Any) -> str:
    """Say that a rule's logic is none of ours."""
    shown = json.dumps(logic, ensure_ascii=False, default=repr)[:200]
    return f"a rule's JsonLogic must have the shape this program writes; found {shown}; write it as conditions instead"
