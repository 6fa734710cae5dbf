"""``icp train`` end to end on a few hundred accounts."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import pipelines.training
from icp_ml.models.boosting import train_booster
from icp_ml.models.fitting import model_attributes
from icp_ml.models.settings import BoosterSettings
from icp_ml.models.tuning import tune_outcome
from icp_ml.models.tuning_judge import SettingsJudge
from icp_ml.models.tuning_result import Tuning
from pipelines import cli, command_group
from pipelines.model_settings import find_settings, settings_file
from pipelines.training_on_spark import Growing, OnSpark, further_customers

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what MLflow's own imports deprecate is not ours to mend
    import mlflow

# What MLflow deprecates in itself when it runs is not ours to mend.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

CONFIG = """
name: small
as_of: 2026-06-30
source: {folder: crm}
attributes:
  industry: {type: category}
  employee_count: {type: number, unit: people}
  has_revops: {type: boolean}
outcomes: {churn_horizon_months: 6}
money: {currency: EUR, rates: {USD: 0.92}}
tracking: {uri: "sqlite:///mlflow.db", experiment: icp-small}
"""
RUNNER = CliRunner()
FOUND = BoosterSettings(max_depth=2, eta=0.1, rounds=(10, 20), tuned_until="2025-03-31")


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    assert RUNNER.invoke(cli.app, ["sample", str(folder / "crm"), "--accounts", "400", "--quiet"]).exit_code == 0
    return folder


@pytest.fixture(autouse=True)
def work(tmp_path: Path, crm: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "crm").symlink_to(crm / "crm", target_is_directory=True)
    (tmp_path / "icp.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _train(*options: str) -> Any:
    done = RUNNER.invoke(cli.app, ["train", "icp.yaml", *options], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def _client(work: Path) -> mlflow.MlflowClient:
    return mlflow.MlflowClient(tracking_uri=f"sqlite:///{(work / 'mlflow.db').as_posix()}")


def _changing(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in ("mlflow", "seconds", "registered")}


def _finds(monkeypatch: pytest.MonkeyPatch, settings: BoosterSettings) -> None:
    """Let the search find these settings for the win model."""

    def tune(records: Any, *arguments: Any, **named: Any) -> Tuning:
        tuned = tune_outcome(records, *arguments, **named)
        won = records.target.outcome == "win"
        return replace(tuned, settings=settings, found=True, verdict="Found.") if won else tuned

    monkeypatch.setattr(pipelines.training, "tune_outcome", tune)


def test_a_training_twice_says_the_same(work: Path) -> None:
    one, two = (json.loads(_train("--trials", "2", "--json").stdout) for _ in range(2))
    assert _changing(one) == _changing(two)
    assert one["models"]["win"]["tuning"]["trials"] == 2
    assert {m["model"] for m in one["models"]["win"]["metrics"]} == {"boosted", "logistic", "base_rate"}
    assert (one["registered"]["win"], two["registered"]["win"]) == ("icp-small-win/1", "icp-small-win/2")
    client = _client(work)
    run = client.get_run(two["mlflow"]["run_id"])
    assert run.info.status == "FINISHED"
    assert two["headline"] in run.data.tags["mlflow.note.content"]
    assert str(client.get_model_version_by_alias("icp-small-win", "challenger").version) == "2"


def test_figures_of_trees_grown_in_spark_stand_beside_those_of_memory(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    @contextmanager
    def in_memory(spark: OnSpark, *told: Any) -> Iterator[Growing]:
        asked.append(spark.master)
        yield Growing({"churn": train_booster})

    monkeypatch.setattr(pipelines.training, "growing", in_memory)
    # In the small world hardly anybody leaves within six months.
    assert RUNNER.invoke(cli.app, ["sample", "larger", "--accounts", "1200", "--quiet"]).exit_code == 0
    larger = ("--set", "source.folder=larger", "--set", "outcomes.churn_horizon_months=12")
    asking = ("--trials", "0", *larger, "--engine", "spark")
    document = json.loads(_train(*asking, "--master", "local[3]", "--json").stdout)
    assert asked == ["local[3]"]
    (auc,) = [f for f in document["spark"]["churn"] if f["name"] == "auc"]
    assert auc["spark"] == auc["in_memory"]
    assert auc["within_noise"]
    assert auc["noise"]["low"] < auc["in_memory"] < auc["noise"]["high"]
    client = _client(work)
    version = client.get_model_version(*document["registered"]["churn"].split("/"))
    metrics = client.get_run(version.run_id).data.metrics
    assert metrics["churn_auc_boosted_in_memory"] == pytest.approx(auc["in_memory"], abs=1e-5)
    assert metrics["churn_auc_boosted_spark_less_memory"] == 0
    said = _train(*asking).stdout
    assert "Churn in Spark, auc: " in said
    assert "within noise" in said


def test_more_accounts_than_memory_is_to_hold_are_read_in_shares_and_the_first_judges(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []

    @contextmanager
    def in_memory(spark: OnSpark, split: Any, config: Any, usable: Any, note: Any) -> Iterator[Growing]:
        read.extend(further_customers(split, model_attributes(config, usable), note))
        yield Growing({"churn": train_booster}, sum(len(one.begun) for one in read))

    monkeypatch.setattr(pipelines.training, "growing", in_memory)
    assert RUNNER.invoke(cli.app, ["sample", "larger", "--accounts", "2600", "--quiet"]).exit_code == 0
    larger = ("--set", "source.folder=larger", "--set", "outcomes.churn_horizon_months=12")
    asking = ("--trials", "0", *larger, "--engine", "spark", "--in-memory", "1000")
    document = json.loads(_train(*asking, "--json").stdout)
    assert len(read) == 2
    held = {name for one in read for name in one.frame.index}
    assert len(held) == document["spark"]["further_customers"] == sum(len(one.frame) for one in read)
    whole = json.loads(_train("--trials", "0", *larger, "--json").stdout)
    judged, all_judged = (one["models"]["churn"]["metrics"][0]["n"] for one in (document, whole))
    assert 0.2 < judged / all_judged < 0.5


def test_without_trials_the_built_in_settings_are_evaluated_and_the_words_start_with_the_verdict(work: Path) -> None:
    done = _train("--trials", "0")
    assert done.stdout.splitlines()[1] == "The models have the built-in settings."
    told = " ".join(done.stdout.split())
    assert "Base rate" in told
    assert "Penalised logistic" in told
    assert "nothing of it ships" in told
    assert "icp ui icp.yaml" in told
    assert "icp discover icp.yaml" in told
    assert "tuning" not in done.stderr
    assert not settings_file("small").exists()


def test_what_was_found_is_kept_and_a_later_training_never_leaves_it_stale(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finds(monkeypatch, FOUND)
    document = json.loads(_train("--trials", "1", "--json").stdout)
    assert document["headline"].startswith("Tuning found better settings for the model of who is won")
    found = find_settings(None, "small")
    assert found is not None
    assert dict(found.boosters) == {"win": FOUND}
    assert found.run_id == document["mlflow"]["run_id"]
    kept = json.loads(settings_file("small").read_text())
    assert set(kept["inputs"]["accounts"]) == {"rows", "sha256"}

    _train("--trials", "0", "--quiet")
    assert find_settings(None, "small") is None
    again = json.loads(settings_file("small").read_text())
    assert again["outcomes"]["win"]["origin"] == "built in"
    assert again["outcomes"]["win"]["verdict"].startswith("No settings were searched for")


def test_the_seed_can_be_given_and_quiet_says_nothing(work: Path) -> None:
    done = _train("--trials", "0", "--seed", "11", "--quiet")
    assert done.output == ""
    client = _client(work)
    experiment = client.get_experiment_by_name("icp-small").experiment_id
    (run,) = client.search_runs([experiment], "tags.`icp.part` = 'train'")
    assert (run.data.tags["icp.seed"], run.data.params["seed"]) == ("11", "11")


def test_stopping_from_the_keyboard_leaves_nothing_half_written(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*arguments: Any, **named: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipelines.training, "fit_models", stop)
    _finds(monkeypatch, FOUND)
    done = RUNNER.invoke(cli.app, ["train", "icp.yaml", "--trials", "1"])
    assert done.exit_code == command_group.INTERRUPTED
    assert not settings_file("small").exists()
    client = _client(work)
    runs = client.search_runs([client.get_experiment_by_name("icp-small").experiment_id])
    open_parts = {r.info.status for r in runs if r.data.tags["icp.part"] != "trial"}
    assert open_parts == {"KILLED"}


def test_a_search_that_was_stopped_goes_on_where_it_was(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*arguments: Any, **named: Any) -> None:
        raise KeyboardInterrupt

    kept = settings_file("small").parent / pipelines.training.TRIED
    with monkeypatch.context() as patched:
        patched.setattr(pipelines.training, "fit_models", stop)
        RUNNER.invoke(cli.app, ["train", "icp.yaml", "--trials", "2"])
    assert list(kept.glob("*/*.npy"))
    whole = json.loads(_train("--trials", "2", "--seed", "9", "--json").stdout)
    assert not kept.exists(), "another seed is another search"
    with monkeypatch.context() as patched:
        patched.setattr(pipelines.training, "fit_models", stop)
        RUNNER.invoke(cli.app, ["train", "icp.yaml", "--trials", "2", "--seed", "9"])
        patched.undo()
        patched.setattr(SettingsJudge, "_compute", stop)
        again = json.loads(_train("--trials", "2", "--seed", "9", "--json").stdout)
    assert _changing(again) == _changing(whole)
    assert not kept.exists()


def test_trials_without_optuna_are_one_message_and_exit_status_2(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    done = RUNNER.invoke(cli.app, ["train", "icp.yaml", "--trials", "5"])
    assert done.exit_code == command_group.USER_INPUT
    assert "pip install 'icp-ml[tune]'" in done.stderr
    assert done.stdout == ""
    assert not (work / "mlflow.db").exists(), "it is said before the work starts"


def test_without_optuna_and_without_a_wish_the_models_are_trained_untuned(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    done = _train()
    assert "The models have the built-in settings." in done.stdout
    assert "To tune as well: pip install 'icp-ml[tune]'" in done.stdout


def test_a_release_uses_what_was_found_as_an_input_with_a_fingerprint(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finds(monkeypatch, FOUND)
    _train("--trials", "1", "--quiet")
    for out in ("tuned", "again", "plain"):
        options = ["--settings", "none"] if out == "plain" else []
        done = RUNNER.invoke(cli.app, ["discover", "icp.yaml", "--out", out, *options], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        assert ("Models use the settings that icp train found for win" in done.stdout) == (out != "plain")
        if out == "tuned":
            _train("--trials", "1", "--quiet")  # another run id, the same settings
    tuned, again, plain = (json.loads((work / out / "metrics.json").read_text()) for out in ("tuned", "again", "plain"))
    assert len(tuned["inputs"]["settings.json"]["sha256"]) == 64
    assert tuned["settings"]["boosters.win.max_depth"] == 2
    assert "settings.json" not in plain["inputs"]
    for document in (tuned, again):
        for key in ("release_id", "stage_times"):
            document.pop(key)
    assert tuned == again
    assert (work / "tuned" / "criteria.json").stat().st_size > 0
