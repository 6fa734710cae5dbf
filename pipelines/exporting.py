"""``icp export``: a release in, the form that another system takes out."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, cast

import typer

from icp_ml.errors import ConfigError, DataError
from icp_ml.exports.exporting import ALONE, Export, export_release
from icp_ml.release.files import folder_aside, written_aside
from icp_ml.release.rule_changes import RuleChange, rule_changes
from pipelines.locations import find_release

NAMES = ("source", "standard")
_STANDARD_OUTPUT = Path("-")


def export(
    wanted: str,
    form: str,
    out: Path | None,
    *,
    table: str | None = None,
    names: str | None = None,
    accepted_only: bool = False,
    segment: bool = False,
    quiet: bool = False,
) -> None:
    """Export a release to a file, a folder or standard output; ConfigError or DataError where that cannot be."""
    if names is not None and names not in NAMES:
        raise ConfigError(f"--names {names}: columns are called as in the 'source' or by their 'standard' names")
    release = find_release(wanted)
    chosen = cast(Literal["source", "standard"] | None, names)
    asked = {} if table is None else {"table": table}
    made = export_release(release, form, names=chosen, accepted_only=accepted_only, segment=segment, **asked)
    if table is not None and not made.reads_table:
        made = replace(made, limits=(*made.limits, f"--table {table} says nothing here: {form} reads no table"))
    out = _named(out)
    if out is None:
        _print(made, form)
    elif made.is_folder:
        _write_folder(made, out)
    else:
        _write_file(made.files[ALONE], out)
    if not quiet:
        _tell(made, form, out)


def tell_changes(wanted: str, since: str, form: str | None, out: Path | None, *, accepted_only: bool = False) -> None:
    """Tell what changed in a release since another one, in words or as JSON."""
    if form not in (None, "json"):
        raise ConfigError(f"--to {form}: what changed is told in words, or with --to json")
    new, old, out = find_release(wanted), find_release(since), _named(out)
    if new.criteria["name"] != old.criteria["name"]:
        raise DataError(
            f"{wanted} is a release of {new.criteria['name']!r} and {since} one of {old.criteria['name']!r}; "
            "give two releases of one company"
        )
    changes = rule_changes(old.criteria, new.criteria, accepted_only)
    text = (
        _changes_json(changes, old.id, new.id, new.rules.reviewed) if form else _changes_words(changes, old.id, new.id)
    )
    if out is None:
        typer.echo(text, nl=False)
    else:
        _write_file(text.encode(), out)


def _named(out: Path | None) -> Path | None:
    """Return the file or folder that is named; a dash is standard output."""
    return None if out == _STANDARD_OUTPUT else out


def _changes_words(changes: list[RuleChange], old: str, new: str) -> str:
    if not changes:
        return f"Nothing changed in the rules from release {old} to {new}.\n"
    lines = [f"{len(changes)} {'change' if len(changes) == 1 else 'changes'} in the rules from release {old} to {new}:"]
    return "\n".join([*lines, *(f"  {change.text}" for change in changes)]) + "\n"


def _changes_json(changes: list[RuleChange], old: str, new: str, reviewed: bool) -> str:
    document: dict[str, Any] = {
        "since": old,
        "release_id": new,
        "reviewed": reviewed,
        "nothing_changed": not changes,
        "changes": [change.as_dict() for change in changes],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _print(made: Export, form: str) -> None:
    """Print the form; DataError where it is no text, or more than one file."""
    if made.is_folder:
        listed = ", ".join(sorted(made.files)[:4]) + (", ..." if len(made.files) > 4 else "")
        raise DataError(f"--to {form} has {len(made.files)} files ({listed}); give a folder to write them to: --out")
    try:
        text = made.files[ALONE].decode()
    except UnicodeDecodeError as err:
        raise DataError(f"--to {form} is no text; give a file to write it to: --out") from err
    if form == "xlsx":
        raise DataError(f"--to {form} is no text; give a file to write it to: --out")
    sys.stdout.buffer.write(text.encode())
    sys.stdout.flush()


def _write_file(content: bytes, out: Path) -> None:
    if out.is_dir():
        raise DataError(f"{out} is a folder and this form is one file; --out must name a file")
    with written_aside(out) as aside:
        aside.write_bytes(content)


def _write_folder(made: Export, out: Path) -> None:
    """Write the files into a folder, whole or not at all; one that holds anything else is left alone."""
    if out.exists() and not out.is_dir():
        raise DataError(f"{out} is a file and this form has several; --out must name a folder")
    there = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()} if out.is_dir() else set()
    if there - set(made.files):
        found = ", ".join(sorted(there - set(made.files))[:3])
        raise DataError(f"{out} holds other files ({found}); give an empty or new folder, nothing was overwritten")
    with folder_aside(out) as aside:
        for path, content in made.files.items():
            (aside / path).parent.mkdir(parents=True, exist_ok=True)
            (aside / path).write_bytes(content)


def _tell(made: Export, form: str, out: Path | None) -> None:
    """Say on standard error what was written and what it cannot say; standard output is the form's own."""
    state = "reviewed" if made.reviewed else "not reviewed by a person yet"
    where = "" if out is None else f" to {out}"
    typer.echo(f"Exported {made.rules} of {made.of} rules as {form}{where}; the release is {state}.", err=True)
    for limit in made.limits:
        typer.echo(f"  Note: {limit}", err=True)
