"""One MLflow run a comparison, linked with the runs of the releases; and a release fetched from its run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from icp_ml.errors import ConfigError, DataError
from icp_ml.release.folder import is_release
from icp_ml.tracking.recording import RunStore, TrackedRun, client_of, mlflow_store
from icp_ml.tracking.stores import first_line, masked, readable

PART = "comparison"


@dataclass(frozen=True)
class ComparisonRecord:
    """What is recorded of one comparison.

    Parameters
    ----------
    company : str
        Whose releases they are.
    releases : mapping of str to str
        Letter to release id, the first being what the others are compared with.
    runs : mapping of str to str
        Letter to the run of the release, each where the store has it.
    note : str
        Markdown for a GTM lead.
    metrics : mapping of str to float
        Paired differences, with their ends.
    page : Path
        The HTML page.
    answers : mapping of str to str
        Letter to ``adopt``, ``keep``, ``cannot_tell`` or ``nothing_changed``.
    """

    company: str
    releases: Mapping[str, str]
    runs: Mapping[str, str]
    note: str
    metrics: Mapping[str, float]
    page: Path
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Name of the run."""
        first, *others = self.releases.values()
        return f"compare {first} with {' and '.join(others)}"


def track_comparison(record: ComparisonRecord, uri: str, experiment: str, artifacts: Path) -> TrackedRun:
    """Record a comparison, the runs of its releases named in its tags.

    Parameters
    ----------
    record : ComparisonRecord
        What to record.
    uri : str
        MLflow tracking URI, absolute.
    experiment : str
        Experiment name; made if it is new.
    artifacts : Path
        Folder for artifacts where the store is a local database.

    Raises
    ------
    ConfigError
        If the store cannot be reached or written.
    """
    tags = {"name": record.company, "part": PART}
    for letter, release in record.releases.items():
        tags[f"release_{letter}"] = release
        if letter in record.runs:
            tags[f"run_{letter}"] = record.runs[letter]
    tags |= {f"answer_{letter}": answer for letter, answer in record.answers.items()}
    with mlflow_store(uri) as errors:
        try:
            store = RunStore(uri, experiment, artifacts)
            run = store.start(record.title, tags, record.note, "icp compare")
            store.log(run, {}, record.metrics)
            store.artifact(run, record.page)
            store.end(run)
        except errors as err:
            raise ConfigError(
                f"tracking.uri: the comparison was not recorded in MLflow, since {masked(uri)} could not be reached or "
                f"written ({first_line(err)}). The page is complete all the same: {record.page}; --no-track leaves "
                "MLflow alone"
            ) from err
    return TrackedRun(readable(uri), experiment, run, {})


def runs_of(uri: str, releases: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return the discovery's run and the experiment's name of each release that a store has, the latest run of each.

    Raises
    ------
    ConfigError
        If the store cannot be read.
    """
    with mlflow_store(uri) as errors:
        try:
            client = client_of(uri)
            names = {e.experiment_id: e.name for e in client.search_experiments()}
            found = {}
            for release in dict.fromkeys(releases):
                quoted = release.replace("'", "")
                wanted = f"tags.`icp.release_id` = '{quoted}' and tags.`icp.part` = 'discovery'"
                runs = client.search_runs(list(names), wanted, max_results=1) if names else []
                if runs:
                    found[release] = (str(runs[0].info.run_id), names[runs[0].info.experiment_id])
            return found
        except errors as err:
            raise _unreadable(uri, err) from err


def fetch_release(uri: str, run_id: str, folder: Path) -> Path:
    """Copy the release that a run recorded into a folder, and return where it is.

    Raises
    ------
    DataError
        If there is no such run, or it recorded no release.
    """
    with mlflow_store(uri) as errors:
        try:
            client = client_of(uri)
            client.get_run(run_id)
            listed = {entry.path for entry in client.list_artifacts(run_id)}
            if "criteria.json" not in listed:
                raise DataError(
                    f"MLflow run {run_id} in {readable(uri)} recorded no release; give a run of 'icp discover' (its "
                    "tag icp.part is discovery)"
                )
            fetched = Path(client.download_artifacts(run_id, "", str(folder)))
        except errors as err:
            raise DataError(
                f"MLflow run {run_id} could not be read from {readable(uri)} ({first_line(err)}); say which store with "
                "--config CONFIG"
            ) from err
    if not is_release(fetched):
        raise DataError(f"MLflow run {run_id} in {readable(uri)} holds no whole release")
    return fetched


def flat_metrics(told: Mapping[str, Any]) -> dict[str, float]:
    """Return paired differences by flat name: figure, where it was measured, letter, and which end.

    Parameters
    ----------
    told : mapping
        From :func:`icp_ml.report.comparison.told_comparison`.
    """
    metrics: dict[str, float] = {}
    for pair in told["pairs"]:
        letter, tiers = pair["b"], pair["tiers"]
        for name in ("moved", "arr", "pipeline"):
            metrics[f"{letter}_tier_changes_{'accounts' if name == 'moved' else name}"] = float(tiers[name])
        metrics[f"{letter}_rule_changes"] = float(len(pair["rules"]))
        for which in ("later", "flattering"):
            for name, found in ((pair[which] or {}).get("raw", {}).get("figures", {})).items():
                if "absent" in found:
                    continue
                for end in ("estimate", "low", "high"):
                    metrics[f"{letter}_{which}_{name}_difference_{end}"] = float(found[end])
    return metrics


def _unreadable(uri: str, err: BaseException) -> ConfigError:
    return ConfigError(
        f"tracking.uri: {masked(uri)} could not be read ({first_line(err)}); --no-track leaves MLflow alone"
    )
