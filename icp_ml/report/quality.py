"""What to know of the data before believing anything: what was wrong, set aside, not known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.report.proposals import Told
from icp_ml.report.words import count, label

_LEVELS = {"stop": "stops the run", "handled": "handled and counted", "warning": "to be known"}


def told_quality(checks: Mapping[str, Any]) -> Told:
    """Return what ``checks.json`` says, in sentences.

    Returns
    -------
    dict
        ``issues`` (``level``, ``table``, ``message``), ``suspects`` (``attribute``, ``text``, ``overruled``), ``notes``
        and ``left_out`` (sentences), ``counts`` (``label``, ``n``).
    """
    issues = checks.get("issues") or []
    said = {issue["message"] for issue in issues}
    return {
        "issues": [
            {"level": _LEVELS.get(i["level"], i["level"]), "table": i["table"], "message": i["message"]} for i in issues
        ],
        "suspects": [
            {"attribute": s["attribute"], "text": s["text"], "overruled": bool(s.get("overruled"))}
            for s in checks.get("leak_suspects") or []
        ],
        "notes": [warning for warning in checks.get("warnings") or [] if warning not in said],
        "left_out": [
            f"{count(n, 'account is', 'accounts are')} in no rate: {reason}."
            for reason, n in (checks.get("left_out") or {}).items()
        ],
        "counts": [{"label": label(k), "n": n} for k, n in _flat(checks.get("counts") or {}) if n],
    }


def _flat(counts: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return counts, those of a mapping under joined names."""
    rows: list[tuple[str, int]] = []
    for name, value in counts.items():
        if isinstance(value, Mapping):
            rows += [(f"{name}: {inner}", n) for inner, n in _flat(value)]
        elif isinstance(value, (int, float)):
            rows.append((name, int(value)))
    return rows
