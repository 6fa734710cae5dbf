"""Tables larger than memory, cut by account into shares that each fit: an account's rows all lie in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from icp_ml.config.schema import Config
from icp_ml.config.standard import TABLE_NAMES
from icp_ml.errors import ConfigError, DataError
from icp_ml.tables.mapping import map_columns
from icp_ml.tables.parsing import literal, quoted, text_sql
from icp_ml.tables.raw import FoundTable, find_raw, keep_raw, missing_folder, source_database
from icp_ml.tables.reading import Loaded, raise_stops, report_on, tables_of
from icp_ml.tables.sources import ROW, Connection, engine, internal
from icp_ml.tables.tables import Issue, Tables
from icp_ml.tables.view import FILE, TableView

_SHARE = "__share"


@dataclass(frozen=True)
class SplitTables:
    """Tables as raw cells in Parquet files, by share.

    Parameters
    ----------
    config : Config
        What they were found by; it names ``as_of``, which no share alone can tell.
    folder : Path
        Where the files are; whoever made it removes it.
    found : dict
        The tables by standard name.
    issues : tuple of Issue
        What was wrong with files.
    shares : int
        How many there are.
    accounts : int
        Accounts in all.
    """

    config: Config
    folder: Path
    found: Mapping[str, FoundTable]
    issues: tuple[Issue, ...]
    shares: int
    accounts: int


def split_tables(config: Config, base: Path, folder: Path, at_once: int) -> SplitTables | None:
    """Cut the tables into as many shares as keep about ``at_once`` accounts each, at random but always the same.

    None where there are no more than that, and nothing needs cutting.

    Parameters
    ----------
    config : Config
        The company's config.
    base : Path
        Folder that relative paths start from.
    folder : Path
        Empty folder for the shares: as much room as the tables take as Parquet.
    at_once : int
        Accounts that memory holds.

    Raises
    ------
    DataError
        If a table cannot be read.
    ConfigError
        If shares are needed, and what the config says cannot be done by share.
    """
    nowhere = missing_folder(config, base)
    if nowhere is not None:
        raise DataError(nowhere.message)
    with engine() as (connection, scratch), source_database(config, base) as database:
        found: dict[str, FoundTable] = {}
        issues: list[Issue] = []
        for name in TABLE_NAMES:
            table, told = find_raw(connection, scratch, config, base, name, database)
            issues += told
            if table is not None:
                found[name] = table
        raise_stops(issues)
        accounts = _accounts(connection, config, found)
        shares = -(-accounts // at_once)
        if shares <= 1:
            return None
        _need_shareable(config, found, accounts, at_once)
        for table in found.values():
            _write(connection, config, table, folder / table.name, shares)
    return SplitTables(config, folder, found, tuple(issues), shares, accounts)


def read_share(split: SplitTables, share: int) -> Tables:
    """Read and check one share as :func:`icp_ml.tables.reading.read_tables` does all.

    Parameters
    ----------
    split : SplitTables
        From :func:`split_tables`.
    share : int
        From 0.

    Raises
    ------
    DataError
        With every defect that stops a run, listed together.
    """

    def load(connection: Connection, scratch: Path, name: str, views: Mapping[str, TableView]) -> Loaded:
        if name not in split.found:
            return None, []
        return keep_raw(connection, _of_share(split, split.found[name], share)), []

    return tables_of(report_on(split.config, load, split.issues if share == 0 else ()))


def _need_shareable(config: Config, found: Mapping[str, FoundTable], accounts: int, at_once: int) -> None:
    """Raise where an account's rows could not be told by its id alone, or the last day is open."""
    why = f"{accounts:,} accounts are read in shares of {at_once:,}"
    if config.as_of is None:
        raise ConfigError(
            f"as_of must be given where {why}: no share alone can tell the last day; add as_of: YYYY-MM-DD"
        )
    listed = [name for name in found if config.table(name).lists.get("account_id")]
    if config.preset == "hubspot" or listed:
        raise ConfigError(
            f"account ids must stand in one column where {why}; this config finds accounts by name or in lists "
            f"({', '.join(listed) or 'preset hubspot'}): write one id a row, or leave out --engine spark"
        )


def _accounts(connection: Connection, config: Config, found: Mapping[str, FoundTable]) -> int:
    if "accounts" not in found:
        return 0
    table = found["accounts"]
    counted = f"SELECT count(DISTINCT {_key(config, table)}) FROM ({table.sql})"
    return int(connection.execute(counted).fetchall()[0][0])


def _key(config: Config, table: FoundTable) -> str:
    """Return SQL of what every spelling of an account id that is understood as one has in common.

    Outer spaces, the ``.0`` of a number, and the last three characters of Salesforce's 18 may be there or not.
    """
    name = map_columns(config, table.name, table.columns).columns.get("account_id")
    if name is None:
        return "NULL"
    position = table.columns.index(name)
    plain = f"regexp_replace(trim({text_sql(internal(position), table.types[position])}), '\\.0$', '')"
    return f"CASE WHEN regexp_full_match({plain}, '[A-Za-z0-9]{{18}}') THEN left({plain}, 15) ELSE {plain} END"


def _write(connection: Connection, config: Config, table: FoundTable, folder: Path, shares: int) -> None:
    """Write a table's rows by share; those without an id go to the first, where they are complained of."""
    # MD5 rather than the engine's own hash, which may change with its version.
    share = f"coalesce(md5_number_lower({_key(config, table)}) % {shares}, 0)"
    connection.execute(
        f"COPY (SELECT *, {share} AS {quoted(_SHARE)} FROM ({table.sql})) TO {literal(str(folder))} "
        f"(FORMAT parquet, PARTITION_BY ({quoted(_SHARE)}))"
    )


def _of_share(split: SplitTables, table: FoundTable, share: int) -> FoundTable:
    files = sorted((split.folder / table.name / f"{_SHARE}={share}").glob("*.parquet"))
    names = [quoted(ROW), quoted(FILE), *(internal(i) for i in range(len(table.columns)))]
    if files:
        listed = ", ".join(literal(str(file)) for file in files)
        sql = f"SELECT {', '.join(names)} FROM read_parquet([{listed}], hive_partitioning = false)"
    else:
        kinds = ["BIGINT", "BIGINT", *table.types]
        empty = (f"CAST(NULL AS {kind}) AS {name}" for name, kind in zip(names, kinds, strict=True))
        sql = f"SELECT {', '.join(empty)} WHERE false"
    return FoundTable(table.name, sql, table.columns, table.types, table.scans, table.rows_read)
