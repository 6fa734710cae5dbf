"""Where jobs look for configs and releases: the only place that knows the current folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from icp_ml.config.loading import load_config
from icp_ml.config.schema import Config
from icp_ml.errors import ConfigError
from icp_ml.release.champion import CHAMPION, POINTER, resolve_release
from icp_ml.release.folder import Release

MODELS = Path("models")


def read_config(path: Path, overrides: Sequence[str] = ()) -> Config:
    """Read a company's config.

    Raises
    ------
    ConfigError
        If there is no such file, with what to do about it, or if it is wrong.
    """
    if path.is_dir():
        inside = sorted(p.name for p in path.glob("*.y*ml"))
        draft = f"; draft one with 'icp init {path} --out icp.yaml'"
        found = f"; it holds {', '.join(inside[:5])}" if inside else draft
        raise ConfigError(f"{path} is a folder and a config is a YAML file{found}")
    if not path.exists():
        beside = sorted(p.name for p in path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
        known = f"; in {path.parent} there are {', '.join(beside[:5])}" if beside else ""
        raise ConfigError(
            f"there is no config {path}{known}. Draft one from your tables with 'icp init FOLDER --out {path.name}', "
            "or try the product on made-up data: 'icp sample crm'"
        )
    return load_config(path, overrides)


def find_release(wanted: str, name: str | None = None) -> Release:
    """Read the release that a folder, an id or ``champion`` means; DataError if there is none."""
    return Release.load(resolve_release(wanted, MODELS, name))


def find_previous(wanted: str | None, name: str) -> Release | None:
    """Read the release whose ids live on.

    Parameters
    ----------
    wanted : str or None
        A folder, an id, ``champion`` or ``none``; None takes the champion where there is one.
    name : str
        Company.

    Returns
    -------
    Release or None
        None only where there is none by wish, or where no champion was ever made.

    Raises
    ------
    DataError
        If the release asked for is not there.
    """
    if wanted == "none" or (wanted is None and not (MODELS / name / POINTER).exists()):
        return None
    return find_release(wanted or CHAMPION, name)
