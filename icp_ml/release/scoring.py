"""Scores accounts of any number, from a file or table into another: a source of rows, scored batches, a sink."""

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
from icp_ml.release.folder import Release
from icp_ml.release.frames import typed_frame
from icp_ml.release.places import accounts_from, check_out, written_to
from icp_ml.release.reading import AccountRows, check_columns, nearest_ids_sql, one_account_sql, read_accounts
from icp_ml.release.rules import GREEN, RED, YELLOW
from icp_ml.tables.database_address import Address
from icp_ml.tables.sources import engine

if TYPE_CHECKING:
    from icp_ml.models.types import Predictor

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class ScoreSummary:
    """What scoring a file came to.

    Parameters
    ----------
    out : str
        File or table written.
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

    out: str
    accounts: int
    tiers: dict[str, int]
    release_id: str
    reviewed: bool
    missing_in_rules: tuple[str, ...]
    missing_elsewhere: tuple[str, ...]


def score_file(
    accounts: Path | Address,
    release: Release,
    out: Path | Address,
    *,
    allow_missing: bool = False,
    models: bool = True,
    predictors: Mapping[str, Predictor] | None = None,
    progress: Progress | None = None,
) -> ScoreSummary:
    """Score the accounts of a file or table and write the columns of ``icp score``, all of them or none.

    Parameters
    ----------
    accounts : Path or Address
        CSV, Excel or Parquet file, folder of Parquet files, or table, with standard or source column names.
    release : Release
        Rules, segments and models.
    out : Path or Address
        ``.parquet`` or ``.csv`` file to write, or table whose rows to replace.
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
    check_out(accounts, out)
    chances = {} if not models else release.predictors if predictors is None else predictors
    with engine() as (connection, scratch):
        rows = accounts_from(connection, accounts, scratch, release)
        if not allow_missing:
            check_columns(rows, release, release.rules.attributes)
        with written_to(connection, out, scratch) as table:
            told = None if progress is None else partial(_with_total, progress, rows.count)
            counts = write_scores(scored_batches(connection, rows, release, chances), table, told)
    return summary_of(out.written if isinstance(out, Address) else str(out), counts, release, rows)


def summary_of(out: str, tiers: dict[str, int], release: Release, rows: AccountRows) -> ScoreSummary:
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
