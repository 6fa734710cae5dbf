from __future__ import annotations

from pathlib import Path

import pytest

from icp_ml.config.schema import Attribute, Config, Source, Tracking
from pipelines import run_facts


def _config(uri: str = "sqlite:///mlflow.db") -> Config:
    source = Source(url="postgresql://ann:secret@host/crm")
    return Config(name="acme", source=source, attributes={"n": Attribute(type="number")}, tracking=Tracking(uri=uri))


def test_a_relative_store_and_its_artifacts_lie_beside_the_config(tmp_path: Path) -> None:
    uri, artifacts, moved = run_facts.store(_config(), tmp_path / "icp.yaml")
    assert uri == f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}"
    assert artifacts == tmp_path / "mlartifacts"
    assert moved is None


def test_a_store_beside_a_config_that_cannot_be_written_moves_here_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run_facts.os, "access", lambda path, mode: False)
    uri, artifacts, moved = run_facts.store(_config("sqlite:////elsewhere/mlflow.db"), tmp_path / "icp.yaml")
    assert uri == f"sqlite:///{(tmp_path / 'mlflow.db').as_posix()}"
    assert artifacts == tmp_path / "mlartifacts"
    assert (
        moved
        == f"/elsewhere cannot be written, so the MLflow store is {tmp_path / 'mlflow.db'}; set tracking.uri to choose"
    )


def test_a_server_is_left_as_it_is(tmp_path: Path) -> None:
    assert (
        run_facts.store(_config("https://mlflow.example.com"), tmp_path / "icp.yaml")[0] == "https://mlflow.example.com"
    )


def test_settings_say_nothing_of_where_the_data_lies() -> None:
    flat = run_facts.settings(_config(), ["n"])
    assert flat["criteria.max_false_discovery_rate"] == 0.05
    assert flat["attributes_used"] == 1
    assert "secret" not in str(flat)
    assert "host" not in str(flat)


def test_versions_name_what_a_result_depends_on() -> None:
    assert {"icp-ml", "python", "numpy", "xgboost", "mlflow"} <= set(run_facts.versions())
