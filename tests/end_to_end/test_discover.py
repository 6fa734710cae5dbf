"""The main job on a sample of 1,500 accounts: twice the same, nothing written on failure, scores that agree."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

import pipelines

pytestmark = pytest.mark.slow

CONFIG = """
name: small
as_of: 2026-06-30
source: {folder: crm}
attributes:
  industry: {type: category}
  employee_count: {type: number, unit: people}
  has_revops: {type: boolean}
  tech_stack: {type: tags, separator: ";"}
  hq_floor: {type: number}
  csm_health: {type: category}
pull:
  - {opportunity: sales_cycle_days, direction: lower}
  - {signal: usage_breadth_pct, aggregate: mean, direction: higher}
economics: {acquisition_cost: 2500, signal_costs: {support_hours: 60}}
money: {currency: EUR, rates: {USD: 0.92}}
stated_icp:
  - {attribute: employee_count, between: [20, 1000]}
tracking: {uri: "sqlite:///mlflow.db", experiment: icp-small}
"""
RELEASE_FILES = {
    "criteria.json", "segments.json", "accounts_scored.parquet", "accounts.csv", "cohort.parquet", "checks.json",
    "config.yaml", "report.html", "memo.md", "memo.html", "metrics.json", "boosters",
}  # fmt: skip
CHANGING = ("release_id", "stage_times")

Run = Callable[..., subprocess.CompletedProcess[str]]


def _icp(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(pipelines.__file__).parents[1])}
    return subprocess.run(
        [sys.executable, "-c", "from pipelines.cli import main\nmain()", *arguments],
        cwd=cwd, env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("work")
    assert _icp(folder, "sample", "crm", "--accounts", "1500", "--seed", "11").returncode == 0
    (folder / "icp.yaml").write_text(CONFIG)
    return folder


@pytest.fixture(scope="module")
def first(work: Path) -> subprocess.CompletedProcess[str]:
    return _icp(work, "discover", "icp.yaml", "--out", "first")


@pytest.fixture(scope="module")
def second(work: Path, first: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    return _icp(work, "discover", "icp.yaml", "--out", "second", "--json", "--previous", "none")


def _json(path: Path) -> Any:
    return json.loads(path.read_text())


def test_the_main_job_writes_a_whole_release_and_says_what_it_found(
    work: Path, first: subprocess.CompletedProcess[str]
) -> None:
    assert first.returncode == 0, first.stderr
    assert {p.name for p in (work / "first").iterdir()} >= RELEASE_FILES
    assert first.stdout.startswith("Data as of 2026-06-30 (as the config says)\n")
    assert str(Path("first") / "report.html") in first.stdout
    stages = re.findall(r"^\[(\d)/9\] (\w+) \.\.\. +\d+\.\d s$", first.stderr, flags=re.MULTILINE)
    assert [name for _, name in stages] == [
        "read", "cohort", "leaks", "models", "criteria", "segments", "scorecard", "release", "mlflow",
    ]  # fmt: skip


def test_nothing_but_progress_reaches_standard_error(first: subprocess.CompletedProcess[str]) -> None:
    assert [line for line in first.stderr.splitlines() if not re.match(r"\[\d/9\] ", line)] == []


def test_the_post_sale_column_is_set_aside_by_name(work: Path, first: subprocess.CompletedProcess[str]) -> None:
    suspects = _json(work / "first" / "checks.json")["leak_suspects"]
    assert [s["attribute"] for s in suspects] == ["csm_health"]
    assert "csm_health was set aside" in (work / "first" / "report.html").read_text()
    assert "csm_health was set aside" in " ".join(first.stdout.split())
    assert "csm_health" not in json.dumps([c["when"] for c in _json(work / "first" / "criteria.json")["criteria"]])


@pytest.mark.parametrize("name", ["criteria.json", "segments.json", "metrics.json"])
def test_the_same_input_gives_the_same_answer_twice(
    work: Path, second: subprocess.CompletedProcess[str], name: str
) -> None:
    assert second.returncode == 0, second.stderr
    one, two = (_json(work / folder / name) for folder in ("first", "second"))
    for document in (one, two):
        for key in CHANGING:
            document.pop(key, None)
    assert one == two


def test_json_holds_the_release_and_the_run(work: Path, second: subprocess.CompletedProcess[str]) -> None:
    document = json.loads(second.stdout)
    assert document["release"] == "second"
    assert document["as_of"] == "2026-06-30"
    assert re.fullmatch(r"[0-9a-f]{32}", document["mlflow"]["run_id"])


def test_scoring_the_same_accounts_gives_the_release_s_own_scores(
    work: Path, first: subprocess.CompletedProcess[str]
) -> None:
    done = _icp(work, "score", "crm/accounts.csv", "--release", "first", "--out", "scores.parquet")
    assert done.returncode == 0, done.stderr
    ours, theirs = (pq.read_table(work / p).to_pandas() for p in ("scores.parquet", "first/accounts_scored.parquet"))
    pd.testing.assert_frame_equal(ours, theirs)


def test_an_account_s_points_add_up_to_its_score(work: Path, first: subprocess.CompletedProcess[str]) -> None:
    row = pq.read_table(work / "first" / "accounts_scored.parquet").to_pandas().iloc[0]
    done = _icp(work, "explain", row["account_id"], "--release", "first", "--json")
    explained = json.loads(done.stdout)
    assert explained["base"] + sum(line["points"] for line in explained["lines"]) == explained["points"]
    assert explained["score"] == row["icp_score"]


def test_every_figure_of_metrics_json_is_in_mlflow(work: Path, second: subprocess.CompletedProcess[str]) -> None:
    code = (
        "import json, sys, warnings; warnings.simplefilter('ignore'); import mlflow; "
        "c = mlflow.MlflowClient(tracking_uri='sqlite:///mlflow.db'); run = c.get_run(sys.argv[1]); "
        "parts = c.search_runs([run.info.experiment_id], f\"tags.`mlflow.parentRunId` = '{sys.argv[1]}'\"); "
        "print(json.dumps([r.data.metrics for r in (*parts, run)]))"
    )
    run_id = json.loads(second.stdout)["mlflow"]["run_id"]
    done = subprocess.run([sys.executable, "-c", code, run_id], cwd=work, capture_output=True, text=True, timeout=120)
    *parts, parent = json.loads(done.stdout.splitlines()[-1])
    written = _json(work / "second" / "metrics.json")["metrics"]
    logged = {name: value for run in (*parts, parent) for name, value in run.items()}
    assert {name: value for name, value in logged.items() if name in written} == pytest.approx(written)
    assert {"peak_memory_mb", "seconds_models"} <= set(parent)


def test_a_release_that_could_not_be_recorded_is_there_all_the_same(work: Path) -> None:
    (work / "not_a_database.db").write_text("hello")
    done = _icp(
        work,
        "discover",
        "icp.yaml",
        "--out",
        "unrecorded",
        "--quiet",
        "--set",
        "tracking.uri=sqlite:///not_a_database.db",
    )
    assert done.returncode == 2
    assert "tracking.uri: nothing was recorded in MLflow" in done.stderr
    assert "Traceback" not in done.stderr
    assert (work / "unrecorded" / "criteria.json").is_file()


def test_no_pickle_is_left_anywhere(work: Path, second: subprocess.CompletedProcess[str]) -> None:
    pickled = [
        p for p in work.rglob("*") if p.is_file() and p.read_bytes()[:2] in (b"\x80\x03", b"\x80\x04", b"\x80\x05")
    ]
    assert pickled == []
