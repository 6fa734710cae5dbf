"""Files and folders that are written whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from icp_ml.errors import DataError
from icp_ml.release.part_folders import part_folder


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """Give a path beside ``target`` to write to; it takes ``target``'s place only if the block ends well.

    Whatever stood at ``target`` stays readable until then, since a rename on one file system is atomic.
    """
    with _beside(target) as folder:
        aside = folder / target.name
        yield aside
        os.replace(aside, target)


@contextmanager
def folder_aside(target: Path) -> Iterator[Path]:
    """Give an empty folder beside ``target`` to fill; it takes ``target``'s place only if the block ends well.

    A folder cannot replace another in one step: the old one is first renamed to ``.<name>.old``, and removed when the
    new one stands. A run killed between the two leaves the old one there, whole.
    """
    with _beside(target) as aside:
        aside.chmod(0o755)
        yield aside
        _swap(aside, target)


def old_of(target: Path) -> Path:
    """Return where an interrupted replacement of ``target`` leaves the folder it was about to replace."""
    return target.with_name(f".{target.name}.old")


def _swap(new: Path, target: Path) -> None:
    old = old_of(target)
    if target.exists():
        shutil.rmtree(old, ignore_errors=True)
        target.rename(old)
    try:
        new.rename(target)
    except OSError:
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Make a folder on the same file system, where a rename is one step."""
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(part_folder(target))
        except PermissionError as err:
            raise DataError(
                f"{target} cannot be written: no permission to write in {target.parent}; choose another"
            ) from err
        except (FileExistsError, NotADirectoryError) as err:
            raise DataError(
                f"{target} cannot be written: {target.parent} is a file, not a folder; choose another"
            ) from err
        except OSError as err:
            raise DataError(f"{target} cannot be written in {target.parent}: {err.strerror}; choose another") from err
        yield folder
