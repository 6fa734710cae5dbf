"""``icp explain``: why one account scores as it does."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from icp_ml.errors import DataError
from icp_ml.release.explaining import explain_account
from icp_ml.tables.database_address import is_address, masked
from pipelines.locations import find_release


def explain(account_id: str, wanted: str, accounts: str | None = None, as_json: bool = False) -> None:
    """Print the explanation; DataError if the release or the account is not there."""
    if accounts is not None and is_address(accounts):
        raise DataError(
            f"{masked(accounts)}: --accounts reads a file; save the account's row as CSV, "
            "or score the table with icp score"
        )
    release = find_release(wanted)
    explanation = explain_account(account_id, release, None if accounts is None else Path(accounts))
    if as_json:
        typer.echo(json.dumps(explanation.as_dict(), indent=2, ensure_ascii=False))
    else:
        typer.echo(explanation.as_text(), nl=False)
