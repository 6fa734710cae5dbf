"""Scores a file of accounts of any size into a file: a source of rows, scored batches, a sink."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from icp_ml.errors import DataError, nearest
from icp_ml.release.batches import BATCH_SCHEMA, attribute_table, scored_batches
from icp_ml.release.files import written_aside
from icp_ml.release.folder import Release
from icp_ml.release.frames import typed_frame
from icp_ml.release.reading import AccountRows, check_columns, nearest_ids_sql, one_account_sql, read_accounts
from icp_ml.release.rules import GREEN, RED, YELLOW
from icp_ml.tables.parsing import literal
from icp_ml.tables.sources import Connection, engine

if TYPE_CHECKING:
    from icp_ml.models.types import Predictor

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
            told = None if progress is None else partial(_with_total, progress, rows.count)
            counts = write_scores(scored_batches(connection, rows, release, chances), table, told)
            if table != aside:
                _copy(connection, f"SELECT * FROM read_parquet({literal(str(table))})", aside, "FORMAT csv, HEADER")
    return summary_of(out, counts, release, rows)


def summary_of(out: Path, tiers: dict[str, int], release: Release, rows: AccountRows) -> ScoreSummary:
    """Return what scoring came to."""
    used = set(release.rules.attributes)
    return ScoreSummary(
        out=out,
        accounts=sum(tiers.values()),
        tiers=tiers,
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
    return typed_frame(attribute_table(found.slice(found.num_rows - 1), rows), release.attributes, [account_id])


def write_scores(
    batches: Iterable[pa.RecordBatch], path: Path, progress: Callable[[int], None] | None = None
) -> dict[str, int]:
    """Write scored batches as Parquet and return how many accounts each tier has.

    Parameters
    ----------
    batches : iterable of RecordBatch
        From :func:`icp_ml.release.batches.scored_batches`.
    path : Path
        File to write; a failure midway leaves it half-written, so give one that is :func:`written_aside`.
    progress : callable, optional
        Called with the rows written so far.
    """
    tiers = dict.fromkeys((GREEN, YELLOW, RED), 0)
    done = 0
    # Readers are to see texts, and not that they were dictionary-encoded here.
    with pq.ParquetWriter(path, BATCH_SCHEMA, store_schema=False) as writer:
        for batch in batches:
            writer.write_batch(batch)
            for counted in batch.column("icp_tier").value_counts().to_pylist():
                tiers[counted["values"]] += counted["counts"]
            done += batch.num_rows
            if progress is not None:
                progress(done)
    return tiers


def _with_total(progress: Progress, of: int | None, done: int) -> None:
    progress(done, of)


def _copy(connection: Connection, sql: str, to: Path, options: str) -> None:
    connection.execute(f"COPY ({sql}) TO {literal(str(to))} ({options})").fetchall()


def _check_out(accounts: Path, out: Path) -> None:
    if out.suffix.lower() not in (".parquet", ".csv"):
        raise DataError(f"{out}: scores are written as .parquet or .csv; give --out one of these endings")
    if out.is_dir():
        raise DataError(f"{out} is a folder; --out must name a file")
    if out.exists() and accounts.exists() and out.samefile(accounts):
        raise DataError(f"{out} is the file the accounts are read from; give another --out")
