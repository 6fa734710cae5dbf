"""Scores a file of accounts of any size: DuckDB parses it and applies the rules, models add chances in batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from icp_ml.errors import DataError, nearest
from icp_ml.models.types import Predictor
from icp_ml.release.files import written_aside
from icp_ml.release.folder import Release
from icp_ml.release.frames import SCORE_COLUMNS, SCORE_SCHEMA, typed_frame
from icp_ml.release.reading import (
    AccountRows,
    check_columns,
    check_ids,
    nearest_ids_sql,
    one_account_sql,
    read_accounts,
)
from icp_ml.release.scored import OUTCOMES, probabilities
from icp_ml.tables.parsing import literal
from icp_ml.tables.sources import Connection, engine

BATCH_ROWS = 122_880
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class ScoreSummary:
    """What scoring a file came to.

    Parameters
    ----------
    out : Path
        File written.
    accounts : int
        Rows written, one an account.
    tiers : dict
        Accounts by tier.
    release_id : str
        Release that scored them.
    reviewed : bool
        Whether a person has decided on the release's proposals.
    missing_in_rules : tuple of str
        Attributes of active rules taken as missing for every account (``allow_missing``).
    missing_elsewhere : tuple of str
        Attributes that only models or segments use and the file lacks.
    """

    out: Path
    accounts: int
    tiers: dict[str, int]
    release_id: str
    reviewed: bool
    missing_in_rules: tuple[str, ...]
    missing_elsewhere: tuple[str, ...]


def score_file(
    accounts: Path,
    release: Release,
    out: Path,
    *,
    allow_missing: bool = False,
    models: bool = True,
    predictors: Mapping[str, Predictor] | None = None,
    progress: Progress | None = None,
) -> ScoreSummary:
    """Score CSV, Excel or Parquet accounts and write the columns of ``icp score``, all of them or none.

    Parameters
    ----------
    accounts : Path
        File, or folder of Parquet files, with standard or source column names.
    release : Release
        Rules, segments and models.
    out : Path
        ``.parquet`` or ``.csv`` file to write.
    allow_missing : bool, default False
        Take a missing column that an active rule uses as missing for every account, instead of refusing.
    models : bool, default True
        Whether ``p_win`` and ``p_churn`` are filled in.
    predictors : mapping, optional
        ``win`` and ``churn``; default: the release's own.
    progress : callable, optional
        Called with the rows done and the rows there are, if known.

    Raises
    ------
    DataError
        If the input cannot be read or lacks a column, or ``out`` cannot be written.
    """
    _check_out(accounts, out)
    chances = {} if not models else release.predictors if predictors is None else predictors
    with engine() as (connection, scratch):
        rows = read_accounts(connection, accounts, scratch, release)
        if not allow_missing:
            check_columns(rows, release, release.rules.attributes)
        with written_aside(out) as aside:
            table = aside if out.suffix.lower() == ".parquet" else scratch / "scored.parquet"
            _write_scores(connection, rows, release, chances, table, progress)
            counts = _counts(connection, table)
            if sum(counts.values()) != _identified(connection, table):
                check_ids(connection, rows)
            if table != aside:
                _copy(connection, f"SELECT * FROM read_parquet({literal(str(table))})", aside, "FORMAT csv, HEADER")
    used = set(release.rules.attributes)
    return ScoreSummary(
        out=out,
        accounts=sum(counts.values()),
        tiers=counts,
        release_id=release.id,
        reviewed=release.rules.reviewed,
        missing_in_rules=tuple(a for a in rows.missing if a in used),
        missing_elsewhere=tuple(a for a in rows.missing if a not in used),
    )


def read_account(account_id: str, release: Release, accounts: Path) -> pd.DataFrame:
    """Return the typed attributes of one account of a file, as a frame of one row.

    Raises
    ------
    DataError
        If the file has no such account; the message names the nearest id.
    """
    with engine() as (connection, scratch):
        rows = read_accounts(connection, accounts, scratch, release)
        found = connection.sql(one_account_sql(rows, account_id)).to_arrow_table()
        if found.num_rows == 0:
            known = [str(i) for (i,) in connection.execute(nearest_ids_sql(rows, account_id)).fetchall()]
            raise DataError(
                f"{rows.label} has no account {account_id!r}{nearest(account_id, known)}; ids compare exactly"
            )
    return typed_frame(_attributes(found.slice(found.num_rows - 1), rows), release.attributes, [account_id])


def scores_sql(rows: AccountRows, release: Release) -> str:
    """Return SQL giving the columns of ``icp score``, the chances empty, one row an account in input order."""
    rules = release.rules.sql(rows.columns)
    return (
        f"SELECT account_id, {', '.join(f'{sql} AS {name}' for name, sql in rules.items())}, "
        f"CAST(NULL AS DOUBLE) AS p_win, CAST(NULL AS DOUBLE) AS p_churn, "
        f"{release.segment_rules.sql(rows.columns)} AS segment"
    )


def _write_scores(
    connection: Connection,
    rows: AccountRows,
    release: Release,
    predictors: Mapping[str, Predictor],
    table: Path,
    progress: Progress | None,
) -> None:
    """Write the scores as Parquet: in one statement without models, else batch by batch."""
    scores = scores_sql(rows, release)
    if not predictors:
        _copy(connection, f"{scores} FROM ({rows.sql})", table, "FORMAT parquet")
        return
    attributes = ", ".join(rows.columns.values())
    reader = connection.sql(f"{scores}, {attributes} FROM ({rows.sql})").to_arrow_reader(BATCH_ROWS)
    done = 0
    with pq.ParquetWriter(table, SCORE_SCHEMA) as writer:
        for batch in reader:
            writer.write_table(_with_chances(pa.Table.from_batches([batch]), rows, release, predictors))
            done += batch.num_rows
            if progress is not None:
                progress(done, None)


def _with_chances(
    batch: pa.Table, rows: AccountRows, release: Release, predictors: Mapping[str, Predictor]
) -> pa.Table:
    frame = typed_frame(_attributes(batch, rows), release.attributes)
    scored = batch.select(list(SCORE_COLUMNS))
    for column, outcome in OUTCOMES:
        values = pa.array(probabilities(predictors.get(outcome), frame), type=pa.float64(), from_pandas=True)
        scored = scored.set_column(SCORE_COLUMNS.index(column), column, values)
    return scored.cast(SCORE_SCHEMA)


def _attributes(table: pa.Table, rows: AccountRows) -> pa.Table:
    """Return the attributes the file has, under their own names."""
    held = {name: column for name, column in rows.columns.items() if name not in rows.missing}
    return pa.Table.from_arrays([table.column(c) for c in held.values()], names=list(held))


def _copy(connection: Connection, sql: str, to: Path, options: str) -> None:
    connection.execute(f"COPY ({sql}) TO {literal(str(to))} ({options})").fetchall()


def _counts(connection: Connection, table: Path) -> dict[str, int]:
    counted = f"SELECT icp_tier, count(*) FROM read_parquet({literal(str(table))}) GROUP BY ALL"
    found = dict(connection.execute(counted).fetchall())
    return {tier: int(found.get(tier, 0)) for tier in ("green", "yellow", "red")}


def _identified(connection: Connection, table: Path) -> int:
    counted = f"SELECT count(account_id) FROM read_parquet({literal(str(table))})"
    return int(connection.execute(counted).fetchall()[0][0])


def _check_out(accounts: Path, out: Path) -> None:
    if out.suffix.lower() not in (".parquet", ".csv"):
        raise DataError(f"{out}: scores are written as .parquet or .csv; give --out one of these endings")
    if out.is_dir():
        raise DataError(f"{out} is a folder; --out must name a file")
    if out.exists() and accounts.exists() and out.samefile(accounts):
        raise DataError(f"{out} is the file the accounts are read from; give another --out")
