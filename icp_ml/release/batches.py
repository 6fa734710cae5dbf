"""Accounts as a relation of the engine, scored into batches of bounded size in the order of the input.

Where the accounts come from (:mod:`icp_ml.release.reading`) and where the scores go is somebody else's.
"""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from icp_ml.release.combinations import Combinations
from icp_ml.release.folder import Release
from icp_ml.release.frames import SCORE_SCHEMA, typed_frame
from icp_ml.release.reading import AccountRows, check_ids
from icp_ml.release.scored import OUTCOMES, probabilities
from icp_ml.tables.sources import Connection

if TYPE_CHECKING:
    from icp_ml.models.types import Predictor

BATCH_ROWS = 122_880
_MOST_THREADS = 2  # more only wait for each other; each holds a batch as a frame: some 50 MB
Added = dict[str, pa.Array]

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
    chances = partial(_chances, rows=rows, release=release, predictors=predictors)
    # Models take most of the time and leave the interpreter to others meanwhile; rules alone do not.
    for batch, added in _beside(chances, _identified(reader, connection, rows), threads() if predictors else 0):
        columns = {"account_id": batch.column("account_id"), **combinations.columns(batch), **added}
        yield pa.RecordBatch.from_arrays([columns[name] for name in BATCH_SCHEMA.names], schema=BATCH_SCHEMA)


def threads() -> int:
    """Return how many batches are forecast at once."""
    return min(_MOST_THREADS, os.cpu_count() or 1)


def attribute_table(table: pa.Table, rows: AccountRows) -> pa.Table:
    """Return the attributes the input has, under their own names."""
    held = {name: column for name, column in rows.columns.items() if name not in rows.missing}
    return pa.Table.from_arrays([table.column(c) for c in held.values()], names=list(held))


def _identified(reader: pa.RecordBatchReader, connection: Connection, rows: AccountRows) -> Iterator[pa.RecordBatch]:
    """Yield batches that name every account."""
    for batch in _filled(reader):
        if batch.column("account_id").null_count:
            reader.close()
            check_ids(connection, rows)
        yield batch


def _filled(reader: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Put small batches together, which the engine gives where there are many small files."""
    held: list[pa.RecordBatch] = []
    for batch in reader:
        if not batch.num_rows:
            continue
        if held and sum(b.num_rows for b in held) + batch.num_rows > BATCH_ROWS:
            yield _joined(held)
            held = []
        held.append(batch)
    if held:
        yield _joined(held)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return batches[0] if len(batches) == 1 else pa.Table.from_batches(batches).combine_chunks().to_batches()[0]


def _beside(
    work: Callable[[pa.RecordBatch], Added], batches: Iterator[pa.RecordBatch], workers: int
) -> Iterator[tuple[pa.RecordBatch, Added]]:
    """Yield each batch with what the work gives, in order; some batches are worked on at once."""
    # The first one alone: a model sets itself up at its first forecast, which two threads must not do at once.
    for batch in itertools.islice(batches, 1 if workers > 1 else None):
        yield batch, work(batch)
    if workers <= 1:
        return
    with ThreadPoolExecutor(workers) as pool:
        begun: deque[tuple[pa.RecordBatch, Future[Added]]] = deque()
        try:
            for batch in batches:
                begun.append((batch, pool.submit(work, batch)))
                if len(begun) > workers:
                    earliest, future = begun.popleft()
                    yield earliest, future.result()
            while begun:
                earliest, future = begun.popleft()
                yield earliest, future.result()
        finally:
            for _, future in begun:
                future.cancel()


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
