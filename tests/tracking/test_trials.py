from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from icp_ml.errors import ConfigError
from icp_ml.tracking.recording import TrackedRun
from icp_ml.tracking.trials import TrainedOutcome, Training, record_training

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what MLflow's own imports deprecate is not ours to mend
    import mlflow

pytestmark = pytest.mark.filterwarnings("ignore")  # the same, when it runs


def _uri(folder: Path) -> str:
    return f"sqlite:///{(folder / 'mlflow.db').as_posix()}"


def _training() -> Training:
    sources = {"accounts": {"path": "accounts.csv", "rows": 6, "sha256": "ab" * 32}}
    return Training("acme", "2026-06-30", {"seed": 7, "trials": 2}, sources, {"seed": "7"}, "0.1.0")


def _trained(folder: Path) -> TrainedOutcome:
    boosters = folder / "boosters"
    boosters.mkdir(exist_ok=True)
    (boosters / "churn.json").write_text(json.dumps({"model": "data"}))
    metrics = {"churn_auc_out_of_time": 0.76, "churn_auc_out_of_time_low": 0.7}
    return TrainedOutcome("churn", {"model": "boosted"}, metrics, "It ships.", "A trial, not a release.", boosters)


def _run(folder: Path) -> TrackedRun:
    with record_training(_training(), _uri(folder), "icp-acme", folder / "mlartifacts") as record:
        record.begin_outcome("churn")
        for number in range(2):
            record.tried("churn", number, {"eta": 0.05}, {"loss": 0.4 - 0.1 * number}, "Tried.")
        record.end_outcome(_trained(folder))
        return record.end("**Found**", {"churn_auc_out_of_time": 0.76})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def run(folder: Path) -> TrackedRun:
    return _run(folder)


@pytest.fixture
def client(folder: Path, run: TrackedRun) -> mlflow.MlflowClient:
    return mlflow.MlflowClient(tracking_uri=_uri(folder))


def _children(client: mlflow.MlflowClient, parent: str) -> dict[str, mlflow.entities.Run]:
    experiment = client.get_experiment_by_name("icp-acme")
    found = client.search_runs([experiment.experiment_id], f"tags.`mlflow.parentRunId` = '{parent}'")
    return {r.info.run_name: r for r in found}


def test_the_parent_run_says_that_it_is_a_trial_and_what_it_read(client: mlflow.MlflowClient, run: TrackedRun) -> None:
    parent = client.get_run(run.run_id)
    assert parent.info.status == "FINISHED"
    assert parent.data.tags["icp.part"] == "train"
    assert parent.data.tags["mlflow.note.content"] == "**Found**"
    assert parent.data.tags["mlflow.source.name"] == "icp train"
    assert parent.data.params == {"seed": "7", "trials": "2"}
    assert parent.data.metrics == {"churn_auc_out_of_time": 0.76}
    (read,) = parent.inputs.dataset_inputs
    assert (read.dataset.name, read.dataset.digest) == ("accounts", "ab" * 16)


def test_an_outcome_has_a_run_inside_it_and_each_setting_tried_one_inside_that(
    client: mlflow.MlflowClient, run: TrackedRun
) -> None:
    (churn,) = _children(client, run.run_id).values()
    assert churn.data.tags["icp.part"] == "train_churn"
    assert churn.data.metrics == {"churn_auc_out_of_time": 0.76, "churn_auc_out_of_time_low": 0.7}
    assert churn.data.tags["mlflow.note.content"] == "It ships."
    tried = _children(client, churn.info.run_id)
    assert sorted(tried) == ["churn 0", "churn 1"]
    assert [tried[name].data.metrics["loss"] for name in sorted(tried)] == pytest.approx([0.4, 0.3])
    assert {r.info.status for r in tried.values()} == {"FINISHED"}
    assert {r.data.params["eta"] for r in tried.values()} == {"0.05"}


def test_the_model_is_a_challenger_that_no_promotion_takes_for_a_release(
    client: mlflow.MlflowClient, run: TrackedRun
) -> None:
    assert run.registered == {"churn": "icp-acme-churn/1"}
    version = client.get_model_version_by_alias("icp-acme-churn", "challenger")
    assert str(version.version) == "1"
    assert version.description == "A trial, not a release."
    assert version.tags["icp.trial"] == run.run_id
    assert "icp.release_id" not in version.tags


def test_a_second_training_moves_the_alias_to_its_own_version(client: mlflow.MlflowClient, folder: Path) -> None:
    assert _run(folder).registered == {"churn": "icp-acme-churn/2"}
    assert str(client.get_model_version_by_alias("icp-acme-churn", "challenger").version) == "2"


def test_nothing_is_stored_as_pickle(run: TrackedRun, folder: Path) -> None:
    files = [p for p in (folder / "mlartifacts").rglob("*") if p.is_file()]
    assert files
    assert [p for p in files if p.read_bytes()[:2] in (b"\x80\x03", b"\x80\x04", b"\x80\x05")] == []


def _stopped(folder: Path, stop: type[BaseException]) -> None:
    with record_training(_training(), _uri(folder), "icp-acme", folder / "mlartifacts") as record:
        record.begin_outcome("churn")
        record.tried("churn", 0, {}, {"loss": 0.4}, "Tried.")
        raise stop


def _all_runs(client: mlflow.MlflowClient) -> list[mlflow.entities.Run]:
    return list(client.search_runs([client.get_experiment_by_name("icp-acme").experiment_id]))


@pytest.mark.parametrize(("stop", "status"), [(KeyboardInterrupt, "KILLED"), (ValueError, "FAILED")])
def test_a_training_that_is_stopped_says_so_in_every_run_it_left_open(
    tmp_path: Path, stop: type[BaseException], status: str
) -> None:
    with pytest.raises(stop):
        _stopped(tmp_path, stop)
    client = mlflow.MlflowClient(tracking_uri=_uri(tmp_path))
    (parent,) = [r.info.run_id for r in _all_runs(client) if r.data.tags["icp.part"] == "train"]
    (churn,) = _children(client, parent).values()
    (tried,) = _children(client, churn.info.run_id).values()
    assert client.get_run(parent).info.status == status
    assert (churn.info.status, tried.info.status) == (status, "FINISHED")


def test_a_store_that_cannot_be_written_is_named_before_the_work_starts(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("hello")
    with (
        pytest.raises(ConfigError, match=r"tracking\.uri: the training was stopped.*file is not a database"),
        record_training(_training(), _uri(tmp_path), "icp-acme", tmp_path / "mlartifacts"),
    ):
        pytest.fail("the block must not start")
