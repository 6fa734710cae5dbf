"""The ``icp review`` command's own options: what a person may decide."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.options import AsJson, Quiet


def review(
    wanted: Annotated[str, typer.Argument(metavar="DIR", help="Release folder, its id, or 'champion'.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides.")] = "",
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="Why, in a sentence.")] = "",
    accept: Annotated[
        list[str] | None, typer.Option("--accept", metavar="IDS", help="Rules to accept, joined by commas: C1,X2.")
    ] = None,
    reject: Annotated[
        list[str] | None, typer.Option("--reject", metavar="IDS", help="Rules to reject; their points become 0.")
    ] = None,
    rename: Annotated[
        list[str] | None, typer.Option("--rename", metavar='ID="WORDS"', help="New words for a rule.")
    ] = None,
    edit: Annotated[
        list[str] | None,
        typer.Option("--edit", metavar="ID.NAME.OP=VALUE", help="Another value in a rule: X2.employee_count.below=20."),
    ] = None,
    add: Annotated[
        Path | None, typer.Option("--add", metavar="FILE", help="YAML file of rules to add: kind, when, text, reason.")
    ] = None,
    green: Annotated[
        int | None, typer.Option("--green", min=0, max=100, metavar="N", help="Points from which an account is green.")
    ] = None,
    red: Annotated[
        int | None, typer.Option("--red", min=0, max=100, metavar="N", help="Points under which an account is red.")
    ] = None,
    taken: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="File of decisions, as the report's What if gives them."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Take the decisions of the release before again, as far as they fit.")
    ] = False,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="CONFIG", help="Config whose MLflow store to use, not the release's own."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and write nothing.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Decide on what a release proposes: accept, reject, rename, edit, add.

    Rewrites the release whole, keeps every decision in decisions.jsonl and in MLflow, and says which accounts change
    tier. A rule that is edited or added is judged by the data, like a stated one, and marked as a person's.
    """
    from icp_ml.review.decisions import Decisions, Edges, parse_rename, parse_threshold
    from pipelines.reviewing import Telling
    from pipelines.reviewing import review as job

    decisions = Decisions(
        by=by,
        note=note,
        accept=_ids(accept),
        reject=_ids(reject),
        rename=dict(parse_rename(one) for one in rename or ()),
        thresholds=tuple(parse_threshold(one) for one in edit or ()),
        tiers=Edges(green=green, red=red),
    )
    job(wanted, decisions, Telling(dry_run, as_json, quiet), taken=taken, add=add, config=config, again=again)


def _ids(given: list[str] | None) -> tuple[str, ...]:
    """Return the ids of an option that may be given several times, each with several ids."""
    parts = [part.strip() for one in given or () for part in one.split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))
