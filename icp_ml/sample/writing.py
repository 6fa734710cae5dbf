"""Writes a sample to a folder: four CSV files and ``truth.json``, the same bytes for the same seed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from icp_ml.errors import DataError
from icp_ml.sample.draws import Draws
from icp_ml.sample.tables import make_sample
from icp_ml.sample.truth import Truth

_FEWEST_ACCOUNTS = 50


def write_sample(folder: Path, accounts: int = 4000, seed: int = 7) -> Truth:
    """Write a synthetic B2B CRM with known truth.

    Parameters
    ----------
    folder : Path
        Made if absent; ``accounts.csv``, ``opportunities.csv``, ``subscriptions.csv``, ``signals.csv`` and
        ``truth.json`` are written into it.
    accounts : int, default 4000
        At least 50.
    seed : int, default 7
        At least 0.

    Returns
    -------
    Truth
        What was planted; also in ``truth.json``.

    Raises
    ------
    DataError
        If the number of accounts or the seed is too small, or the folder is a file.
    """
    if accounts < _FEWEST_ACCOUNTS:
        raise DataError(f"a sample needs at least {_FEWEST_ACCOUNTS} accounts; found {accounts}")
    if seed < 0:
        raise DataError(f"a seed must not be negative; found {seed}")
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise DataError(f"{folder}: a folder is needed to write the sample into; found a file. Give another name")
    tables, truth = make_sample(Draws(seed), accounts)
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        _write_csv(frame, folder / f"{name}.csv")
    (folder / "truth.json").write_bytes(truth.to_json().encode())
    return truth


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write cells that are text already, so that no library's number format can differ."""
    path.write_bytes(frame.to_csv(index=False, lineterminator="\n").encode())
