"""``icp init``: a config drafted from the tables in a folder."""

from __future__ import annotations

from pathlib import Path

import typer

from icp_ml.drafting.draft import draft_config
from icp_ml.errors import ConfigError
from icp_ml.release.files import written_aside


def draft(folder: Path, out: Path, preset: str | None = None, force: bool = False, quiet: bool = False) -> None:
    """Draft a config and write it.

    Raises
    ------
    ConfigError
        If there is a config already and ``force`` is not given, or the preset is unknown.
    DataError
        If the folder holds no tables.
    """
    if out.exists() and not force:
        raise ConfigError(
            f"{out} is there already and may hold your edits; give another --out, or --force to replace it"
        )
    if out.is_dir():
        raise ConfigError(
            f"{out} is a folder; --out must name the config file to write, for instance {out / 'icp.yaml'}"
        )
    text = draft_config(folder, out=out, preset=preset)
    with written_aside(out) as aside:
        aside.write_text(text, encoding="utf-8")
    if not quiet:
        typer.echo(f"Drafted {out}. Read it, above all what counts as known before the sale; then:")
        typer.echo(f"  icp validate {out}\n  icp discover {out}")
