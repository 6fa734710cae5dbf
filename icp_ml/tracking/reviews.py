"""A review in MLflow: a run of the release as it is now, beside that of what was proposed, and a version of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from icp_ml.errors import ConfigError
from icp_ml.release.folder import Release, checksum
from icp_ml.tracking.discoveries import figures_of, overall, part_note
from icp_ml.tracking.recording import NOTE, RELEASE, LoggedModel, RunStore, client_of, mlflow_store, registered_name
from icp_ml.tracking.released import released_code
from icp_ml.tracking.stores import first_line, masked

_COMMAND = "icp review"
_RULES = "criteria"
"""The part of a release that a review changes."""
_OURS = "icp."


@dataclass(frozen=True)
class ReviewRecord:
    """What is recorded of a review.

    Parameters
    ----------
    release : Path
        The release folder, rewritten.
    by, at, note : str
        Who, when, why.
    description : str
        Markdown of the run, told anew.
    metrics : mapping
        Figures of the release by flat name, as they are now.
    version : str
        Version of icp-ml.
    series : mapping
        Figures along a scale by name, as they are now: points with ``step`` and ``value``.
    tags : mapping
        Tags of the run that follow from the rules, without the prefix ``icp.``.
    """

    release: Path
    by: str
    at: str
    note: str
    description: str
    metrics: Mapping[str, float]
    version: str = "0"
    series: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


def record_review(review: ReviewRecord, uri: str) -> str | None:
    """Record the release as reviewed, in a run of its own; the run before says where it is.

    Parameters
    ----------
    review : ReviewRecord
        What to record.
    uri : str
        MLflow tracking URI, absolute.

    Returns
    -------
    str or None
        ``model/version`` of the release as reviewed; None where the store knows no run of the release.

    Raises
    ------
    ConfigError
        If the store cannot be reached or written; the release is rewritten all the same.
    """
    release = Release.load(review.release)
    with mlflow_store(uri) as errors:
        try:
            run_id = _run_of(uri, release)
            if run_id is None:
                return None
            store = RunStore.of_run(uri, run_id)
            return _record(store, store.client.get_run(run_id), release, review)
        except errors as err:
            raise ConfigError(
                f"tracking.uri: the review was not recorded in MLflow, since {masked(uri)} could not be reached or "
                f"written ({first_line(err)}). The release is rewritten all the same: {review.release}"
            ) from err


def _run_of(uri: str, release: Release) -> str | None:
    """Return the run that the release was recorded in last."""
    name = registered_name(str(release.criteria["name"]), RELEASE)
    found = client_of(uri).search_model_versions(f"name = '{name}' and tags.`icp.release_id` = '{release.id}'")
    return str(max(found, key=lambda v: int(v.version)).run_id) if found else None


def _record(store: RunStore, before: Any, release: Release, review: ReviewRecord) -> str:
    """Write the run of the release as reviewed, and say in the run before that there is one."""
    run_id = _start(store, before, release, review)
    store.log(run_id, before.data.params, overall(review.metrics), review.series)
    if before.inputs.dataset_inputs:
        store.client.log_inputs(run_id, datasets=before.inputs.dataset_inputs)
    store.artifacts(run_id, review.release)
    child = store.start(
        _RULES, _tags(before, review) | {"part": _RULES}, part_note(_RULES, release.id), _COMMAND, run_id
    )
    store.log(child, {}, figures_of(_RULES, review.metrics))
    store.end(child)
    version = store.model(run_id, _model(release, review))
    store.tag(run_id, f"icp.registered_{RELEASE}", version)
    store.end(run_id)
    earlier = before.info.run_id
    store.tag(earlier, "icp.reviewed_in", run_id)
    told = f"[the release as reviewed](#/experiments/{store.experiment_id}/runs/{run_id})"
    note = before.data.tags.get(NOTE, "")
    store.tag(earlier, NOTE, f"**Reviewed since, see {told}.** This is what stood before.\n\n{note}")
    return version


def _start(store: RunStore, before: Any, release: Release, review: ReviewRecord) -> str:
    """Start the run; MLflow never forgets a figure, so that one run could not show lines of old and new rules."""
    tags = _tags(before, review)
    number = int(before.data.tags.get("icp.review", 0)) + 1
    name = f"{release.id} reviewed" if number == 1 else f"{release.id} reviewed {number}"
    return store.start_described(name, tags | {"review": str(number)}, review.description, _COMMAND)


def _tags(before: Any, review: ReviewRecord) -> dict[str, str]:
    """Return the tags of the run before, without prefix, with who decided."""
    kept = {key.removeprefix(_OURS): value for key, value in before.data.tags.items() if key.startswith(_OURS)}
    kept.pop("reviewed_in", None)
    decided = {"reviewed_by": review.by, "reviewed_at": review.at, "review_note": review.note or "-"}
    return kept | dict(review.tags) | decided | {"reviewed_from": before.info.run_id}


def _model(release: Release, review: ReviewRecord) -> LoggedModel:
    criteria = release.criteria
    return LoggedModel(
        company=criteria["name"],
        outcome=RELEASE,
        content=released_code(release),
        description=(
            f"Release {release.id}, data up to {criteria['as_of']}: the whole release, reviewed by {review.by} on "
            f"{review.at[:10]}."
        ),
        version=review.version,
        tags={"release_id": release.id, "as_of": criteria["as_of"], "checksum": checksum(review.release)},
    )
