"""Which rules of a release count: all that nobody rejected, or those alone that a person decided on.

Contract, section 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

REJECTED = "rejected"
DECIDED = ("accepted", "edited", "manual")


def active_document(document: Mapping[str, Any], accepted_only: bool = False) -> dict[str, Any]:
    """Return ``criteria.json`` with its active rules alone, and the scorecard lines that still earn points.

    Parameters
    ----------
    document : mapping
        A valid ``criteria.json``.
    accepted_only : bool, default False
        Leave out what nobody has decided on too: a rule must have been accepted, edited or added by a person.

    Notes
    -----
    Base and tiers stay as they are: leaving out a rule makes the points of its lines 0, and nothing is fitted again.
    """
    kept = [c for c in document["criteria"] if _counts(str(c["status"]), accepted_only)]
    ids = {c["id"] for c in kept}
    items = [i for i in document["scorecard"]["items"] if i["criterion"] in ids]
    return {**document, "criteria": kept, "scorecard": {**document["scorecard"], "items": items}}


def _counts(status: str, accepted_only: bool) -> bool:
    return status in DECIDED if accepted_only else status != REJECTED
