"""A query's answer, streamed into a file that the engine scans: never the whole of it in memory."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from icp_ml.tables.database import Database
from icp_ml.tables.parsing import literal, quoted
from icp_ml.tables.sources import ROW, Scan, internal
from icp_ml.tables.workbooks import cell_text

BATCH_ROWS = 20_000
_MOST_REMEMBERED, _MOST_INTEGER = 100_000, 2**63


def scan_query(
    database: Database, statement: sa.Executable, label: str, scratch: Path, *, numbered: bool = False
) -> Scan:
    """Run a query and make its answer ready to be selected from, its cells spelled as a CSV export would.

    Parameters
    ----------
    database : Database
        Where to run it.
    statement : sqlalchemy.Executable
        A ``SELECT``.
    label : str
        What names the answer in messages.
    scratch : Path
        Folder for the answer; it must outlive the use of the scan.
    numbered : bool, default False
        Whether the first column is the row's number, and not a column of the user's. Otherwise row 1 is the first.

    Returns
    -------
    Scan
        ``VARCHAR`` columns, and ``VARCHAR[]`` where the database holds lists.
    """
    file = scratch / f"answer_{len(list(scratch.glob('answer_*.parquet')))}.parquet"
    streamed = {"stream_results": True, "yield_per": BATCH_ROWS}
    with database.connection.execute(statement, execution_options=streamed) as answer:
        columns = list(map(str, answer.keys()))[numbered:]
        told = _told_lists(answer)  # an answer that is at its end tells no more
        batches: Iterator[Sequence[Sequence[Any]]] = answer.partitions()
        first = next(batches, [])
        listed = [a or b for a, b in zip(told, _shown_lists(first, len(told)), strict=True)][numbered:]
        sha256 = _write(file, first, batches, columns, listed, numbered)
    names = "".join(f", {internal(i)}" for i in range(len(columns)))
    sql = f"SELECT {quoted(ROW)}{names} FROM read_parquet({literal(str(file))})"
    return Scan(label, sql, tuple(columns), tuple("VARCHAR[]" if is_list else "VARCHAR" for is_list in listed), sha256)


def _write(
    file: Path,
    first: Sequence[Sequence[Any]],
    batches: Iterator[Sequence[Sequence[Any]]],
    columns: Sequence[str],
    listed: Sequence[bool],
    numbered: bool,
) -> str:
    """Write the rows batch by batch and return the fingerprint of all names and cells."""
    spellers = [_Lists() if is_list else _Texts() for is_list in listed]
    schema = pa.schema([(ROW, pa.int64()), *((f"__{i}", speller.kind) for i, speller in enumerate(spellers))])
    digest, done, rows = hashlib.sha256("\x1f".join(columns).encode()), 0, first
    with pq.ParquetWriter(file, schema) as writer:
        while rows:
            cells = list(zip(*rows, strict=True))
            numbers = cells[0] if numbered else range(done + 1, done + 1 + len(rows))
            arrays = [speller.array(column) for speller, column in zip(spellers, cells[numbered:], strict=True)]
            for array in arrays:
                for buffer in array.buffers():
                    digest.update(b"\x1f" if buffer is None else buffer)
            writer.write_batch(pa.record_batch([pa.array(numbers, type=pa.int64()), *arrays], schema=schema))
            done += len(rows)
            rows = next(batches, [])
    return digest.hexdigest()


class _Texts:
    """Spells the cells of one column as text, a batch at a time; an empty cell is None."""

    kind = pa.string()

    def __init__(self) -> None:
        self.instants: dict[tuple[dt.datetime, dt.tzinfo | None], str] = {}

    def array(self, cells: Sequence[Any]) -> pa.Array:
        """Return a batch of cells as text."""
        found = set(map(type, cells)) - {type(None)}
        if found <= {str}:
            return pa.array([cell or None for cell in cells] if "" in cells else cells, type=pa.string())
        if found == {dt.date}:
            return pa.array(cells, type=pa.date32()).cast(pa.string())
        if found == {int} and max(abs(cell) for cell in cells if cell is not None) < _MOST_INTEGER:
            return pa.array(cells, type=pa.int64()).cast(pa.string())
        if found == {Decimal}:
            return pa.array([None if cell is None else str(cell) for cell in cells], type=pa.string())
        spell = self._instant if found == {dt.datetime} else _spelled
        return pa.array([None if cell is None else spell(cell) for cell in cells], type=pa.string())

    def _instant(self, cell: dt.datetime) -> str:
        """Spell an instant, each only once: in a column of days few differ."""
        key = cell, cell.tzinfo  # one instant compares equal in every zone
        known = self.instants.get(key)
        if known is None:
            if len(self.instants) >= _MOST_REMEMBERED:
                self.instants.clear()
            known = self.instants[key] = cell_text(cell)
        return known


class _Lists:
    """Spells the values of the lists in one column."""

    kind = pa.list_(pa.string())

    def array(self, cells: Sequence[Any]) -> pa.Array:
        """Return a batch of lists of texts."""
        lists = [cell if cell is None or isinstance(cell, list) else [cell] for cell in cells]
        return pa.array([None if c is None else [cell_text(v) for v in c] for c in lists], type=self.kind)


def _spelled(cell: Any) -> str | None:
    return (";".join(map(cell_text, cell)) if isinstance(cell, list) else cell_text(cell)) or None


def _told_lists(answer: sa.CursorResult[Any]) -> list[bool]:
    """Return which columns hold lists, as far as the driver says it."""
    described = answer.cursor.description if answer.cursor is not None else []
    kinds = getattr(getattr(answer.connection.connection.driver_connection, "adapters", None), "types", {})
    found = [kinds.get(column[1]) for column in described]
    return [kind is not None and kind.array_oid == column[1] for kind, column in zip(found, described, strict=True)]


def _shown_lists(rows: Sequence[Sequence[Any]], width: int) -> list[bool]:
    """Return which columns hold lists, as rows show it."""
    return [any(isinstance(cell, list) for cell in cells) for cells in zip(*rows, strict=True)] or [False] * width
