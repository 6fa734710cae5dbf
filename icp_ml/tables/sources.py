"""Files and query results as DuckDB relations of raw cells; the only module that imports duckdb.

A :class:`Scan` is one file: SQL giving ``__row`` (row number in the file, the header being row 1) and one column a file
column under an internal name, so that no spelling of the user's can clash. A tidy CSV and a Parquet file are streamed;
what needs mending (blank lines, ragged rows, a report footer, another encoding) and workbooks are mended first.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
from duckdb import DuckDBPyConnection as Connection

from icp_ml.errors import DataError
from icp_ml.tables.dialect import Dialect, LooseRows, read_loosely, sniff, transcode
from icp_ml.tables.parsing import literal, quoted, text_sql
from icp_ml.tables.workbooks import read_workbook

# What a wrong query of the user's raises, for the modules that may not import the engine.
EngineError = duckdb.Error

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".xlsm")
ROW = "__row"


@dataclass(frozen=True)
class Scan:
    """One file, or several under one another, ready to be selected from.

    Parameters
    ----------
    label : str
        File name, for messages.
    sql : str
        ``SELECT`` giving ``__row`` and the internal columns, in file order.
    columns : tuple of str
        Column names as the file spells them.
    types : tuple of str
        DuckDB type of each; ``VARCHAR`` for text files.
    sha256 : str
        Fingerprint of the bytes; empty where nobody asked for it.
    encoding : str
        ``utf-8-sig`` unless the file is written otherwise.
    ragged : tuple of (int, int)
        Row number and cells found, where a row has not as many cells as the header.
    footer : tuple of (int, str)
        Row number and text of a report footer left out.
    count : int or None
        Rows there are, where that is known before they are read.
    """

    label: str
    sql: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    sha256: str
    encoding: str = "utf-8-sig"
    ragged: tuple[tuple[int, int], ...] = ()
    footer: tuple[tuple[int, str], ...] = ()
    count: int | None = None

    def column_sql(self, name: str) -> str:
        """Return the SQL expression of a file column.

        Raises
        ------
        KeyError
            If the file has no such column.
        """
        return internal(self._position(name))

    def column_type(self, name: str) -> str:
        """Return DuckDB's type of a file column."""
        return self.types[self._position(name)]

    def _position(self, name: str) -> int:
        try:
            return self.columns.index(name)
        except ValueError as err:
            raise KeyError(name) from err


def internal(position: int) -> str:
    """Return the internal name of the file column at a position, quoted."""
    return quoted(f"__{position}")


def connect() -> Connection:
    """Open a private in-memory engine that keeps row order and never reaches for the network."""
    options = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    connection = duckdb.connect(config=options)
    connection.execute("SET preserve_insertion_order = true")
    connection.execute("SET enable_progress_bar = false")
    return connection


@contextmanager
def engine() -> Iterator[tuple[Connection, Path]]:
    """Open an engine and a scratch folder; both go away at the end."""
    with tempfile.TemporaryDirectory(prefix="icp-") as scratch:
        connection = connect()
        # What does not fit in memory goes where the run leaves nothing, not into the user's current folder.
        connection.execute(f"SET temp_directory = {literal(str(Path(scratch) / 'spilled'))}")
        try:
            yield connection, Path(scratch)
        finally:
            connection.close()


def scan_file(connection: Connection, path: Path, scratch: Path, fingerprint: bool = True) -> Scan:
    """Make a CSV, Parquet or Excel file ready to be selected from.

    Parameters
    ----------
    connection : Connection
        From :func:`connect` or :func:`engine`.
    path : Path
        File to read.
    scratch : Path
        Folder for a mended copy; it must outlive the connection's use of the scan.
    fingerprint : bool, default True
        Whether the bytes are hashed, which takes a pass of its own over a Parquet file.

    Raises
    ------
    DataError
        If the file is missing, of no known kind, empty or unreadable.
    """
    if not path.is_file():
        raise DataError(f"{path.name}: no such file in {path.parent}")
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return scan_parquet(connection, [path], path.name, _sha256(path) if fingerprint else "")
    if suffix in (".xlsx", ".xlsm"):
        header, loose = read_workbook(path)
        _need_header(header, path)
        return _scan_rows(connection, path.name, header, loose, _sha256(path))
    if suffix not in SUFFIXES:
        raise DataError(
            f"{path.name}: files ending in {suffix or 'nothing'} are not read; save it as CSV, Parquet or xlsx"
        )
    return _scan_csv(connection, path, scratch)


def named_sql(scan: Scan, readings: Mapping[str, str] | None = None) -> str:
    """Return the scan's SQL with every column also under the user's own name, read as given (default: as it stands)."""
    taken: set[str] = set()
    named = []
    for position, name in enumerate(scan.columns):
        # SQL names ignore case: of two that differ only so, the first can be named.
        if name.lower() not in taken:
            named.append(f"{(readings or {}).get(name, internal(position))} AS {quoted(name)}")
            taken.add(name.lower())
    return f"SELECT *, {', '.join(named)} FROM ({scan.sql})"


def stack(scans: Sequence[Scan]) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return SQL, columns and types of several scans under one another, with ``__file`` telling which.

    A column is matched by name; where types differ, all are read as text.
    """
    columns = tuple(dict.fromkeys(c for scan in scans for c in scan.columns))
    kinds = [{s.column_type(c) for s in scans if c in s.columns} for c in columns]
    types = tuple(kind.pop() if len(kind) == 1 else "VARCHAR" for kind in kinds)
    selects = []
    for number, scan in enumerate(scans):
        cells = (
            f"{_stacked(scan, c, t)} AS {internal(i)}" for i, (c, t) in enumerate(zip(columns, types, strict=True))
        )
        selects.append(f"SELECT {quoted(ROW)}, {number} AS __file, {', '.join(cells)} FROM ({scan.sql})")
    return " UNION ALL ".join(selects), columns, types


def _stacked(scan: Scan, column: str, wanted: str) -> str:
    if column not in scan.columns:
        return f"CAST(NULL AS {wanted})"
    expression, found = scan.column_sql(column), scan.column_type(column)
    return expression if found == wanted else text_sql(expression, found)


def fetch(connection: Connection, sql: str) -> pd.DataFrame:
    """Return a query's answer as a frame."""
    return connection.execute(sql).df()


def first_line(error: duckdb.Error) -> str:
    """Return the engine's complaint without its drawing of the query."""
    return str(error).strip().splitlines()[0]


def _scan_csv(connection: Connection, path: Path, scratch: Path) -> Scan:
    dialect = sniff(path)
    _need_header(dialect.header, path)
    if dialect.tidy:
        readable = path if dialect.encoding == "utf-8-sig" else _utf8(path, dialect, scratch)
        sql = _csv_sql(readable, dialect)
        if _strictly_readable(connection, sql):
            types = ("VARCHAR",) * len(dialect.header)
            return Scan(path.name, sql, dialect.header, types, dialect.sha256, dialect.encoding)
    return _scan_rows(
        connection, path.name, dialect.header, read_loosely(path, dialect), dialect.sha256, dialect.encoding
    )


def _need_header(header: Sequence[str], path: Path) -> None:
    if not header:
        raise DataError(f"{path.name}: the file is empty; it must hold a header row with column names")


def _utf8(path: Path, dialect: Dialect, scratch: Path) -> Path:
    name = hashlib.sha256(str(path).encode()).hexdigest()[:16]
    return transcode(path, dialect.encoding, scratch / f"{name}.csv")


def _csv_sql(path: Path, dialect: Dialect) -> str:
    columns = ", ".join(f"'__{i}': 'VARCHAR'" for i in range(len(dialect.header)))
    names = ", ".join(internal(i) for i in range(len(dialect.header)))
    return (
        f"SELECT row_number() OVER () + {dialect.header_row} AS {quoted(ROW)}, {names} FROM read_csv("
        f"{literal(str(path))}, auto_detect = false, header = true, columns = {{{columns}}}, "
        f"delim = {literal(dialect.delimiter)}, quote = '\"', escape = '\"', strict_mode = true)"
    )


def _strictly_readable(connection: Connection, sql: str) -> bool:
    """Return whether every row has as many cells as the header, properly quoted."""
    try:
        connection.execute(f"SELECT max(length(CAST(COLUMNS(*) AS VARCHAR))) FROM ({sql})").fetchall()
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        return False
    return True


def scan_parquet(connection: Connection, paths: Sequence[Path], label: str, sha256: str = "") -> Scan:
    """Make Parquet files of one schema ready to be selected from, one under another; rows count within their file.

    Raises
    ------
    DataError
        If one is no Parquet file.
    """
    relation = f"read_parquet([{', '.join(literal(str(path)) for path in paths)}]"
    metadata = f"SELECT sum(num_rows) FROM parquet_file_metadata([{', '.join(literal(str(path)) for path in paths)}])"
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {relation})").fetchall()
        count = int(connection.execute(metadata).fetchall()[0][0])
    except duckdb.Error as err:
        raise DataError(f"{label}: not a readable Parquet file ({first_line(err)})") from err
    names = [row[0] for row in described]
    cells = ", ".join(f"{quoted(name)} AS {internal(i)}" for i, name in enumerate(names))
    sql = f"SELECT file_row_number + 2 AS {quoted(ROW)}, {cells} FROM {relation}, file_row_number = true)"
    return Scan(label, sql, tuple(names), tuple(str(row[1]) for row in described), sha256, count=count)


def _scan_rows(
    connection: Connection,
    label: str,
    header: Sequence[str],
    loose: LooseRows,
    sha256: str,
    encoding: str = "utf-8-sig",
) -> Scan:
    """Load mended rows into the engine under a name of their own."""
    cells = {f"__{i}": pd.Series([r[i] for _, r in loose.rows], dtype="str") for i in range(len(header))}
    frame = pd.DataFrame({ROW: pd.Series([n for n, _ in loose.rows], dtype="int64"), **cells})
    taken = connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall()[0][0]
    name = quoted(f"__mended_{taken}")
    connection.register("__loose", frame)
    names = ", ".join(f"nullif(CAST({internal(i)} AS VARCHAR), '') AS {internal(i)}" for i in range(len(header)))
    connection.execute(f"CREATE TEMP TABLE {name} AS SELECT {quoted(ROW)}, {names} FROM __loose")
    connection.unregister("__loose")
    types = ("VARCHAR",) * len(header)
    found = f"SELECT * FROM {name}"
    return Scan(label, found, tuple(header), types, sha256, encoding, loose.ragged, loose.footer, count=len(loose.rows))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
