"""From a sample to a champion, a challenger of newer data, one made worse on purpose, and back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.special import expit, logit

import pipelines

pytestmark = pytest.mark.slow

CONFIG = """
name: small
as_of: 2026-06-30
source: {folder: ../crm}
attributes:
  industry: {type: category}
  employee_count: {type: number, unit: people}
  has_revops: {type: boolean}
  tech_stack: {type: tags, separator: ";"}
money: {currency: EUR, rates: {USD: 0.92}}
"""


def _icp(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(pipelines.__file__).parents[1])}
    return subprocess.run(
        [sys.executable, "-c", "from pipelines.cli import main\nmain()", *arguments],
        cwd=cwd, env=environment, capture_output=True, text=True, timeout=900,
    )  # fmt: skip


def _pointer(work: Path) -> dict[str, Any]:
    return json.loads((work / "models" / "small" / "champion.json").read_text())


def _champions(work: Path) -> dict[str, str | None]:
    """Release of the version that has the alias, by registered model; the store lies beside the config."""
    code = (
        "import json, warnings; warnings.simplefilter('ignore'); import mlflow; "
        "c = mlflow.MlflowClient(tracking_uri='sqlite:///configs/mlflow.db'); "
        "print(json.dumps({m.name: c.get_model_version_by_alias(m.name, 'champion').tags['icp.release_id'] "
        "if 'champion' in m.aliases else None for m in c.search_registered_models()}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=work, capture_output=True, text=True, timeout=300)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A champion of spring, elsewhere than under models/, and a challenger of summer, where releases go by default."""
    folder = tmp_path_factory.mktemp("work")
    assert _icp(folder, "sample", "crm", "--accounts", "1200", "--seed", "5").returncode == 0
    (folder / "configs").mkdir()
    (folder / "configs" / "small.yaml").write_text(CONFIG)
    config = ("discover", "configs/small.yaml", "--quiet")
    for done in (
        _icp(folder, *config, "--out", "releases/spring", "--set", "as_of=2026-03-31"),
        _icp(folder, "promote", "releases/spring", "--json"),
        _icp(folder, *config),
    ):
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def summer(work: Path) -> str:
    (found,) = [p.parent.name for p in (work / "models" / "small").glob("*/criteria.json")]
    return found


@pytest.fixture
def fresh(work: Path, tmp_path: Path) -> Path:
    """The same, apart for one test."""
    return Path(shutil.copytree(work, tmp_path / "work"))


def test_the_first_release_is_the_champion_in_the_file_in_mlflow_and_for_scoring(work: Path) -> None:
    identity = json.loads((work / "releases" / "spring" / "criteria.json").read_text())["release_id"]
    assert (_pointer(work)["id"], _pointer(work)["path"]) == (identity, "../../releases/spring")
    assert set(_champions(work).values()) == {identity}
    done = _icp(work, "score", "crm/accounts.csv", "--release", "champion", "--out", "scores.csv")
    assert done.returncode == 0, done.stderr
    assert identity in done.stdout


def test_a_training_says_whether_the_champion_still_holds(fresh: Path) -> None:
    done = _icp(fresh, "train", "configs/small.yaml", "--trials", "0", "--json")
    assert done.returncode == 0, done.stderr
    looked = json.loads(done.stdout)["champion"]
    # One quarter lies between the two as-of dates, so one look is due.
    assert (looked["release_id"], looked["look"]) == (_pointer(fresh)["id"], 1)
    assert {f["test"] for f in looked["findings"]} >= {"win_level", "churn_level"}


def test_the_next_discovery_takes_the_champion_for_its_previous_release(work: Path, summer: str) -> None:
    inputs = json.loads((work / "models" / "small" / summer / "metrics.json").read_text())["inputs"]
    assert inputs["previous_release"]["release_id"] == _pointer(work)["id"]


def test_held_out_accounts_began_after_the_fit_that_forecast_them(work: Path, summer: str) -> None:
    table = pq.read_table(work / "models" / "small" / summer / "holdout.parquet").to_pandas()
    assert set(table["outcome"]) == {"churn", "win"}
    later = table[table["split"] == "out_of_time"]
    assert len(later)
    assert (later["begun"].astype(str) > later["cutoff"]).all()
    assert not table.duplicated(["outcome", "account_id"]).any()


def test_both_forecast_the_same_accounts_and_a_forced_challenger_can_be_taken_back(fresh: Path, summer: str) -> None:
    before = _pointer(fresh)["id"]
    judged = _icp(fresh, "promote", f"models/small/{summer}", "--json", "--force", "--by", "Ann", "--note", "to see")
    assert judged.returncode == 0, judged.stderr
    document = json.loads(judged.stdout)
    table = pq.read_table(fresh / "models" / "small" / summer / "holdout.parquet").to_pandas()
    for found in document["comparisons"]:
        rows = table[(table["outcome"] == found["outcome"]) & (table["case"] + table["control"] > 0)]
        assert 30 <= found["n"] <= len(rows)
    assert _pointer(fresh)["path"] == summer
    assert set(_champions(fresh).values()) == {summer}
    back = _icp(fresh, "promote", "--rollback")
    assert back.returncode == 0, back.stderr
    assert _pointer(fresh)["id"] == before
    assert set(_champions(fresh).values()) == {before}


def test_a_challenger_whose_forecasts_were_spoilt_is_refused_and_nothing_moves(fresh: Path, summer: str) -> None:
    path = fresh / "models" / "small" / summer / "holdout.parquet"
    table = pq.read_table(path)
    worse = logit(np.clip(table["shipped"].to_numpy(), 1e-4, 1 - 1e-4))
    worse = expit(worse + np.random.default_rng(0).normal(0, 1.5, len(worse)))
    spoilt = table.set_column(table.column_names.index("shipped"), "shipped", pa.array(worse))
    pq.write_table(spoilt, path)
    pointer = (fresh / "models" / "small" / "champion.json").read_bytes()
    for extra in ((), ("--refresh",)):
        done = _icp(fresh, "promote", f"models/small/{summer}", *extra)
        assert done.returncode == 1
        assert "worse beyond noise" in done.stderr
        assert "Traceback" not in done.stderr
    assert (fresh / "models" / "small" / "champion.json").read_bytes() == pointer
    assert summer not in _champions(fresh).values()


def test_where_mlflow_cannot_be_reached_nothing_is_promoted(fresh: Path, summer: str) -> None:
    pointer = (fresh / "models" / "small" / "champion.json").read_bytes()
    (fresh / "configs" / "mlflow.db").write_text("no database")
    done = _icp(fresh, "promote", summer, "--force", "--by", "Ann", "--note", "now")
    assert done.returncode == 2
    assert "tracking.uri: the alias 'champion' was not moved" in done.stderr
    assert (fresh / "models" / "small" / "champion.json").read_bytes() == pointer


def test_a_release_made_elsewhere_is_promoted_and_it_is_said_that_no_alias_was(fresh: Path, summer: str) -> None:
    (fresh / "models" / "small" / summer / "tracking.json").unlink()
    done = _icp(fresh, "promote", summer, "--force", "--by", "Ann", "--note", "bought in")
    assert done.returncode == 0, done.stderr
    assert "no version has the alias 'champion'" in done.stdout
    assert _pointer(fresh)["id"] == summer
