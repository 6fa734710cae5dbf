"""The few ways in which a user's input can be wrong.

Every one of these ends on the command line as one message and exit status 2; anything else is a bug and keeps its
traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class IcpError(Exception):
    """The user's input needs mending; the message says where and what to do."""


class ConfigError(IcpError):
    """A config file, key or value is wrong."""


class DataError(IcpError):
    """A table, row or column is wrong, missing or unreadable."""


class LeakageError(IcpError):
    """Something known only after the decision was about to be used as if known before it."""


class NotEnoughDataError(IcpError):
    """There is too little data to compute what was asked for at all."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the nearest known name, or an empty string.

    >>> nearest("employes", ["employees", "industry"])
    " (did you mean 'employees'?)"
    >>> nearest("zzz", ["employees"])
    ''
    """
    names = {str(k).lower(): str(k) for k in known}
    found = difflib.get_close_matches(str(name).lower(), names, n=1, cutoff=0.6)
    return f" (did you mean {names[found[0]]!r}?)" if found else ""
