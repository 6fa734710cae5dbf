"""Writing to MLflow. The only module that imports mlflow, but for the script that it stores with a release's model.

Runs are written through the client, in few calls, so that logging costs seconds. Models are logged as data, with the
name of a loader that ships with this package or a script of it: neither pickle nor code of a run is ever stored or
executed.
"""

from __future__ import annotations

import logging
import os
import re
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from icp_ml.tracking.released import ModelCode
from icp_ml.tracking.stores import sqlite_file
from icp_ml.tracking.views import VIEW_TAG, releases_link, releases_view

# Without it MLflow takes an experiment without training code for one of language models, and shows it as such.
_KIND = {"mlflow.experimentKind": "custom_model_development"}
# MLflow shows the first line, and the rest when it is asked for.
_ABOUT = """Ideal customer profiles: to compare releases, open **[Releases side by side]({link})**.

It is also under "Views": the releases alone, their verdicts and figures as columns, and as charts who stays, what the
score is worth, and what each tier and the exclusions hold. Select several runs and "Compare" for everything else.

| run | what it is |
|---|---|
| named by a release, as `2026-06-30-3eca7b4b` | what `icp discover` found; inside it one run for each part |
| the same name and "reviewed" | that release as a person decided with `icp review` |
| `compare A with B` | what `icp compare` says of two releases; its page is among the artifacts |
| `icp train` | a trial of the models; nothing of it ships |

Columns to compare: `scorecard_green_rate` and `scorecard_red_rate` (past accounts won and kept), `tiers/...` (what each
tier holds now), `exclusions_revenue_taken_now` (revenue the exclusions would have refused) beside
`exclusions_revenue_to_be_replaced` (what of it was lost again). A release's own page says the rest in words.
"""
MODEL_NOTES = {
    "churn": "The churn model: how well it tells who leaves, on later accounts, beside its rivals.",
    "win": "The win model: how well it tells who is won, on later accounts, beside its rivals.",
    "release": "The release as a model: raw account columns in, the columns of icp score out.",
}
NOTE = "mlflow.note.content"
"""Tag that MLflow shows as the description, of a run and of an experiment."""
RELEASE = "release"
"""What stands in place of an outcome for the model that is the whole release."""
CHALLENGER = "challenger"
"""Alias of the version that was found last."""
_LOADER = "icp_ml.tracking.loading"
_LONGEST_TAG = 7_500
_LONGEST_PARAM = 500
_BATCH = 900  # MLflow takes at most 1,000 entries in one call
_BATCH_PARAMS = 100
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
class TrackedRun:
    """Where something was recorded.

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


@dataclass(frozen=True)
class LoggedModel:
    """A model to log and register as the challenger.

    Parameters
    ----------
    company, outcome : str
        It is registered as ``icp-<company>-<outcome>``, and as ``icp-<company>`` where it is the whole release.
    content : Path or ModelCode
        Its files, from :func:`icp_ml.models.storage.save_models`; or the script that reads them.
    description : str
        What this version is.
    version : str
        Version of icp-ml, which is needed to load it again.
    tags : mapping
        Of the version, without the prefix ``icp.``; with ``release_id`` a promotion finds it again.
    """

    company: str
    outcome: str
    content: Path | ModelCode
    description: str
    version: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name in the registry."""
        return registered_name(self.company, self.outcome)


def registered_name(company: str, outcome: str) -> str:
    """Return the name a model is registered under.

    >>> registered_name("acme", "churn"), registered_name("acme", "release")
    ('icp-acme-churn', 'icp-acme')
    """
    return f"icp-{company}" if outcome == RELEASE else f"icp-{company}-{outcome}"


def ui_command(uri: str, artifacts: Path, host: str, port: int) -> list[str]:
    """Return the arguments of ``mlflow ui`` on a store; one reader needs one worker, which starts sooner than four."""
    return [
        "ui", "--backend-store-uri", uri, "--default-artifact-root", artifacts.as_uri(), "--host", host,
        "--port", str(port), "--workers", "1",
    ]  # fmt: skip


def ui_environment() -> dict[str, str]:
    """Return the environment variables of ``mlflow ui``: no telemetry, and no runner of jobs."""
    return {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}


class RunStore:
    """Writes runs to one store; to be used inside :func:`mlflow_store`.

    Parameters
    ----------
    uri : str
        MLflow tracking URI, absolute.
    experiment : str
        Experiment name; made if it is new.
    artifacts : Path
        Folder for artifacts where the store is a local database; a server chooses its own.
    """

    def __init__(self, uri: str, experiment: str, artifacts: Path) -> None:
        self._open(uri)
        self.experiment_id = self._experiment(experiment, artifacts)

    @classmethod
    def of_run(cls, uri: str, run_id: str) -> RunStore:
        """Return the store, at the experiment of a run that is there."""
        store = cls.__new__(cls)
        store._open(uri)
        store.experiment_id = str(store.client.get_run(run_id).info.experiment_id)
        return store

    def _open(self, uri: str) -> None:
        self.uri, self.client = uri, client_of(uri)
        self.now = int(time.time() * 1000)

    def start(self, name: str, tags: Mapping[str, str], note: str, command: str, parent: str | None = None) -> str:
        """Start a run, inside another where ``parent`` is given, and return its id; ``tags`` without prefix."""
        told = {f"icp.{key}": _shortened(value) for key, value in tags.items()}
        told |= {NOTE: _shortened(note), "mlflow.source.name": command}
        told["mlflow.source.type"] = "JOB"
        told |= {"mlflow.parentRunId": parent} if parent else {}
        return str(self.client.create_run(self.experiment_id, self.now, told, run_name=name).info.run_id)

    def start_described(self, name: str, tags: Mapping[str, str], note: str, command: str) -> str:
        """Start the run of a whole release; links to its report and memo follow the note's first paragraph."""
        run_id = self.start(name, tags, note, command)
        first, _, rest = note.partition("\n\n")
        self.tag(run_id, NOTE, f"{first}\n\n{self._documents(run_id)}\n\n{rest}".strip())
        return run_id

    def tag(self, run_id: str, key: str, value: str) -> None:
        """Set a tag, whose key has its prefix."""
        self.client.set_tag(run_id, key, _shortened(value))

    def log(
        self,
        run_id: str,
        params: Mapping[str, Any],
        metrics: Mapping[str, float],
        series: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    ) -> None:
        """Log settings, figures, and figures along a scale: points with ``step`` and ``value``, drawn as lines."""
        from mlflow.entities import Metric, Param

        entries = [Metric(_key(name), float(value), self.now, 0) for name, value in metrics.items()]
        for name, points in (series or {}).items():
            entries += [Metric(_key(name), float(p["value"]), self.now, int(p["step"])) for p in points]
        settings = [Param(_key(name), str(value)[:_LONGEST_PARAM]) for name, value in params.items()]
        if len(entries) <= _BATCH and len(settings) <= _BATCH_PARAMS:
            self.client.log_batch(run_id, metrics=entries, params=settings)
            return
        for rows in _batches(entries, _BATCH):
            self.client.log_batch(run_id, metrics=rows)
        for rows in _batches(settings, _BATCH_PARAMS):
            self.client.log_batch(run_id, params=rows)

    def inputs(self, run_id: str, sources: Mapping[str, Mapping[str, Any]], context: str) -> None:
        """Log what a run read: table to ``{"path", "rows", "sha256"}``."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        datasets = []
        for table, source in sources.items():
            where = f'{{"uri": "{_plain(source.get("path"))}"}}'
            profile = f'{{"num_rows": {int(source.get("rows") or 0)}}}'
            digest = str(source.get("sha256") or "unknown")[:32]
            dataset = Dataset(name=table, digest=digest, source_type="local", source=where, profile=profile)
            datasets.append(DatasetInput(dataset, [InputTag("mlflow.data.context", context)]))
        if datasets:
            self.client.log_inputs(run_id, datasets=datasets)

    def model(self, run_id: str, model: LoggedModel) -> str:
        """Log and register a model as files and what reads them; returns ``name/version``."""
        import mlflow
        import mlflow.pyfunc

        name = model.name
        with mlflow.start_run(run_id=run_id):
            info = mlflow.pyfunc.log_model(
                name=model.outcome,
                **_content(model),
                pip_requirements=[f"icp-ml=={model.version}"],
                metadata=dict(model.tags),
            )
        if not self.client.search_registered_models(f"name = '{name}'", max_results=1):
            self.client.create_registered_model(name, description=MODEL_NOTES[model.outcome])
        tags = {f"icp.{key}": value for key, value in model.tags.items()}
        told = model.description if model.outcome != RELEASE else f"{model.description} {self._documents(run_id)}"
        version = self.client.create_model_version(
            name, info.model_uri, run_id, tags, description=told, model_id=info.model_id
        )
        self.client.set_registered_model_alias(name, CHALLENGER, version.version)
        return f"{name}/{version.version}"

    def _documents(self, run_id: str) -> str:
        """Return links to a run's report and memo, as MLflow's own pages follow them."""
        place = f"#/experiments/{self.experiment_id}/runs/{run_id}/artifacts"
        return f"Read the [report]({place}/report.html) and the [decision memo]({place}/memo.html)."

    def artifacts(self, run_id: str, folder: Path) -> None:
        """Log a folder whole."""
        self.client.log_artifacts(run_id, str(folder))

    def artifact(self, run_id: str, file: Path) -> None:
        """Log one file."""
        self.client.log_artifact(run_id, str(file))

    def end(self, run_id: str, status: str = "FINISHED") -> None:
        """End a run: ``FINISHED``, ``FAILED`` or ``KILLED``."""
        self.client.set_terminated(run_id, status)

    def _experiment(self, name: str, artifacts: Path) -> str:
        from mlflow.exceptions import MlflowException

        found = self.client.get_experiment_by_name(name)
        if found is not None and found.lifecycle_stage == "deleted":
            raise MlflowException(f"experiment {name!r} was deleted; restore it, or set tracking.experiment")
        if found is None:
            local = artifacts.as_uri() if sqlite_file(self.uri) else None
            found = self.client.get_experiment(self.client.create_experiment(name, local, tags=_KIND))
        identity = str(found.experiment_id)
        told = {NOTE: _ABOUT.format(link=releases_link(identity)), VIEW_TAG: releases_view(self.now)}
        for key, value in told.items():
            if key not in found.tags:  # what a person wrote, or emptied, stays
                self.client.set_experiment_tag(identity, key, value)
        return identity


def _content(model: LoggedModel) -> dict[str, Any]:
    """Return what MLflow stores of a model: a folder and its loader's name, or a script and the files it reads."""
    if isinstance(model.content, Path):
        config = {"outcome": model.outcome}
        return {"loader_module": _LOADER, "data_path": str(model.content), "model_config": config}
    from mlflow.models import ModelSignature

    return {
        "python_model": str(model.content.script),
        "artifacts": dict(model.content.files),
        "signature": ModelSignature.from_dict(dict(model.content.signature)),
        "input_example": model.content.example,
    }


def client_of(uri: str) -> Any:
    """Return MLflow's client of a store; to be used inside :func:`mlflow_store`."""
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri)


@contextmanager
def mlflow_store(uri: str) -> Iterator[tuple[type[Exception], ...]]:
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


def _batches(rows: list[Any], size: int) -> Iterator[list[Any]]:
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
