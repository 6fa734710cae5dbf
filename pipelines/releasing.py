"""From what a discovery found to a release folder on disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icp_ml.config.loading import resolved_yaml
from icp_ml.config.schema import Config
from icp_ml.release.folder import Release, checksum, free_id, release_id, write_release
from icp_ml.release.tuned_settings import TunedSettings, flat_settings
from icp_ml.report.assembling import Found, assemble_release
from icp_ml.tables.tables import Tables
from pipelines.locations import MODELS
from pipelines.model_settings import SETTINGS
from pipelines.run_facts import settings, versions

PREVIOUS = "previous_release"


@dataclass(frozen=True)
class Written:
    """A release as it was written, and what its reports say."""

    folder: Path
    release_id: str
    summary: dict[str, Any]
    metrics: dict[str, Any]


def write_found(
    found: Found,
    config: Config,
    before: Release | None,
    out: Path | None,
    seconds: Mapping[str, float],
    tuned: TunedSettings | None = None,
) -> Written:
    """Write the release folder, whole or not at all.

    Parameters
    ----------
    found : Found
        What to write.
    config : Config
        As resolved.
    before : Release or None
        The previous release, one of the inputs.
    out : Path or None
        Folder; by default one under the current folder, named by company and release.
    seconds : mapping
        How long the stages so far took.
    tuned : TunedSettings or None
        Settings of the models that were found by training, one of the inputs.
    """
    inputs = _inputs(found.tables, before, tuned)
    wanted = release_id(found.cohort.as_of.isoformat(), {"inputs": inputs, "config": resolved_yaml(config)})
    root = MODELS / config.name
    identity = wanted if out is not None else free_id(root, wanted)
    facts = {
        "inputs": inputs,
        "settings": settings(config, found.leaks.usable) | flat_settings(tuned),
        "versions": versions(),
        "stage_times": {**seconds, "total": sum(seconds.values())},
    }
    assembled = assemble_release(found, config, identity, facts, before)
    folder = write_release(out if out is not None else root / identity, assembled.parts)
    return Written(folder, identity, assembled.summary, assembled.parts.metrics)


def _inputs(tables: Tables, before: Release | None, tuned: TunedSettings | None) -> dict[str, Any]:
    """Return the fingerprints of what the run was made from; the previous release and found settings are inputs too."""
    inputs: dict[str, Any] = dict(tables.sources)
    if before is not None:
        inputs[PREVIOUS] = {"release_id": before.id, "sha256": checksum(before.folder)}
    if tuned is not None:
        inputs[SETTINGS] = {"as_of": tuned.as_of.isoformat(), "sha256": tuned.fingerprint}
    return inputs
