"""What a run is: versions, memory, and where its MLflow store lies."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from icp_ml.config.loading import absolute_uri, config_folder
from icp_ml.config.schema import Config
from icp_ml.tracking.stores import sqlite_file

_LIBRARIES = ("duckdb", "hdbscan", "mlflow", "numpy", "pandas", "scikit-learn", "scipy", "shap", "xgboost")
ARTIFACTS = "mlartifacts"


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    found = {"icp-ml": version("icp-ml"), "python": platform.python_version()}
    return found | {name: _version(name) for name in _LIBRARIES}


def _version(name: str) -> str:
    """Return a library's version; on Linux and Windows xgboost's wheel goes by another name."""
    return version("xgboost-cpu" if name == "xgboost" and sys.platform != "darwin" else name)


def peak_memory_mb() -> float | None:
    """Return the most memory this process held, in MB; None on Windows, which does not say."""
    if sys.platform == "win32":
        return None
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(used / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)


def store(config: Config, path: Path) -> tuple[str, Path, str | None]:
    """Return the MLflow store of a config.

    Parameters
    ----------
    config : Config
        Holds ``tracking.uri``, relative to the config file.
    path : Path
        The config file.

    Returns
    -------
    uri : str
        Absolute.
    artifacts : Path
        Folder of artifacts, beside a database file.
    moved : str or None
        Why the store is not where the config says: its folder cannot be written, so the current folder is used.
    """
    uri = absolute_uri(config.tracking.uri, config_folder(path))
    file = sqlite_file(uri)
    if file is None:
        return uri, config_folder(path) / ARTIFACTS, None
    if _writable(file):
        return uri, file.resolve().parent / ARTIFACTS, None
    here = Path.cwd()
    why = f"{file.parent} cannot be written, so the MLflow store is {here / file.name}; set tracking.uri to choose"
    return f"sqlite:///{(here / file.name).as_posix()}", here / ARTIFACTS, why


def _writable(file: Path) -> bool:
    folder = next(p for p in file.absolute().parents if p.exists())
    return os.access(file, os.W_OK) if file.exists() else os.access(folder, os.W_OK)


def settings(config: Config, usable: list[str]) -> dict[str, Any]:
    """Return the settings a result depends on, by flat name; nothing about where the data lies or how to reach it."""
    flat: dict[str, Any] = {"seed": config.seed, "preset": config.preset, "attributes_used": len(usable)}
    flat |= {"covers_from": config.covers_from.isoformat() if config.covers_from else None}
    for section in ("outcomes", "economics", "money", "criteria", "scorecard"):
        values = getattr(config, section).model_dump(mode="json")
        flat |= {f"{section}.{key}": value for key, value in values.items()}
    return flat
