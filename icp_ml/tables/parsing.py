r"""What a cell means: DuckDB SQL that turns one raw column expression into the typed one.

One meaning for reading and for scoring: every function is a pure function of strings and works on text columns as on
columns a Parquet file has typed already. Contract, section 2: only an empty cell is missing; in number, boolean and
date columns also NA, N/A, null, none and ``-``; what cannot be read is NULL, and :func:`unreadable_sql` says where.
"""

from __future__ import annotations

import re
from typing import Protocol

from icp_ml.tables.number_shapes import (
    AROUND,
    BRACKETS,
    COMMA_DECIMAL,
    GROUP,
    GROUPED,
    ONE_MARK,
    PLAIN_DOT,
    SHAPES,
    SHORT,
    WHOLE,
)

MISSING_WORDS = ("", "na", "n/a", "null", "none", "-")
TRUE_WORDS = ("true", "yes", "1", "t")
FALSE_WORDS = ("false", "no", "0", "f")
EARLIEST, LATEST = "1700-01-01", "2262-01-01"

_NO_TAGS = "CAST([] AS VARCHAR[])"

_NUMERIC = re.compile(r"^(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|U\w*INT\w*|FLOAT|DOUBLE|DECIMAL.*)$")
_FRACTIONAL = re.compile(r"^(FLOAT|DOUBLE|DECIMAL.*)$")

_DAY = r"\d{4}-\d{1,2}-\d{1,2}"
_TIME = r"[T ]\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?"
_ZONE = r"\s?(Z|UTC|GMT|[+-]\d{2}(:?\d{2})?)"


class TypedAttribute(Protocol):
    """What parsing needs to know of an attribute."""

    @property
    def type(self) -> str:
        """One of number, category, boolean, tags."""

    @property
    def separator(self) -> str:
        """What stands between tags."""


def typed_sql(column: str, attribute: TypedAttribute, column_type: str = "VARCHAR") -> str:
    """Return SQL giving the attribute's typed value: DOUBLE, VARCHAR, BOOLEAN or VARCHAR[].

    Parameters
    ----------
    column : str
        Raw column expression, quoted as SQL needs it.
    attribute : Attribute
        Its type, separator and, for numbers, decimal mark.
    column_type : str, default "VARCHAR"
        DuckDB's type of the expression, as ``DESCRIBE`` spells it.

    Returns
    -------
    str
        NULL where missing or unreadable; tags are never NULL.
    """
    if attribute.type == "number":
        return number_sql(column, column_type, getattr(attribute, "decimal", None))
    if attribute.type == "boolean":
        return boolean_sql(column, column_type)
    if attribute.type == "tags":
        return tags_sql(column, attribute.separator, column_type)
    return text_sql(column, column_type)


def quoted(name: str) -> str:
    """Quote an SQL identifier.

    >>> quoted('a "b" c')
    '"a ""b"" c"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote an SQL text.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def text_sql(column: str, column_type: str = "VARCHAR") -> str:
    """Return SQL giving the cell as exact text; an empty cell is NULL and a whole number has no decimal point."""
    if _FRACTIONAL.match(column_type):
        whole = f"CAST(CAST({column} AS HUGEINT) AS VARCHAR)"
        return (
            f"CASE WHEN NOT isfinite(CAST({column} AS DOUBLE)) THEN NULL "
            f"WHEN abs({column}) < 1e18 AND {column} = trunc({column}) THEN {whole} ELSE CAST({column} AS VARCHAR) END"
        )
    if column_type.startswith("TIMESTAMP"):
        # Midnight without a zone is a day: a Parquet file of dates reads as the CSV of the same dates does.
        stamp = f"make_timestamp(epoch_us({column}))"
        return f"replace(CAST({stamp} AS VARCHAR), ' 00:00:00', '')"
    if column_type.endswith("[]"):
        return f"nullif(array_to_string({column}, ';'), '')"
    return f"nullif(CAST({column} AS VARCHAR), '')"


def number_sql(column: str, column_type: str = "VARCHAR", decimal: str | None = None) -> str:
    """Return SQL giving a DOUBLE.

    Text may hold thousands separators (``1,234.50``, ``1.234,50``, ``1 234,50``, ``1'234.50``), a currency sign or
    code, a per cent sign, and accounting brackets for a negative. Without ``decimal``, one comma before exactly three
    digits separates thousands and one dot is a decimal point.
    """
    if column_type == "BOOLEAN" or _NUMERIC.match(column_type):
        number = f"CAST({column} AS DOUBLE)"
        return f"CASE WHEN isfinite({number}) THEN {number} END"
    text = text_sql(column, column_type)
    number = _number_from_text(_bare_number(text), decimal)
    # Most cells are plain digits: they need not be looked at by every shape.
    quick = SHORT if decimal is None else WHOLE
    return (
        f"CASE WHEN {_matches(text, quick)} THEN TRY_CAST({text} AS DOUBLE) WHEN isfinite({number}) THEN {number} END"
    )


def _bare_number(text: str) -> str:
    """Return SQL giving the digits with their sign, without what stands around them."""
    signed = f"regexp_replace(replace(trim({text}), '−', '-'), {literal(BRACKETS)}, '-\\1')"
    return f"trim(regexp_replace({signed}, {literal(AROUND)}, '', 'g'))"


def _number_from_text(bare: str, decimal: str | None) -> str:
    """Return SQL reading the digits by the decimal mark, or by their shape where none is given."""
    digits = f"regexp_replace({bare}, {literal(GROUP)}, '', 'g')"
    read = {
        "dot": f"TRY_CAST(replace({digits}, ',', '') AS DOUBLE)",
        "comma": f"TRY_CAST(replace(replace({digits}, '.', ''), ',', '.') AS DOUBLE)",
    }
    whens = " ".join(f"WHEN {_matches(bare, shape)} THEN {read[mark]}" for shape, mark in SHAPES[decimal])
    return f"CASE {whens} END"


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {literal(pattern)})"


def decimal_comma_sql(column: str) -> str:
    """Return SQL that is true where a text number can only have a decimal comma (``12,5``, ``1.234,50``)."""
    bare = _bare_number(text_sql(column))
    return f"({_matches(bare, COMMA_DECIMAL)} AND NOT {_matches(bare, GROUPED)})"


def decimal_point_sql(column: str) -> str:
    """Return SQL that is true where a text number can only have a decimal point (``12.5``, ``1,234.50``)."""
    bare = _bare_number(text_sql(column))
    return f"({bare} LIKE '%.%' AND {_matches(bare, PLAIN_DOT)} AND NOT {ambiguous_sql(column)})"


def ambiguous_sql(column: str) -> str:
    """Return SQL that is true where one mark before three digits may separate thousands or decimals (``1.234``)."""
    return _matches(_bare_number(text_sql(column)), ONE_MARK)


def boolean_sql(column: str, column_type: str = "VARCHAR") -> str:
    """Return SQL giving a BOOLEAN from true/false, yes/no, 1/0, t/f in any case."""
    if column_type == "BOOLEAN":
        return column
    word = f"lower(trim({text_sql(column, column_type)}))"
    return f"CASE WHEN {word} IN {_listed(TRUE_WORDS)} THEN TRUE WHEN {word} IN {_listed(FALSE_WORDS)} THEN FALSE END"


def tags_sql(column: str, separator: str = ";", column_type: str = "VARCHAR") -> str:
    """Return SQL giving a list of texts, outer spaces stripped; an empty cell is the empty list."""
    if column_type.endswith("[]"):
        return f"coalesce({_stripped_tags(f'CAST({column} AS VARCHAR[])')}, {_NO_TAGS})"
    text = column if column_type == "VARCHAR" else text_sql(column, column_type)
    split = f"string_split({text}, {literal(separator)})"
    # Stripping each tag takes many times longer than splitting, which the engine does once for each different text.
    return (
        f"CASE WHEN {text} IS NULL OR {text} = '' THEN {_NO_TAGS} "
        f"WHEN {_untidy_tags(text, separator)} THEN {_stripped_tags(split)} ELSE {split} END"
    )


def _stripped_tags(listed: str) -> str:
    return f"[trim(tag) FOR tag IN {listed} IF trim(tag) <> '']"


def _untidy_tags(text: str, separator: str) -> str:
    """Return SQL that is false only where no tag is empty or has an outer space, of which ASCII has one kind."""
    spaced = [f" {separator}", f"{separator} ", separator * 2]
    beside = [f"contains({text}, {literal(mark)})" for mark in spaced]
    outside = [f"{ends}({text}, {literal(m)})" for ends in ("starts_with", "ends_with") for m in (" ", separator)]
    return f"({' OR '.join([f'strlen({text}) <> length({text})', *beside, *outside])})"


def date_sql(column: str, column_type: str = "VARCHAR", date_format: str | None = None) -> str:
    """Return SQL giving the day as a TIMESTAMP at midnight, a zone converted to UTC and dropped.

    Days outside 1700 to 2262 are moved to its edges: ``9999-12-31`` stands for "no end" and nothing else.
    """
    stamp = timestamp_sql(column, column_type, date_format)
    first, last = f"TIMESTAMP '{EARLIEST}'", f"TIMESTAMP '{LATEST}'"
    # Not least and greatest, which pass over NULL.
    day = f"date_trunc('day', {stamp})"
    return f"CASE WHEN {stamp} < {first} THEN {first} WHEN {stamp} > {last} THEN {last} ELSE {day} END"


def timestamp_sql(column: str, column_type: str = "VARCHAR", date_format: str | None = None) -> str:
    """Return SQL giving the instant as a TIMESTAMP in UTC, from ISO text or the given ``strptime`` format."""
    if column_type == "DATE" or column_type.startswith("TIMESTAMP"):
        return f"make_timestamp(epoch_us(CAST({column} AS {'TIMESTAMP' if column_type == 'DATE' else column_type})))"
    text = f"trim({text_sql(column, column_type)})"
    iso = _iso_sql(text)
    if date_format is None:
        return iso
    given = f"make_timestamp(epoch_us(try_strptime({text}, {literal(date_format)})))"
    # Cells that a workbook or database holds as dates arrive in ISO whatever the format of the others. A format that
    # itself starts with the year could read them otherwise, so it stands alone.
    return given if date_format.startswith("%Y") else f"coalesce({given}, {iso})"


def _iso_sql(text: str) -> str:
    local = f"TRY_CAST(replace(replace({text}, ',', '.'), 'T', ' ') AS TIMESTAMP)"
    zoned = f"regexp_replace(regexp_replace({text}, '\\s?(UTC|GMT)$', 'Z'), '([+-]\\d{{2}})(\\d{{2}})$', '\\1:\\2')"
    utc = f"make_timestamp(epoch_us(TRY_CAST(replace({zoned}, ',', '.') AS TIMESTAMPTZ)))"
    return (
        f"CASE WHEN {_matches(text, f'{_DAY}({_TIME})?')} THEN {local} "
        f"WHEN {_matches(text, _DAY + _TIME + _ZONE)} THEN {utc} END"
    )


def filled_sql(column: str, column_type: str = "VARCHAR") -> str:
    """Return SQL that is true where a number, boolean or date cell holds something, be it readable or not."""
    if column_type in ("FLOAT", "DOUBLE"):
        return f"({column} IS NOT NULL AND NOT isnan({column}))"
    return f"coalesce(lower(trim({text_sql(column, column_type)})) NOT IN {_listed(MISSING_WORDS)}, FALSE)"


def unreadable_sql(column: str, typed: str, column_type: str = "VARCHAR") -> str:
    """Return SQL that is true where a cell holds something that the typed expression cannot read."""
    return f"({filled_sql(column, column_type)} AND ({typed}) IS NULL)"


def _listed(words: tuple[str, ...]) -> str:
    return "(" + ", ".join(literal(w) for w in words) + ")"
