"""One standard table of a database: what is asked of it, so that no more is fetched than can matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from icp_ml.config.schema import Config, Table
from icp_ml.errors import DataError
from icp_ml.tables.database import Database, asked_rows, columns_of, find_table, no_table, table_names, verbatim
from icp_ml.tables.database_rows import scan_query
from icp_ml.tables.mapping import map_columns
from icp_ml.tables.pushing import Asked, set_aside
from icp_ml.tables.sources import Scan
from icp_ml.tables.tables import NOTHING_ASIDE, Aside
from icp_ml.tables.view import TableView


def read_database_table(
    database: Database, config: Config, name: str, scratch: Path, views: Mapping[str, TableView]
) -> tuple[list[Scan], Aside]:
    """Fetch a standard table: the columns that are asked for, and of signals the rows that can matter.

    Parameters
    ----------
    database : Database
        The config's.
    config : Config
        Its ``tables`` say which table or query, its ``source.schema`` where.
    name : str
        Standard table name, the database table's name unless the config says otherwise.
    scratch : Path
        Folder for what is fetched.
    views : mapping of str to TableView
        The tables read before.

    Returns
    -------
    scans : list of Scan
        One, or none where the config asks for no such table and the database has none.
    aside : Aside
        What the database counted and kept to itself.

    Raises
    ------
    DataError
        If the database has no such table, or the query fails.
    """
    table = config.table(name)
    label = table.table or table.query or name
    if table.query:
        # What the database refuses then is the query's doing.
        database = replace(database, key=f"tables.{name}.query")
    with database.asked():
        asked = _asked(database, config, name, table)
        if asked is None:
            return [], NOTHING_ASIDE
        pushed = set_aside(database, config, asked, views) if name == "signals" else None
        if pushed is not None:
            return [scan_query(database, pushed.statement, label, scratch, numbered=True)], pushed.aside
        return [scan_query(database, asked.everything, label, scratch)], NOTHING_ASIDE


def _asked(database: Database, config: Config, name: str, table: Table) -> Asked | None:
    """Return what to ask for, None where there is no such table."""
    if table.query:
        everything: sa.Executable = sa.text(verbatim(table.query))
        nested = asked_rows(database, table.query)
        if nested is None:
            return Asked(everything)
        rows, columns, kinds = nested
    else:
        found = _table(database, config, name, table)
        if found is None:
            return None
        everything = sa.select(sa.text("*")).select_from(found)
        rows, (columns, kinds) = found, columns_of(database, found)
    if len(set(columns)) < len(columns):
        return Asked(everything)
    mapping = map_columns(config, name, columns)
    if name != "accounts" and not mapping.missing and table.where is None:
        # Other columns of these tables are looked at by nobody; those of accounts are kept, as extra ones.
        wanted = [c for c in columns if c not in mapping.extra]
        everything = sa.select(*map(sa.column, wanted)).select_from(rows)
    return Asked(everything, rows, dict(zip(columns, kinds, strict=True)), mapping)


def _table(database: Database, config: Config, name: str, table: Table) -> sa.TableClause | None:
    wanted = table.table or name
    found = find_table(database, wanted, config.source.schema_)
    if found is None and table.table is not None:
        known = table_names(database, config.source.schema_)
        raise DataError(no_table(f"tables.{name}.table", wanted, known))
    return found
