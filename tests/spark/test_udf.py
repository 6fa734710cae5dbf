"""The logged release as MLflow's own Spark function."""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from icp_ml.release.folder import Release
from icp_ml.release.scoring import score_file
from icp_ml.tracking.discoveries import Discovery, track_discovery

HEADER = ["Account ID", "Headcount", "industry", "RevOps?", "tech_stack"]
ROWS = [
    ["a1", "30", "saas", "yes", "zendesk"],
    ["a2", "1,100", "O'Neil", "1", "jira|zendesk"],
    ["a3", "", "NA", "", ""],
    ["a4", "49.999999", "007", "no", "|zendesk |"],
]


def test_a_release_as_mlflow_s_spark_function_answers_as_icp_score_does(spark, small_release: Path, tmp_path: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow.pyfunc
        from pyspark.sql.functions import struct

    models = {"win": "logistic"}
    day = "2026-06-30"
    discovery = Discovery("acme", f"{day}-aa", day, "", {}, {}, {}, small_release, models, version="0.1.0")
    track_discovery(discovery, f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}", "icp-acme", tmp_path / "artifacts")
    (logged,) = [p.parent for p in (tmp_path / "artifacts" / "models").rglob("model_code.py")]
    score = mlflow.pyfunc.spark_udf(spark, str(logged), env_manager="local")
    scored = spark.createDataFrame(ROWS, HEADER).select(score(struct(*HEADER)).alias("s")).select("s.*")

    pd.DataFrame(ROWS, columns=HEADER).to_csv(tmp_path / "accounts.csv", index=False)
    score_file(tmp_path / "accounts.csv", Release.load(small_release), tmp_path / "expected.parquet")
    expected = pq.read_table(tmp_path / "expected.parquet").to_pylist()
    assert sorted([row.asDict() for row in scored.collect()], key=lambda row: row["account_id"]) == expected
