"""``icp train``: retrain and evaluate the models, as a trial; find better settings for them where there are any."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from icp_ml.cohort.build import build_cohort
from icp_ml.cohort.cohort import Cohort
from icp_ml.config.loading import config_folder
from icp_ml.config.schema import Config
from icp_ml.drift import met_on, review
from icp_ml.features.leaks import find_leaks
from icp_ml.models.engines import EngineFigure
from icp_ml.models.fitting import fit_models, model_attributes, model_records
from icp_ml.models.settings import BUILT_IN, ModelSettings
from icp_ml.models.storage import save_models
from icp_ml.models.tuning import EXTRA, TRIALS, has_optuna, need_optuna, tune_outcome
from icp_ml.models.tuning_memory import TrialMemory
from icp_ml.models.tuning_result import Trial, Tuning
from icp_ml.models.types import ModelReport, Models
from icp_ml.release.folder import Release
from icp_ml.release.tuned_settings import write_settings
from icp_ml.report.engines import engine_document, engine_metrics, engine_words
from icp_ml.report.metrics import model_figures
from icp_ml.report.training import outcome_note, print_training, training_document, training_note, tuning_figures
from icp_ml.tables.reading import read_tables
from icp_ml.tables.shares import SplitTables, read_share
from icp_ml.tables.tables import Tables
from icp_ml.tracking.recording import TrackedRun
from icp_ml.tracking.trials import TrainedOutcome, Training, TrainingRecord, record_training
from pipelines.locations import find_previous, read_config
from pipelines.model_settings import settings_file
from pipelines.progress import Stages
from pipelines.run_facts import settings, store, versions
from pipelines.training_on_spark import OnSpark, beside_memory, growing, shared_tables

TRIED = ".tried"
"""Folder beside the settings, where an interrupted search left what it had computed."""
STAGES = ("read", "cohort", "leaks", "champion", "tuning", "models", "mlflow")


@dataclass(frozen=True)
class _Prepared:
    """What a training starts from."""

    config: Config
    tables: Tables
    cohort: Cohort
    usable: list[str]
    trials: int
    split: SplitTables | None = None

    @property
    def inputs(self) -> dict[str, dict[str, Any]]:
        """Fingerprints of what was read, without where it lies."""
        return {
            table: {key: value for key, value in source.items() if key in ("rows", "sha256")}
            for table, source in self.tables.sources.items()
        }


@dataclass(frozen=True)
class _Fitted:
    """Both models, and where the churn model's trees grew.

    Parameters
    ----------
    models : Models
        Fitted, judged and explained.
    spark : bool
        Whether the churn model's trees grew in Spark.
    further : int
        Customers learned from there alone.
    engines : tuple of EngineFigure
        Figures of these trees beside those grown in memory, where memory holds all.
    """

    models: Models
    spark: bool = False
    further: int = 0
    engines: tuple[EngineFigure, ...] = ()

    def words(self) -> dict[str, str]:
        """Return what is said of Spark."""
        if self.further:
            told = f"learned from {self.further:,} further customers; all figures are of those in memory"
            return {"Churn in Spark": told}
        return {f"Churn in Spark, {e.name}": engine_words(e) for e in self.engines}


def train(
    path: Path,
    trials: int | None = None,
    seed: int | None = None,
    overrides: Sequence[str] = (),
    spark: OnSpark | None = None,
    as_json: bool = False,
    quiet: bool = False,
) -> None:
    """Retrain and evaluate the churn and win models, record that in MLflow, and keep better settings if any were found.

    Parameters
    ----------
    path : Path
        Config file.
    trials : int, optional
        Settings to try for each model; by default 30 where Optuna is installed, else none.
    seed : int, optional
        In place of the config's.
    overrides : sequence of str
        ``key.path=value``.
    spark : OnSpark, optional
        Where Spark runs, if it is to grow the trees of the churn model.
    as_json, quiet : bool
        Print JSON instead of words; print nothing.

    Raises
    ------
    IcpError
        If config, tables, tracking or Spark need mending, or trials are asked for without Optuna.
    """
    config = read_config(path, [*overrides, *([] if seed is None else [f"seed={seed}"])])
    budget = _budget(trials)
    champion = find_previous(None, config.name)
    left_out = {name for name, there in (("tuning", budget), ("champion", champion)) if not there}
    stages = Stages([s for s in STAGES if s not in left_out], quiet=quiet)
    with shared_tables(config, config_folder(path), spark) as split:
        prepared = _prepare(config, config_folder(path), budget, stages, split)
        looked = _look_at(champion, prepared, stages)
        uri, artifacts, moved = store(config, path)
        experiment = config.tracking.experiment or f"icp-{config.name}"
        memory = _memory(prepared)
        with record_training(_training(prepared), uri, experiment, artifacts) as record:
            tunings = _tune(prepared, record, stages, memory)
            fitted = _fit(prepared, tunings, stages, spark)
            document = _document(prepared, tunings, fitted) | looked
            with stages.stage("mlflow"):
                _record(prepared, record, fitted, tunings, document)
                kept = _keep(prepared, record.run_id, tunings, document)
                run = record.end(training_note(document), _overall(fitted.models, stages))
    memory.forget()
    if as_json:
        typer.echo(json.dumps(_script(document, run, kept, stages), indent=2, ensure_ascii=False))
    elif not quiet:
        told = fitted.words() | _places(path, run, kept, trials, moved, stages)
        print_training(document, Console(), told)


def _fit(prepared: _Prepared, tunings: Mapping[str, Tuning], stages: Stages, spark: OnSpark | None) -> _Fitted:
    """Fit, judge and explain both models, in Spark where it is asked for."""
    config, usable = prepared.config, prepared.usable
    found = {outcome: tuning.settings for outcome, tuning in tunings.items() if tuning.found}
    with stages.stage("models") as note, growing(spark, prepared.split, config, usable, note) as grown:
        models = fit_models(prepared.cohort, config, usable, note, ModelSettings(found), grown.trainers)
    if spark is None or grown.further:
        return _Fitted(models, spark is not None, grown.further)
    settled = found.get("churn", BUILT_IN)
    return _Fitted(models, True, 0, beside_memory(prepared.cohort, config, usable, models, settled))


def _document(prepared: _Prepared, tunings: Mapping[str, Tuning], fitted: _Fitted) -> dict[str, Any]:
    """Return everything that words, files and MLflow tell."""
    as_of, currency = prepared.cohort.as_of.isoformat(), prepared.cohort.currency
    document = training_document(prepared.config.name, as_of, fitted.models, tunings, currency)
    if not fitted.spark:
        return document
    return document | {"spark": {"churn": engine_document(fitted.engines), "further_customers": fitted.further}}


def _budget(trials: int | None) -> int:
    """Return how many settings to try; ConfigError if some were asked for and Optuna is not there."""
    if trials:
        need_optuna()
    if trials is None:
        return TRIALS if has_optuna() else 0
    return trials


def _prepare(config: Config, base: Path, trials: int, stages: Stages, split: SplitTables | None) -> _Prepared:
    """Read the tables, or the first share of them, and find what models may use."""
    with stages.stage("read") as note:
        if split is None:
            tables = read_tables(config, base)
        else:
            note(f"{split.accounts:,} accounts in {split.shares} shares; the first judges")
            tables = read_share(split, 0)
    with stages.stage("cohort"):
        cohort = build_cohort(tables, config)
    with stages.stage("leaks"):
        usable = find_leaks(cohort, tables, config).usable
    return _Prepared(config, tables, cohort, usable, trials, split)


def _look_at(champion: Release | None, prepared: _Prepared, stages: Stages) -> dict[str, Any]:
    """Say whether the champion still holds; empty where there is none, or one that kept nothing to compare with."""
    if champion is None:
        return {}
    with stages.stage("champion"):
        if champion.reference is None:
            return {}
        known = {name: spec for name, spec in champion.attributes.items() if name in prepared.config.attributes}
        found = review(
            champion.reference,
            prepared.cohort,
            champion.predictors,
            known,
            met_on(prepared.cohort, prepared.tables),
        )
    return {"champion": {"release_id": champion.id, **found.document()}}


def _training(prepared: _Prepared) -> Training:
    """Return what MLflow is told before the work starts."""
    return Training(
        name=prepared.config.name,
        as_of=prepared.cohort.as_of.isoformat(),
        params=settings(prepared.config, prepared.usable) | {"trials": prepared.trials},
        inputs=prepared.tables.sources,
        tags={"seed": str(prepared.config.seed)},
        version=versions()["icp-ml"],
    )


def _memory(prepared: _Prepared) -> TrialMemory:
    """Return what an interrupted search of the same data, settings and versions has computed."""
    config = prepared.config
    told = [prepared.inputs, settings(config, prepared.usable), config.seed, versions()]
    memory = TrialMemory(settings_file(config.name).parent / TRIED, json.dumps(told, sort_keys=True, default=str))
    if not memory.kept:
        memory.forget()
    return memory


def _tune(prepared: _Prepared, record: TrainingRecord, stages: Stages, memory: TrialMemory) -> dict[str, Tuning]:
    """Search for settings, outcome by outcome; each try is recorded as it ends."""
    if not prepared.trials:
        return {}
    attributes = model_attributes(prepared.config, prepared.usable)
    measured, _ = model_records(prepared.cohort, attributes)
    tunings = {}
    with stages.stage("tuning") as note:
        for outcome, records in measured.items():
            record.begin_outcome(outcome)
            goes_on = ", going on where a run was stopped" if memory.kept else ""
            note(f"{outcome} model: {prepared.trials} settings to try{goes_on}")

            def watch(trial: Trial, outcome: str = outcome) -> None:
                note(f"{outcome} model: {trial.number + 1} of {prepared.trials} settings tried")
                record.tried(outcome, trial.number, trial.settings.state(), _tried(trial), _trial_note(trial))

            tunings[outcome] = tune_outcome(records, attributes, prepared.config.seed, prepared.trials, watch, memory)
    return tunings


def _tried(trial: Trial) -> dict[str, float]:
    return {"loss": trial.loss, "cutoffs": float(trial.cutoffs), "complete": float(trial.complete)}


def _trial_note(trial: Trial) -> str:
    which = "The built-in settings" if trial.number == 0 else "Settings that were tried"
    given_up = "" if trial.complete else " Given up early: clearly worse than the built-in ones."
    return (
        f"{which}: log loss on accounts begun after each cut-off, inside the tuning period; lower is better.{given_up}"
    )


def _record(
    prepared: _Prepared,
    record: TrainingRecord,
    fitted: _Fitted,
    tunings: Mapping[str, Tuning],
    document: Mapping[str, Any],
) -> None:
    """Record and register each model; one that could not be trained has no run."""
    as_of = prepared.cohort.as_of.isoformat()
    with tempfile.TemporaryDirectory(prefix="icp-train-") as folder:
        save_models(fitted.models, Path(folder))
        for report in (fitted.models.churn, fitted.models.win):
            if report is None:
                continue
            outcome, kind = report.outcome, report.predictor.kind
            if outcome not in record.parts:
                record.begin_outcome(outcome)
            tuning = tunings.get(outcome)
            chosen = f"tuned {outcome}" if tuning and tuning.found else "built-in"
            state = tuning.settings.state() if tuning and tuning.found else {}
            record.end_outcome(
                TrainedOutcome(
                    outcome=outcome,
                    params={"model": kind, "settings": chosen, **state},
                    metrics=_figures(report)
                    | tuning_figures(tuning)
                    | engine_metrics(outcome, fitted.engines if outcome == "churn" else ()),
                    note=outcome_note(document, outcome),
                    description=(
                        f"A trial, not a release: {kind}, {chosen} settings, fitted on everything up to {as_of}. Its "
                        "figures come from fits that never saw the held-out accounts."
                    ),
                    boosters=Path(folder),
                )
            )


def _figures(report: ModelReport) -> dict[str, float]:
    """Return a model's figures by flat name, with the ends of their intervals."""
    found: dict[str, float] = {}
    for name, entry in model_figures(report).items():
        ends = {f"{name}_{end}": entry[end] for end in ("low", "high") if end in entry}
        found |= {name: entry["value"], **ends}
    return found


def _overall(models: Models, stages: Stages) -> dict[str, float]:
    """Return the figures of the models that would ship, and how long the stages took."""
    found = {f"seconds_{stage}": seconds for stage, seconds in stages.seconds.items()}
    for report in (models.churn, models.win):
        if report is not None:
            named = ("_boosted", "_logistic", "_base_rate")
            found |= {n: e["value"] for n, e in model_figures(report).items() if not n.endswith(named)}
    return found


def _keep(prepared: _Prepared, run_id: str, tunings: Mapping[str, Tuning], document: Mapping[str, Any]) -> Path | None:
    """Write what was found for ``icp discover``; an earlier file is never left standing as if it were of this run.

    Returns
    -------
    Path or None
        The file; None where nothing was found and there was none before.
    """
    path = settings_file(prepared.config.name)
    if not any(tuning.found for tuning in tunings.values()) and not path.exists():
        return None
    facts = {
        "name": prepared.config.name,
        "as_of": prepared.cohort.as_of,
        "run_id": run_id,
        "seed": prepared.config.seed,
        "trials": prepared.trials,
        "inputs": prepared.inputs,
    }
    outcomes = {
        outcome: {
            "settings": tunings[outcome].settings if outcome in tunings and tunings[outcome].found else None,
            "verdict": model["tuning"]["verdict"],
            "figures": tuning_figures(tunings.get(outcome)),
        }
        for outcome, model in document["models"].items()
    }
    write_settings(path, facts, outcomes)
    return path


def _script(document: Mapping[str, Any], run: TrackedRun, kept: Path | None, stages: Stages) -> dict[str, Any]:
    return {
        **document,
        "settings": None if kept is None else str(kept),
        "mlflow": {"uri": run.uri, "experiment": run.experiment, "run_id": run.run_id},
        "registered": dict(run.registered),
        "seconds": {stage: round(seconds, 2) for stage, seconds in stages.seconds.items()},
    }


def _places(
    path: Path, run: TrackedRun, kept: Path | None, trials: int | None, moved: str | None, stages: Stages
) -> dict[str, str]:
    """Say where everything is, and what to do next."""
    places = {} if kept is None else {"Settings that icp discover uses": str(kept)}
    for outcome, version in run.registered.items():
        places[f"Challenger, {outcome}"] = version
    places["MLflow run"] = f"{run.run_id} in experiment {run.experiment} at {run.uri}"
    places["To look at it"] = f"icp ui {path}"
    places["To make a release"] = f"icp discover {path}"
    if trials is None and "tuning" not in stages.names:
        places["To tune as well"] = f"{EXTRA}, then icp train {path}"
    if moved:
        places["Note"] = moved
    return places | {"Took": f"{stages.total_seconds:.0f} seconds"}
