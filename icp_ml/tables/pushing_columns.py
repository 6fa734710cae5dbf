"""What a database can say of a signal's columns by itself, to the letter as reading its cells would."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

# Databases that compare texts byte by byte, or can be told to; others hand over every row.
PUSHED = ("postgresql", "sqlite")

# PostgreSQL's own numbers of its types, as a driver tells them.
_WHOLE, _TEXT, _UUID = {20, 21, 23}, {25, 1043}, {2950}
_DECIMAL = 1700
_NUMBER = _WHOLE | {700, 701, _DECIMAL}
_DATE, _STAMP, _ZONED = 1082, 1114, 1184

# Days and numbers beyond these are read in ways of their own, or not at all: well inside what number_shapes takes.
_FIRST, _LAST = dt.date(1701, 1, 1), dt.date(2261, 1, 1)
_LEAST, _MOST, _MOST_DIGITS = 1e-90, 1e90, 100


@dataclass(frozen=True)
class SignalColumns:
    """The signals' columns as expressions.

    Parameters
    ----------
    plain : tuple of ColumnClause
        Account id, day, signal, value as they stand.
    account : ColumnElement
        The id as text, compared byte by byte.
    signal, occurred : ColumnElement
        The name, and the day in the database's own type.
    readable : ColumnElement
        True only where every cell is sure to be read without anything to say of it.
    later : ColumnElement
        Among readable rows: whether a row is dated after ``as_of``.
    """

    plain: tuple[sa.ColumnClause[Any], ...]
    account: sa.ColumnElement[str]
    signal: sa.ColumnElement[str]
    occurred: sa.ColumnElement[Any]
    readable: sa.ColumnElement[bool]
    later: sa.ColumnElement[bool]


def signal_columns(
    dialect: str, names: Mapping[str, str], kinds: Mapping[str, object], as_of: dt.date | None
) -> SignalColumns | None:
    """Return the signals' columns, None where their types say too little.

    Parameters
    ----------
    dialect : str
        Kind of database.
    names : mapping of str to str
        Standard column: the database's name.
    kinds : mapping of str to object
        The database's name: what the driver calls its type.
    as_of : date, optional
        Last day covered.
    """
    if dialect not in PUSHED or set(names) != {"account_id", "occurred_at", "signal", "value"}:
        return None
    plain: tuple[sa.ColumnClause[Any], ...] = tuple(
        sa.column(names[s]) for s in ("account_id", "occurred_at", "signal", "value")
    )
    if dialect == "sqlite":
        return _sqlite(plain, as_of)
    codes = [kinds[c.name] for c in plain]
    fits = codes[0] in _TEXT | _WHOLE | _UUID and codes[2] in _TEXT and codes[3] in _NUMBER
    return _postgres(plain, codes, as_of) if fits and codes[1] in (_DATE, _STAMP, _ZONED) else None


def among(dialect: str, column: sa.ColumnElement[str], ids: Sequence[str]) -> sa.ColumnElement[bool]:
    """Return whether a text is one of many, given as a single parameter."""
    if dialect == "sqlite":
        listed = sa.func.json_each(json.dumps(list(ids))).table_valued("value")
        return column.in_(sa.select(listed.c.value))
    array = sa.bindparam(None, list(ids), type_=postgresql.ARRAY(sa.Text()))
    return column == sa.any_(sa.cast(array, postgresql.ARRAY(sa.Text())))


def _postgres(plain: tuple[sa.ColumnClause[Any], ...], kinds: Sequence[object], as_of: dt.date | None) -> SignalColumns:
    account_id, occurred, signal, value = plain
    account = sa.cast(account_id, sa.Text()).collate("C")
    edge = _edge(kinds[1])
    readable = sa.and_(
        account_id.is_not(None),
        account != "",
        signal.is_not(None),
        sa.cast(signal, sa.Text()).collate("C") != "",
        occurred.is_not(None),
        occurred >= edge(_FIRST),
        occurred < edge(_LAST),
        sa.or_(value.is_(None), _readable_number(value, kinds[3])),
    )
    later = sa.false() if as_of is None else occurred >= edge(as_of + dt.timedelta(days=1))
    return SignalColumns(plain, account, sa.cast(signal, sa.Text()).collate("C"), occurred, readable, later)


def _readable_number(value: sa.ColumnElement[Any], kind: object) -> sa.ColumnElement[bool]:
    """Return whether a number is one of usual size, written with a usual number of digits."""
    if kind in _WHOLE:
        return sa.true()
    usual = sa.or_(value == sa.literal_column("0"), sa.func.abs(value).between(_number(_LEAST), _number(_MOST)))
    return sa.and_(usual, sa.func.scale(value) <= _MOST_DIGITS) if kind == _DECIMAL else usual


def _number(value: float) -> sa.ColumnElement[float]:
    return sa.literal_column(f"{value:g}")


def _edge(kind: object) -> Any:
    """Return what makes a day comparable with a column of PostgreSQL's dates, timestamps or timestamps with a zone."""
    if kind == _DATE:
        return lambda day: sa.literal(day, sa.Date())
    zone = dt.UTC if kind == _ZONED else None
    return lambda day: sa.literal(dt.datetime.combine(day, dt.time(), zone), sa.DateTime(timezone=kind == _ZONED))


def _sqlite(plain: tuple[sa.ColumnClause[Any], ...], as_of: dt.date | None) -> SignalColumns:
    """Any cell of SQLite may hold anything, so each is asked what it is."""
    account_id, occurred, signal, value = (sa.type_coerce(column, sa.Text()) for column in plain)
    account, name, day = (_bytewise(column) for column in (account_id, signal, occurred))
    number = sa.type_coerce(plain[3], sa.Float())
    readable = sa.and_(
        sa.func.typeof(account_id).in_(["text", "integer"]),
        account != "",
        sa.func.typeof(signal) == "text",
        name != "",
        sa.func.typeof(occurred) == "text",
        # Counting on by no days turns a day that no month has, such as 31 February, into another.
        sa.or_(day == sa.func.date(occurred, "+0 days"), day == sa.func.datetime(occurred, "+0 days")),
        day >= _FIRST.isoformat(),
        day < _LAST.isoformat(),
        sa.or_(
            value.is_(None), sa.and_(sa.func.typeof(value).in_(["integer", "real"]), _readable_number(number, None))
        ),
    )
    later = sa.false() if as_of is None else day >= (as_of + dt.timedelta(days=1)).isoformat()
    # A condition on an empty cell is neither true nor false.
    return SignalColumns(plain, account, name, day, sa.func.coalesce(readable, sa.false()), later)


def _bytewise(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    return sa.cast(column, sa.Text()).collate("BINARY")
