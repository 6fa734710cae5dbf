"""The innermost part of an exported SELECT: the table's rows, each account's latest, with typed cells."""

from __future__ import annotations

import re

from sqlglot import exp

from icp_ml.config.schema import Attribute
from icp_ml.exports.cells import (
    Expression,
    bare_number,
    boolean_cell,
    category_cell,
    column,
    number_cell,
    tags_cell,
)
from icp_ml.exports.dialects import Dialect
from icp_ml.exports.scope import Scope

_RECENCY = "icp_recency"


def typed_rows(
    scope: Scope, dialect: Dialect, table: str, used: dict[str, Attribute], names: dict[str, str]
) -> exp.Select:
    """Return the SELECT of ``account_id`` and the typed cells, one row an account.

    Parameters
    ----------
    scope : Scope
        Knows the columns.
    dialect : Dialect
        Reads the cells.
    table : str
        Table of accounts; a dot stands between schema and table.
    used : dict
        Attributes to read.
    names : dict
        Attribute to the name of its typed column, from :func:`typed_names`.
    """
    rows, bare = _rows(scope, dialect, table, used, names)
    query = rows.select(exp.alias_(_account(scope), "account_id"))
    for name, attribute in used.items():
        cell = column(scope.column(name))
        if attribute.type == "category":
            typed = category_cell(cell, dialect, scope.booleans(name))
        else:
            typed = _cell(cell, attribute, dialect, bare.get(name))
        query = query.select(exp.alias_(typed, names[name]))
    return query


def typed_names(used: dict[str, Attribute]) -> dict[str, str]:
    """Return a plain name for each typed column: like the attribute's, safe in every engine, and never twice."""
    names: dict[str, str] = {}
    for name in used:
        slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40] or "attribute"
        taken = set(names.values())
        free = (f"a_{slug}" if i == 1 else f"a_{slug}__{i}" for i in range(1, len(used) + 1))
        names[name] = next(candidate for candidate in free if candidate not in taken)
    return names


def from_part(query: exp.Select, name: str, dialect: Dialect) -> exp.Select:
    """Return a SELECT without columns yet, from another one, which the engine works out once a row."""
    inner = query.offset(0) if dialect.repeats else query
    return exp.select().from_(inner.subquery(name))


def _account(scope: Scope) -> Expression:
    return column(scope.account_column("account_id") or "account_id")


def _rows(
    scope: Scope, dialect: Dialect, table: str, used: dict[str, Attribute], names: dict[str, str]
) -> tuple[exp.Select, dict[str, Expression]]:
    """Return a FROM with the table's rows and the digits of numbers that are text, by attribute."""
    added: list[Expression] = []
    bare: dict[str, Expression] = {}
    for name, attribute in used.items():
        if attribute.type == "number" and dialect.reads_numbers_for_people:
            alias = f"digits_of_{names[name]}"
            added.append(exp.alias_(bare_number(column(scope.column(name)), dialect), alias))
            bare[name] = exp.column(alias)
    observed = scope.account_column("observed_at")
    if observed is not None:
        added.append(exp.alias_(_recency(scope, observed), _RECENCY))
    if not added:
        return exp.select().from_(_table(table)), bare
    everything = exp.Column(this=exp.Star(), table=exp.to_identifier("source"))
    inner = exp.select(everything, *added).from_(exp.alias_(_table(table), "source", table=True))
    rows = from_part(inner, "cells", dialect)
    return (rows if observed is None else rows.where(f"{_RECENCY} = 1")), bare


def _recency(scope: Scope, observed: str) -> Expression:
    """Return each row's place among its account's, the latest being 1 and undated rows last."""
    undated = exp.Case().when(exp.Is(this=column(observed), expression=exp.null()), exp.Literal.number(1))
    order = exp.Order(
        expressions=[
            exp.Ordered(this=undated.else_(exp.Literal.number(0)), desc=False, nulls_first=True),
            exp.Ordered(this=column(observed), desc=True, nulls_first=False),
        ]
    )
    return exp.Window(this=exp.RowNumber(), partition_by=[_account(scope)], order=order)


def _cell(cell: Expression, attribute: Attribute, dialect: Dialect, bare: Expression | None) -> Expression:
    if attribute.type == "number":
        return number_cell(cell, attribute, dialect, bare)
    if attribute.type == "boolean":
        return boolean_cell(cell, dialect)
    return tags_cell(cell, attribute, dialect)


def _table(name: str) -> exp.Table:
    """Return a table by its parts, quoted."""
    *schemas, table = [exp.to_identifier(part, quoted=True) for part in name.split(".")]
    places = dict(zip(("db", "catalog"), reversed(schemas), strict=False))
    return exp.Table(this=table, **places)
