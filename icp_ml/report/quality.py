"""What to know of the data before believing anything: what was wrong, set aside, not known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from icp_ml.report.proposals import Told
from icp_ml.report.words import label

_UNMEASURED = re.compile(r"there are no (opportunities|subscriptions): \w+ was not measured$")
_NO_CHURN = "; in no churn rate"
_LEVELS = {"stop": "stops the run", "handled": "handled and counted", "warning": "to be known"}


def told_quality(checks: Mapping[str, Any], as_of: str) -> Told:
    """Return what ``checks.json`` says, in sentences; that a whole side was not measured is said elsewhere, once.

    Parameters
    ----------
    checks : mapping
        Content of ``checks.json``.
    as_of : str
        Last day of the data.

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
        "notes": [w for w in checks.get("warnings") or [] if w not in said and not _UNMEASURED.match(w)],
        "left_out": _left_out(checks.get("left_out") or {}, as_of),
        "counts": [{"label": label(k), "n": n} for k, n in _flat(checks.get("counts") or {}) if n],
    }


def _left_out(left_out: Mapping[str, int], as_of: str) -> list[str]:
    """Say how many accounts are in no rate at all, and how many are only in no churn rate, and why."""
    sentences = []
    for rate, ending in (("rate", False), ("churn rate", True)):
        parts = [
            f"{reason.removesuffix(_NO_CHURN).replace('as_of', as_of).replace(': ', ', ')} ({n:,})"
            for reason, n in left_out.items()
            if reason.endswith(_NO_CHURN) is ending
        ]
        if parts:
            sentences.append(f"Accounts in no {rate}: {'; '.join(parts)}.")
    return sentences


def _flat(counts: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return counts, those of a mapping under joined names."""
    rows: list[tuple[str, int]] = []
    for name, value in counts.items():
        if isinstance(value, Mapping):
            rows += [(f"{name}: {inner}", n) for inner, n in _flat(value)]
        elif isinstance(value, (int, float)):
            rows.append((name, int(value)))
    return rows
