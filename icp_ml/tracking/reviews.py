"""A review in MLflow: the release's run gets its files and figures as they are now, the registry a version of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from icp_ml.errors import ConfigError
from icp_ml.release.folder import Release, checksum
from icp_ml.tracking.recording import RELEASE, LoggedModel, RunStore, client_of, mlflow_store, registered_name
from icp_ml.tracking.released import released_code
from icp_ml.tracking.stores import first_line, masked


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
        Figures of the rules by flat name.
    version : str
        Version of icp-ml.
    """

    release: Path
    by: str
    at: str
    note: str
    description: str
    metrics: Mapping[str, float]
    version: str = "0"


def record_review(review: ReviewRecord, uri: str) -> str | None:
    """Record a review in the run of its release.

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
            return None if run_id is None else _record(RunStore.of_run(uri, run_id), run_id, release, review)
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


def _record(store: RunStore, run_id: str, release: Release, review: ReviewRecord) -> str:
    store.artifacts(run_id, review.release)
    store.log(run_id, {}, review.metrics)
    tags = {"icp.reviewed_by": review.by, "icp.reviewed_at": review.at, "icp.review_note": review.note or "-"}
    for key, value in ({"mlflow.note.content": review.description} | tags).items():
        store.tag(run_id, key, value)
    criteria = release.criteria
    version = store.model(
        run_id,
        LoggedModel(
            company=criteria["name"],
            outcome=RELEASE,
            content=released_code(release),
            description=(
                f"Release {release.id}, data up to {criteria['as_of']}: the whole release, reviewed by {review.by} on "
                f"{review.at[:10]}."
            ),
            version=review.version,
            tags={"release_id": release.id, "as_of": criteria["as_of"], "checksum": checksum(review.release)},
        ),
    )
    store.tag(run_id, f"icp.registered_{RELEASE}", version)
    return version
