"""``icp sample``: a synthetic CRM with known truth."""

from __future__ import annotations

from pathlib import Path

import typer

from icp_ml.config.standard import TABLE_NAMES
from icp_ml.errors import DataError
from icp_ml.sample.writing import write_sample

TRUTH = "truth.json"


def sample(folder: Path, accounts: int, seed: int, quiet: bool = False) -> None:
    """Write the sample and say what to do with it.

    Raises
    ------
    DataError
        If the folder holds tables that are no sample, and as in :func:`icp_ml.sample.writing.write_sample`.
    """
    _need_no_other_tables(folder)
    write_sample(folder, accounts=accounts, seed=seed)
    if not quiet:
        typer.echo(f"Wrote {accounts:,} synthetic accounts to {folder}: four tables, and what is true in truth.json.")
        typer.echo(f"Next: icp init {folder} --out icp.yaml, then icp discover icp.yaml")


def _need_no_other_tables(folder: Path) -> None:
    """Raise DataError where somebody's own tables would be overwritten; an earlier sample has its truth beside it."""
    own = [name for name in TABLE_NAMES if (folder / f"{name}.csv").exists()]
    if own and not (folder / TRUTH).exists():
        raise DataError(
            f"{folder} holds {own[0]}.csv and no {TRUTH}, so it is no earlier sample; give another folder, nothing was "
            "overwritten"
        )
