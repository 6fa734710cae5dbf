"""Where a store is, told to people: without passwords, and which file it is where it is one."""

from __future__ import annotations

import os
import re
from pathlib import Path

from icp_ml.tables.database_address import masked

_SQLITE = re.compile(r"^sqlite(?:\+\w+)?:///(?P<file>[^?]+)")


def readable(uri: str) -> str:
    """Return a URI for people: without its password, and without steps up and down in a file's path.

    >>> readable("sqlite:////data/configs/../mlflow.db"), readable("https://mlflow.example.com/a/../b")
    ('sqlite:////data/mlflow.db', 'https://mlflow.example.com/a/../b')
    """
    file = sqlite_file(uri)
    return masked(uri.replace(file.as_posix(), Path(os.path.normpath(file)).as_posix()) if file else uri)


def sqlite_file(uri: str) -> Path | None:
    """Return the file of a SQLite tracking URI, None for any other.

    >>> sqlite_file("sqlite:////data/mlflow.db"), sqlite_file("http://localhost:5000")
    (PosixPath('/data/mlflow.db'), None)
    """
    found = _SQLITE.match(uri)
    return Path(found["file"]) if found else None


def first_line(err: BaseException) -> str:
    """Return what went wrong in one line; MLflow repeats the URI in it, with its password."""
    return masked((str(err).strip().splitlines() or [type(err).__name__])[0])[:300]
