"""Find each table's file, files or query, and lay it out as raw cells with the row each came from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from icp_ml.config.schema import Config, Table
from icp_ml.errors import ConfigError, DataError, nearest
from icp_ml.tables.database import Database, open_database
from icp_ml.tables.database_source import read_database_table
from icp_ml.tables.filtering import keep_where
from icp_ml.tables.parsing import quoted
from icp_ml.tables.sources import SUFFIXES, Connection, Scan, scan_file, stack
from icp_ml.tables.tables import NOTHING_ASIDE, Aside, Issue
from icp_ml.tables.view import TableView

# What CRMs call the four tables when they export them; the standard name is looked for first.
STEMS = {
    "accounts": ("accounts", "account", "companies", "company"),
    "opportunities": ("opportunities", "opportunity", "deals", "deal"),
    "subscriptions": ("subscriptions", "subscription"),
    "signals": ("signals", "signal"),
}
_EXPORT_NAME = re.compile(r"^(?:hubspot-crm-exports-)?all-(\w+?)(?:-\d{4}-\d{2}-\d{2}.*)?$")


@dataclass(frozen=True)
class RawTable:
    """One standard table as its files spell it.

    Parameters
    ----------
    name : str
        Standard table name.
    sql : str
        ``SELECT`` giving ``__row``, ``__file`` and the internal columns, ``where`` applied.
    columns, types : tuple of str
        Column names as the files spell them, and their DuckDB types.
    scans : tuple of Scan
        The files, in order of ``__file``.
    rows_read, rows : int
        Rows in the files, and rows left by ``where``.
    aside : Aside
        Of these, rows that a database counted and kept to itself.
    """

    name: str
    sql: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    scans: tuple[Scan, ...]
    rows_read: int
    rows: int
    aside: Aside = NOTHING_ASIDE

    @property
    def labels(self) -> tuple[str, ...]:
        """File names, for messages."""
        return tuple(scan.label for scan in self.scans)

    def fingerprint(self) -> dict[str, Any]:
        """Return path, rows and SHA-256 for :attr:`Tables.sources`; several files have a hash of their hashes."""
        hashes = [scan.sha256 for scan in self.scans]
        joined = hashes[0] if len(hashes) == 1 else hashlib.sha256("\n".join(hashes).encode()).hexdigest()
        return {"path": ", ".join(self.labels), "rows": self.rows_read, "sha256": joined}


@dataclass(frozen=True)
class FoundTable:
    """One standard table where it lies, nothing of it in memory yet; fields as in :class:`RawTable`."""

    name: str
    sql: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    scans: tuple[Scan, ...]
    rows_read: int
    aside: Aside = NOTHING_ASIDE


def load_raw(
    connection: Connection,
    scratch: Path,
    config: Config,
    base: Path,
    name: str,
    database: Database | None = None,
    views: Mapping[str, TableView] = MappingProxyType({}),
) -> tuple[RawTable | None, list[Issue]]:
    """Load one standard table, from the database where one is given; ``views`` are the tables typed before.

    Returns
    -------
    raw : RawTable or None
        None where there is no such table, or where it cannot be read.
    issues : list of Issue
        Why it cannot be read, ragged rows, another encoding.
    """
    found, issues = find_raw(connection, scratch, config, base, name, database, views)
    return None if found is None else keep_raw(connection, found), issues


def keep_raw(connection: Connection, found: FoundTable) -> RawTable:
    """Take a table into the engine, since every check of a column is a query of its own."""
    connection.execute(f"CREATE TEMP TABLE {quoted(f'raw_{found.name}')} AS {found.sql}")
    kept = f"SELECT * FROM {quoted(f'raw_{found.name}')}"
    rows = _count(connection, kept) + found.aside.rows
    return RawTable(found.name, kept, found.columns, found.types, found.scans, found.rows_read, rows, found.aside)


def find_raw(
    connection: Connection,
    scratch: Path,
    config: Config,
    base: Path,
    name: str,
    database: Database | None = None,
    views: Mapping[str, TableView] = MappingProxyType({}),
) -> tuple[FoundTable | None, list[Issue]]:
    """Find one standard table as :func:`load_raw` does, and leave its rows where they are."""
    table = config.table(name)
    aside = NOTHING_ASIDE
    try:
        if database is not None and table.from_ is None:
            scans, aside = read_database_table(database, config, name, scratch, views)
        else:
            scans = _scans(connection, scratch, config, base, name, table)
    except (DataError, ConfigError) as err:
        return None, [Issue("unreadable_file", name, f"{name}: {err}", "stop")]
    except _MissingFileError as err:
        return None, [Issue("missing_file", name, str(err), "stop")]
    if not scans:
        return None, []
    issues = [issue for scan in scans for issue in _scan_issues(name, scan)]
    read = sum(_count(connection, scan.sql) for scan in scans) + aside.rows
    if table.where:
        try:
            scans = [keep_where(connection, scan, table.where, f"tables.{name}.where") for scan in scans]
        except ConfigError as err:
            return None, [*issues, Issue("wrong_where", name, str(err), "stop")]
    return FoundTable(name, *stack(scans), tuple(scans), read, aside), issues


@contextmanager
def source_database(config: Config, base: Path) -> Iterator[Database | None]:
    """Open the config's database, where it names one; all tables are read from it together."""
    if config.source.url is None:
        yield None
        return
    with open_database(config.source.url, base) as database:
        yield database


def missing_folder(config: Config, base: Path) -> Issue | None:
    """Return what is wrong with the source folder: said once, not of each table."""
    if config.source.url is not None or (base / (config.source.folder or ".")).is_dir():
        return None
    folder = base / (config.source.folder or ".")
    found = "a file" if folder.exists() else "nothing"
    say = f"source.folder: {config.source.folder!r} must be a folder; there is {found} at {folder}; mend the path"
    return Issue("missing_file", "accounts", f"{say} (it starts from the config's own folder)", "stop")


class _MissingFileError(Exception):
    """A file the config asks for is not there."""


def find_files(folder: Path, name: str) -> list[Path]:
    """Return the files in a folder that a standard table may be read from, by name, in any case.

    Raises
    ------
    DataError
        If several files could be the table.
    """
    files = sorted(p for p in folder.iterdir() if p.is_file() and p.suffix.lower() in SUFFIXES)
    for stem in STEMS[name]:
        found = [p for p in files if _stem(p) == stem]
        if len(found) > 1:
            raise DataError(
                f"{' and '.join(p.name for p in found)} could both be this table; say which under tables.{name}.file"
            )
        if found:
            return found
    return []


def _stem(path: Path) -> str:
    """Return the file's name without ending and without what an export puts around it."""
    stem = path.stem.lower()
    exported = _EXPORT_NAME.match(stem)
    return exported[1] if exported else stem


def _scans(connection: Connection, scratch: Path, config: Config, base: Path, name: str, table: Table) -> list[Scan]:
    if table.from_ is not None:
        return []
    folder = base / (config.source.folder or ".")
    if table.file is None:
        return [scan_file(connection, path, scratch) for path in find_files(folder, name)]
    wanted = [table.file] if isinstance(table.file, str) else table.file
    return [scan_file(connection, _existing(folder, name, file), scratch) for file in wanted]


def _existing(folder: Path, name: str, file: str) -> Path:
    path = folder / file
    if path.is_file():
        return path
    there = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)
    raise _MissingFileError(
        f"{name}: tables.{name}.file names {file!r}, which is not in {folder}{nearest(file, there)}; "
        f"found there: {', '.join(there[:12]) or 'no table file'}"
    )


def _scan_issues(name: str, scan: Scan) -> Iterable[Issue]:
    if scan.ragged:
        examples = tuple({"row": row, "value": f"{cells} cells"} for row, cells in scan.ragged[:5])
        shown = ", ".join(f"row {e['row']} ({e['value']})" for e in examples)
        yield Issue(
            "ragged_rows",
            name,
            f"{scan.label}: every row must have {len(scan.columns)} cells like the header; {len(scan.ragged)} "
            f"have more or fewer: {shown}; missing cells count as empty, surplus ones are left out; mend the quoting",
            "warning",
            rows=len(scan.ragged),
            examples=examples,
        )
    if scan.encoding not in ("utf-8-sig", "utf-16"):
        yield Issue(
            "encoding",
            name,
            f"{scan.label}: the file is not UTF-8; it was read as {scan.encoding}: save it as UTF-8 if it looks wrong",
            "warning",
        )


def _count(connection: Connection, sql: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM ({sql})").fetchall()[0][0])
