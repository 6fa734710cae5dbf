"""What the two releases were made from, and in what that differs: data, settings, versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.release.folder import Release, read_json

_METRICS = "metrics.json"


def origin_differences(before: Release, after: Release) -> list[dict[str, Any]]:
    """Return what two releases were made from and does not agree.

    Parameters
    ----------
    before, after : Release
        The releases.

    Returns
    -------
    list of dict
        ``what`` (``as_of``, ``input``, ``setting``, ``version``), ``name``, ``before``, ``after``; for an input the
        number of rows, None where there is none.
    """
    found: list[dict[str, Any]] = []
    if before.criteria["as_of"] != after.criteria["as_of"]:
        found.append(_entry("as_of", "as_of", before.criteria["as_of"], after.criteria["as_of"]))
    old, new = (_metrics(release) for release in (before, after))
    for name, was, now in _apart(old.get("inputs", {}), new.get("inputs", {})):
        if (was or {}).get("sha256") != (now or {}).get("sha256"):
            found.append(_entry("input", name, *(None if i is None else i.get("rows") for i in (was, now))))
    for what, section in (("setting", "settings"), ("version", "versions")):
        found += [_entry(what, *each) for each in _apart(old.get(section, {}), new.get(section, {}))]
    return found


def _metrics(release: Release) -> dict[str, Any]:
    path = release.folder / _METRICS
    return dict(read_json(path)) if path.is_file() else {}


def _apart(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    names = dict.fromkeys([*old, *new])
    return [(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)]


def _entry(what: str, name: str, before: Any, after: Any) -> dict[str, Any]:
    return {"what": what, "name": name, "before": before, "after": after}
