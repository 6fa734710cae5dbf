"""``icp score --engine spark`` as a person types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

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
