"""A Spark session, and what is asked of one. The only module that imports pyspark."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from icp_ml.errors import ConfigError, DataError
from icp_ml.spark.forecasting import gathered
from icp_ml.tables.database_address import masked

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

LOCAL = "local[*]"
"""Every core of this machine."""
_SETTINGS = {
    "spark.app.name": "icp",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
_SQL_SETTINGS = {
    # As in icp score: names differ by case, times without a zone are UTC, and what cannot be read is missing.
    "spark.sql.caseSensitive": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
_PYTHON = "PYSPARK_PYTHON"
_ON_ONE_MACHINE = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


@contextmanager
def spark_session(master: str = LOCAL) -> Iterator[SparkSession]:
    """Open a Spark session, which ends with the block; where somebody has one, a session beside it that stays.

    Parameters
    ----------
    master : str
        As Spark takes it: ``local[4]``, ``spark://host:7077``, ``yarn``. Other settings are Spark's own, in
        ``spark-defaults.conf``.

    Raises
    ------
    ConfigError
        If PySpark or Java is not there, or the master does not answer.
    """
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as err:
        raise ConfigError(
            "--engine spark needs PySpark, which is not installed: pip install 'icp-ml[spark]', and Java 17 or later"
        ) from err
    before = SparkSession.getActiveSession()
    if before is not None:
        yield _beside(before)
        return
    builder = SparkSession.builder.master(master)
    for key, value in (_SETTINGS | _SQL_SETTINGS | (_ON_ONE_MACHINE if master.startswith("local") else {})).items():
        builder = builder.config(key, value)
    try:
        with _workers_python(master), _unwarned():
            session = builder.getOrCreate()
    except (PySparkException, Py4JError, RuntimeError, OSError) as err:
        raise ConfigError(
            f"Spark did not start with --master {master} ({first_line(err)}); check that Java 17 or later is there "
            "and the master is right"
        ) from err
    try:
        with _unwarned():
            yield session
    finally:
        session.stop()


def cores(session: SparkSession) -> int:
    """Return how many tasks Spark runs at once."""
    return int(session.sparkContext.defaultParallelism)


@contextmanager
def spark_errors(what: str) -> Iterator[None]:
    """Turn what Spark says of the user's input inside the block into a DataError that begins with ``what``."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as err:
        raise DataError(masked(f"{what}: {first_line(err)}")) from err


@contextmanager
def reading_files(label: str) -> Iterator[None]:
    """Turn what Spark finds in files while it works on them into a DataError; other failures stay."""
    from py4j.protocol import Py4JError

    try:
        yield
    except Py4JError as err:
        if "FAILED_READ_FILE" not in str(err):
            raise
        raise DataError(
            masked(
                f"{label}: {first_line(err)} Each file must be whole, and CSV files of one folder have the same "
                "columns in the same order"
            )
        ) from err


def read_table(session: SparkSession, accounts: str) -> DataFrame:
    """Return Parquet or CSV files as a frame, CSV cells as text, or a table of the catalogue by its name.

    Parameters
    ----------
    session : SparkSession
        Reads it.
    accounts : str
        A path, an address such as ``s3a://bucket/accounts/``, or a table's name. Files are Parquet unless the name ends
        in ``.csv``, or the folder of this machine holds such files.

    Raises
    ------
    DataError
        If there is neither such a file nor such a table.
    """
    path = Path(accounts)
    with spark_errors(f"{accounts} is neither a file, a folder nor a table that Spark can read"):
        if accounts.lower().endswith(".csv") or _holds_csv(path):
            # Its own header counts in each file; Spark would else go by the first one's, and mistake columns.
            return session.read.csv(accounts, header=True, quote='"', escape='"', multiLine=True, enforceSchema=False)
        if "://" in accounts or path.exists():
            return session.read.parquet(accounts)
        return session.table(accounts)


def register_forecast(
    session: SparkSession, name: str, schema: str, forecast: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    """Make a function from frames to frames known to SQL: a struct of columns in, one of ``schema`` out."""
    from pyspark.sql.functions import pandas_udf

    def batches(cells: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in gathered(cells):
            yield forecast(batch)

    # Spark tells the kind of function by its annotations, and this module's are texts.
    batches.__annotations__ = {"cells": Iterator[pd.DataFrame], "return": Iterator[pd.DataFrame]}
    session.udf.register(name, pandas_udf(batches, schema))


def first_line(err: BaseException) -> str:
    """Return what went wrong in one line."""
    lines = str(err).strip().splitlines() or [type(err).__name__]
    # Of an error in Java the first line names only the call.
    said = next((line.removeprefix(": ") for line in lines if line.startswith(": ")), lines[0])
    return said[:300]


def _holds_csv(folder: Path) -> bool:
    return folder.is_dir() and any(file.suffix.lower() == ".csv" for file in folder.iterdir())


def _beside(session: SparkSession) -> SparkSession:
    """Return a session with views and settings of its own."""
    own = session.newSession()
    for key, value in _SQL_SETTINGS.items():
        own.conf.set(key, value)
    return own


@contextmanager
def _unwarned() -> Iterator[None]:
    """Leave out what PySpark says of pandas at start and at each fit: tests compare the engines' answers."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        yield


@contextmanager
def _workers_python(master: str) -> Iterator[None]:
    """Let workers on this machine run this very Python, unless somebody has said which; a session asks but once."""
    if not master.startswith("local") or _PYTHON in os.environ:
        yield
        return
    os.environ[_PYTHON] = sys.executable
    try:
        yield
    finally:
        del os.environ[_PYTHON]
