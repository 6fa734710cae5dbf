"""A table or query of a database, named by an address, as a scan: what is scored straight from a database."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from icp_ml.errors import DataError
from icp_ml.tables.database import (
    Database,
    asked_rows,
    columns_of,
    find_table,
    no_table,
    open_database,
    table_names,
    verbatim,
)
from icp_ml.tables.database_address import Address
from icp_ml.tables.database_rows import scan_query
from icp_ml.tables.parsing import quoted
from icp_ml.tables.sources import ROW, Scan, internal


def scan_address(address: Address, base: Path, scratch: Path, wanted: Collection[str]) -> Scan:
    """Fetch the rows of a table or query, in the order the database gives them.

    Parameters
    ----------
    address : Address
        Where it is.
    base : Path
        Folder that a relative SQLite path starts from.
    scratch : Path
        Folder for what is fetched; it must outlive the use of the scan.
    wanted : collection of str
        Columns to fetch, as far as they are there. The others are columns of the scan that hold nothing.

    Raises
    ------
    DataError
        If the database cannot be reached or has no such table, or the query fails.
    """
    with open_database(address.url, base, address.written) as database, database.asked():
        nested = _rows(database, address)
        if nested is None:
            return scan_query(database, sa.text(verbatim(address.query or "")), address.label, scratch)
        rows, names = nested
        fetched = [name for name in names if name in wanted] or names[:1]
        scan = scan_query(database, sa.select(*map(sa.column, fetched)).select_from(rows), address.label, scratch)
    place = {name: internal(i) for i, name in enumerate(fetched)}
    cells = [f"{place.get(name, 'CAST(NULL AS VARCHAR)')} AS {internal(i)}" for i, name in enumerate(names)]
    types = dict(zip(fetched, scan.types, strict=True))
    sql = f"SELECT {', '.join([quoted(ROW), *cells])} FROM ({scan.sql})"
    return replace(scan, sql=sql, columns=tuple(names), types=tuple(types.get(name, "VARCHAR") for name in names))


def _rows(database: Database, address: Address) -> tuple[sa.FromClause, list[str]] | None:
    """Return what to select from and its columns, None where it can only be run as it stands."""
    if address.query is not None:
        nested = asked_rows(database, address.query)
        return None if nested is None or len(set(nested[1])) < len(nested[1]) else nested[:2]
    found = find_table(database, address.name, address.schema)
    if found is None:
        raise DataError(no_table(address.written, address.label, table_names(database, address.schema)))
    return found, columns_of(database, found)[0]
