"""``icp promote``: a release becomes the champion if it passes the gate, and one command goes back."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer
from rich.console import Console

from icp_ml.errors import ConfigError, DataError
from icp_ml.release.champion import PROMOTED, ROLLED_BACK, Pointer, entry_of, pointing_to, read_pointer, verified
from icp_ml.release.folder import Release, checksum
from icp_ml.release.gate import Verdict, judge_in_place_of_lost, judge_release
from icp_ml.report.promotion import print_verdict, verdict_document
from icp_ml.tracking.registry import champion_alias
from pipelines.locations import MODELS, find_release
from pipelines.stores import kept_store

FORCED = "forced"
_NO_VERSION = "no model of this release is registered, so no version has the alias 'champion'"


class Promotion:
    """One run of ``icp promote``: who asks for it, where the MLflow store is, and how it is told.

    Parameters
    ----------
    by, note : str or None
        Who decided, and why.
    config : Path or None
        Config that says where the MLflow store is; without it, what the release's folder says.
    as_json, quiet : bool
        Print JSON instead of words; print nothing but errors.
    """

    def __init__(
        self,
        by: str | None = None,
        note: str | None = None,
        config: Path | None = None,
        as_json: bool = False,
        quiet: bool = False,
    ) -> None:
        self.by, self.note, self.config, self.as_json, self.quiet = by, note, config, as_json, quiet
        self.now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")

    def promote(self, wanted: str, refresh: bool = False, force: bool = False) -> bool:
        """Make a release the champion if it passes the gate; returns whether it is the champion now.

        Parameters
        ----------
        wanted : str
            A folder, an id or ``champion``.
        refresh : bool
            Whether newer data and being no worse are enough.
        force : bool
            Whether a person overrules the gate; needs ``by`` and ``note``.

        Raises
        ------
        IcpError
            If there is no such release, a person overrules without saying who and why, or the store cannot be reached;
            nothing has changed then.
        """
        if force and not (self.by and self.note):
            raise ConfigError("--force overrules the gate: say who decided and why, with --by NAME --note TEXT")
        release = find_release(wanted)
        pointer = read_pointer(MODELS, release.criteria["name"])
        champion, trouble = _champion(pointer)
        if champion is not None and checksum(champion.folder) == checksum(release.folder):
            self._tell(Verdict(None, f"Release {release.id} is the champion already; nothing was changed."), {}, True)
            return True
        if pointer is not None and trouble:
            verdict = judge_in_place_of_lost(release, pointer.entry, trouble)
        else:
            verdict = judge_release(release, champion, refresh)
        grounds = verdict.grounds or (FORCED if force else None)
        if grounds is None:
            self._tell(verdict, _was(pointer), False)
            return False
        if verdict.grounds is None:
            verdict = replace(verdict, headline=f"Promoted by {self.by} against the gate: {self.note}")
        facts = {"promoted_at": self.now, "by": self.by, "note": self.note, "grounds": grounds}
        entry = entry_of(release, MODELS, facts)
        moved = self._move(release, entry, pointer, {"event": PROMOTED, **entry})
        self._tell(verdict, {**_was(pointer), **moved, "grounds": grounds, "id": release.id}, True)
        return True

    def roll_back(self, name: str | None) -> None:
        """Put the champion before the present one back.

        Raises
        ------
        IcpError
            If there is none, its files have changed, or the store cannot be reached; nothing has changed then.
        """
        pointer = read_pointer(MODELS, name)
        previous = pointer.previous() if pointer else None
        if pointer is None or previous is None:
            whose = f"{MODELS / name}" if name else str(MODELS)
            raise DataError(
                f"{whose} has no earlier champion to go back to; 'icp promote DIR' makes a release the champion"
            )
        release = Release.load(verified(pointer.path, previous))
        entry = {key: value for key, value in previous.items() if key != "event"}
        event = {"event": ROLLED_BACK, "id": entry["id"], "from": pointer.entry["id"], "at": self.now}
        moved = self._move(release, entry, pointer, {**event, "by": self.by, "note": self.note})
        headline = f"Rolled back: {release.id} is the champion again, in place of {pointer.entry['id']}."
        self._tell(Verdict(None, headline), {**_was(pointer), **moved, "id": release.id, "rolled_back": True}, True)

    def _move(
        self, release: Release, entry: Mapping[str, Any], before: Pointer | None, event: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Move the alias and then the pointer: both or none."""
        name = str(release.criteria["name"])
        with self._alias(release, name, entry) as moved, pointing_to(MODELS, name, entry, before, event) as path:
            pass
        return {"pointer": str(path), "mlflow": dict(moved)}

    def _alias(
        self, release: Release, name: str, entry: Mapping[str, Any]
    ) -> AbstractContextManager[Mapping[str, str]]:
        uri = kept_store(release.folder, self.config)
        if uri is None:
            return nullcontext({})
        told = {"champion_since": self.now, "grounds": entry["grounds"], "by": self.by, "note": self.note}
        # All are written each time, so that none is left from an earlier promotion of the same version.
        tags = {key: str(value or "-") for key, value in told.items()}
        return champion_alias(uri, name, release.id, tags, str(entry["checksum"]))

    def _tell(self, verdict: Verdict, facts: Mapping[str, Any], champion: bool) -> None:
        document = {**verdict_document(verdict), **facts, "champion_now": champion}
        document["promoted"] = champion
        if self.as_json:
            typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
        elif not self.quiet:
            print_verdict(document, Console())
            if "pointer" in facts:
                typer.echo(f"\nWritten to {facts['pointer']}")
                typer.echo(f"MLflow: {_aliases(facts['mlflow'])}")
        if not champion:
            typer.echo(f"icp: not promoted: {'; '.join(verdict.reasons)}", err=True)


def _champion(pointer: Pointer | None) -> tuple[Release | None, str]:
    """Return the champion, or why it cannot be read."""
    if pointer is None:
        return None, ""
    try:
        return Release.load(verified(pointer.path, pointer.entry)), ""
    except DataError as err:
        return None, str(err)


def _was(pointer: Pointer | None) -> dict[str, Any]:
    return {"champion_before": pointer.entry["id"] if pointer else None}


def _aliases(moved: Mapping[str, str]) -> str:
    return f"alias 'champion' is now {', '.join(moved.values())}" if moved else _NO_VERSION
