"""Rows into a table of a database: all of them or none, and never into a table of another shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from icp_ml.errors import DataError
from icp_ml.tables.database import Database, table_names

_BATCH_ROWS = 5_000
_MOST_NAMED = 12


def check_target(database: Database, name: str, schema: str | None, columns: pa.Schema) -> bool:
    """Check that rows may be written to a table, and return whether it is there already.

    Parameters
    ----------
    database : Database
        Where it is.
    name, schema : str
        The table; with no schema, the database's default one.
    columns : pyarrow.Schema
        Columns of the rows. A table that is there must have these and no others, in any order.

    Raises
    ------
    DataError
        If there is a table of other columns, or a view, or no such schema.
    """
    label = f"{schema}.{name}" if schema else name
    with database.asked():
        inspector = sa.inspect(database.connection)
        if schema is not None and schema not in inspector.get_schema_names():
            raise DataError(f"{label}: the database has no schema {schema!r}; make it, or name another")
        if name not in inspector.get_table_names(schema):
            if name in table_names(database, schema):
                raise DataError(
                    f"{label} is a view or a foreign table; scores are written to a table: name another, or "
                    "one that is not there yet"
                )
            return False
        found = [str(column["name"]) for column in inspector.get_columns(name, schema)]
    if sorted(found) != sorted(columns.names):
        shown = ", ".join(found[:_MOST_NAMED]) + (", ..." if len(found) > _MOST_NAMED else "")
        raise DataError(
            f"{label}: a table that is replaced must have exactly the columns {', '.join(columns.names)}; this one has "
            f"{shown}. It was left as it is: name another table, or one that is not there yet"
        )
    return True


def replace_rows(
    database: Database, name: str, schema: str | None, columns: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> int:
    """Replace a table's rows in one transaction, and return how many there are now; the table is made if absent.

    Rows are deleted and inserted, so that grants, indexes and views on the table stay. Whoever reads meanwhile sees the
    old rows; whoever writes waits.

    Parameters
    ----------
    database : Database
        Opened for writing.
    name, schema : str
        The table.
    columns : pyarrow.Schema
        Texts, whole numbers and floats.
    batches : iterable of RecordBatch
        The rows.

    Raises
    ------
    DataError
        If the table must not be written to (:func:`check_target`), or the database refuses; nothing is changed then.
    """
    there = check_target(database, name, schema, columns)
    table = sa.Table(name, sa.MetaData(), *_columns(columns), schema=schema)
    connection = database.connection
    with database.asked():
        connection.rollback()  # the check has begun a transaction, which may see an older state
        if database.dialect == "sqlite":
            # Its driver begins a transaction at the first row only, and a table made before would stay.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        if not there:
            table.create(connection)
        if database.dialect == "postgresql":
            # Of two that replace at once, the second would not see, and not delete, the rows of the first.
            quoted = connection.dialect.identifier_preparer.format_table(table)
            connection.exec_driver_sql(f"LOCK TABLE {quoted} IN SHARE ROW EXCLUSIVE MODE")
        connection.execute(table.delete())
        rows = _copied(connection, table, batches) if _copies(connection) else _inserted(connection, table, batches)
        connection.commit()
    return rows


def _columns(columns: pa.Schema) -> Iterator[sa.Column[Any]]:
    for field in columns:
        whole, text = pa.types.is_integer(field.type), pa.types.is_string(field.type)
        yield sa.Column(field.name, sa.Integer() if whole else sa.Text() if text else sa.Double())


def _copies(connection: sa.Connection) -> bool:
    return connection.dialect.name == "postgresql" and connection.dialect.driver == "psycopg"


def _copied(connection: sa.Connection, table: sa.Table, batches: Iterable[pa.RecordBatch]) -> int:
    """Write through PostgreSQL's COPY."""
    prepare, rows = connection.dialect.identifier_preparer, 0
    names = ", ".join(prepare.quote(column.name) for column in table.columns)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {prepare.format_table(table)} ({names}) FROM STDIN") as copy:
        for batch in batches:
            for row in _rows(batch, table):
                copy.write_row(row)
            rows += batch.num_rows
    return rows


def _inserted(connection: sa.Connection, table: sa.Table, batches: Iterable[pa.RecordBatch]) -> int:
    names, rows = [column.name for column in table.columns], 0
    for batch in batches:
        for start in range(0, batch.num_rows, _BATCH_ROWS):
            part = batch.slice(start, _BATCH_ROWS)
            connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in _rows(part, table)])
        rows += batch.num_rows
    return rows


def _rows(batch: pa.RecordBatch, table: sa.Table) -> Iterator[tuple[Any, ...]]:
    return zip(*(batch.column(column.name).to_pylist() for column in table.columns), strict=True)
