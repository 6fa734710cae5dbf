"""``icp review`` end to end: a release is rewritten whole, what it says agrees, and MLflow knows."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from icp_ml.release.folder import Release, checksum
from icp_ml.release.rules import ActiveRules
from icp_ml.report.retelling import standing_of
from icp_ml.report.telling import tell
from icp_ml.tracking.comparisons import runs_of
from icp_ml.tracking.discoveries import Discovery, track_discovery
from pipelines import cli
from pipelines.stores import keep_store

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what MLflow's own imports deprecate is not ours to mend
    import mlflow

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
RUNNER = CliRunner()


@pytest.fixture
def release(discovered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(discovered, tmp_path / "models" / "sample" / "2026-06-30-aaaa"))


def _review(release: Path, *options: str, code: int = 0) -> Any:
    done = RUNNER.invoke(cli.app, ["review", str(release), *options], catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done


def _files(release: Path) -> dict[str, bytes]:
    return {str(p.relative_to(release)): p.read_bytes() for p in sorted(release.rglob("*")) if p.is_file()}


def _rule(release: Path, kind: str) -> str:
    return next(str(c["id"]) for c in Release.load(release).criteria["criteria"] if c["kind"] == kind)


def test_every_file_says_the_same_after_a_review(release: Path) -> None:
    x, before = _rule(release, "exclude"), _files(release)
    done = _review(release, "--reject", x, "--by", "Ann", "--note", "too dear")
    assert f"{x} rejected, and its points are 0" in done.stdout
    reviewed = Release.load(release)
    told = tell(standing_of(reviewed), reviewed.criteria)
    assert (release / "report.html").read_text(encoding="utf-8") == told.report_html
    assert (release / "memo.md").read_text(encoding="utf-8") == told.memo
    scored = pd.read_parquet(release / "accounts_scored.parquet")
    latest = standing_of(reviewed).kept.cohort.latest
    again = ActiveRules.from_document(reviewed.criteria).score_frame(latest)
    assert scored["icp_tier"].tolist() == again["icp_tier"].tolist()
    assert x not in ";".join(scored["matched_criteria"].dropna()).split(";")
    assert pd.read_csv(release / "accounts.csv")["icp_tier"].tolist() == scored["icp_tier"].tolist()
    tiers = json.loads((release / "metrics.json").read_text(encoding="utf-8"))["tiers"]
    assert {t: tiers[t]["accounts"] for t in tiers} == scored["icp_tier"].value_counts().to_dict()
    untouched = ("segments.json", "cohort.parquet", "holdout.parquet", "config.yaml", "boosters/churn.json")
    after = _files(release)
    assert [name for name in untouched if after.get(name) != before.get(name)] == []


def test_it_says_how_many_accounts_and_how_much_change_tier(release: Path) -> None:
    x = _rule(release, "exclude")
    before = pd.read_parquet(release / "accounts_scored.parquet")["icp_tier"]
    cohort = standing_of(Release.load(release)).kept.cohort.accounts
    document = json.loads(_review(release, "--reject", x, "--by", "Ann", "--json").stdout)
    after = pd.read_parquet(release / "accounts_scored.parquet")["icp_tier"]
    changed = (before != after).to_numpy()
    assert changed.any()
    assert sum(move["accounts"] for move in document["changed"]) == changed.sum()
    paying = cohort["arr_now"].to_numpy(na_value=0.0)[changed].sum()
    assert sum(move["arr_now"] for move in document["changed"]) == pytest.approx(paying)


def test_decisions_are_kept_one_after_another(release: Path) -> None:
    x, c = _rule(release, "exclude"), _rule(release, "include")
    _review(release, "--accept", f"{x},{c}", "--by", "Ann")
    _review(release, "--reject", c, "--by", "Bob", "--note", "no")
    lines = [json.loads(line) for line in (release / "decisions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["by"], line["decision"], line["rule"]) for line in lines] == [
        ("Ann", "accept", x),
        ("Ann", "accept", c),
        ("Bob", "reject", c),
    ]
    assert Release.load(release).criteria["review"]["times"] == 2


def test_a_dry_run_and_a_mistake_leave_every_byte_as_it_was(release: Path) -> None:
    before = _files(release)
    x = _rule(release, "exclude")
    assert "nothing was written" in _review(release, "--reject", x, "--by", "Ann", "--dry-run").stdout
    wrong = _review(release, "--reject", x, code=2)
    assert "say who decided with --by NAME" in wrong.stderr
    assert "nothing is decided" in _review(release, "--by", "Ann", code=2).stderr
    assert _files(release) == before


def test_a_stop_in_the_middle_leaves_the_release_as_it_was(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _files(release)

    def stop(*given: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("icp_ml.release.folder.scores_table", stop)
    done = RUNNER.invoke(cli.app, ["review", str(release), "--reject", _rule(release, "exclude"), "--by", "Ann"])
    assert done.exit_code == 130
    assert _files(release) == before
    assert [p.name for p in release.parent.iterdir()] == [release.name]


def test_a_file_of_decisions_is_applied_to_its_own_release_alone(release: Path, tmp_path: Path) -> None:
    x = _rule(release, "exclude")
    taken = {"schema_version": "1.0", "release_id": "2026-06-30-aaaa", "reject": [x], "tiers": {"green": 75}}
    (tmp_path / "d.json").write_text(json.dumps(taken))
    _review(release, "--from", str(tmp_path / "d.json"), "--by", "Ann")
    document = Release.load(release).criteria
    assert document["tiers"]["green"] == 75
    assert next(c["status"] for c in document["criteria"] if c["id"] == x) == "rejected"
    (tmp_path / "d.json").write_text(json.dumps({**taken, "release_id": "2026-03-31-bbbb"}))
    done = _review(release, "--from", str(tmp_path / "d.json"), "--by", "Ann", code=2)
    assert "these decisions were taken on release 2026-03-31-bbbb" in done.stderr


def _recorded(release: Path, folder: Path) -> str:
    uri = f"sqlite:///{(folder / 'mlflow.db').as_posix()}"
    told = json.loads((release / "metrics.json").read_text(encoding="utf-8"))
    discovery = Discovery(
        "sample", "2026-06-30-aaaa", "2026-06-30", "A discovery", {"seed": 7}, told["metrics"], told["inputs"], release,
        series=told["series"],
    )  # fmt: skip
    track_discovery(discovery, uri, "icp-sample", folder / "artifacts")
    keep_store(release, uri)
    return uri


def test_mlflow_has_a_run_of_the_release_as_reviewed_and_a_version_of_it(release: Path, tmp_path: Path) -> None:
    uri = _recorded(release, tmp_path)
    x = _rule(release, "exclude")
    done = _review(release, "--reject", x, "--by", "Ann", "--note", "too dear")
    assert "recorded in a run of the release as reviewed; version icp-sample/2" in done.stdout
    client = mlflow.MlflowClient(tracking_uri=uri)
    version = client.get_model_version("icp-sample", "2")
    assert version.tags["icp.checksum"] == checksum(release)
    assert "reviewed by Ann on " in version.description
    run = client.get_run(version.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.tags["icp.reviewed_by"] == "Ann"
    assert run.data.tags["icp.review_note"] == "too dear"
    assert run.data.tags["icp.registered_release"] == "icp-sample/2"
    logged = Path(client.download_artifacts(run.info.run_id, "decisions.jsonl"))
    assert json.loads(logged.read_text(encoding="utf-8"))["decision"] == "reject"
    assert run.info.run_name == f"{Release.load(release).id} reviewed"
    assert run.data.params == {"seed": "7"}
    read = {i.dataset.name for i in run.inputs.dataset_inputs}
    assert read == {"accounts", "opportunities", "signals", "subscriptions"}
    told = json.loads((release / "metrics.json").read_text(encoding="utf-8"))
    children = client.search_runs([run.info.experiment_id], f"tags.`mlflow.parentRunId` = '{run.info.run_id}'")
    logged = {name: value for r in (run, *children) for name, value in r.data.metrics.items()}
    rules = {n: v for n, v in told["metrics"].items() if n.startswith(("criteria_", "scorecard_", "tiers/"))}
    assert {n: logged[n] for n in rules} == pytest.approx(rules)
    for name, points in told["series"].items():
        drawn = [(m.step, m.value) for m in client.get_metric_history(run.info.run_id, name)]
        assert drawn == [(p["step"], p["value"]) for p in points], name


def test_what_was_proposed_stays_in_its_run_which_leads_to_the_review(release: Path, tmp_path: Path) -> None:
    before = json.loads((release / "metrics.json").read_text(encoding="utf-8"))
    x = _rule(release, "exclude")
    uri = _recorded(release, tmp_path)
    client = mlflow.MlflowClient(tracking_uri=uri)
    _review(release, "--reject", x, "--by", "Ann")
    after = json.loads((release / "metrics.json").read_text(encoding="utf-8"))
    assert before["series"]["kept_by_month/red"] != after["series"].get("kept_by_month/red"), "the review must matter"
    red = after["metrics"]["tiers/red_accounts"]
    assert red == after["tiers"]["red"]["accounts"] < before["metrics"]["tiers/red_accounts"], "it is counted again"
    proposed = client.get_run(client.get_model_version("icp-sample", "1").run_id)
    reviewed = client.get_run(client.get_model_version("icp-sample", "2").run_id)
    for name, points in before["series"].items():
        drawn = [(m.step, m.value) for m in client.get_metric_history(proposed.info.run_id, name)]
        assert drawn == [(p["step"], p["value"]) for p in points], name
    assert proposed.data.metrics["tiers/red_accounts"] == before["metrics"]["tiers/red_accounts"]
    assert proposed.data.tags["icp.reviewed_in"] == reviewed.info.run_id
    assert reviewed.data.tags["icp.reviewed_from"] == proposed.info.run_id
    told = proposed.data.tags["mlflow.note.content"]
    assert f"/runs/{reviewed.info.run_id})" in told.splitlines()[0]
    assert "A discovery" in told
    assert runs_of(uri, ["2026-06-30-aaaa"])["2026-06-30-aaaa"][0] == reviewed.info.run_id
    _review(release, "--accept", x, "--by", "Ben")
    again = client.get_run(client.get_model_version("icp-sample", "3").run_id)
    assert again.info.run_name == f"{Release.load(release).id} reviewed 2"
    assert again.data.tags["icp.reviewed_from"] == reviewed.info.run_id
    assert (again.data.tags["icp.reviewed_by"], again.data.tags["icp.review_note"]) == ("Ben", "-")
    assert "icp.reviewed_in" not in again.data.tags


def test_a_reviewed_champion_is_to_be_promoted_again_and_its_version_becomes_champion(
    release: Path, tmp_path: Path
) -> None:
    uri = _recorded(release, tmp_path)
    promoted = RUNNER.invoke(cli.app, ["promote", str(release), "--force", "--by", "Ann", "--note", "first"])
    assert promoted.exit_code == 0, promoted.output
    done = _review(release, "--reject", _rule(release, "exclude"), "--by", "Ann")
    assert f"its rules have changed; to score with them: icp promote {release}" in done.stdout
    again = RUNNER.invoke(cli.app, ["promote", str(release)])
    assert again.exit_code == 0, again.output
    client = mlflow.MlflowClient(tracking_uri=uri)
    assert str(client.get_model_version_by_alias("icp-sample", "champion").version) == "2"


def test_where_mlflow_cannot_be_reached_the_release_is_rewritten_and_that_is_said(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _recorded(release, tmp_path)
    (tmp_path / "mlflow.db").write_bytes(b"no database")
    done = _review(release, "--reject", _rule(release, "exclude"), "--by", "Ann", code=2)
    assert "the review was not recorded in MLflow" in done.stderr
    assert (release / "decisions.jsonl").is_file()
