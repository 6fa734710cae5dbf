"""Which release ``champion`` means, and the file that says so: ``models/<name>/champion.json``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icp_ml.errors import DataError, nearest
from icp_ml.release.files import written_aside
from icp_ml.release.folder import Release, checksum, is_release, models_checksum, read_json
from icp_ml.release.json_text import to_json_bytes

CHAMPION, POINTER = "champion", "champion.json"
PROMOTED, ROLLED_BACK = "promoted", "rolled back"


@dataclass(frozen=True)
class Pointer:
    """A company's ``champion.json``.

    Parameters
    ----------
    path : Path
        The file.
    entry : dict
        The present champion: ``id``, ``checksum`` (of what decides a score), ``models`` (checksum of the models alone),
        ``path`` (from this file's folder), ``as_of``, ``promoted_at``, ``by``, ``note``, ``grounds``.
    history : tuple of dict
        Every promotion and roll-back, the earliest first: an entry each, with ``event``.
    """

    path: Path
    entry: dict[str, Any]
    history: tuple[dict[str, Any], ...] = ()

    @property
    def folder(self) -> Path:
        """Where the champion is."""
        return _folder(self.path, self.entry)

    def previous(self) -> dict[str, Any] | None:
        """Return the champion before the present one, roll-backs undone; None where there was none."""
        stack: list[dict[str, Any]] = []
        for event in self.history:
            if event["event"] == ROLLED_BACK:
                stack.pop()
            elif stack and stack[-1]["id"] == event["id"] and stack[-1].get("path") == event.get("path"):
                stack[-1] = event  # promoted again after a review: the files of before are no more
            else:
                stack.append(event)
        return stack[-2] if len(stack) > 1 else None


def resolve_release(wanted: str, models_root: Path, name: str | None = None) -> Path:
    """Return the folder a release argument means.

    Parameters
    ----------
    wanted : str
        A folder, ``champion``, or the id of a release under ``models_root``.
    models_root : Path
        Folder that holds ``<name>/<release-id>/`` and ``<name>/champion.json``.
    name : str, optional
        Company, from its config; not needed where only one has a champion.

    Raises
    ------
    DataError
        If there is no champion, it is not unique, or its files are not those that were promoted.
    """
    if wanted == CHAMPION and not is_release(Path(wanted)):
        return _champion(models_root, name)
    if not Path(wanted).exists():
        found = sorted(p for p in models_root.glob(f"{name or '*'}/*") if p.name == wanted and is_release(p))
        if len(found) == 1:
            return found[0]
    return Path(wanted)


def read_pointer(models_root: Path, name: str | None = None) -> Pointer | None:
    """Return a company's pointer, None where it has no champion; what it names is not looked at.

    Parameters
    ----------
    models_root : Path
        Folder that holds ``<name>/champion.json``.
    name : str, optional
        Company; not needed where only one has a champion.

    Raises
    ------
    DataError
        If the file is no pointer, or no name is given and not exactly one company has a champion.
    """
    if name is not None:
        path = models_root / name / POINTER
        return _read(path) if path.exists() else None
    return _read(_only(models_root))


def verified(pointer: Path, entry: Mapping[str, Any]) -> Path:
    """Return the folder of an entry of a pointer, its files being those that were promoted.

    Raises
    ------
    DataError
        If the folder is not there, or its files have changed since.
    """
    folder = _folder(pointer, entry)
    if not is_release(folder):
        raise DataError(f"{pointer} names {entry['id']!r}, but {folder} is not a release; promote another")
    if entry.get("checksum") != checksum(folder):
        raise DataError(
            f"{folder} is not as it was when it was promoted (its checksum differs from {pointer}); "
            f"look at what changed and run 'icp promote {folder}' again"
        )
    return folder


def entry_of(release: Release, models_root: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a pointer says of a release.

    Parameters
    ----------
    release : Release
        The new champion.
    models_root : Path
        Folder that holds ``<name>/champion.json``.
    facts : mapping
        ``promoted_at``, ``by``, ``note`` and ``grounds``.
    """
    folder = release.folder
    return {
        "id": release.id,
        "checksum": checksum(folder),
        "path": _from(models_root / release.criteria["name"], folder),
        "models": models_checksum(folder),
        "as_of": release.criteria["as_of"],
        **facts,
    }


@contextmanager
def pointing_to(
    models_root: Path, name: str, entry: Mapping[str, Any], before: Pointer | None, event: Mapping[str, Any]
) -> Iterator[Path]:
    """Write ``champion.json`` aside; it takes its place, in one step, only if the block ends well.

    Parameters
    ----------
    models_root : Path
        Folder that holds ``<name>/champion.json``.
    name : str
        Company.
    entry : mapping
        From :func:`entry_of`, or an earlier one to go back to.
    before : Pointer or None
        What stands there.
    event : mapping
        What is added to the history: ``event`` and the entry, or whose champion was taken back by whom.
    """
    path = models_root / name / POINTER
    history = [*(before.history if before else ()), dict(event)]
    document = {"schema_version": "1.0", "name": name, **entry, "history": history}
    with written_aside(path) as aside:
        aside.write_bytes(to_json_bytes(document))
        yield path


def _champion(models_root: Path, name: str | None) -> Path:
    if name is not None and not (models_root / name / POINTER).exists():
        known = [p.parent.name for p in sorted(models_root.glob(f"*/{POINTER}"))]
        raise DataError(
            f"{models_root / name} has no champion{nearest(name, known)}; make one with 'icp promote DIR', "
            "or give a release folder"
        )
    pointer = _read(models_root / name / POINTER if name is not None else _only(models_root))
    return verified(pointer.path, pointer.entry)


def _only(models_root: Path) -> Path:
    """Return the one pointer there is."""
    pointers = sorted(models_root.glob(f"*/{POINTER}"))
    if len(pointers) != 1:
        listed = ", ".join(p.parent.name for p in pointers) or "none"
        raise DataError(
            f"'champion' must mean one release; {models_root} has champions of: {listed}; give a folder, or make a "
            "champion with 'icp promote DIR'"
        )
    return pointers[0]


def _read(path: Path) -> Pointer:
    entry = read_json(path)
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise DataError(f"{path} must hold 'id' and 'checksum'; write it with 'icp promote DIR'")
    own = {key: value for key, value in entry.items() if key not in ("schema_version", "name", "history")}
    history = entry.get("history", [{"event": PROMOTED, **own}])
    return Pointer(path, own, tuple(history))


def _folder(pointer: Path, entry: Mapping[str, Any]) -> Path:
    return Path(os.path.normpath(pointer.parent / str(entry.get("path") or entry["id"])))


def _from(start: Path, folder: Path) -> str:
    """Return a folder as seen from another, so that a project that moves as a whole keeps its champion."""
    try:
        return Path(os.path.relpath(folder.resolve(), start.resolve())).as_posix()
    except ValueError:  # another drive, on Windows
        return folder.resolve().as_posix()
