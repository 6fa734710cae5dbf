"""A release as a model that MLflow can serve: raw account columns in, the columns of ``icp score`` out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from icp_ml.conditions import Condition
from icp_ml.config.schema import Attribute
from icp_ml.release.cells import score_cells
from icp_ml.release.folder import BOOSTERS, CRITERIA, SEGMENTS, Release
from icp_ml.release.frames import SCORE_SCHEMA

SCRIPT = Path(__file__).with_name("model_code.py")
"""What MLflow stores with the model and runs to load it."""
_NAMED_INPUTS = ("account_id", "observed_at")
_MLFLOW_TYPES = {pa.string(): "string", pa.int32(): "integer", pa.float64(): "double"}
_PARAMS = ("allow_missing", "accepted_only")


@dataclass(frozen=True)
class ReleasedModel:
    """A release that scores rows in memory as ``icp score`` scores a file of them.

    Parameters
    ----------
    release : Release
        As read back; a folder with ``criteria.json``, ``segments.json`` and ``boosters/`` is enough.
    """

    release: Release

    @classmethod
    def load(cls, folder: Path) -> ReleasedModel:
        """Read a release and its models; DataError if a file is missing or not what it should be."""
        model = cls(Release.load(folder))
        model.release.predictors  # noqa: B018  # read now, so that the first request need not wait for it
        return model

    @cached_property
    def _accepted(self) -> Release:
        return self.release.with_accepted_only()

    def predict(self, cells: pd.DataFrame, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Return the columns of ``icp score``.

        Parameters
        ----------
        cells : DataFrame of shape (n_rows, n_columns)
            Raw cells under source or standard column names, as :func:`icp_ml.release.cells.score_cells` takes them.
        params : mapping, optional
            ``allow_missing`` and ``accepted_only``, as the options of ``icp score``; both false by default.

        Raises
        ------
        DataError
            If the account id, or a column that an active rule uses, is missing.
        """
        given = params or {}
        release = self._accepted if given.get("accepted_only") else self.release
        allowed = bool(given.get("allow_missing"))
        scored = score_cells(cells, release, allow_missing=allowed, predictors=self.release.predictors)
        # JSON has no NaN: a chance that the release does not have is null in an answer over HTTP.
        empty = [name for name in scored.columns if scored[name].isna().any()]
        return scored.assign(**{name: scored[name].astype(object).where(scored[name].notna(), None) for name in empty})


@dataclass(frozen=True)
class ModelCode:
    """A model logged as a script with the files it reads: what MLflow calls models from code.

    Parameters
    ----------
    script : Path
        Stored with the model, and run to load it.
    files : mapping
        Name to file or folder, stored with the model.
    signature : mapping
        ``inputs``, ``outputs`` and ``params`` as MLflow's JSON.
    example : DataFrame
        Rows that the model takes.
    """

    script: Path
    files: Mapping[str, str]
    signature: Mapping[str, str]
    example: pd.DataFrame = field(compare=False)


def released_code(release: Release) -> ModelCode:
    """Return what MLflow needs to serve a release."""
    inner = [release.folder / name for name in (CRITERIA, SEGMENTS, BOOSTERS)]
    files = {path.stem: str(path) for path in inner if path.is_file() or _holds_files(path)}
    return ModelCode(SCRIPT, files, signature(release), example_cells(release))


def signature(release: Release) -> dict[str, str]:
    """Return inputs, outputs and parameters in MLflow's JSON.

    Every input is optional, since an account may be given under source or standard names and a column that only models
    use may be missing, and of any type: cells are read as those of a file, be they text or typed already.
    """
    inputs = [{"type": "any", "name": name, "required": False} for name in input_columns(release)]
    outputs = [{"type": _MLFLOW_TYPES[f.type], "name": f.name, "required": True} for f in SCORE_SCHEMA]
    params = [{"name": name, "type": "boolean", "default": False, "shape": None} for name in _PARAMS]
    return {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs), "params": json.dumps(params)}


def input_columns(release: Release) -> tuple[str, ...]:
    """Return the columns that scoring reads, under every name they may have, source names first."""
    attributes, named = release.criteria["attributes"], release.criteria.get("columns", {})
    identity, observed = (tuple(named.get(name, (name,))) for name in _NAMED_INPUTS)
    source = [entry["column"] for entry in attributes.values()]
    return tuple(dict.fromkeys((*identity, *source, *attributes, *observed)))


def example_cells(release: Release) -> pd.DataFrame:
    """Return two made-up accounts under source names: one with values that rules name, one of which nothing is known.

    No account of the release is in it: a model is copied to more places than the release.
    """
    rules = [r.rule for r in release.rules.rules] + [rule for _, rule in release.segment_rules.rules]
    conditions = {c.attribute: c for rule in reversed(rules) for c in reversed(rule.conditions)}
    identity = release.criteria.get("columns", {}).get("account_id", ["account_id"])[0]
    columns: dict[str, list[str | None]] = {identity: ["example-1", "example-2"]}
    for name, spec in release.attributes.items():
        source = release.criteria["attributes"][name]["column"]
        columns.setdefault(source, [_example(spec, conditions.get(name)), None])
    return pd.DataFrame(columns, dtype=object)


def _example(spec: Attribute, condition: Condition | None) -> str | None:
    if condition is None:
        return {"number": "1", "boolean": "true"}.get(spec.type)
    if spec.type == "number":
        value = condition.value[0] if isinstance(condition.value, tuple) else condition.value
        return f"{value:.15g}"
    if spec.type == "boolean":
        return str(condition.value).lower()
    return spec.separator.join(condition.tags) if spec.type == "tags" else condition.tags[0]


def _holds_files(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())
