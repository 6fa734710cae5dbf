"""``icp discover``: tables in, a release folder and an MLflow run out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from icp_ml.cohort.build import build_cohort
from icp_ml.config.loading import config_folder
from icp_ml.config.schema import Config
from icp_ml.criteria.discovery import discover_criteria
from icp_ml.errors import IcpError
from icp_ml.features.leaks import find_leaks
from icp_ml.models.early_life import fit_early_churn
from icp_ml.models.fitting import fit_models
from icp_ml.release.folder import Release, check_replaceable
from icp_ml.release.tuned_settings import TunedSettings
from icp_ml.report.assembling import Found
from icp_ml.report.description import run_description, run_tags
from icp_ml.report.terminal import print_summary
from icp_ml.scorecard.building import build_scorecard
from icp_ml.segments.changes import changes_since
from icp_ml.segments.discovery import discover_segments
from icp_ml.tables.reading import read_tables
from icp_ml.tables.tables import Tables
from icp_ml.tracking.discoveries import Discovery, track_discovery
from icp_ml.tracking.recording import TrackedRun
from pipelines.locations import find_previous, read_config
from pipelines.model_settings import SETTINGS, find_settings, known_by
from pipelines.progress import Stages
from pipelines.releasing import PREVIOUS, Written, write_found
from pipelines.run_facts import peak_memory_mb, store
from pipelines.stores import keep_store

STAGES = ("read", "cohort", "leaks", "models", "criteria", "segments", "scorecard", "release", "mlflow")


def discover(
    path: Path,
    out: Path | None = None,
    previous: str | None = None,
    overrides: Sequence[str] = (),
    as_json: bool = False,
    quiet: bool = False,
    settings: str | None = None,
) -> Path:
    """Run the main job and return the release folder.

    Parameters
    ----------
    path : Path
        Config file.
    out : Path, optional
        Release folder; ``models/<name>/<release-id>`` under the current folder if not given.
    previous : str, optional
        Release whose ids live on: a folder, an id, ``champion`` or ``none``.
    overrides : sequence of str
        ``key.path=value``.
    as_json, quiet : bool
        Print JSON instead of words; print nothing.
    settings : str, optional
        Settings of the models: a file that ``icp train`` wrote, or ``none``; the last that it found if not given.

    Raises
    ------
    IcpError
        If config, tables, previous release, settings or tracking need mending. A release that was written stays.
    """
    config = read_config(path, overrides)
    if out is not None:
        check_replaceable(out)
    before = find_previous(previous, config.name)
    tuned = find_settings(settings, config.name)
    stages = Stages(STAGES, quiet=quiet)
    silent = quiet or as_json
    with stages.stage("read"):
        tables = read_tables(config, config_folder(path))
    tuned, told = known_by(tuned, tables.as_of, settings)
    if not silent:
        given = "as the config says" if config.as_of else "the latest date in it"
        typer.echo(f"Data as of {tables.as_of.isoformat()} ({given})")
        if told:
            typer.echo(told)
    found = _compute(config, tables, before, tuned, stages)
    with stages.stage("release"):
        written = write_found(found, config, before, out, stages.seconds, tuned)
    telling = _Telling(path, written, stages, as_json, quiet)
    try:
        with stages.stage("mlflow"):
            run, moved = _track(found, config, path, written, stages)
    except IcpError:
        # The release is there and is worth telling of; the error says what is not.
        telling.tell(None, None)
        raise
    telling.tell(run, moved)
    return written.folder


def _compute(
    config: Config, tables: Tables, before: Release | None, tuned: TunedSettings | None, stages: Stages
) -> Found:
    """Find everything there is to find."""
    with stages.stage("cohort"):
        cohort = build_cohort(tables, config)
    with stages.stage("leaks"):
        leaks = find_leaks(cohort, tables, config)
    with stages.stage("models") as note:
        models = fit_models(cohort, config, leaks.usable, note, tuned.settings() if tuned else None)
        # Kept apart from what criteria, segments and the score are made of.
        early = fit_early_churn(cohort, tables, config, leaks.usable, note)
    with stages.stage("criteria") as note:
        earlier = before.criteria if before else None
        criteria = discover_criteria(cohort, config, leaks.usable, config.seed, earlier, note)
    with stages.stage("segments") as note:
        known = before.segments if before else None
        segments = discover_segments(cohort, models, config, leaks.usable, config.seed, known, note, criteria.rules)
        segments = replace(segments, changes=changes_since(known, segments.segments, cohort, config.attributes))
    with stages.stage("scorecard"):
        scorecard = build_scorecard(
            cohort, criteria.proposals, config, int(criteria.searched["horizon_months"]), models
        )
    return Found(tables, cohort, leaks, models, criteria, segments, scorecard, early)


def _track(found: Found, config: Config, path: Path, written: Written, stages: Stages) -> tuple[TrackedRun, str | None]:
    """Record the release in MLflow; returns the run, and why the store lies elsewhere than the config says."""
    uri, artifacts, moved = store(config, path)
    reports = {"churn": found.models.churn, "win": found.models.win}
    if found.early is not None:
        reports["early_churn"] = found.early.report
    facts = {f"seconds_{stage}": seconds for stage, seconds in stages.seconds.items()}
    memory = peak_memory_mb()
    discovery = Discovery(
        name=config.name,
        release_id=written.release_id,
        as_of=found.cohort.as_of.isoformat(),
        description=run_description(written.summary),
        params=written.metrics["settings"],
        metrics={**written.metrics["metrics"], **facts, **({"peak_memory_mb": memory} if memory else {})},
        inputs={name: read for name, read in written.metrics["inputs"].items() if name not in (PREVIOUS, SETTINGS)},
        release=written.folder,
        models={outcome: report.predictor.kind for outcome, report in reports.items() if report is not None},
        tags={"folder": str(written.folder), "seed": str(config.seed), **run_tags(written.summary)},
        version=written.metrics["versions"]["icp-ml"],
        series=written.metrics["series"],
    )
    run = track_discovery(discovery, uri, config.tracking.experiment or f"icp-{config.name}", artifacts)
    keep_store(written.folder, uri)
    return run, moved


class _Telling:
    """Says what came out: in words for people, as JSON for a script."""

    def __init__(self, config: Path, written: Written, stages: Stages, as_json: bool, quiet: bool) -> None:
        self.config, self.written, self.stages = config, written, stages
        self.as_json, self.quiet = as_json, quiet

    def tell(self, run: TrackedRun | None, moved: str | None) -> None:
        """Print the outcome; ``run`` is None where MLflow could not be written."""
        if self.as_json:
            typer.echo(json.dumps(self._document(run), indent=2, ensure_ascii=False))
        elif not self.quiet:
            print_summary(self.written.summary, Console(), self._places(run, moved))

    def _document(self, run: TrackedRun | None) -> dict[str, Any]:
        return {
            "release": str(self.written.folder),
            "mlflow": None if run is None else {"uri": run.uri, "experiment": run.experiment, "run_id": run.run_id},
            "seconds": {stage: round(seconds, 2) for stage, seconds in self.stages.seconds.items()},
            "peak_memory_mb": peak_memory_mb(),
            **self.written.summary,
        }

    def _places(self, run: TrackedRun | None, moved: str | None) -> dict[str, str]:
        folder = self.written.folder
        places = {
            "Whole report": str(folder / "report.html"),
            "Decision memo": str(folder / "memo.html"),
            "Every account, score and reasons": str(folder / "accounts.csv"),
            "Criteria for other programs": str(folder / "criteria.json"),
        }
        if run is not None:
            places["MLflow run"] = f"{run.run_id} in experiment {run.experiment} at {run.uri}"
            places["To look at it"] = f"icp ui {self.config}"
        if moved:
            places["Note"] = moved
        memory = peak_memory_mb()
        held = f", {memory:,.0f} MB of memory at most" if memory else ""
        return places | {"Took": f"{self.stages.total_seconds:.0f} seconds{held}"}
