"""``icp validate``: read and check everything, train nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from icp_ml.config.loading import config_folder
from icp_ml.release.json_text import json_ready
from icp_ml.tables.reading import TablesReport, check_tables
from icp_ml.tables.tables import Issue
from pipelines.locations import read_config

_TITLES = {
    "stop": "These stop a run and need mending",
    "handled": "These were handled and counted",
    "warning": "These are to be known",
}


def validate_tables(path: Path, overrides: Sequence[str], as_json: bool = False, quiet: bool = False) -> bool:
    """Print what was found and return whether a run may start.

    Parameters
    ----------
    path : Path
        Config file.
    overrides : sequence of str
        ``key.path=value``.
    as_json, quiet : bool
        Print JSON instead of words; print nothing but what stops a run. That is always told on standard error.

    Raises
    ------
    ConfigError
        If the config itself is wrong.
    """
    report = check_tables(read_config(path, overrides), config_folder(path))
    if as_json:
        typer.echo(json.dumps(_document(report), indent=2, ensure_ascii=False))
    elif not quiet:
        _tell(report, path)
    if report.stops:
        _tell_issues("stop", report.stops, err=True)
    return not report.stops


def _document(report: TablesReport) -> dict[str, Any]:
    ready: dict[str, Any] = json_ready(
        {
            "ok": not report.stops,
            "as_of": report.as_of,
            "as_of_given": report.as_of_given,
            "tables": report.counts,
            "issues": [asdict(issue) for issue in report.issues],
            "sources": report.sources,
        }
    )
    return ready


def _tell(report: TablesReport, path: Path) -> None:
    if report.as_of is not None:
        given = "as the config says" if report.as_of_given else "the latest date in the data"
        typer.echo(f"Data as of {report.as_of.isoformat()} ({given})")
    for table, counts in report.counts.items():
        rest = "; ".join(f"{n:,} {what.replace('_', ' ')}" for what, n in counts.items() if what != "rows")
        # Contract periods derived from deals come from no file of their own.
        rows = f"{counts['rows']:,} rows" if "rows" in counts else "no file"
        typer.echo(f"{table}: {rows}{f' ({rest})' if rest else ''}")
    for level in ("handled", "warning"):
        _tell_issues(level, [issue for issue in report.issues if issue.level == level])
    if not report.stops:
        typer.echo(f"\nNothing stops a run. Next: icp discover {path}")


def _tell_issues(level: str, issues: Sequence[Issue], err: bool = False) -> None:
    if not issues:
        return
    typer.echo(f"\n{_TITLES[level]} ({len(issues)}):", err=err)
    for issue in issues:
        told = issue.message.startswith((f"{issue.table}:", f"{issue.table},", "source."))
        typer.echo(f"  {issue.message}" if told else f"  {issue.table}: {issue.message}", err=err)
