"""Accounts as a relation of the engine, scored into batches of bounded size in the order of the input.

Where the accounts come from (:mod:`icp_ml.release.reading`) and where the scores go is somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa

from icp_ml.models.types import Predictor
from icp_ml.release.combinations import Combinations
from icp_ml.release.folder import Release
from icp_ml.release.frames import SCORE_SCHEMA, typed_frame
from icp_ml.release.reading import AccountRows, check_ids
from icp_ml.release.scored import OUTCOMES, probabilities
from icp_ml.tables.sources import Connection

BATCH_ROWS = 122_880

WORDS = pa.dictionary(pa.int32(), pa.string())
BATCH_SCHEMA = pa.schema(
    [pa.field(f.name, WORDS if f.type == pa.string() and f.name != "account_id" else f.type) for f in SCORE_SCHEMA]
)
"""``SCORE_SCHEMA`` with the columns of words dictionary-encoded; ``batch.cast(SCORE_SCHEMA)`` spells them out."""


def scored_batches(
    connection: Connection, rows: AccountRows, release: Release, predictors: Mapping[str, Predictor]
) -> Iterator[pa.RecordBatch]:
    """Yield the columns of ``icp score``, one row an account, in the order of the input.

    Parameters
    ----------
    connection : Connection
        Engine of the rows; busy until the last batch is taken.
    rows : AccountRows
        Typed accounts.
    release : Release
        Rules and segments.
    predictors : mapping
        ``win`` and ``churn``, each where it is to be filled in; empty for none.

    Yields
    ------
    RecordBatch of BATCH_SCHEMA
        At most :data:`BATCH_ROWS` accounts.

    Raises
    ------
    DataError
        If a row does not name its account.
    """
    combinations = Combinations(release.rules, release.segment_rules)
    wanted = {"account_id": "account_id", **combinations.sql(rows.columns)}
    # Aliases of their own, since an attribute may be called as one of the columns above.
    wanted |= {column: column for column in rows.columns.values()} if predictors else {}
    selected = ", ".join(sql if sql == name else f"{sql} AS {name}" for name, sql in wanted.items())
    reader = connection.sql(f"SELECT {selected} FROM ({rows.sql})").to_arrow_reader(BATCH_ROWS)
    for batch in reader:
        if batch.column("account_id").null_count:
            reader.close()
            check_ids(connection, rows)
        columns = {"account_id": batch.column("account_id"), **combinations.columns(batch)}
        columns |= _chances(batch, rows, release, predictors)
        yield pa.RecordBatch.from_arrays([columns[name] for name in BATCH_SCHEMA.names], schema=BATCH_SCHEMA)


def attribute_table(table: pa.Table, rows: AccountRows) -> pa.Table:
    """Return the attributes the input has, under their own names."""
    held = {name: column for name, column in rows.columns.items() if name not in rows.missing}
    return pa.Table.from_arrays([table.column(c) for c in held.values()], names=list(held))


def _chances(
    batch: pa.RecordBatch, rows: AccountRows, release: Release, predictors: Mapping[str, Predictor]
) -> dict[str, pa.Array]:
    if not predictors:
        return {column: pa.nulls(batch.num_rows, pa.float64()) for column, _ in OUTCOMES}
    frame = typed_frame(attribute_table(pa.Table.from_batches([batch]), rows), release.attributes)
    return {
        column: pa.array(probabilities(predictors.get(outcome), frame), type=pa.float64(), from_pandas=True)
        for column, outcome in OUTCOMES
    }
