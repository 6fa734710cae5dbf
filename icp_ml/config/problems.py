"""What the schema refuses, in words: the key, where it stands, and the nearest known one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from icp_ml.config.schema import Config
from icp_ml.config.spelling import Path, path_words
from icp_ml.errors import nearest

# What must stand there, by pydantic's name of what is wrong.
_MUST = {
    "dict_type": "must be a mapping of keys (key: value)",
    "model_type": "must be a mapping of keys (key: value)",
    "model_attributes_type": "must be a mapping of keys (key: value)",
    "list_type": "must be a list ([a, b], or one '- ' a line)",
    "string_type": "must be a text; put it in quotes",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "date_from_datetime_parsing": "must be a day such as 2026-06-30",
    "date_parsing": "must be a day such as 2026-06-30",
    "date_type": "must be a day such as 2026-06-30",
    "string_pattern_mismatch": "must begin with a letter or digit and hold only letters, digits, '.', '_' and '-'",
}


def schema_problems(error: ValidationError, lines: Mapping[Path, int], placeholders: Mapping[Path, str]) -> list[str]:
    """Return one sentence a mistake, in the order of the file; a value from the environment is never shown.

    Parameters
    ----------
    error : ValidationError
        What pydantic found.
    lines : mapping
        Key path: line in the file.
    placeholders : mapping
        Key path: text as written, where the value came from the environment.
    """
    found: dict[Path, str] = {}
    for entry in error.errors(include_url=False):
        path = _known_path(entry["loc"])
        found.setdefault(path, _sentence(path, entry, placeholders))
    ordered = sorted(found, key=lambda p: (line_of(p, lines) or 10**9, path_words(p)))
    return [f"{line_words(path, lines)}{found[path]}" for path in ordered]


def line_of(path: Path, lines: Mapping[Path, int]) -> int | None:
    """Return the line of a key, or of the nearest key above it."""
    return next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), None)


def line_words(path: Path, lines: Mapping[Path, int]) -> str:
    """Return ``line 7: `` for a key, or nothing where the file has no such line."""
    line = line_of(path, lines)
    return f"line {line}: " if line else ""


def _known_path(loc: Sequence[Any]) -> Path:
    """Drop the parts of pydantic's location that name types instead of keys."""
    names = ("[key]", "str", "list[str]", "dict[str,any]")
    return tuple(part for position, part in enumerate(loc) if not (position > 1 and part in names))


def _sentence(path: Path, entry: Mapping[str, Any], placeholders: Mapping[Path, str]) -> str:
    key, above = str(path[-1]) if path else "", path[:-1]
    if entry["type"] == "extra_forbidden" or entry["loc"][-1:] == ("[key]",):
        known = sorted(_known_keys(above))
        place = f"in {path_words(above)}" if above else "at the top level"
        return f"unknown key {key!r} {place}{nearest(key, known)}; known there: {', '.join(known)}"
    if entry["type"] == "missing":
        return f"key {path_words(path)!r} is missing; it must be given"
    message = entry["msg"].removeprefix("Value error, ")
    if entry["type"] == "value_error":
        return f"{path_words(path)}: {message}" if path else message
    shown = placeholders.get(path, entry.get("input"))
    found = "nothing" if shown is None else repr(str(shown)[:80])
    return f"{path_words(path)}: {_MUST.get(entry['type'], message)}; found {found}"


def _known_keys(path: Path) -> list[str]:
    """Return the keys that may stand at a path of the config."""
    here: Any = Config
    for key in path:
        if isinstance(here, type) and issubclass(here, BaseModel):
            field = _field(here, str(key))
            here = None if field is None else field.annotation
        else:
            inner = [a for a in get_args(here) if a is not type(None)]
            here = inner[-1] if inner else None
        here = _unwrapped(here)
    if isinstance(here, type) and issubclass(here, BaseModel):
        return [field.alias or name for name, field in here.model_fields.items()]
    arguments = get_args(here)
    return list(get_args(arguments[0])) if arguments and get_origin(arguments[0]) is Literal else []


def _field(model: type[BaseModel], key: str) -> FieldInfo | None:
    return next((f for name, f in model.model_fields.items() if key in (name, f.alias)), None)


def _unwrapped(annotation: Any) -> Any:
    """Return ``X`` of ``X | None``."""
    inner = [a for a in get_args(annotation) if a is not type(None)]
    return inner[0] if len(inner) == 1 and type(None) in get_args(annotation) else annotation
