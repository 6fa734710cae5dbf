"""One Spark session for all tests of Spark; they are skipped where PySpark or Java is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import icp_ml

MISSING = importlib.util.find_spec("pyspark") is None or (not shutil.which("java") and "JAVA_HOME" not in os.environ)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.slow)
            # PySpark says so of pandas 3, py4j of its own sockets.
            item.add_marker(pytest.mark.filterwarnings("ignore"))
            if MISSING:
                item.add_marker(pytest.mark.skip(reason="PySpark or Java is not here; make engines installs them"))


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A session with two cores; workers run the code under test."""
    from icp_ml.spark.session import spark_session

    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patched, warnings.catch_warnings():
            # Spark's workers keep the path it is started with; other tests' programs must not see it.
            patched.setenv("PYTHONPATH", str(Path(icp_ml.__file__).parents[1]))
            warnings.simplefilter("ignore")
            session = stack.enter_context(spark_session("local[2]"))
        yield session
