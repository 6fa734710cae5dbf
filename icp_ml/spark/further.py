"""Customers beyond those that memory holds: written to where Spark reads them, share by share, to learn from alone.

Only training sees them. Who is held out, what is calibrated and what is explained are the customers in memory, a random
share of all, none of whom is among these.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from icp_ml.config.schema import Attribute
from icp_ml.features.encoding import AttributeEncoder
from icp_ml.models.history import ChurnRecords
from icp_ml.spark.encoding import LABEL, OFFSET, RECORD, encoding, plain_records, record_schema
from icp_ml.spark.session import spark_errors
from icp_ml.survival import nelson_aalen

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_FIRST = 1 << 40
"""Number of the first further record: beyond all that memory holds."""


@dataclass(frozen=True)
class FurtherRecords:
    """Customers' records in Spark.

    Parameters
    ----------
    table : DataFrame of Spark
        As :func:`icp_ml.spark.encoding.record_schema` says.
    attributes : mapping of str to Attribute
        What models may use.
    typical : ChurnRecords
        A share of them in memory: its follow-up says how much churn was to be expected.
    n : int
        How many there are.
    """

    table: DataFrame
    attributes: Mapping[str, Attribute]
    typical: ChurnRecords
    n: int

    def encoded(self, encoder: AttributeEncoder, names: list[str], cutoff: np.datetime64 | None) -> DataFrame:
        """Return encoded columns by name, label, offset and number of each record that was known at a cut-off."""
        target = self.typical.target if cutoff is None else self.typical.known_at(cutoff)[1]
        expected = nelson_aalen(target.time, target.event, target.entry)
        work = encoding(encoder, self.attributes, names, expected, target.horizon, self.typical.grace_days, cutoff)
        cells = [*(f"{name} float" for name in names), f"{LABEL} double", f"{OFFSET} double", f"{RECORD} bigint"]
        return self.table.mapInPandas(work, ", ".join(cells))


@contextmanager
def further_records(
    session: SparkSession, shares: Iterable[ChurnRecords], attributes: Mapping[str, Attribute], scratch: str
) -> Iterator[FurtherRecords | None]:
    """Write records share by share below a folder, for the time of the block; None where there are none.

    Parameters
    ----------
    session : SparkSession
        Writes them, so that they lie where its workers see them.
    shares : iterable of ChurnRecords
        Taken one at a time; none is kept but the first one's follow-up.
    attributes : mapping of str to Attribute
        What models may use.
    scratch : str
        Folder that Spark can write to, on a disk that driver and workers share.

    Raises
    ------
    DataError
        If Spark cannot write to it.
    """
    folder = f"{scratch.rstrip('/')}/icp-{uuid.uuid4().hex}"
    schema, typical, n = record_schema(attributes), None, 0
    with spark_errors(f"{scratch}: Spark cannot keep further customers there"):
        files = _file_system(session, folder)
    try:
        for share in shares:
            if not len(share.begun):
                continue
            plain = plain_records(share, attributes, _FIRST + n)
            frame = session.createDataFrame(plain, schema)
            with spark_errors(f"{scratch}: Spark cannot keep further customers there"):
                frame.write.mode("append").parquet(folder)
            typical = typical or ChurnRecords(share.frame[[]], share.target, share.begun, share.ended, share.grace_days)
            n += len(plain)
        yield FurtherRecords(session.read.parquet(folder), attributes, typical, n) if typical else None
    finally:
        files.delete(_path(session, folder), True)


def _file_system(session: SparkSession, folder: str) -> Any:
    """Return the file system of a folder, whichever Spark knows."""
    return _path(session, folder).getFileSystem(session.sparkContext._jsc.hadoopConfiguration())


def _path(session: SparkSession, folder: str) -> Any:
    return session.sparkContext._jvm.org.apache.hadoop.fs.Path(folder)
