"""YAML spelled by hand, since a drafted config lives by its comments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*|[A-Za-z_][\w.-]*\.(csv|tsv|txt|parquet|xlsx|xlsm)", re.ASCII)
_WORDS_OF_YAML = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"}


def spelled(value: object) -> str:
    """Return a value in YAML's flow style, texts quoted where YAML would read them otherwise.

    >>> spelled("industry"), spelled("Account ID"), spelled("no"), spelled({"won": ["Closed Won"], "open": "*"})
    ('industry', '"Account ID"', '"no"', '{won: ["Closed Won"], open: "*"}')
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{spelled(str(k))}: {spelled(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(spelled(v) for v in value) + "]"
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS_OF_YAML:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


def remark(text: str) -> str:
    """Return text that may stand in a comment: on one line, nothing that YAML refuses."""
    return "".join(c if c.isprintable() else " " for c in text)


def aligned(rows: Sequence[tuple[str, str]], indent: str) -> list[str]:
    """Return lines with their comments under one another, where they are not too long."""
    width = min(max((len(text) for text, _ in rows), default=0), 52)
    return [f"{indent}{text:<{width}}  # {remark(note)}" if note else f"{indent}{text}" for text, note in rows]


def listed(items: Iterable[str], most: int = 12) -> str:
    """Return items for a comment, the rest counted."""
    every = list(items)
    rest = f", and {len(every) - most} more" if len(every) > most else ""
    return remark(", ".join(every[:most]) + rest)
