"""A file of accounts as typed SQL, its columns found under their source names or their standard ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from icp_ml.config.schema import Attribute
from icp_ml.errors import DataError, nearest
from icp_ml.release.folder import Release
from icp_ml.tables.parquet_folder import scan_folder
from icp_ml.tables.parsing import literal, quoted, text_sql, timestamp_sql, typed_sql
from icp_ml.tables.sources import ROW, Connection, Scan, scan_file

_SQL_TYPES = {"number": "DOUBLE", "category": "VARCHAR", "boolean": "BOOLEAN", "tags": "VARCHAR[]"}
_SHOWN = 5
ALLOW_MISSING = "--allow-missing"
"""How a person allows a column to be missing; who offers another way puts its name in place."""


@dataclass(frozen=True)
class AccountRows:
    """One row an account, as SQL.

    Parameters
    ----------
    label : str
        File name, for messages.
    sql : str
        ``SELECT`` giving ``account_id``, ``source_row`` (row in the file, the header being 1) and the typed attributes
        under the names in ``columns``, in input order. Where rows are dated, each account's latest row, at the place
        of its first.
    columns : dict
        Attribute to its SQL name; one the file lacks is NULL throughout.
    found : tuple of str
        Columns of the file.
    missing : tuple of str
        Attributes the file lacks.
    count : int or None
        Rows there are, where that is known before they are read.
    """

    label: str
    sql: str
    columns: dict[str, str]
    found: tuple[str, ...]
    missing: tuple[str, ...]
    count: int | None = None


def read_accounts(connection: Connection, path: Path, scratch: Path, release: Release) -> AccountRows:
    """Return the accounts of a file, or of a folder of Parquet files in the order of their names.

    Raises
    ------
    DataError
        If the file is missing, unreadable or has no account id.
    """
    if path.is_dir():
        return account_rows(scan_folder(connection, path), release)
    return account_rows(scan_file(connection, path, scratch, fingerprint=False), release)


def account_rows(scan: Scan, release: Release) -> AccountRows:
    """Return the accounts of a scan, its columns found under their source names or their standard ones.

    Parameters
    ----------
    scan : Scan
        Raw cells.
    release : Release
        What knows the columns' names and types.

    Raises
    ------
    DataError
        If there is no account id.
    """
    found = columns_found(scan.columns, release)
    identity = _identity(scan, found["account_id"], release)
    typed = {name: _cell(scan, name, found[name], release) for name in release.attributes}
    missing = tuple(name for name, cell in typed.items() if cell is None)
    columns = {name: f"a{i}" for i, name in enumerate(typed)}
    cells = [f"{typed[name] or absent_sql(spec)} AS {columns[name]}" for name, spec in release.attributes.items()]
    selected = ", ".join([f"{identity} AS account_id", f"{quoted(ROW)} AS source_row", *cells])
    kept = ", ".join(["account_id", "source_row", *columns.values()])
    day = _observed(scan, found["observed_at"], release)
    if day is None:
        return AccountRows(
            scan.label, f"SELECT {selected} FROM ({scan.sql})", columns, scan.columns, missing, scan.count
        )
    dated = f"SELECT {selected}, row_number() OVER () AS place, {day} AS observed FROM ({scan.sql})"
    sql = f"SELECT {kept} FROM ({_latest(dated)}) ORDER BY first_place"
    return AccountRows(scan.label, sql, columns, scan.columns, missing)


def columns_found(columns: Sequence[str], release: Release) -> dict[str, str | None]:
    """Return which of a table's columns holds ``account_id``, ``observed_at`` and each attribute, None where none does.

    A source name counts before the standard one.
    """
    names = {standard: _names(release, standard) for standard in ("account_id", "observed_at")}
    names |= {name: (entry["column"], name) for name, entry in release.criteria["attributes"].items()}
    return {standard: next((n for n in wanted if n in columns), None) for standard, wanted in names.items()}


def columns_looked_for(release: Release) -> set[str]:
    """Return every name under which a column that scoring reads may be found."""
    entries = release.criteria["attributes"]
    attributes = {name for attribute in release.attributes for name in (attribute, entries[attribute]["column"])}
    return attributes | {*_names(release, "account_id"), *_names(release, "observed_at")}


def check_columns(rows: AccountRows, release: Release, needed: Iterable[str]) -> None:
    """Check that the file has every column that an active rule uses.

    Raises
    ------
    DataError
        Naming those it lacks, the nearest column, and the way out.
    """
    lacking = [name for name in needed if name in rows.missing]
    if not lacking:
        return
    entries = release.criteria["attributes"]
    named = ", ".join(_spelled(name, entries[name]["column"], rows.found) for name in lacking[:_SHOWN])
    more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
    raise DataError(
        f"{rows.label}: every column that an active rule uses must be there; missing: {named}{more}. Add it, or score "
        f"with {ALLOW_MISSING}, which takes it as missing for every account"
    )


def check_ids(connection: Connection, rows: AccountRows) -> None:
    """Check that every row names its account.

    Raises
    ------
    DataError
        With the number of rows that do not, and where the first of them are.
    """
    empty = f"FROM ({rows.sql}) WHERE account_id IS NULL"
    count = connection.execute(f"SELECT count(*) {empty}").fetchall()[0][0]
    if count:
        first = connection.execute(f"SELECT source_row {empty} LIMIT {_SHOWN}").fetchall()
        raise DataError(
            f"{rows.label}: every row must have an account id; {count:,} have none "
            f"(row {', '.join(str(r) for (r,) in first)}); fill it in or take the rows out"
        )


def absent_sql(attribute: Attribute) -> str:
    """Return the SQL of an attribute that is missing for every account."""
    return f"CAST(NULL AS {_SQL_TYPES[attribute.type]})"


def one_account_sql(rows: AccountRows, account_id: str) -> str:
    """Return SQL giving the rows of one account."""
    return f"SELECT * FROM ({rows.sql}) WHERE account_id = {literal(account_id)}"


def nearest_ids_sql(rows: AccountRows, account_id: str) -> str:
    """Return SQL giving the ids most like one that is not there."""
    likeness = f"jaro_winkler_similarity(account_id, {literal(account_id)})"
    return f"SELECT account_id FROM ({rows.sql}) ORDER BY {likeness} DESC NULLS LAST, account_id LIMIT 20"


def _identity(scan: Scan, column: str | None, release: Release) -> str:
    if column is None:
        likeliest = _spelled("account_id", _names(release, "account_id")[0], scan.columns)
        raise DataError(
            f"{scan.label}: a column must identify the account; missing: {likeliest}; "
            f"found {', '.join(scan.columns[:8])}"
        )
    return text_sql(scan.column_sql(column), scan.column_type(column))


def _observed(scan: Scan, column: str | None, release: Release) -> str | None:
    """Return SQL of the day a row was known, None where rows are not dated."""
    if column is None:
        return None
    return timestamp_sql(scan.column_sql(column), scan.column_type(column), release.criteria.get("date_format"))


def _cell(scan: Scan, name: str, column: str | None, release: Release) -> str | None:
    """Return SQL of an attribute's typed value, None where the input lacks it."""
    if column is None:
        return None
    entry = release.criteria["attributes"][name]
    cell, kind = scan.column_sql(column), scan.column_type(column)
    if kind == "BOOLEAN" and "booleans" in entry:
        words = {value: literal(word) for value, word in entry["booleans"].items()}
        return f"CASE WHEN {cell} THEN {words['true']} WHEN NOT {cell} THEN {words['false']} END"
    return typed_sql(cell, release.attributes[name], kind)


def _names(release: Release, standard: str) -> tuple[str, ...]:
    return tuple(release.criteria.get("columns", {}).get(standard, (standard,)))


def _spelled(standard: str, source: str, found: tuple[str, ...]) -> str:
    own = f" (or {source!r})" if source != standard else ""
    return f"{standard!r}{own}{nearest(source, found) or nearest(standard, found)}"


def _latest(dated: str) -> str:
    """Return SQL keeping each account's latest row, of two on one day the later one; rows without an id all stay."""
    windows = (
        "min(place) OVER (PARTITION BY account_id) AS first_place, "
        "row_number() OVER (PARTITION BY account_id ORDER BY observed DESC NULLS LAST, place DESC) AS recency"
    )
    return f"SELECT * FROM (SELECT *, {windows} FROM ({dated})) WHERE recency = 1 OR account_id IS NULL"
