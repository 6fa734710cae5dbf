"""The ``where`` of a table: SQL over the user's own columns."""

from __future__ import annotations

from dataclasses import replace

from icp_ml.errors import ConfigError
from icp_ml.tables.parsing import boolean_sql, filled_sql, number_sql, quoted, timestamp_sql, unreadable_sql
from icp_ml.tables.sources import ROW, Connection, EngineError, Scan, first_line, internal, named_sql


def keep_where(connection: Connection, scan: Scan, condition: str, key: str) -> Scan:
    """Return the scan with only the rows that satisfy the condition.

    Text columns are compared as text first; where the engine refuses (``Amount > 1000``), columns whose every cell is a
    number, a date or a truth value are read as such.

    Parameters
    ----------
    connection : Connection
        The engine the scan lives in.
    scan : Scan
        Rows to choose from.
    condition : str
        SQL, for instance ``RecordType = 'Sales'``.
    key : str
        Where the condition stands in the config, for messages.

    Raises
    ------
    ConfigError
        If the condition is no SQL, names an unknown column, or does not fit the columns' values.
    """
    kept = _kept_sql(scan, condition, named_sql(scan))
    try:
        connection.execute(f"SELECT count(*) FROM ({kept})").fetchall()
    except EngineError:
        kept = _kept_sql(scan, condition, named_sql(scan, _readings(connection, scan)))
        try:
            connection.execute(f"SELECT count(*) FROM ({kept})").fetchall()
        except EngineError as err:
            raise ConfigError(
                f"{key}: {condition!r} must be an SQL condition over the columns of {scan.label} "
                f"({', '.join(map(quoted, scan.columns[:12]))}{', ...' if len(scan.columns) > 12 else ''}); "
                f"it fails with: {first_line(err)}"
            ) from err
    return replace(scan, sql=kept)


def _kept_sql(scan: Scan, condition: str, named: str) -> str:
    cells = ", ".join([quoted(ROW), *(internal(i) for i in range(len(scan.columns)))])
    # The line break keeps a trailing comment of the user's from swallowing the bracket.
    return f"SELECT {cells} FROM ({named}) WHERE ({condition}\n)"


def _readings(connection: Connection, scan: Scan) -> dict[str, str]:
    """Return, by file column, SQL reading the columns that hold nothing but numbers, dates or truth values."""
    readings = {}
    for position, (name, kind) in enumerate(zip(scan.columns, scan.types, strict=True)):
        cell = internal(position)
        for typed in (number_sql(cell), timestamp_sql(cell), boolean_sql(cell)) if kind == "VARCHAR" else ():
            bad = f"count(*) FILTER ({unreadable_sql(cell, typed)})"
            found = connection.execute(
                f"SELECT {bad}, count(*) FILTER ({filled_sql(cell)}) FROM ({scan.sql})"
            ).fetchall()
            if found[0][0] == 0 and found[0][1] > 0:
                readings[name] = typed
                break
    return readings
