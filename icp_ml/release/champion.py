"""Which release ``champion`` means."""

from __future__ import annotations

from pathlib import Path

from icp_ml.errors import DataError, nearest
from icp_ml.release.folder import checksum, is_release, read_json

CHAMPION, POINTER = "champion", "champion.json"


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


def _champion(models_root: Path, name: str | None) -> Path:
    pointers = {p.parent.name: p for p in sorted(models_root.glob(f"*/{POINTER}"))}
    if name is not None and name not in pointers:
        raise DataError(
            f"{models_root / name} has no champion{nearest(name, pointers)}; make one with 'icp promote DIR', "
            "or give a release folder"
        )
    if name is None and len(pointers) != 1:
        listed = ", ".join(pointers) or "none"
        raise DataError(f"'champion' must mean one release; {models_root} has champions of: {listed}; give a folder")
    return _verified(pointers[name] if name is not None else next(iter(pointers.values())))


def _verified(pointer: Path) -> Path:
    entry = read_json(pointer)
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise DataError(f"{pointer} must hold 'id' and 'checksum'; write it with 'icp promote DIR'")
    folder = pointer.parent / str(entry.get("path") or entry["id"])
    if not is_release(folder):
        raise DataError(f"{pointer} names {entry['id']!r}, but {folder} is not a release; promote another")
    if entry.get("checksum") != checksum(folder):
        raise DataError(
            f"{folder} is not as it was when it was promoted (its checksum differs from {pointer}); "
            "look at what changed and run 'icp promote' again"
        )
    return folder
