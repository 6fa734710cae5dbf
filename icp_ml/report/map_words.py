"""The map of accounts in words: what is shown, what the directions mean, how to read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from icp_ml.report.markers import NONE, marks
from icp_ml.report.proposals import Told
from icp_ml.report.words import count

LEAST_SAID = 0.4
"""Correlation of an axis with an expected outcome, below which the direction is said to mean nothing by itself."""

_EXPECTED = {
    "churn": ("expected to leave more often", "expected to leave less often"),
    "win": ("expected to be won more often", "expected to be won less often"),
    "pull": ("more pull expected", "less pull expected"),
    "expansion": ("expected to expand more", "expected to expand less"),
}


def told_map(document: Mapping[str, Any] | None, segments: Mapping[str, Any]) -> Told | None:
    """Return the map as it is drawn, None where there is none or no segment to show on it.

    Parameters
    ----------
    document : mapping or None
        Content of ``segments_map.json``; None for releases of before there was one.
    segments : mapping
        Content of ``segments.json``.

    Returns
    -------
    dict
        ``points`` (``x``, ``y``, ``mark``, ``pull``, ``words``), ``axes`` (``x`` and ``y``, in words, empty where a
        direction means nothing by itself), ``legend`` (``id``, ``name``, ``mark``, ``n``), ``measured_pull``,
        ``sentences``; or ``absent``, a sentence.
    """
    if document is None or not segments["segments"]:
        return None
    if "absent" in document:
        return {"absent": f"No map of accounts: {document['absent']}."}
    of = marks(s["id"] for s in segments["segments"])
    named = {s["id"]: s["name"] for s in segments["segments"]}
    shown = Counter(point["segment"] for point in document["points"])
    legend = [{"id": key, "name": named[key], "mark": of[key], "n": shown[key]} for key in of]
    legend.append({"id": "", "name": "no segment", "mark": NONE, "n": shown[""]})
    return {
        "points": [_point(point, of) for point in document["points"]],
        "axes": {axis: _direction(found) for axis, found in document["axes"].items()},
        "legend": legend,
        "measured_pull": any(point["pull"] is not None for point in document["points"]),
        "sentences": _sentences(document),
    }


def _point(point: Mapping[str, Any], of: Mapping[str, int]) -> Told:
    return {
        "x": point["x"],
        "y": point["y"],
        "mark": of.get(point["segment"], NONE),
        "segment": point["segment"],
        "pull": point["pull"],
    }


def _direction(axis: Mapping[str, Any]) -> str:
    """Say what is expected further along an axis.

    >>> _direction({"outcome": "churn", "correlation": {"estimate": -0.6}})
    'expected to leave less often'
    >>> _direction({"outcome": "win", "correlation": {"estimate": 0.1}})
    ''
    """
    correlation = axis["correlation"]["estimate"]
    if abs(correlation) < LEAST_SAID:
        return ""
    more, less = _EXPECTED.get(axis["outcome"], (f"more {axis['outcome']}", f"less {axis['outcome']}"))
    return more if correlation > 0 else less


def _sentences(document: Mapping[str, Any]) -> list[str]:
    """Say which accounts are shown, what the directions go with and how closely, and who belongs to no cluster."""
    shown, accounts = document["shown"], document["accounts"]
    sample = (
        f"Shown are {shown:,} of {count(accounts, 'account')} with an outcome, drawn by lot."
        if shown < accounts
        else f"Shown are all {count(accounts, 'account')} with an outcome."
    )
    meanings = [
        f"{side} means {words} ({abs(axis['correlation']['estimate']):.1f})"
        for side, axis in (("right", document["axes"]["x"]), ("up", document["axes"]["y"]))
        if (words := _direction(axis))
    ]
    by_axis = (
        f"Roughly, {' and '.join(meanings)}; in brackets how closely, from 0 for not at all to 1 for exactly. "
        "Distances between groups far apart mean nothing."
        if meanings
        else "The directions mean nothing by themselves, nor do distances between groups far apart."
    )
    loose = document["in_no_cluster"]
    groups = (
        f"{count(loose, 'account')} of these belong to no dense group that was found without any rule."
        if document["clusters"]
        else "No dense group was found without a rule: the segments were split off by outcome alone."
    )
    return [sample, by_axis, groups]
