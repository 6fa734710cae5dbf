"""One MLflow run a training, with a nested run for each outcome, and inside it one for each setting tried.

Runs are written as the work goes on, so that one that is stopped says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from icp_ml.errors import ConfigError
from icp_ml.tracking.recording import MODEL_NOTES, LoggedModel, RunStore, TrackedRun, mlflow_store
from icp_ml.tracking.stores import first_line, masked, readable

COMMAND = "icp train"
_NOTE = "A trial of the churn and win models: nothing of it ships. It is running, or was stopped before its end."
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Training:
    """What is recorded of a training before it starts.

    Parameters
    ----------
    name, as_of : str
        Company, last day of the data.
    params : mapping
        Settings by flat name.
    inputs : mapping
        Table to ``{"path", "rows", "sha256"}``.
    tags : mapping
        Further tags, without the prefix ``icp.``.
    version : str
        Version of icp-ml, which is needed to load the models again.
    """

    name: str
    as_of: str
    params: Mapping[str, Any]
    inputs: Mapping[str, Mapping[str, Any]]
    tags: Mapping[str, str] = field(default_factory=dict)
    version: str = "0"


@dataclass(frozen=True)
class TrainedOutcome:
    """What is recorded of one outcome when its model is there.

    Parameters
    ----------
    outcome : str
        ``churn`` or ``win``.
    params, metrics : mapping
        Settings and figures by flat name.
    note : str
        Markdown: the verdict.
    description : str
        What the registered version is.
    boosters : Path
        Folder with the model's files.
    """

    outcome: str
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    note: str
    description: str
    boosters: Path


@contextmanager
def record_training(training: Training, uri: str, experiment: str, artifacts: Path) -> Iterator[TrainingRecord]:
    """Record a training while it goes on.

    Its runs end as ``KILLED`` where the block is stopped from the keyboard and as ``FAILED`` where it ends in another
    error.

    Parameters
    ----------
    training : Training
        What is known before.
    uri : str
        MLflow tracking URI, absolute.
    experiment : str
        Experiment name; made if it is new.
    artifacts : Path
        Folder for artifacts where the store is a local database.

    Yields
    ------
    TrainingRecord

    Raises
    ------
    ConfigError
        If the store cannot be reached or written.
    """
    record = TrainingRecord(training, uri, experiment, artifacts)
    try:
        record.begin()
        yield record
    except BaseException as err:  # a stop from the keyboard is recorded, too; all are raised again
        record.abandon("KILLED" if isinstance(err, (KeyboardInterrupt, SystemExit)) else "FAILED")
        raise


class TrainingRecord:
    """The runs of one training.

    Parameters
    ----------
    training, uri, experiment, artifacts
        As in :func:`record_training`.
    """

    def __init__(self, training: Training, uri: str, experiment: str, artifacts: Path) -> None:
        self.training, self.uri, self.experiment, self.artifacts = training, uri, experiment, artifacts
        self.store: RunStore | None = None
        self.run_id = ""
        self.open: list[str] = []
        self.parts: dict[str, str] = {}
        self.registered: dict[str, str] = {}

    def begin(self) -> None:
        """Start the parent run."""
        training = self.training

        def write(store: RunStore) -> None:
            name = f"{training.as_of} {COMMAND}"
            self.run_id = store.start(name, self._tags("train"), _NOTE, COMMAND)
            self.open.append(self.run_id)
            store.log(self.run_id, training.params, {})
            store.inputs(self.run_id, training.inputs, "training")

        self._write(write)

    def begin_outcome(self, outcome: str) -> None:
        """Start an outcome's run."""

        def write(store: RunStore) -> None:
            tags, note = self._tags(f"train_{outcome}"), f"{MODEL_NOTES[outcome]} Part of a trial."
            self.parts[outcome] = store.start(outcome, tags, note, COMMAND, self.run_id)
            self.open.append(self.parts[outcome])

        self._write(write)

    def tried(
        self, outcome: str, number: int, params: Mapping[str, Any], metrics: Mapping[str, float], note: str
    ) -> None:
        """Record one setting that was tried, inside its outcome's run."""

        def write(store: RunStore) -> None:
            name, tags = f"{outcome} {number}", self._tags("trial")
            run = store.start(name, tags, note, COMMAND, self.parts[outcome])
            store.log(run, params, metrics)
            store.end(run)

        self._write(write)

    def end_outcome(self, trained: TrainedOutcome) -> None:
        """Record an outcome's model, and register it as the challenger."""
        run = self.parts[trained.outcome]

        def write(store: RunStore) -> None:
            store.tag(run, "mlflow.note.content", trained.note)
            store.log(run, trained.params, trained.metrics)
            self.registered[trained.outcome] = store.model(run, self._model(trained))
            store.tag(self.run_id, f"icp.registered_{trained.outcome}", self.registered[trained.outcome])
            store.end(run)
            self.open.remove(run)

        self._write(write)

    def end(self, note: str, metrics: Mapping[str, float]) -> TrackedRun:
        """Record the whole, and return where it is."""

        def write(store: RunStore) -> None:
            store.tag(self.run_id, "mlflow.note.content", note)
            store.log(self.run_id, {}, metrics)
            store.end(self.run_id)
            self.open.clear()

        self._write(write)
        return TrackedRun(readable(self.uri), self.experiment, self.run_id, dict(self.registered))

    def abandon(self, status: str) -> None:
        """End what is still open with a status; a store that cannot be reached any more keeps what it has."""
        if not self.open or self.store is None:
            return
        with mlflow_store(self.uri) as errors:
            try:
                for run in reversed(self.open):
                    self.store.end(run, status)
            except errors:
                return

    def _tags(self, part: str) -> dict[str, str]:
        return {"name": self.training.name, "as_of": self.training.as_of, "part": part, **self.training.tags}

    def _model(self, trained: TrainedOutcome) -> LoggedModel:
        return LoggedModel(
            company=self.training.name,
            outcome=trained.outcome,
            content=trained.boosters,
            description=trained.description,
            version=self.training.version,
            tags={"trial": self.run_id, "as_of": self.training.as_of},
        )

    def _write(self, work: Callable[[RunStore], _Result]) -> _Result:
        """Do some writing; ConfigError where the store fails."""
        with mlflow_store(self.uri) as errors:
            try:
                self.store = self.store or RunStore(self.uri, self.experiment, self.artifacts)
                return work(self.store)
            except errors as err:
                raise ConfigError(
                    f"tracking.uri: the training was stopped, since {masked(self.uri)} could not be reached or written "
                    f"({first_line(err)}); nothing else was changed"
                ) from err
