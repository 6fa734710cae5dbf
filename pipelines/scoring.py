"""``icp score``: a file or table of accounts in, one row an account out."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import typer

from icp_ml.errors import DataError
from icp_ml.release.json_text import json_ready
from icp_ml.release.scoring import ScoreSummary, score_file
from icp_ml.tables.database_address import Address, is_address, masked, parse_address
from pipelines.locations import find_release
from pipelines.progress import Stages


def score(
    accounts: str,
    wanted: str,
    out: str,
    allow_missing: bool = False,
    models: bool = True,
    accepted_only: bool = False,
    master: str | None = None,
    as_json: bool = False,
    quiet: bool = False,
) -> None:
    """Score a file or table and say what came out, in Spark where there is a ``master``.

    DataError if the release, the accounts or a column is not there.
    """
    release = find_release(wanted)
    if accepted_only:
        release = release.with_accepted_only()
    with Stages(("score",), quiet=quiet).stage("score") as note:
        if master is not None:
            _not_of_a_database(accounts, out)
            # What writes SQL is not needed otherwise, and takes a moment to load.
            from icp_ml.spark.scoring import score_on_spark

            summary = score_on_spark(
                accounts, release, Path(out), master=master, allow_missing=allow_missing, models=models
            )
        else:
            summary = score_file(
                _place(accounts),
                release,
                _place(out),
                allow_missing=allow_missing,
                models=models,
                progress=lambda done, of: note(f"{done:,} of {of:,} accounts" if of else f"{done:,} accounts"),
            )
    if as_json:
        typer.echo(json.dumps(json_ready(asdict(summary)), indent=2, ensure_ascii=False))
    elif not quiet:
        _tell(summary)
        if accepted_only and not release.rules.rules:
            typer.echo(
                "No rule of this release was accepted: every account has the same score. See icp review.", err=True
            )


def _place(text: str) -> Path | Address:
    return parse_address(text, os.environ) if is_address(text) else Path(text)


def _not_of_a_database(accounts: str, out: str) -> None:
    """Check that Spark is asked to read no table of a database, and to write to a folder; DataError where it is."""
    if is_address(out):
        raise DataError(f"{masked(out)}: --engine spark writes a folder of Parquet files; give its path to --out")
    if is_address(accounts) and "#" in accounts:
        raise DataError(
            f"{masked(accounts)}: --engine spark reads files and Spark's own tables; score a table of a database "
            "without it"
        )


def _tell(summary: ScoreSummary) -> None:
    tiers = ", ".join(f"{n:,} {tier}" for tier, n in summary.tiers.items())
    state = "reviewed" if summary.reviewed else "not reviewed by a person yet"
    typer.echo(f"Scored {summary.accounts:,} accounts ({tiers}) with release {summary.release_id}, {state}.")
    if summary.missing_in_rules:
        listed = ", ".join(summary.missing_in_rules)
        typer.echo(f"Taken as unknown for every account, though rules use them: {listed}.", err=True)
    if summary.missing_elsewhere:
        listed = ", ".join(summary.missing_elsewhere)
        typer.echo(f"Not in the accounts, taken as unknown by models and segments: {listed}.", err=True)
    typer.echo(f"Written to {summary.out}")
