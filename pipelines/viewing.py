"""``icp ui``: the MLflow UI on the configured store."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import typer

from icp_ml.errors import ConfigError
from icp_ml.tracking.recording import ui_command, ui_environment
from icp_ml.tracking.stores import masked, readable, sqlite_file
from pipelines.locations import read_config
from pipelines.run_facts import ARTIFACTS, store

DEFAULT_STORE = "mlflow.db"


def show_ui(config: Path | None, host: str, port: int) -> None:
    """Hand over to ``mlflow ui``; does not return.

    Parameters
    ----------
    config : Path or None
        Config whose store to show; without it, ``mlflow.db`` in the current folder.
    host, port : str, int
        Where to listen.

    Raises
    ------
    ConfigError
        If there is no such store, or it is a server that has its own UI.
    """
    here = Path.cwd()
    if config is None:
        uri, artifacts = f"sqlite:///{(here / DEFAULT_STORE).as_posix()}", here / ARTIFACTS
    else:
        uri, artifacts, _ = store(read_config(config), config)
    if uri.startswith(("http://", "https://", "databricks")):
        raise ConfigError(f"tracking.uri: the store is a server with its own UI; open {masked(uri)} in a browser")
    file = sqlite_file(uri)
    if file is not None and not file.exists():
        raise ConfigError(
            f"there is no MLflow store at {os.path.normpath(file)} yet; 'icp discover CONFIG' writes one, then "
            "'icp ui CONFIG' shows it"
        )
    typer.echo(f"MLflow UI at http://{host}:{port} on {readable(uri)}; stop it with Ctrl-C")
    sys.stdout.flush()
    _hand_over([sys.executable, "-m", "mlflow", *ui_command(uri, artifacts, host, port)])


def _hand_over(command: list[str]) -> None:
    """Become the command; where a process cannot (Windows), run it and end as it does."""
    environment = {**os.environ, **ui_environment()}
    if os.name != "nt":
        os.execve(command[0], command, environment)
    raise typer.Exit(subprocess.call(command, env=environment))
