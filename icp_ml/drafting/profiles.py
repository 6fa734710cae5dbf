"""What stands in each column of each file of a folder, read by the meanings that reading itself uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from icp_ml.errors import DataError
from icp_ml.tables.identity import salesforce_15
from icp_ml.tables.parsing import (
    ambiguous_sql,
    boolean_sql,
    decimal_comma_sql,
    decimal_point_sql,
    filled_sql,
    literal,
    number_sql,
    text_sql,
    timestamp_sql,
)
from icp_ml.tables.sources import SUFFIXES, Connection, Scan, engine, fetch, internal, scan_file

# Formats tried where cells are no ISO dates; of two that read every cell alike, the earlier is the guess.
DATE_FORMATS = (
    "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%Y%m%d", "%d-%b-%Y", "%d %b %Y",
    "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%d.%m.%y", "%m/%d/%y", "%d/%m/%y",
    "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y, %H:%M", "%m/%d/%Y %I:%M %p", "%m/%d/%Y, %I:%M %p",
    "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y, %H:%M",
    "%b %d, %Y %I:%M %p", "%d-%b-%Y %H:%M", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S",
)  # fmt: skip
MOSTLY = 0.95


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a file.

    Parameters
    ----------
    name : str
        As the file spells it.
    kind : str
        The engine's type.
    rows : int
        Rows of the file.
    values : DataFrame
        One row a distinct filled cell, the commonest first: ``raw`` (text), ``n`` (rows), ``number`` (float), ``told``
        (not a missing word), ``flag`` (reads as a boolean), ``iso`` (reads as an ISO date), ``comma``, ``point``,
        ``ambiguous`` (what its decimal mark can be).
    formats : dict
        Date format: cells it reads; ISO cells excepted.
    """

    name: str
    kind: str
    rows: int
    values: pd.DataFrame
    formats: dict[str, int] = field(default_factory=dict)

    @cached_property
    def filled(self) -> int:
        """Cells that are not empty."""
        return int(self.values["n"].sum())

    @cached_property
    def told(self) -> int:
        """Cells that hold something other than a word for missing."""
        return self.count("told")

    @property
    def distinct(self) -> int:
        """Different filled cells."""
        return len(self.values)

    @property
    def levels(self) -> list[str]:
        """Return the different filled cells, the commonest first."""
        return [str(raw) for raw in self.values["raw"]]

    @property
    def unique(self) -> bool:
        """Whether every row is filled and no two are alike."""
        return self.rows > 0 and self.distinct == self.rows

    def count(self, what: str) -> int:
        """Return the number of cells for which a column of ``values`` is true."""
        return int(self.values.loc[self.values[what], "n"].sum())

    def mostly(self, cells: int) -> bool:
        """Return whether nearly all cells that tell something are among so many."""
        return self.told > 0 and cells >= MOSTLY * self.told

    @cached_property
    def is_number(self) -> bool:
        """Whether nearly all cells are numbers."""
        return self.mostly(int(self.values.loc[self.values["number"].notna() & self.values["told"], "n"].sum()))

    @cached_property
    def iso_dates(self) -> int:
        """Cells that are ISO dates."""
        return self.count("iso")

    @cached_property
    def is_date(self) -> bool:
        """Whether nearly all cells are dates, ISO or of one format; bare numbers are not."""
        return any(self.mostly(self.iso_dates + n) for n in (0, *self._worded.values()))

    @property
    def _worded(self) -> dict[str, int]:
        return {} if self.is_number else self.formats

    @cached_property
    def keys(self) -> frozenset[str]:
        """Return the different cells as ids, spelled alike however a system writes them."""
        return frozenset(spelled_key(level) for level in self.levels)


@dataclass(frozen=True, eq=False)
class File:
    """One readable file of the folder and its columns, in file order."""

    path: Path
    rows: int
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """Return a column by its name in the file."""
        return next(c for c in self.columns if c.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the columns' names."""
        return tuple(c.name for c in self.columns)


def spelled_key(text: str) -> str:
    """Return an id as any of its spellings would give it.

    >>> spelled_key(" 12.0"), spelled_key("001D000000IqhSLIAZ")
    ('12', '001D000000IqhSL')
    """
    return salesforce_15(text.strip().removesuffix(".0"))


def profile_folder(folder: Path) -> tuple[list[File], list[str]]:
    """Return what stands in the folder's files, by name, and why others cannot be read.

    Raises
    ------
    DataError
        If there is no such folder, or nothing in it could be a table.
    """
    if not folder.is_dir():
        found = "a file" if folder.exists() else "nothing"
        raise DataError(f"{folder}: a folder of CSV, Parquet or Excel tables is needed; found {found} there")
    paths = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith((".", "~$")))
    tables = [p for p in paths if p.suffix.lower() in SUFFIXES]
    if not tables:
        shown = ", ".join(p.name for p in paths[:5]) or "no file"
        raise DataError(
            f"{folder}: at least one file must be a table ({', '.join(SUFFIXES)}); found {shown}; export the accounts "
            "and the opportunities or subscriptions into this folder"
        )
    files, unreadable = [], []
    with engine() as (connection, scratch):
        for path in tables:
            try:
                files.append(_profile(connection, scan_file(connection, path, scratch), path))
            except DataError as err:
                unreadable.append(str(err))
    if not files:
        raise DataError(f"{folder}: none of its tables can be read: " + "; ".join(unreadable[:5]))
    return files, unreadable


def count_together(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return the combinations of some columns' cells as text, with ``n``, the rows of each."""
    with engine() as (connection, scratch):
        scan = scan_file(connection, path, scratch)
        cells = [f"{text_sql(scan.column_sql(c), scan.column_type(c))} AS c{i}" for i, c in enumerate(columns)]
        found = fetch(connection, f"SELECT {', '.join(cells)}, count(*) AS n FROM ({scan.sql}) GROUP BY ALL")
    return found.set_axis([*columns, "n"], axis=1)


def _profile(connection: Connection, scan: Scan, path: Path) -> File:
    # Read once, since every column is a query of its own.
    connection.execute(f"CREATE OR REPLACE TEMP TABLE profiled AS {scan.sql}")
    rows = int(connection.execute("SELECT count(*) FROM profiled").fetchall()[0][0])
    columns = tuple(
        _column(connection, "SELECT * FROM profiled", name, internal(at), kind, rows)
        for at, (name, kind) in enumerate(zip(scan.columns, scan.types, strict=True))
    )
    return File(path, rows, columns)


def _column(connection: Connection, sql: str, name: str, cell: str, kind: str, rows: int) -> Column:
    distinct = f"SELECT {text_sql(cell, kind)} AS raw, count(*) AS n FROM ({sql}) GROUP BY 1 HAVING raw IS NOT NULL"
    values = fetch(
        connection,
        f"SELECT raw, n, {number_sql('raw')} AS number, {filled_sql('raw')} AS told, "
        f"{boolean_sql('raw')} IS NOT NULL AS flag, {timestamp_sql('raw')} IS NOT NULL AS iso, "
        f"{decimal_comma_sql('raw')} AS comma, {decimal_point_sql('raw')} AS point, "
        f"{ambiguous_sql('raw')} AS ambiguous FROM ({distinct}) ORDER BY n DESC, raw",
    )
    truths = ["told", "flag", "iso", "comma", "point", "ambiguous"]
    values = values.astype({"raw": "str", "n": "int64", "number": "float64", **dict.fromkeys(truths, "bool")})
    return Column(name, kind, rows, values, dict(_formats(connection, distinct, values)))


def _formats(connection: Connection, distinct: str, values: pd.DataFrame) -> Iterator[tuple[str, int]]:
    """Yield the formats that read some cells which are no ISO dates."""
    other = values[values["told"] & ~values["iso"]]
    # A date has digits and is short; a column of words is not tried.
    if other.empty or not other["raw"].str.fullmatch(r"(?=.*\d.*\d).{6,30}").mean() >= MOSTLY:
        return
    counts = ", ".join(_read_by(date_format) for date_format in DATE_FORMATS)
    found: Sequence[int | None] = connection.execute(
        f"SELECT {counts} FROM ({distinct}) WHERE {timestamp_sql('raw')} IS NULL"
    ).fetchall()[0]
    for date_format, n in zip(DATE_FORMATS, found, strict=True):
        if n:
            yield date_format, int(n)


def _read_by(date_format: str) -> str:
    parsed = f"try_strptime(trim(raw), {literal(date_format)})"
    # A two-digit year would read the first digits of a longer number.
    return f"sum(n) FILTER ({parsed} IS NOT NULL AND year({parsed}) BETWEEN 1900 AND 2199)"
