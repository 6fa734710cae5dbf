"""``icp score``: a file of accounts in, one row an account out."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import typer

from icp_ml.release.json_text import json_ready
from icp_ml.release.scoring import ScoreSummary, score_file
from pipelines.locations import find_release
from pipelines.progress import Stages


def score(
    accounts: str,
    wanted: str,
    out: Path,
    allow_missing: bool = False,
    accepted_only: bool = False,
    master: str | None = None,
    as_json: bool = False,
    quiet: bool = False,
) -> None:
    """Score a file and say what came out, in Spark where there is a ``master``.

    DataError if the release, the file or a column is not there.
    """
    release = find_release(wanted)
    if accepted_only:
        release = release.with_accepted_only()
    with Stages(("score",), quiet=quiet).stage("score") as note:
        if master is not None:
            # What writes SQL is not needed otherwise, and takes a moment to load.
            from icp_ml.spark.scoring import score_on_spark

            summary = score_on_spark(accounts, release, out, master=master, allow_missing=allow_missing)
        else:
            summary = score_file(
                Path(accounts),
                release,
                out,
                allow_missing=allow_missing,
                progress=lambda done, of: note(f"{done:,} of {of:,} accounts" if of else f"{done:,} accounts"),
            )
    if as_json:
        typer.echo(json.dumps(json_ready({**asdict(summary), "out": str(summary.out)}), indent=2, ensure_ascii=False))
    elif not quiet:
        _tell(summary)
        if accepted_only and not release.rules.rules:
            typer.echo(
                "No rule of this release was accepted: every account has the same score. See icp review.", err=True
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
        typer.echo(f"Not in the file, taken as unknown by models and segments: {listed}.", err=True)
    typer.echo(f"Written to {summary.out}")
