"""What is said where Spark cannot be had."""

from __future__ import annotations

import sys

import pytest

from icp_ml.errors import ConfigError
from icp_ml.spark.session import spark_session


def test_without_pyspark_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    with (
        pytest.raises(ConfigError, match=r"needs PySpark, which is not installed: pip install 'icp-ml\[spark\]'"),
        spark_session(),
    ):
        pytest.fail("there is no session")


def test_a_session_beside_another_has_views_of_its_own_and_leaves_it_open(spark):
    spark.range(1).createOrReplaceTempView("theirs")
    with spark_session() as own:
        assert not own.catalog.tableExists("theirs")
        assert own.conf.get("spark.sql.session.timeZone") == "UTC"
    assert spark.table("theirs").count() == 1
