"""``icp review``: a person's decisions on a release, written into it and into MLflow."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import typer

from icp_ml.errors import ConfigError, IcpError
from icp_ml.release.champion import read_pointer
from icp_ml.release.folder import (
    ACCOUNTS,
    CRITERIA,
    DECISIONS,
    MEMO,
    MEMO_PAGE,
    METRICS,
    REPORT,
    SCORED,
    TERRITORIES,
    Release,
    rewrite_release,
)
from icp_ml.release.json_text import to_json_bytes
from icp_ml.release.people import csv_text
from icp_ml.report.description import run_description, run_tags
from icp_ml.report.retelling import standing_of
from icp_ml.report.review_words import told_review
from icp_ml.report.telling import Told, tell
from icp_ml.review.again import decisions_again
from icp_ml.review.applying import Applied, apply_decisions
from icp_ml.review.decisions import Decisions, read_decisions, read_new_rules
from icp_ml.review.moved import tier_moves
from icp_ml.tracking.reviews import ReviewRecord, record_review
from pipelines.locations import MODELS, find_release
from pipelines.run_facts import versions
from pipelines.stores import kept_store

_NOTHING = "nothing is decided: say --accept, --reject, --rename, --edit, --add, --green, --red, --from or --again"
_NOTHING_AGAIN = "--again: this release keeps to every decision taken before it, so there is nothing to take again"


@dataclass(frozen=True)
class Telling:
    """How a review is told: whether it is only tried, and as what."""

    dry_run: bool = False
    as_json: bool = False
    quiet: bool = False


def review(
    wanted: str,
    decisions: Decisions,
    telling: Telling = Telling(),
    taken: Path | None = None,
    add: Path | None = None,
    config: Path | None = None,
    again: bool = False,
) -> None:
    """Apply a person's decisions to a release.

    Parameters
    ----------
    wanted : str
        A folder, an id or ``champion``.
    decisions : Decisions
        From the command line.
    telling : Telling, optional
        How it is told.
    taken : Path, optional
        A file of decisions, for instance from the report's What if.
    add : Path, optional
        A file of rules to add.
    config : Path, optional
        Config that says where the MLflow store is; without it, what the release's folder says.
    again : bool, optional
        Whether what people decided before this release is taken again.

    Raises
    ------
    IcpError
        If there is no such release, or a decision cannot be carried out; nothing has changed then.
    """
    release = find_release(wanted)
    decisions = _all(decisions, taken, add)
    if again:
        decisions = decisions_again(release.criteria, decisions)
    if not decisions.anything:
        raise ConfigError(_NOTHING_AGAIN if again else _NOTHING)
    if decisions.release_id not in (None, release.id):
        raise ConfigError(
            f"{taken}: these decisions were taken on release {decisions.release_id}, and {wanted} is {release.id}; "
            "take them anew in its own report"
        )
    standing = standing_of(release)
    suspects = standing.checks["leak_suspects"]
    set_apart = [suspect["attribute"] for suspect in suspects if not suspect["overruled"]]
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    cohort = standing.kept.cohort
    applied = apply_decisions(release.criteria, decisions, cohort, standing.config, at, set_apart)
    told = tell(standing, applied.document)
    before = release.table(SCORED).column("icp_tier").to_pylist()
    moves = tier_moves(before, told.scored["icp_tier"].tolist(), cohort.accounts)
    document = told_review(applied, moves, cohort.currency) | {"release": str(release.folder), "release_id": release.id}
    if telling.dry_run:
        _say(document, {"Tried only": "nothing was written; leave out --dry-run to do it"}, telling)
        return
    rewrite_release(release.folder, _contents(release, applied, told), told.scored)
    try:
        places = _recorded(release, applied, told, config)
    except IcpError:
        _say(document, {}, telling)
        raise
    _say(document, _champion(release) | places, telling)


def _all(decisions: Decisions, taken: Path | None, add: Path | None) -> Decisions:
    """Return the decisions of the command line and of files together."""
    if taken is not None:
        decisions = decisions.beside(read_decisions(_text(taken, "--from"), str(taken)))
    if add is not None:
        decisions = replace(decisions, add=(*decisions.add, *read_new_rules(_text(add, "--add"), str(add))))
    return decisions


def _text(path: Path, option: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as err:
        raise ConfigError(f"{option}: there is no file {path}") from err
    except (OSError, UnicodeDecodeError) as err:
        raise ConfigError(f"{option}: {path} must be a text file in UTF-8; it cannot be read as one ({err})") from err


def _contents(release: Release, applied: Applied, told: Told) -> dict[str, bytes]:
    """Return the files that follow from the rules, and the decisions so far."""
    log = release.folder / DECISIONS
    earlier = log.read_bytes() if log.is_file() else b""
    lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in applied.log)
    return {
        CRITERIA: to_json_bytes(applied.document),
        METRICS: to_json_bytes(told.metrics),
        TERRITORIES: to_json_bytes(told.territories),
        ACCOUNTS: csv_text(told.accounts).encode(),
        REPORT: told.report_html.encode(),
        MEMO: told.memo.encode(),
        MEMO_PAGE: told.memo_html.encode(),
        DECISIONS: earlier + lines.encode(),
    }


def _recorded(release: Release, applied: Applied, told: Told, config: Path | None) -> dict[str, str]:
    """Record the review in MLflow; returns where."""
    uri = kept_store(release.folder, config)
    if uri is None:
        return {"MLflow": "no store of this release is here, so nothing was recorded"}
    signed = applied.document["review"]
    version = record_review(
        ReviewRecord(
            release=release.folder,
            by=signed["by"],
            at=signed["at"],
            note=signed["note"],
            description=run_description(told.summary),
            metrics=told.metrics["metrics"],
            version=versions()["icp-ml"],
            series=told.metrics["series"],
            tags=run_tags(told.summary),
        ),
        uri,
    )
    if version is None:
        return {"MLflow": "the store knows no run of this release, so nothing was recorded"}
    return {"MLflow": f"recorded in a run of the release as reviewed; version {version}"}


def _champion(release: Release) -> dict[str, str]:
    """Say what is to be done where the reviewed release is the champion."""
    pointer = read_pointer(MODELS, str(release.criteria["name"]))
    if pointer is None or pointer.entry["id"] != release.id:
        return {}
    return {"Champion": f"its rules have changed; to score with them: icp promote {release.folder}"}


def _say(document: Mapping[str, Any], places: Mapping[str, str], telling: Telling) -> None:
    if telling.as_json:
        typer.echo(json.dumps({**document, "dry_run": telling.dry_run}, indent=2, ensure_ascii=False))
        return
    if telling.quiet:
        return
    for sentence in (*document["decisions"], *document["judged"].values()):
        typer.echo(sentence)
    typer.echo("")
    for sentence in document["moves"]:
        typer.echo(sentence)
    if not telling.dry_run:
        typer.echo(f"\nWritten to {document['release']}; all decisions so far stand in {DECISIONS}")
    for what, where in places.items():
        typer.echo(f"{what}: {where}")
