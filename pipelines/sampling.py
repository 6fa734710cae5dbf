"""``icp sample``: a synthetic CRM with known truth."""

from __future__ import annotations

from pathlib import Path

import typer

from icp_ml.sample.writing import write_sample


def sample(folder: Path, accounts: int, seed: int, quiet: bool = False) -> None:
    """Write the sample and say what to do with it; errors as in :func:`icp_ml.sample.writing.write_sample`."""
    write_sample(folder, accounts=accounts, seed=seed)
    if not quiet:
        typer.echo(f"Wrote {accounts:,} synthetic accounts to {folder}: four tables, and what is true in truth.json.")
        typer.echo(f"Next: icp init {folder} --out icp.yaml, then icp discover icp.yaml")
