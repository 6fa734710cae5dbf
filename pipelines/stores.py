"""Where a release was recorded: kept in its folder, so that a promotion finds the store without the config."""

from __future__ import annotations

import os
from pathlib import Path

from icp_ml.config.loading import load_config
from icp_ml.errors import ConfigError
from icp_ml.release.files import written_aside
from icp_ml.release.folder import read_json
from icp_ml.release.json_text import to_json_bytes
from icp_ml.tracking.stores import sqlite_file
from pipelines.locations import read_config
from pipelines.run_facts import store

TRACKED = "tracking.json"


def keep_store(folder: Path, uri: str) -> None:
    """Write into a release where it was recorded: a database file as seen from the folder, else that it is a server.

    A server's address, with its password, is never written; it stays in the config.
    """
    file = sqlite_file(uri)
    kept = {"server": True} if file is None else {"file": _from(folder, file)}
    with written_aside(folder / TRACKED) as aside:
        aside.write_bytes(to_json_bytes(kept))


def kept_store(folder: Path, config: Path | None) -> str | None:
    """Return the URI of the store a release was recorded in, None where there is none.

    Parameters
    ----------
    folder : Path
        The release.
    config : Path or None
        A config that says where the store is; without it, what the release's folder says.

    Raises
    ------
    ConfigError
        If the release was recorded on a server whose address cannot be read.
    """
    if config is not None:
        uri, _, _ = store(read_config(config), config)
    elif not (folder / TRACKED).is_file():
        return None
    else:
        uri = _uri(folder)
    file = sqlite_file(uri)
    return None if file is not None and not file.exists() else uri


def _uri(folder: Path) -> str:
    kept = read_json(folder / TRACKED)
    if "file" in kept:
        return f"sqlite:///{Path(os.path.normpath(folder.resolve() / kept['file'])).as_posix()}"
    try:
        return load_config(folder / "config.yaml").tracking.uri
    except ConfigError as err:
        raise ConfigError(
            f"{folder} was recorded in MLflow on a server, and its config does not say where: {err}. "
            "Set what it names, or say --config CONFIG"
        ) from err


def _from(folder: Path, file: Path) -> str:
    try:
        return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive, on Windows
        return file.resolve().as_posix()
