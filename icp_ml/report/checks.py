"""``checks.json``: what was found in the data, handled, left out or set aside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from icp_ml.cohort.cohort import Cohort
from icp_ml.tables.tables import Issue


def checks_document(issues: Iterable[Issue], suspects: Iterable[Mapping[str, Any]], cohort: Cohort) -> dict[str, Any]:
    """Return the content of ``checks.json``, not yet in JSON's own types.

    Parameters
    ----------
    issues : iterable of Issue
        Found while reading.
    suspects : iterable of mapping
        Leak suspects with their evidence, as :mod:`icp_ml.features.leaks` names them.
    cohort : Cohort
        Source of the counts, the notes and why accounts are in no rate.
    """
    left_out = cohort.accounts["left_out"].dropna().value_counts().sort_index()
    return {
        "warnings": [i.message for i in issues if i.level == "warning"] + list(cohort.notes),
        "issues": [asdict(issue) for issue in issues],
        "leak_suspects": list(suspects),
        "counts": dict(cohort.counts),
        "left_out": {str(reason): int(n) for reason, n in left_out.items()},
    }
