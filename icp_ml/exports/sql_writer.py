"""Conditions in SQL, over columns whose cells are typed already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from icp_ml.config.schema import Attribute
from icp_ml.exports.cells import Expression, number_literal, tag_mark, text_literal
from icp_ml.exports.dialects import Dialect
from icp_ml.tables.number_shapes import SPACES

_COMPARED = {"<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE}


@dataclass(frozen=True)
class SqlWriter:
    """Writes conditions over the typed columns of :mod:`icp_ml.exports.cells`.

    Parameters
    ----------
    names : dict
        Attribute to typed column.
    attributes : dict
        Attribute by name.
    dialect : Dialect
        For its literals.
    """

    names: dict[str, str]
    attributes: dict[str, Attribute]
    dialect: Dialect

    def known(self, attribute: str) -> Expression:
        """Return whether there is a value; tags always have one, if only the empty list."""
        if self.attributes[attribute].type == "tags":
            return self.always()
        return exp.Not(this=exp.Is(this=self._cell(attribute), expression=exp.null()))

    def compare(self, attribute: str, symbol: str, number: float) -> Expression:
        """Compare doubles."""
        return _COMPARED[symbol](this=self._cell(attribute), expression=number_literal(number))

    def one_of(self, attribute: str, levels: Sequence[str]) -> Expression:
        """Compare exact text."""
        literals = [text_literal(level + self.dialect.suffix, self.dialect) for level in levels]
        return exp.In(this=self._cell(attribute), expressions=literals)

    def is_value(self, attribute: str, value: bool) -> Expression:
        """Compare 1 and 0, since not every engine has booleans."""
        return exp.EQ(this=self._cell(attribute), expression=exp.Literal.number(int(value)))

    def has_any(self, attribute: str, tags: Sequence[str]) -> Expression:
        """Look for a tag between two separators; one that no cell can hold is nowhere."""
        separator = self.attributes[attribute].separator
        mark = tag_mark(separator)
        possible = [t for t in tags if t and t.strip(SPACES) == t and separator not in t and mark not in t]
        if not possible:
            return exp.condition("1 = 0")
        places = [
            exp.StrPosition(this=self._cell(attribute), substr=text_literal(f"{mark}{tag}{mark}", self.dialect))
            for tag in possible
        ]
        return self.some([exp.GT(this=place, expression=exp.Literal.number(0)) for place in places])

    def every(self, parts: Sequence[Expression]) -> Expression:
        """Join with AND."""
        return exp.and_(*parts)

    def some(self, parts: Sequence[Expression]) -> Expression:
        """Join with OR."""
        return exp.or_(*parts)

    def negation(self, part: Expression) -> Expression:
        """Negate."""
        return exp.not_(part)

    def always(self) -> Expression:
        """Hold for every row."""
        return exp.condition("1 = 1")

    def _cell(self, attribute: str) -> Expression:
        return exp.column(self.names[attribute])
