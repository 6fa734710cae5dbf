"""Typed attributes between Arrow, which files and DuckDB speak, and the pandas frames rules and models read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from icp_ml.conditions import AttributeLike

ARROW_TYPES = {"number": pa.float64(), "category": pa.string(), "boolean": pa.bool_(), "tags": pa.list_(pa.string())}

# No tag holds it, so that two lists read alike only where they are.
_BETWEEN_TAGS = "\x00\x1f"

SCORE_COLUMNS = (
    "account_id",
    "icp_score",
    "icp_tier",
    "matched_criteria",
    "reasons",
    "p_win",
    "p_churn",
    "segment",
)
SCORE_SCHEMA = pa.schema(
    [
        ("account_id", pa.string()),
        ("icp_score", pa.int32()),
        ("icp_tier", pa.string()),
        ("matched_criteria", pa.string()),
        ("reasons", pa.string()),
        ("p_win", pa.float64()),
        ("p_churn", pa.float64()),
        ("segment", pa.string()),
    ]
)


def typed_frame(
    table: pa.Table, attributes: Mapping[str, AttributeLike], index: Iterable[str] | None = None
) -> pd.DataFrame:
    """Return attribute columns of an Arrow table as typed pandas; an attribute the table lacks is missing."""
    rows = pd.RangeIndex(table.num_rows) if index is None else pd.Index(list(index), dtype="str", name="account_id")
    columns = {
        name: pd.Series(_values(table.column(name), spec.type), index=rows)
        if name in table.column_names
        else absent_column(spec.type, rows)
        for name, spec in attributes.items()
    }
    return pd.DataFrame(columns, index=rows)


def with_absent(frame: pd.DataFrame, attributes: Mapping[str, AttributeLike]) -> pd.DataFrame:
    """Return the attributes of a typed frame, those it lacks added as missing for every row."""
    columns = {
        name: frame[name] if name in frame.columns else absent_column(spec.type, frame.index)
        for name, spec in attributes.items()
    }
    return pd.DataFrame(columns, index=frame.index)


def absent_column(kind: str, index: pd.Index) -> pd.Series:
    """Return a column that is missing for every row, typed as the attribute's kind is.

    >>> absent_column("boolean", pd.RangeIndex(1)).dtype
    BooleanDtype
    """
    if kind == "number":
        return pd.Series(np.nan, index=index, dtype="float64")
    if kind == "boolean":
        return pd.Series(pd.NA, index=index, dtype="boolean")
    if kind == "tags":
        return pd.Series([None] * len(index), index=index, dtype="object")
    return pd.Series(np.nan, index=index, dtype="str")


def arrow_columns(frame: pd.DataFrame, attributes: Mapping[str, AttributeLike]) -> dict[str, pa.Array]:
    """Return the typed attribute columns a frame has, as Arrow arrays by name."""
    return {
        name: pa.array(_plain(frame[name], spec.type), type=ARROW_TYPES[spec.type], from_pandas=True)
        for name, spec in attributes.items()
        if name in frame.columns
    }


def scores_table(scored: pd.DataFrame) -> pa.Table:
    """Return scored accounts in the types every output of ``icp score`` has."""
    arrays = [pa.array(scored[f.name].to_numpy(), type=f.type, from_pandas=True) for f in SCORE_SCHEMA]
    return pa.Table.from_arrays(arrays, schema=SCORE_SCHEMA)


def _values(column: pa.ChunkedArray, kind: str) -> pd.api.extensions.ExtensionArray | np.ndarray:
    if kind == "number":
        return column.cast(pa.float64()).to_numpy()
    if kind == "boolean":
        return pd.array(column.to_pandas(types_mapper={pa.bool_(): pd.BooleanDtype()}.get), dtype="boolean")
    if kind == "category":
        return column.cast(pa.string()).to_pandas().astype("str").array
    return _tuples(column)


def _tuples(column: pa.ChunkedArray) -> np.ndarray:
    """Return lists of texts as tuples; rows fall into few combinations, so each is made once."""
    keys = pc.binary_join(column.cast(pa.list_(pa.string())), _BETWEEN_TAGS).combine_chunks().dictionary_encode()
    codes = keys.indices.fill_null(len(keys.dictionary)).to_numpy()
    _, first, combination = np.unique(codes, return_index=True, return_inverse=True)
    values = [column[int(row)].as_py() for row in first]
    tags = np.empty(len(values), dtype=object)
    tags[:] = [None if value is None else tuple(value) for value in values]
    return tags[combination]


def _plain(column: pd.Series, kind: str) -> np.ndarray | list[list[str] | None]:
    if kind == "tags":
        return [None if value is None else list(value) for value in column]
    if kind == "number":
        return column.to_numpy(dtype="float64", na_value=np.nan)
    return column.to_numpy(dtype=object)
