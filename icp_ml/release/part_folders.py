"""Hidden folders beside a target, ``.<name>.<random>.part``, that a run fills and that go away with it.

A run holds a lock on its folder, which the system takes back however the process ends. So the next run to the same
target can tell what a killed run left, which it clears away, from what another run is still writing, which it leaves.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, where what a killed run left stays
    fcntl = None  # type: ignore[assignment]


@contextmanager
def part_folder(target: Path) -> Iterator[Path]:
    """Make a folder beside ``target``, on the same file system; it goes away at the end, if it was not moved.

    Raises
    ------
    OSError
        If no folder can be made there.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _clear(target)
    folder, lock = _made(target)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _release(lock)


def _made(target: Path) -> tuple[Path, int | None]:
    """Make a folder and lock it; again where a run that was clearing took it for an abandoned one in between."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
        lock = _lock(folder, wait=True)
        if folder.exists():
            return folder, lock
        _release(lock)


def _clear(target: Path) -> None:
    """Remove what killed runs to the same target have left."""
    if fcntl is None:
        return
    # The random part of a name that mkdtemp gives: a target's folder is not taken for that of `<target>.csv`.
    name = re.compile(rf"\.{re.escape(target.name)}\.[a-z0-9_]{{8}}\.part")
    for folder in [p for p in target.parent.iterdir() if name.fullmatch(p.name) and p.is_dir()]:
        lock = _lock(folder)
        if lock is not None:
            shutil.rmtree(folder, ignore_errors=True)
            _release(lock)


def _lock(folder: Path, wait: bool = False) -> int | None:
    """Return a lock on a folder; None where another process has it, or the file system knows none."""
    if fcntl is None:
        return None
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        os.close(handle)
        return None
    return handle


def _release(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)
