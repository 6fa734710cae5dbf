"""``icp score --engine spark`` as a person types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import pipelines


def icp(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(pipelines.__file__).parents[1])}
    return subprocess.run(
        [sys.executable, "-c", "from pipelines.cli import main\nmain()", *arguments],
        cwd=cwd, env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip


def test_the_command_writes_what_it_writes_without_spark(small_release, tmp_path):
    cells = {"account_id": ["a1", "a2"], "employee_count": ["30", "1,100"], "industry": ["saas"] * 2}
    pd.DataFrame({**cells, "has_revops": ["yes", "no"]}).to_csv(tmp_path / "accounts.csv", index=False)
    score = ("score", "accounts.csv", "--release", str(small_release), "--json")
    plain = icp(tmp_path, *score, "--out", "plain.parquet")
    done = icp(tmp_path, *score, "--out", "scores", "--engine", "spark", "--master", "local[1]")
    assert (plain.returncode, done.returncode) == (0, 0), done.stderr
    assert {**json.loads(done.stdout), "out": ""} == {**json.loads(plain.stdout), "out": ""}
    assert pq.read_table(tmp_path / "scores").to_pylist() == pq.read_table(tmp_path / "plain.parquet").to_pylist()


def test_a_master_that_is_none_is_named_in_one_message(small_release, tmp_path):
    (tmp_path / "accounts.csv").write_text("account_id\na1\n")
    score = ("score", "accounts.csv", "--release", str(small_release), "--out", "scores", "--engine", "spark")
    done = icp(tmp_path, *score, "--master", "nonsense")
    assert done.returncode == 2, done.stderr
    assert "icp: Spark did not start with --master nonsense" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["accounts.csv"]


@pytest.mark.parametrize(
    ("accounts", "out", "message"),
    [
        (
            "postgresql://icp:hunter2@host/crm#accounts",
            "scores",
            "icp: postgresql://icp:***@host/crm#accounts: --engine",
        ),
        ("accounts.csv", "postgresql://icp:hunter2@host/crm#scores", "icp: postgresql://icp:***@host/crm#scores: --e"),
        ("nosuch://icp:hunter2@host/accounts/", "scores", "icp: nosuch://icp:***@host/accounts/ is neither a file"),
        ("notes.json", "scores", "icp: notes.json is neither a file, a folder nor a table that Spark can read: "),
        ("folder", "scores", "CSV files of one folder have the same columns in the same order"),
    ],
)
def test_what_spark_cannot_take_is_one_message_without_a_password(small_release, tmp_path, accounts, out, message):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.csv").write_text("account_id,industry\na1,saas\n")
    (tmp_path / "folder" / "b.csv").write_text("industry,account_id\nsaas,a2\n")
    (tmp_path / "accounts.csv").write_text("account_id\na1\n")
    (tmp_path / "notes.json").write_text("[1, 2, 3, 4, 5, 6, 7]")
    before = sorted(p.name for p in tmp_path.rglob("*"))
    spark = ("--engine", "spark", "--master", "local[1]", "--allow-missing")
    done = icp(tmp_path, "score", accounts, "--release", str(small_release), "--out", out, *spark)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr
    assert sorted(p.name for p in tmp_path.rglob("*")) == before
