"""Where accounts to score come from and where their scores go: files, or tables of a database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq

from icp_ml.errors import DataError
from icp_ml.release.files import written_aside
from icp_ml.release.folder import Release
from icp_ml.release.frames import SCORE_SCHEMA
from icp_ml.release.reading import AccountRows, account_rows, columns_looked_for, read_accounts
from icp_ml.tables.database import open_database
from icp_ml.tables.database_address import Address
from icp_ml.tables.database_scan import scan_address
from icp_ml.tables.database_writing import check_target, replace_rows
from icp_ml.tables.parsing import literal
from icp_ml.tables.sources import Connection

BATCH_ROWS = 50_000
# A relative SQLite path on the command line starts from the current folder, as a file's does.
_HERE = Path()


def accounts_from(connection: Connection, place: Path | Address, scratch: Path, release: Release) -> AccountRows:
    """Return the accounts of a file, a folder of Parquet files, or a table.

    Raises
    ------
    DataError
        If they cannot be read, or have no account id.
    """
    if isinstance(place, Path):
        return read_accounts(connection, place, scratch, release)
    return account_rows(scan_address(place, _HERE, scratch, columns_looked_for(release)), release)


def check_out(accounts: Path | Address, out: Path | Address) -> None:
    """Check that scores may be written to a place, before anything is scored.

    Raises
    ------
    DataError
        If it is a file of another kind, the file the accounts are read from, or a table of other columns.
    """
    if isinstance(out, Address):
        if out.query is not None:
            raise DataError(f"{out.written}: scores are written to a table; name one behind '#', not a query")
        with open_database(out.url, _HERE, out.written, writing=True) as database:
            check_target(database, out.name, out.schema, SCORE_SCHEMA)
        return
    if out.suffix.lower() not in (".parquet", ".csv"):
        raise DataError(f"{out}: scores are written as .parquet or .csv; give --out one of these endings")
    if out.is_dir():
        raise DataError(f"{out} is a folder; --out must name a file")
    if isinstance(accounts, Path) and out.exists() and accounts.exists() and out.samefile(accounts):
        raise DataError(f"{out} is the file the accounts are read from; give another --out")


@contextmanager
def written_to(connection: Connection, out: Path | Address, scratch: Path) -> Iterator[Path]:
    """Give a Parquet file to write scores to; where the block ends well they are all at ``out``, else none are.

    Raises
    ------
    DataError
        If a database refuses them.
    """
    table = scratch / "scored.parquet"
    if isinstance(out, Address):
        yield table
        with pq.ParquetFile(table) as scored, open_database(out.url, _HERE, out.written, writing=True) as database:
            batches = (batch.cast(SCORE_SCHEMA) for batch in scored.iter_batches(BATCH_ROWS))
            replace_rows(database, out.name, out.schema, SCORE_SCHEMA, batches)
        return
    with written_aside(out) as aside:
        if out.suffix.lower() == ".parquet":
            yield aside
            return
        yield table
        scores = f"SELECT * FROM read_parquet({literal(str(table))})"
        connection.execute(f"COPY ({scores}) TO {literal(str(aside))} (FORMAT csv, HEADER)").fetchall()
