"""One MLflow run a discovery, with nested runs for its parts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from icp_ml.errors import ConfigError
from icp_ml.release.folder import BOOSTERS, Release, checksum
from icp_ml.tracking.recording import MODEL_NOTES, RELEASE, LoggedModel, RunStore, TrackedRun, mlflow_store
from icp_ml.tracking.released import ModelCode, released_code
from icp_ml.tracking.stores import first_line, masked, readable

PARTS = ("churn", "win", "early_churn", "segments", "criteria")
_REGISTERED = ("churn", "win")
_PREFIXES = {
    "churn": ("churn_",),
    "win": ("win_",),
    "early_churn": ("early_churn_",),
    "segments": ("segments_",),
    "criteria": ("criteria_", "exclusions_", "scorecard_", "tiers/"),
}
# The parent run holds what two discoveries are compared by; what is of one rule, segment or rival model is in its part.
_DETAIL = re.compile(r"^(criteria_[CX]\d+_|segments_S\d+_)|_(boosted|logistic|base_rate)$")
_NOTES = {
    **MODEL_NOTES,
    "early_churn": "Early-life churn, for customer success: who leaves, told from the first weeks. No source of rules.",
    "segments": "The segments: what happened in each, on accounts that did not form it.",
    "criteria": "Criteria, exclusions and the score: evidence and receipts of each rule, and each tier.",
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
        ``churn``, ``win`` and ``early_churn`` to the kind that ships, each where there is one; their files are in
        ``release/boosters``. The last, which nobody promotes, is not registered.
    tags : mapping
        Further tags, without the prefix ``icp.``.
    version : str
        Version of icp-ml, which is needed to load the models again.
    series : mapping
        Figures along a scale by name, each a list of points with ``step`` and ``value``; drawn as lines.
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
    series: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)


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
    with mlflow_store(uri) as errors:
        try:
            return _Recording(RunStore(uri, experiment, artifacts), discovery).record(experiment)
        except errors as err:
            raise ConfigError(
                f"tracking.uri: nothing was recorded in MLflow, since {masked(uri)} could not be reached or written "
                f"({first_line(err)}). The release is complete all the same: {discovery.release}"
            ) from err


def overall(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return the figures that two releases are compared by: those of no single rule, segment or rival model."""
    return {name: value for name, value in metrics.items() if not _DETAIL.search(name)}


def figures_of(part: str, metrics: Mapping[str, float]) -> dict[str, float]:
    """Return the figures of one of :data:`PARTS`."""
    return {name: value for name, value in metrics.items() if name.startswith(_PREFIXES[part])}


def part_note(part: str, release_id: str) -> str:
    """Say what the run of one of :data:`PARTS` is of."""
    return f"{_NOTES[part]} Part of release {release_id}."


class _Recording:
    """Writes one discovery: the parent run, its parts, inputs, artifacts and models."""

    def __init__(self, store: RunStore, discovery: Discovery) -> None:
        self.store, self.discovery = store, discovery

    def record(self, experiment: str) -> TrackedRun:
        """Write everything and return where it is."""
        store, discovery = self.store, self.discovery
        parent = self._run(discovery.release_id, None)
        store.log(parent, discovery.params, overall(discovery.metrics), discovery.series)
        store.inputs(parent, discovery.inputs, "discovery")
        store.artifacts(parent, discovery.release)
        registered: dict[str, str] = {}
        for part in PARTS:
            metrics = figures_of(part, discovery.metrics)
            model = discovery.models.get(part)
            if part in (*_REGISTERED, "early_churn") and model is None:
                continue
            child = self._run(part, parent)
            store.log(child, {"model": model} if model else {}, metrics)
            if model and part in _REGISTERED:
                registered[part] = store.model(child, self._model(part, model, discovery.release / BOOSTERS))
            store.end(child)
        code = released_code(Release.load(discovery.release))
        registered[RELEASE] = store.model(parent, self._model(RELEASE, "the whole release", code))
        for outcome, version in registered.items():
            store.tag(parent, f"icp.registered_{outcome}", version)
        store.end(parent)
        return TrackedRun(readable(store.uri), experiment, parent, registered)

    def _run(self, name: str, parent: str | None) -> str:
        tags = {
            "name": self.discovery.name,
            "release_id": self.discovery.release_id,
            "as_of": self.discovery.as_of,
            "part": "discovery" if parent is None else name,
            **self.discovery.tags,
        }
        if parent is None:
            return self.store.start_described(name, tags, self.discovery.description, "icp discover")
        return self.store.start(name, tags, part_note(name, self.discovery.release_id), "icp discover", parent)

    def _model(self, outcome: str, kind: str, content: Path | ModelCode) -> LoggedModel:
        return LoggedModel(
            company=self.discovery.name,
            outcome=outcome,
            content=content,
            description=f"Release {self.discovery.release_id}, data up to {self.discovery.as_of}: {kind}.",
            version=self.discovery.version,
            # By these a promotion finds the version again, and that the release is still the one that was recorded.
            tags={
                "release_id": self.discovery.release_id,
                "as_of": self.discovery.as_of,
                "checksum": checksum(self.discovery.release),
            },
        )
