"""Typed SQL expressions of raw columns in a dialect, from its templates. The only module that imports sqlglot."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

import sqlglot
from sqlglot import exp

from icp_ml.conditions.operators import plain_number
from icp_ml.config.schema import Attribute
from icp_ml.exports.dialects import Dialect
from icp_ml.tables.number_shapes import AROUND, BRACKETS, GROUP, PLAIN, SHAPES, SPACES

Expression = exp.Expr

_PLAIN = f"^[{SPACES}]*{PLAIN}[{SPACES}]*[|]$"
"""A number as programs write it."""
_OWN_MARK = ",;:/|&#~@!%=_"
_STAND_IN = "\x1f"
"""Stands for a separator of tags that is long, a space, or means something in a pattern."""


def column(name: str) -> Expression:
    """Return a column, quoted."""
    return exp.column(name, quoted=True)


def text_literal(text: str, dialect: Dialect) -> Expression:
    """Return a text literal that no content can end early."""
    if dialect.sqlglot == "tsql":
        return exp.National(this=text)
    if dialect.sqlglot == "redshift":
        return _spelled_out(text)
    return exp.Literal.string(text)


def number_literal(number: float) -> Expression:
    """Return a double, so that no engine compares decimals with doubles."""
    shown = exp.Literal.number(repr(plain_number(abs(number))))
    return exp.cast(exp.Neg(this=shown) if number < 0 else shown, "double")


def number_cell(cell: Expression, attribute: Attribute, dialect: Dialect, bare: Expression | None) -> Expression:
    """Return a number, NULL where missing or unreadable.

    Parameters
    ----------
    cell : Expression
        Raw column.
    attribute : Attribute
        Its decimal mark counts.
    dialect : Dialect
        How it is read.
    bare : Expression or None
        The digits, from :func:`bare_number`, where the dialect reads numbers written for people.
    """
    text = _filled(dialect.text, dialect, __cell=cell)
    if bare is None:
        plain = text_literal(_PLAIN, dialect)
        return _filled(dialect.number, dialect, __cell=cell, __text=text, __plain=plain)
    finite = _filled(dialect.finite, dialect, __cell=cell, __text=text)
    stored = exp.Case().when(finite, _filled(dialect.number, dialect, __cell=cell))
    case = exp.Case().when(exp.not_(_filled(dialect.is_text, dialect, __cell=cell)), stored)
    for shape, mark in SHAPES[attribute.decimal]:
        pattern = text_literal(f"^{shape}[|]$", dialect)
        fits = _filled(dialect.matches, dialect, __bare=bare, __pattern=pattern)
        digits = _digits(bare, mark, dialect)
        case = case.when(fits, _filled(dialect.digits, dialect, __bare=digits))
    return case


def bare_number(cell: Expression, dialect: Dialect) -> Expression:
    """Return the digits of a number written for people with their sign, without what stands around them.

    NULL where the column holds numbers, which are not looked at as text.
    """
    text = _filled(dialect.text, dialect, __cell=cell)
    signed = _filled(dialect.signed, dialect, __text=text, __brackets=exp.Literal.string(BRACKETS), **_spaces(dialect))
    bare = _filled(dialect.bare, dialect, __text=signed, __around=exp.Literal.string(AROUND), **_spaces(dialect))
    return exp.Case().when(_filled(dialect.is_text, dialect, __cell=cell), bare)


def category_cell(cell: Expression, dialect: Dialect, booleans: Mapping[str, str] | None = None) -> Expression:
    """Return exact text, NULL where missing, with the dialect's suffix; booleans in the words given for them."""
    text = _filled(dialect.text, dialect, __cell=cell)
    category = _filled(dialect.category, dialect, __cell=cell, __text=text)
    if not booleans or not dialect.is_boolean:
        return category
    words = exp.Case()
    for value, word in booleans.items():
        words = words.when(exp.EQ(this=text.copy(), expression=exp.Literal.string(value)), text_literal(word, dialect))
    return exp.Case().when(_filled(dialect.is_boolean, dialect, __cell=cell), words).else_(category)


def boolean_cell(cell: Expression, dialect: Dialect) -> Expression:
    """Return 1 or 0, NULL where missing or unreadable."""
    text = _filled(dialect.text, dialect, __cell=cell)
    return _filled(dialect.boolean, dialect, __cell=cell, __text=text, **_spaces(dialect))


def tags_cell(cell: Expression, attribute: Attribute, dialect: Dialect) -> Expression:
    """Return text in which every tag, trimmed, stands between two separators; never NULL."""
    mark = tag_mark(attribute.separator)
    own, separator = text_literal(mark, dialect), text_literal(attribute.separator, dialect)
    if dialect.tags:
        raw = cell if mark == attribute.separator else _replaced(cell, separator, own)
        return _filled(dialect.tags, dialect, __cell=raw, __separator=own, **_spaces(dialect))
    text = _filled(dialect.listed or dialect.text, dialect, __cell=cell, __separator=separator)
    if mark != attribute.separator:
        text = _replaced(text, separator, own)
    text = exp.Coalesce(this=text, expressions=[exp.Literal.string("")])
    trimmed = _filled(dialect.trimmed, dialect, __text=text, **_spaces(dialect))
    around = text_literal(f"[{SPACES}]*[{mark}][{SPACES}]*", dialect)
    spaced = _filled(dialect.spaced, dialect, __text=trimmed, __around=around, __separator=own)
    return joined([own, spaced, own])


def tag_mark(separator: str) -> str:
    """Return the one character that stands between tags once they are read.

    >>> tag_mark(";"), tag_mark(", ") == tag_mark(" ") == chr(31)
    (';', True)
    """
    return separator if separator in _OWN_MARK and len(separator) == 1 else _STAND_IN


def joined(parts: Sequence[Expression]) -> Expression:
    """Return texts joined."""
    first, *rest = parts
    for part in rest:
        first = exp.DPipe(this=first, expression=part, safe=True)
    return first


def written(query: Expression, dialect: Dialect) -> str:
    """Return SQL text, one clause a line."""
    return query.sql(dialect=dialect.sqlglot, pretty=True)


def _spaces(dialect: Dialect) -> Mapping[str, Expression]:
    ends = text_literal(f"^[{SPACES}]+|[{SPACES}]+\\z", dialect)
    return {"__spaces": text_literal(SPACES, dialect), "__ends": ends}


def _digits(bare: Expression, mark: str, dialect: Dialect) -> Expression:
    """Return digits with a decimal point alone."""
    grouping = f"{GROUP[:-1]}{',' if mark == 'dot' else '.'}]"
    around, nothing = exp.Literal.string(grouping), exp.Literal.string("")
    digits = _filled(dialect.spaced, dialect, __text=bare, __around=around, __separator=nothing)
    return digits if mark == "dot" else _replaced(digits, ",", ".")


def _replaced(text: Expression, old: str | Expression, new: str | Expression) -> Expression:
    """Return a text with one text in place of another."""
    parts = [exp.Literal.string(part) if isinstance(part, str) else part for part in (old, new)]
    return exp.Anonymous(this="REPLACE", expressions=[text, *parts])


def _spelled_out(text: str) -> Expression:
    """Return a literal with every character that some engine could read as an escape given by its number."""
    parts = [p for p in re.split(r"(['\\\x00-\x1f])", text) if p] or [""]
    special = re.compile(r"['\\\x00-\x1f]")
    said = [
        exp.Anonymous(this="CHR", expressions=[exp.Literal.number(ord(p))])
        if special.fullmatch(p)
        else exp.Literal.string(p)
        for p in parts
    ]
    whole = joined(said)
    return exp.paren(whole) if len(said) > 1 else whole


@cache
def _parsed(template: str, sqlglot_name: str) -> Expression:
    return sqlglot.parse_one(template, read=sqlglot_name)


def _filled(template: str, dialect: Dialect, **markers: Expression) -> Expression:
    """Return a template with an expression in place of each marker."""

    def fill(node: Expression) -> Expression:
        if isinstance(node, exp.Column) and not node.table and node.name in markers:
            found = markers[node.name].copy()
            return exp.paren(found) if isinstance(found, exp.DPipe | exp.Case) else found
        return node

    return _parsed(template, dialect.sqlglot).copy().transform(fill)
