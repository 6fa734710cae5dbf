"""Trees grown in Spark are those grown in memory, up to which accounts a tree samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icp_ml.models.boosting import encoded_values, train_booster
from icp_ml.spark.training import SparkTrainer, train_on_spark

RISKY = 1.2


@pytest.fixture(scope="module")
def records():
    """Encoded accounts, their churn and expected churn: the odds rise with ``x``, and with level ``b``."""
    rng = np.random.default_rng(3)
    n = 1200
    x = rng.normal(size=n)
    level = pd.Categorical(rng.choice(["a", "b", None], n), categories=["a", "b"])
    frame = pd.DataFrame({"x": np.where(rng.random(n) < 0.1, np.nan, x), "a.b = `c`": level})
    offset = np.log(rng.uniform(0.05, 0.3, n))
    rate = np.exp(offset + 0.8 * np.nan_to_num(frame["x"]) + RISKY * (frame["a.b = `c`"] == "b"))
    return frame, (rng.random(n) < 1 - np.exp(-rate)).astype(float), offset


def in_memory(records, **told):
    return train_booster(records[0], records[1], "poisson", offset=records[2], rounds=40, random_state=5, **told)


def in_spark(spark, workers, records, **told):
    trainer = SparkTrainer(spark, workers)
    return trainer(records[0], records[1], "poisson", offset=records[2], rounds=40, random_state=5, **told)


def test_one_worker_grows_the_very_trees_of_memory(spark, records):
    here, there = in_memory(records), in_spark(spark, 1, records)
    assert there.rounds == 40
    np.testing.assert_array_equal(there.margin(records[0]), here.margin(records[0]))
    np.testing.assert_array_equal(there.contributions(records[0]), here.contributions(records[0]))


def test_two_workers_grow_nearly_the_same_trees_and_always_the_same(spark, records):
    here, there = in_memory(records).margin(records[0]), in_spark(spark, 2, records)
    again = in_spark(spark, 2, records)
    assert again.to_bytes() == there.to_bytes()
    margin = there.margin(records[0])
    assert np.corrcoef(here, margin)[0, 1] > 0.98
    assert abs(margin.mean() - here.mean()) < 0.05
    assert not np.array_equal(here, margin), "each worker samples its own share"


def test_directions_are_kept_to(spark, records):
    booster = in_spark(spark, 2, records, monotone=(-1, 0))
    grid = records[0].iloc[[0] * 50].assign(x=np.linspace(-3, 3, 50))
    assert np.diff(booster.margin(grid)).max() <= 0
    assert np.diff(in_spark(spark, 1, records).margin(grid)).max() > 0


def test_records_that_spark_holds_are_learned_from_under_any_column_names(spark, records):
    frame, label, offset = records
    held = pd.DataFrame(encoded_values(frame), columns=frame.columns).astype(object)
    held = held.where(held.notna(), None).assign(label=label, offset=offset, record=range(len(held)))
    schema = "`x` double, `a.b = ``c``` double, label double, offset double, record long"
    table = spark.createDataFrame(held.to_numpy().tolist(), schema).repartitionByRange(1, "record")
    columns = [("x", "q"), ("a.b = `c`", "c")]
    there = train_on_spark(table, columns, "poisson", workers=1, rounds=40, random_state=5)
    np.testing.assert_array_equal(there.margin(frame), in_memory(records).margin(frame))


def test_without_any_column_the_mean_is_learned(spark, records):
    nothing = (records[0][[]], *records[1:])
    np.testing.assert_array_equal(in_spark(spark, 2, nothing).margin(nothing[0]), in_memory(nothing).margin(nothing[0]))
