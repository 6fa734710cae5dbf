"""The same accounts scored by every engine that runs here: score, tier, matched criteria and segment."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from icp_ml.exports.dialects import dialect_of
from icp_ml.exports.logic import logic_document
from icp_ml.exports.scope import Scope
from icp_ml.exports.sql import sql_text
from icp_ml.release.folder import Release
from icp_ml.release.frames import typed_frame
from icp_ml.release.reading import read_accounts
from icp_ml.release.scoring import score_file
from icp_ml.tables.sources import engine

ROOT = Path(__file__).resolve().parent.parent
NODE = ROOT / "tests" / "engines"
COLUMNS = ["icp_score", "icp_tier", "matched_criteria", "segment"]


def typed_accounts(accounts: pa.Table, release: Release) -> pd.DataFrame:
    """Return the accounts' typed attributes, as scoring reads them."""
    with engine() as (connection, scratch):
        pq.write_table(accounts, scratch / "accounts.parquet")
        rows = read_accounts(connection, scratch / "accounts.parquet", scratch, release)
        found = connection.sql(rows.sql).to_arrow_table()
    columns = pa.table({name: found.column(column) for name, column in rows.columns.items()})
    return typed_frame(columns, release.attributes)


def python_answers(typed: pd.DataFrame, release: Release) -> pd.DataFrame:
    """Answer by the reference: masks over typed attributes."""
    scored = release.rules.score_frame(typed)
    return scored.assign(segment=release.segment_rules.assign(typed))[COLUMNS].astype({"icp_score": "int64"})


def file_answers(accounts: pa.Table, release: Release) -> pd.DataFrame:
    """Answer as ``icp score`` does on a Parquet file."""
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(accounts, Path(folder) / "accounts.parquet")
        score_file(Path(folder) / "accounts.parquet", release, Path(folder) / "scored.parquet", models=False)
        return _tidy(pq.read_table(Path(folder) / "scored.parquet", columns=COLUMNS).to_pandas())


def duckdb_answers(accounts: pa.Table, release: Release) -> pd.DataFrame:
    """Answer by the exported SELECT in DuckDB."""
    with duckdb.connect() as connection:
        connection.register("accounts", accounts)
        query = sql_text(Scope(release), dialect_of("duckdb"), "accounts", segment=True)
        return _tidy(connection.execute(query).df())


def postgres_answers(accounts: pa.Table, release: Release, url: str) -> pd.DataFrame:
    """Answer by the exported SELECT in PostgreSQL."""
    import psycopg
    from psycopg import sql

    kinds = {pa.float64(): "double precision", pa.bool_(): "boolean"}
    columns = [
        sql.SQL("{} {}").format(sql.Identifier(f.name), sql.SQL(kinds.get(f.type, "text"))) for f in accounts.schema
    ]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE TEMP TABLE accounts ({})").format(sql.SQL(", ").join(columns)))
        with cursor.copy("COPY accounts FROM STDIN") as copy:
            for batch in accounts.to_batches(20_000):
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    copy.write_row(row)
        cursor.execute(sql_text(Scope(release), dialect_of("postgres"), "accounts", segment=True).encode())
        names = [column.name for column in cursor.description or ()]
        return _tidy(pd.DataFrame(cursor.fetchall(), columns=names))


def spark_answers(accounts: pa.Table, release: Release, session: Any) -> pd.DataFrame:
    """Answer by the exported SELECT in Spark."""
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(accounts, Path(folder) / "accounts.parquet")
        session.read.parquet(str(Path(folder) / "accounts.parquet")).createOrReplaceTempView("accounts")
        query = sql_text(Scope(release), dialect_of("spark"), "accounts", segment=True)
        session.sql(query).write.parquet(str(Path(folder) / "scored"))
        return _tidy(pq.read_table(Path(folder) / "scored").to_pandas())


def node_answers(typed: pd.DataFrame, release: Release) -> pd.DataFrame:
    """Answer by the exported JsonLogic on Node, from typed objects."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        document = json.dumps(logic_document(Scope(release)), ensure_ascii=False)
        (folder / "rules.json").write_text(document, encoding="utf-8")
        with (folder / "accounts.jsonl").open("w", encoding="utf-8") as file:
            for account in _objects(typed):
                file.write(json.dumps(account) + "\n")
        files = [str(folder / f) for f in ("rules.json", "accounts.jsonl", "out.jsonl")]
        subprocess.run(["node", str(NODE / "evaluate.js"), *files], check=True, cwd=NODE)
        lines = [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    answers = pd.DataFrame(lines, columns=["icp_score", "icp_tier", "matched_criteria", "by_cat", "segment"])
    if not answers["matched_criteria"].equals(answers["by_cat"]):
        raise AssertionError("the rule for matched_criteria disagrees with the rules themselves")
    return answers[COLUMNS].astype({"icp_score": "int64"})


def node_is_here() -> bool:
    """Return whether Node and the public JsonLogic are installed."""
    return shutil.which("node") is not None and (NODE / "node_modules" / "json-logic-js").is_dir()


def differences(reference: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in which two engines' answers differ, side by side."""
    if len(reference) != len(answers):
        raise AssertionError(f"{len(answers):,} answers for {len(reference):,} accounts")
    different = (reference.astype(object).to_numpy() != answers.astype(object).to_numpy()).any(axis=1)
    return reference[different].join(answers[different].add_suffix("_other"))


def _objects(typed: pd.DataFrame) -> Iterator[dict[str, Any]]:
    names = list(typed.columns)
    columns = [[_plain(value) for value in typed[name]] for name in names]
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if value is pd.NA or value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _tidy(answers: pd.DataFrame) -> pd.DataFrame:
    """Return the answers in the accounts' order: an engine promises none."""
    if "account_id" in answers:
        order = answers["account_id"].str.removeprefix("a").astype("int64").to_numpy().argsort(kind="stable")
        answers = answers.iloc[order]
    return answers[COLUMNS].reset_index(drop=True).astype({"icp_score": "int64"})
