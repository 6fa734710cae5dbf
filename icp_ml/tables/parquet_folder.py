"""A folder of Parquet files, nested ones too, as one table in the order of the files' names."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from icp_ml.errors import DataError
from icp_ml.tables.sources import Connection, Scan, scan_parquet, stack


def scan_folder(connection: Connection, folder: Path) -> Scan:
    """Make a folder of Parquet files ready to be selected from; ``__file`` tells their order.

    Files of one schema in a row are read as one: hundreds of parts are no longer query than one is. A column is matched
    by name; where types differ, all are read as text.

    Raises
    ------
    DataError
        If there is no Parquet file, or one is not readable.
    """
    files = sorted(p for p in folder.rglob("*.parquet") if p.is_file() and not _hidden(p.relative_to(folder)))
    if not files:
        raise DataError(f"{folder} holds no Parquet file; give a CSV or Parquet file, or a folder of Parquet files")
    runs = [list(run) for _, run in itertools.groupby(files, key=_layout)]
    scans = [scan_parquet(connection, run, run[0].name if len(runs) > 1 else folder.name) for run in runs]
    sql, columns, types = stack(scans)
    return replace(scans[0], label=folder.name, sql=sql, columns=columns, types=types, count=_sum(scans))


def _hidden(path: Path) -> bool:
    """Whether engines leave a file out: Spark's and others' own, and what a run is still writing."""
    return any(part.startswith((".", "_")) for part in path.parts)


def _layout(path: Path) -> tuple[pa.Schema, tuple[str, ...]]:
    """Return what files must share to be read as one: columns, types, and columns that folders' names give."""
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowInvalid, OSError) as err:
        raise DataError(f"{path.name}: not a readable Parquet file ({str(err).splitlines()[0]})") from err
    return schema.remove_metadata(), tuple(part.split("=")[0] for part in path.parts if "=" in part)


def _sum(scans: list[Scan]) -> int | None:
    counts = [scan.count for scan in scans]
    return None if None in counts else sum(c for c in counts if c is not None)
