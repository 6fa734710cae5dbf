"""Scores raw cells that are in memory: a request to a server, a batch of another engine.

The rows are put into a file for a moment and take the way of ``icp score``, so that there is one reading of a cell: a
frame scores as a Parquet file of the same columns does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from icp_ml.errors import DataError
from icp_ml.models.types import Predictor
from icp_ml.release.batches import scored_batches
from icp_ml.release.folder import Release
from icp_ml.release.frames import SCORE_SCHEMA
from icp_ml.release.reading import check_columns, read_accounts
from icp_ml.tables.sources import engine

LABEL = "rows.parquet"
"""What messages call the rows; their first is row 2, as after a header."""
_LISTS = (list, tuple, set, np.ndarray)
_EXACT_WHOLE = 1e18


def score_cells(
    cells: pd.DataFrame,
    release: Release,
    *,
    allow_missing: bool = False,
    predictors: Mapping[str, Predictor] | None = None,
) -> pd.DataFrame:
    """Return the columns of ``icp score``, one row an account, in input order.

    Parameters
    ----------
    cells : DataFrame of shape (n_rows, n_columns)
        Raw cells under source or standard column names: texts as a CSV holds them, numbers, booleans, dates, lists of
        tags. Dated rows (``observed_at``) count with each account's latest, as in ``icp score``.
    release : Release
        Rules, segments and models.
    allow_missing : bool, default False
        Take a missing column that an active rule uses as missing for every account, instead of refusing.
    predictors : mapping, optional
        ``win`` and ``churn``; default: the release's own.

    Raises
    ------
    DataError
        If there is no account id, or a column that an active rule uses is missing.
    """
    with engine() as (connection, scratch):
        pq.write_table(cells_table(cells), scratch / LABEL)
        rows = read_accounts(connection, scratch / LABEL, scratch, release)
        if not allow_missing:
            check_columns(rows, release, release.rules.attributes)
        chances = release.predictors if predictors is None else predictors
        batches = [batch.cast(SCORE_SCHEMA) for batch in scored_batches(connection, rows, release, chances)]
    return pa.Table.from_batches(batches, SCORE_SCHEMA).to_pandas()


def cells_table(cells: pd.DataFrame) -> pa.Table:
    """Return raw cells as an Arrow table, a column of one kind typed, one of several kinds as text.

    Raises
    ------
    DataError
        If two columns have the same name, or one holds lists beside other cells.
    """
    names = [str(name) for name in cells.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"column names must differ; found twice: {', '.join(map(repr, twice))}; leave one of each out")
    columns = [_column(name, cells.iloc[:, i]) for i, name in enumerate(names)]
    return pa.Table.from_arrays(columns, names=names)


def _column(name: str, cells: pd.Series) -> pa.Array:
    try:
        column = pa.array(cells, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([_text(name, cell) for cell in cells], pa.string())
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    return column.cast(pa.string()) if pa.types.is_null(column.type) else column


def _text(name: str, cell: Any) -> str | None:
    """Return a cell as a CSV would hold it."""
    if isinstance(cell, _LISTS):
        raise DataError(f"column {name!r} must hold lists alone or none; found a list beside other cells; mend it")
    if cell is None or cell is pd.NA or cell is pd.NaT or cell != cell:
        return None
    if isinstance(cell, (bool, np.bool_)):
        return "true" if cell else "false"
    if isinstance(cell, (float, np.floating, Decimal)) and abs(float(cell)) < _EXACT_WHOLE and cell == int(cell):
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, (dt.date, pd.Timestamp)) else str(cell)
