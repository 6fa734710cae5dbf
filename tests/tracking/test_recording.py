from __future__ import annotations

import json
import shutil
import socket
import warnings
from pathlib import Path

import pytest

from icp_ml.errors import ConfigError
from icp_ml.release.folder import checksum
from icp_ml.tracking.discoveries import Discovery, track_discovery
from icp_ml.tracking.recording import TrackedRun, ui_command
from icp_ml.tracking.stores import sqlite_file
from icp_ml.tracking.views import VIEW_TAG, releases_link

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what MLflow's own imports deprecate is not ours to mend
    import mlflow

pytestmark = pytest.mark.filterwarnings("ignore")  # the same, when it runs

KEPT = "kept_by_month/all"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, small_release: Path) -> Path:
    folder = tmp_path_factory.mktemp("store")
    shutil.copytree(small_release, folder / "release")
    return folder


@pytest.fixture(scope="module")
def run(folder: Path) -> TrackedRun:
    return track_discovery(_discovery(folder), _uri(folder), "icp-acme", folder / "mlartifacts")


@pytest.fixture
def client(folder: Path, run: TrackedRun) -> mlflow.MlflowClient:
    return mlflow.MlflowClient(tracking_uri=_uri(folder))


def _uri(folder: Path) -> str:
    return f"sqlite:///{(folder / 'mlflow.db').as_posix()}"


def _discovery(folder: Path) -> Discovery:
    release = folder / "release"
    return Discovery(
        name="acme",
        release_id="2026-06-30-aa",
        as_of="2026-06-30",
        description="**Refuse** small shops\n\n### Tiers",
        params={"seed": 7, "money.rates": {"USD": 0.92}},
        metrics={
            "win_auc_out_of_time": 0.76,
            "win_auc_out_of_time_boosted": 0.74,
            "criteria_proposed": 2.0,
            "criteria_X1_risk_difference": 0.3,
            "segments_S1_win_rate": 0.4,
        },
        inputs={"accounts": {"path": "accounts.csv", "rows": 6, "sha256": "ab" * 32}},
        release=release,
        models={"win": "logistic"},
        version="0.1.0",
        series={KEPT: [{"step": 0, "value": 1.0}, {"step": 6, "value": 0.9, "low": 0.8}]},
    )


def _children(client: mlflow.MlflowClient, run: TrackedRun) -> dict[str, mlflow.entities.Run]:
    experiment = client.get_experiment_by_name("icp-acme")
    found = client.search_runs([experiment.experiment_id], f"tags.`mlflow.parentRunId` = '{run.run_id}'")
    return {r.info.run_name: r for r in found}


def test_the_parent_run_holds_description_settings_figures_and_tags(
    client: mlflow.MlflowClient, run: TrackedRun
) -> None:
    parent = client.get_run(run.run_id)
    assert parent.info.status == "FINISHED"
    place = f"#/experiments/{parent.info.experiment_id}/runs/{run.run_id}/artifacts"
    assert parent.data.tags["mlflow.note.content"].split("\n\n") == [
        "**Refuse** small shops",
        f"Read the [report]({place}/report.html) and the [decision memo]({place}/memo.html).",
        "### Tiers",
    ]
    assert parent.data.tags["icp.as_of"] == "2026-06-30"
    assert parent.data.tags["icp.release_id"] == "2026-06-30-aa"
    assert parent.data.tags["icp.registered_win"] == "icp-acme-win/1"
    assert parent.data.tags["icp.registered_release"] == "icp-acme/1"
    assert parent.data.params == {"seed": "7", "money.rates": "{'USD': 0.92}"}
    figures = {name: value for name, value in parent.data.metrics.items() if name != KEPT}
    assert figures == {"win_auc_out_of_time": 0.76, "criteria_proposed": 2.0}, "details are in the parts"


def test_figures_along_a_scale_are_lines_of_the_parent_run(client: mlflow.MlflowClient, run: TrackedRun) -> None:
    found = client.get_metric_history(run.run_id, KEPT)
    assert [(m.step, m.value) for m in found] == [(0, 1.0), (6, 0.9)]
    assert client.get_run(run.run_id).data.metrics[KEPT] == 0.9, "the last stands in the table"
    assert not [child for child in _children(client, run).values() if KEPT in child.data.metrics]


def test_the_experiment_is_shown_as_one_of_model_training(client: mlflow.MlflowClient, run: TrackedRun) -> None:
    experiment = client.get_experiment_by_name("icp-acme")
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development"


def test_the_experiment_says_what_its_runs_are_and_leads_to_its_view(
    client: mlflow.MlflowClient, run: TrackedRun
) -> None:
    experiment = client.get_experiment_by_name("icp-acme")
    note = experiment.tags["mlflow.note.content"]
    assert releases_link(experiment.experiment_id) in note.splitlines()[0], "MLflow shows the first line alone"
    for command in ("icp discover", "icp review", "icp compare", "icp train"):
        assert f"`{command}`" in note, command
    assert VIEW_TAG in experiment.tags


def test_what_a_person_wrote_of_an_experiment_stays(tmp_path: Path, folder: Path) -> None:
    uri, artifacts = _uri(tmp_path), tmp_path / "mlartifacts"
    client = mlflow.MlflowClient(tracking_uri=uri)
    own = {"mlflow.note.content": "Ours", VIEW_TAG: "mine"}
    kept, emptied = client.create_experiment("kept", tags=own), client.create_experiment("emptied")
    client.set_experiment_tag(emptied, "mlflow.note.content", "")
    for experiment in ("kept", "emptied"):
        track_discovery(_discovery(folder), uri, experiment, artifacts)
    assert {key: client.get_experiment(kept).tags[key] for key in own} == own
    after = client.get_experiment(emptied).tags
    assert after["mlflow.note.content"] == ""
    assert VIEW_TAG in after, "what nobody wrote is given to an experiment that was there before"


def test_inputs_are_datasets_with_their_fingerprint(client: mlflow.MlflowClient, run: TrackedRun) -> None:
    (found,) = client.get_run(run.run_id).inputs.dataset_inputs
    assert (found.dataset.name, found.dataset.digest) == ("accounts", "ab" * 16)
    assert json.loads(found.dataset.source) == {"uri": "accounts.csv"}
    assert json.loads(found.dataset.profile) == {"num_rows": 6}


def test_each_part_has_a_nested_run_with_its_own_figures_alone(client: mlflow.MlflowClient, run: TrackedRun) -> None:
    children = _children(client, run)
    assert set(children) == {"win", "segments", "criteria"}, "churn was not measured here"
    assert children["win"].data.metrics == {"win_auc_out_of_time": 0.76, "win_auc_out_of_time_boosted": 0.74}
    assert children["criteria"].data.metrics == {"criteria_proposed": 2.0, "criteria_X1_risk_difference": 0.3}
    assert children["segments"].data.metrics == {"segments_S1_win_rate": 0.4}
    assert children["win"].data.tags["mlflow.note.content"].endswith("Part of release 2026-06-30-aa.")


def test_the_release_is_logged_whole_beside_the_store(
    client: mlflow.MlflowClient, run: TrackedRun, folder: Path
) -> None:
    assert {a.path for a in client.list_artifacts(run.run_id)} == {
        "boosters",
        "criteria.json",
        "report.html",
        "segments.json",
    }
    assert (folder / "mlartifacts" / run.run_id / "artifacts" / "report.html").is_file()


def test_models_are_registered_as_data_without_any_pickle(
    client: mlflow.MlflowClient, run: TrackedRun, folder: Path
) -> None:
    assert run.registered == {"win": "icp-acme-win/1", "release": "icp-acme/1"}
    version = client.get_model_version("icp-acme-win", "1")
    assert version.run_id == _children(client, run)["win"].info.run_id
    assert version.description == "Release 2026-06-30-aa, data up to 2026-06-30: logistic."
    files = [p for p in (folder / "mlartifacts").rglob("*") if p.is_file()]
    assert [p for p in files if p.suffix in (".pkl", ".pickle", ".cloudpickle", ".joblib")] == []
    assert [p for p in files if p.read_bytes()[:2] in (b"\x80\x03", b"\x80\x04", b"\x80\x05")] == []
    loaders = {_loader(p) for p in files if p.name == "MLmodel"}
    assert loaders == {"icp_ml.tracking.loading", "mlflow.pyfunc.loaders.code_model"}


def _loader(description: Path) -> str:
    (line,) = [x for x in description.read_text().splitlines() if "loader_module:" in x]
    return line.split(":")[1].strip()


def test_the_release_as_a_model_is_the_challenger_in_the_run_of_the_discovery(
    client: mlflow.MlflowClient, run: TrackedRun, folder: Path
) -> None:
    version = client.get_model_version("icp-acme", "1")
    assert version.run_id == run.run_id
    place = f"#/experiments/{client.get_run(run.run_id).info.experiment_id}/runs/{run.run_id}/artifacts"
    assert version.description == (
        "Release 2026-06-30-aa, data up to 2026-06-30: the whole release. "
        f"Read the [report]({place}/report.html) and the [decision memo]({place}/memo.html)."
    )
    assert version.tags["icp.release_id"] == "2026-06-30-aa"
    assert version.tags["icp.checksum"] == checksum(folder / "release")
    assert "challenger" in client.get_registered_model("icp-acme").aliases


def test_a_second_discovery_adds_a_version_and_prints_nothing(
    client: mlflow.MlflowClient, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    again = track_discovery(_discovery(folder), _uri(folder), "icp-acme", folder / "mlartifacts")
    assert again.registered == {"win": "icp-acme-win/2", "release": "icp-acme/2"}
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


def test_a_server_that_does_not_answer_names_the_key_and_says_the_release_is_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    uri = f"http://ann:secret@127.0.0.1:{port}"
    with pytest.raises(ConfigError, match=r"tracking\.uri: nothing was recorded.*release is complete") as error:
        track_discovery(_discovery(folder), uri, "icp-acme", folder / "mlartifacts")
    assert "secret" not in str(error.value)


def test_an_experiment_that_was_deleted_is_named(tmp_path: Path) -> None:
    uri = _uri(tmp_path)
    client = mlflow.MlflowClient(tracking_uri=uri)
    client.delete_experiment(client.create_experiment("icp-gone", artifact_location=(tmp_path / "a").as_uri()))
    with pytest.raises(
        ConfigError, match=r"experiment 'icp-gone' was deleted; restore it, or set tracking\.experiment"
    ):
        track_discovery(_discovery(tmp_path), uri, "icp-gone", tmp_path / "mlartifacts")


def test_a_relative_sqlite_path_is_a_file_and_a_server_is_none() -> None:
    assert sqlite_file("sqlite:///a/mlflow.db?timeout=5") == Path("a/mlflow.db")
    assert sqlite_file("https://mlflow.example.com") is None


def test_the_ui_shows_the_store_and_its_artifacts(tmp_path: Path) -> None:
    command = ui_command("sqlite:////a/mlflow.db", tmp_path, "127.0.0.1", 5001)
    assert command[:3] == ["ui", "--backend-store-uri", "sqlite:////a/mlflow.db"]
    assert command[command.index("--port") + 1] == "5001"
    assert tmp_path.as_uri() in command


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("hello")
    with pytest.raises(ConfigError, match=r"tracking\.uri: nothing was recorded.*file is not a database"):
        track_discovery(_discovery(tmp_path), _uri(tmp_path), "icp-acme", tmp_path / "mlartifacts")
