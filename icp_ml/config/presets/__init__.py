"""Column names and values of known CRMs, as package data, and how a config takes them over."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from icp_ml.config.spelling import parse_yaml
from icp_ml.errors import ConfigError, nearest

PRESETS = ("hubspot", "salesforce")


def preset_values(name: str) -> dict[str, Any]:
    """Return a preset's keys.

    Raises
    ------
    ConfigError
        If there is no such preset.
    """
    if name not in PRESETS:
        raise ConfigError(f"preset: {name!r} is not known{nearest(name, PRESETS)}; known: {', '.join(PRESETS)}")
    values: dict[str, Any] = parse_yaml((files(__name__) / f"{name}.yaml").read_text("utf-8"), f"preset {name}")
    return values


def merge_preset(own: Mapping[str, Any], preset: Mapping[str, Any]) -> dict[str, Any]:
    """Return the preset's keys under the config's own, which win at every depth.

    A value the config maps itself leaves the preset's lists, and a table that the config reads is not derived.

    >>> merge_preset({"a": {"x": 1}}, {"a": {"x": 0, "y": 2}, "b": 3})
    {'a': {'x': 1, 'y': 2}, 'b': 3}
    """
    merged: dict[str, Any] = _deep(own, preset)
    own_tables = own.get("tables")
    for name, table in (own_tables if isinstance(own_tables, Mapping) else {}).items():
        if not isinstance(table, Mapping) or not isinstance(merged["tables"][name], dict):
            continue
        if {"file", "table", "query"} & set(table) and "from" not in table:
            merged["tables"][name].pop("from", None)
        values = table.get("values")
        for column, mapped in (values if isinstance(values, Mapping) else {}).items():
            if isinstance(mapped, Mapping):
                merged["tables"][name]["values"][column] = _own_values_win(
                    mapped, merged["tables"][name]["values"][column]
                )
    return merged


def _deep(own: Any, preset: Any) -> Any:
    if not isinstance(own, Mapping) or not isinstance(preset, Mapping):
        return own
    keys = [*own, *(k for k in preset if k not in own)]
    return {k: _deep(own[k], preset[k]) if k in own and k in preset else own.get(k, preset.get(k)) for k in keys}


def _own_values_win(own: Mapping[str, Any], merged: Mapping[str, Any]) -> dict[str, Any]:
    """Take what the config maps itself out of the lists that came from the preset."""
    taken = {str(v) for listed in own.values() for v in (listed if isinstance(listed, list) else [listed])}
    kept: dict[str, Any] = {}
    for standard, listed in merged.items():
        if standard in own:
            kept[standard] = listed
        elif rest := [v for v in (listed if isinstance(listed, list) else [listed]) if str(v) not in taken]:
            kept[standard] = rest
    return kept
