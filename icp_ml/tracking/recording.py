"""MLflow: one run a discovery, with nested runs for its parts. The only module that imports mlflow.

Runs are written through the client, in few calls, so that logging costs seconds. Models are logged as data and a loader
that ships with this package: neither pickle nor code of a run is ever stored or executed.
"""

from __future__ import annotations

import logging
import os
import re
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icp_ml.errors import ConfigError

if TYPE_CHECKING:
    from mlflow import MlflowClient

PARTS = ("churn", "win", "segments", "criteria")
_PREFIXES = {
    "churn": ("churn_",),
    "win": ("win_",),
    "segments": ("segments_",),
    "criteria": ("criteria_", "exclusions_", "scorecard_"),
}
# The parent run holds what two discoveries are compared by; what is of one rule, segment or rival model is in its part.
_DETAIL = re.compile(r"^(criteria_[CX]\d+_|segments_S\d+_)|_(boosted|logistic|base_rate)$")
_NOTES = {
    "churn": "The churn model: how well it tells who leaves, on later accounts, beside its rivals.",
    "win": "The win model: how well it tells who is won, on later accounts, beside its rivals.",
    "segments": "The segments: what happened in each, on accounts that did not form it.",
    "criteria": "Criteria, exclusions and the score: evidence and receipts of each rule, and each tier.",
}
_EXPERIMENT = {
    # Without it MLflow takes an experiment without training code for one of language models, and shows it as such.
    "mlflow.experimentKind": "custom_model_development",
    "mlflow.note.content": "Ideal customer profiles: one run a discovery, with a nested run for each of its parts. "
    "Select the runs named by release (tag icp.part is discovery) to compare them.",
}
_LOADER = "icp_ml.tracking.loading"
_LONGEST_TAG = 7_500
_LONGEST_PARAM = 500
_BATCH = 900  # MLflow takes at most 1,000 entries in one call
_SQLITE = re.compile(r"^sqlite(?:\+\w+)?:///(?P<file>[^?]+)")
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # A server that does not answer must not hold up a finished release for minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}


@dataclass(frozen=True)
class Discovery:
    """What is recorded of one discovery.

    Parameters
    ----------
    name, release_id, as_of : str
        Company, release, last day of the data.
    description : str
        Markdown that a GTM lead can read.
    params : mapping
        Settings by flat name.
    metrics : mapping
        Figures by flat name; the first word says which part a figure belongs to.
    inputs : mapping
        Table to ``{"path", "rows", "sha256"}``.
    release : Path
        The release folder, which is logged whole.
    models : mapping
        ``churn`` and ``win`` to the kind that ships, each where there is one; their files are in ``release/boosters``.
    tags : mapping
        Further tags, without the prefix ``icp.``.
    version : str
        Version of icp-ml, which is needed to load the models again.
    """

    name: str
    release_id: str
    as_of: str
    description: str
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    inputs: Mapping[str, Mapping[str, Any]]
    release: Path
    models: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    version: str = "0"


@dataclass(frozen=True)
class TrackedRun:
    """Where a discovery was recorded.

    Parameters
    ----------
    uri : str
        Tracking URI, absolute, without a password.
    experiment : str
        Experiment name.
    run_id : str
        The parent run.
    registered : mapping
        ``churn`` and ``win`` to ``name/version`` of the registered model.
    """

    uri: str
    experiment: str
    run_id: str
    registered: Mapping[str, str]


def track_discovery(discovery: Discovery, uri: str, experiment: str, artifacts: Path) -> TrackedRun:
    """Record a discovery.

    Parameters
    ----------
    discovery : Discovery
        What to record; its release folder is complete.
    uri : str
        MLflow tracking URI, absolute.
    experiment : str
        Experiment name; made if it is new.
    artifacts : Path
        Folder for artifacts where the store is a local database; a server chooses its own.

    Raises
    ------
    ConfigError
        If the store cannot be reached or written; the release is not touched.
    """
    with _mlflow(uri) as errors:
        from mlflow import MlflowClient

        try:
            return _Recording(MlflowClient(tracking_uri=uri), discovery, uri).record(experiment, artifacts)
        except errors as err:
            raise ConfigError(
                f"tracking.uri: nothing was recorded in MLflow, since {masked(uri)} could not be reached or written "
                f"({_first_line(err)}). The release is complete all the same: {discovery.release}"
            ) from err


def masked(uri: str) -> str:
    """Return a URI without its password.

    >>> masked("postgresql://ann:secret@host/db")
    'postgresql://ann:***@host/db'
    """
    return re.sub(r"(://[^:/@\s]*):[^@\s]+@", r"\1:***@", uri)


def readable(uri: str) -> str:
    """Return a URI for people: without its password, and without steps up and down in a file's path.

    >>> readable("sqlite:////data/configs/../mlflow.db"), readable("https://mlflow.example.com/a/../b")
    ('sqlite:////data/mlflow.db', 'https://mlflow.example.com/a/../b')
    """
    file = sqlite_file(uri)
    return masked(uri.replace(file.as_posix(), Path(os.path.normpath(file)).as_posix()) if file else uri)


def sqlite_file(uri: str) -> Path | None:
    """Return the file of a SQLite tracking URI, None for any other.

    >>> sqlite_file("sqlite:////data/mlflow.db"), sqlite_file("http://localhost:5000")
    (PosixPath('/data/mlflow.db'), None)
    """
    found = _SQLITE.match(uri)
    return Path(found["file"]) if found else None


def ui_command(uri: str, artifacts: Path, host: str, port: int) -> list[str]:
    """Return the arguments of ``mlflow ui`` on a store; one reader needs one worker, which starts sooner than four."""
    return [
        "ui", "--backend-store-uri", uri, "--default-artifact-root", artifacts.as_uri(), "--host", host,
        "--port", str(port), "--workers", "1",
    ]  # fmt: skip


class _Recording:
    """Writes one discovery: the parent run, its parts, inputs, artifacts and models."""

    def __init__(self, client: MlflowClient, discovery: Discovery, uri: str) -> None:
        self.client, self.discovery, self.uri = client, discovery, uri
        self.now = int(time.time() * 1000)

    def record(self, experiment: str, artifacts: Path) -> TrackedRun:
        """Write everything and return where it is."""
        experiment_id = self._experiment(experiment, artifacts)
        parent = self._run(experiment_id, self.discovery.release_id, None)
        overall = {name: value for name, value in self.discovery.metrics.items() if not _DETAIL.search(name)}
        self._log(parent, self.discovery.params, overall)
        self._inputs(parent)
        self.client.log_artifacts(parent, str(self.discovery.release))
        registered: dict[str, str] = {}
        for part in PARTS:
            metrics = {k: v for k, v in self.discovery.metrics.items() if k.startswith(_PREFIXES[part])}
            model = self.discovery.models.get(part)
            if part in ("churn", "win") and model is None:
                continue
            child = self._run(experiment_id, part, parent)
            self._log(child, {"model": model} if model else {}, metrics)
            if model:
                registered[part] = self._model(child, part)
            self.client.set_terminated(child, "FINISHED")
        for outcome, version in registered.items():
            self.client.set_tag(parent, f"icp.registered_{outcome}", version)
        self.client.set_terminated(parent, "FINISHED")
        return TrackedRun(readable(self.uri), experiment, parent, registered)

    def _experiment(self, name: str, artifacts: Path) -> str:
        from mlflow.exceptions import MlflowException

        found = self.client.get_experiment_by_name(name)
        if found is not None and found.lifecycle_stage == "deleted":
            raise MlflowException(f"experiment {name!r} was deleted; restore it, or set tracking.experiment")
        if found is not None:
            return str(found.experiment_id)
        local = artifacts.as_uri() if sqlite_file(self.uri) else None
        return str(self.client.create_experiment(name, artifact_location=local, tags=_EXPERIMENT))

    def _run(self, experiment_id: str, name: str, parent: str | None) -> str:
        tags = {
            "icp.name": self.discovery.name,
            "icp.release_id": self.discovery.release_id,
            "icp.as_of": self.discovery.as_of,
            "icp.part": "discovery" if parent is None else name,
            **{f"icp.{key}": value for key, value in self.discovery.tags.items()},
            "mlflow.source.name": "icp discover",
            "mlflow.source.type": "JOB",
        }
        if parent is None:
            tags["mlflow.note.content"] = _shortened(self.discovery.description)
        else:
            tags["mlflow.parentRunId"] = parent
            tags["mlflow.note.content"] = f"{_NOTES[name]} Part of release {self.discovery.release_id}."
        return str(self.client.create_run(experiment_id, self.now, tags, run_name=name).info.run_id)

    def _log(self, run_id: str, params: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        from mlflow.entities import Metric, Param

        entries = [Metric(_key(name), float(value), self.now, 0) for name, value in metrics.items()]
        settings = [Param(_key(name), str(value)[:_LONGEST_PARAM]) for name, value in params.items()]
        for rows in _batches(entries):
            self.client.log_batch(run_id, metrics=rows)
        for rows in _batches(settings, 100):
            self.client.log_batch(run_id, params=rows)

    def _inputs(self, run_id: str) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        datasets = []
        for table, source in self.discovery.inputs.items():
            where = f'{{"uri": "{_plain(source.get("path"))}"}}'
            profile = f'{{"num_rows": {int(source.get("rows") or 0)}}}'
            digest = str(source.get("sha256") or "unknown")[:32]
            dataset = Dataset(name=table, digest=digest, source_type="local", source=where, profile=profile)
            datasets.append(DatasetInput(dataset, [InputTag("mlflow.data.context", "discovery")]))
        if datasets:
            self.client.log_inputs(run_id, datasets=datasets)

    def _model(self, run_id: str, outcome: str) -> str:
        """Log and register a model as files and the name of the module that reads them."""
        import mlflow
        import mlflow.pyfunc

        name = f"icp-{self.discovery.name}-{outcome}"
        with mlflow.start_run(run_id=run_id):
            info = mlflow.pyfunc.log_model(
                name=outcome,
                loader_module=_LOADER,
                data_path=str(self.discovery.release / "boosters"),
                model_config={"outcome": outcome},
                pip_requirements=[f"icp-ml=={self.discovery.version}"],
                metadata={"release_id": self.discovery.release_id},
            )
        if not self.client.search_registered_models(f"name = '{name}'", max_results=1):
            self.client.create_registered_model(name, description=_NOTES[outcome])
        told = (
            f"Release {self.discovery.release_id}, data up to {self.discovery.as_of}: {self.discovery.models[outcome]}."
        )
        version = self.client.create_model_version(
            name, info.model_uri, run_id, description=told, model_id=info.model_id
        )
        return f"{name}/{version.version}"


def ui_environment() -> dict[str, str]:
    """Return the environment variables of ``mlflow ui``: no telemetry, and no runner of jobs."""
    return {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


@contextmanager
def _mlflow(uri: str) -> Iterator[tuple[type[Exception], ...]]:
    """Use a store, quietly; gives the errors it raises. MLflow's own settings and loggers are put back after."""
    added = {key: value for key, value in _QUIET.items() if key not in os.environ}
    os.environ.update(added)
    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    levels = [logger.level for logger in loggers]
    try:
        with warnings.catch_warnings():
            # Deprecations inside MLflow and what it imports are not the reader's to mend.
            warnings.simplefilter("ignore")
            import mlflow
            from mlflow.exceptions import MlflowException
            from sqlalchemy.exc import SQLAlchemyError

            for logger in loggers:
                logger.setLevel(logging.ERROR)
            before = mlflow.get_tracking_uri()
            mlflow.set_tracking_uri(uri)
            try:
                yield (MlflowException, SQLAlchemyError, OSError)
            finally:
                mlflow.set_tracking_uri(before)
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        for key in added:
            os.environ.pop(key, None)


def _batches(rows: list[Any], size: int = _BATCH) -> Iterator[list[Any]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _key(name: str) -> str:
    """Return a name with only the characters MLflow takes."""
    return re.sub(r"[^\w .:/-]", "_", name, flags=re.ASCII)[:240]


def _plain(path: Any) -> str:
    return str(path or "").replace("\\", "/").replace('"', "'")


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_TAG:
        return text
    return text[:_LONGEST_TAG].rsplit("\n", 1)[0] + "\n\nThe rest is in `report.html`.\n"


def _first_line(err: BaseException) -> str:
    """Return what went wrong in one line; MLflow repeats the URI in it, with its password."""
    return masked((str(err).strip().splitlines() or [type(err).__name__])[0])[:300]
