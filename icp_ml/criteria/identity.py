"""Ids of rules: kept where a rule of the previous release covers the same accounts, never given twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from icp_ml.conditions import Rule

SAME_ACCOUNTS = 0.8
Kind = Literal["include", "exclude"]


def jaccard(a: np.ndarray, b: np.ndarray) -> float:
    """Return the shared part of two sets given as bool masks; 1 where both are empty.

    >>> jaccard(np.array([True, True, False]), np.array([True, False, False]))
    0.5
    """
    either = int(np.sum(a | b))
    return float(np.sum(a & b)) / either if either else 1.0


def assign_ids(
    kinds: Sequence[Kind],
    masks: Sequence[np.ndarray],
    frame: pd.DataFrame,
    previous: Mapping[str, Any] | None = None,
) -> list[str]:
    """Return an id for each rule, ``X1..`` for exclusions and ``C1..`` for criteria.

    Parameters
    ----------
    kinds : sequence of {"include", "exclude"}
        Of each rule.
    masks : sequence of ndarray, shape (len(frame),), bool
        The accounts each rule holds for.
    frame : DataFrame
        Typed attributes of the accounts, to evaluate the previous rules on.
    previous : mapping, optional
        ``criteria.json`` of the previous release. A rule that covers the same accounts (Jaccard 0.8 or more) keeps its
        id; numbers used before are never given to another rule.
    """
    old = list((previous or {}).get("criteria", ()))
    used = set(ids_before(previous))
    old_masks = {c["id"]: mask_of(c["when"], frame) for c in old}
    ids: list[str] = []
    for kind, mask in zip(kinds, masks, strict=True):
        letter = "X" if kind == "exclude" else "C"
        same = [(jaccard(mask, old_masks[c["id"]]), c["id"]) for c in old if c["kind"] == kind and c["id"] not in ids]
        best = max(same, default=(0.0, ""), key=lambda s: s[0])
        ids.append(best[1] if best[0] >= SAME_ACCOUNTS else next_id(letter, used | set(ids)))
    return ids


def ids_before(previous: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return every id that the previous release, or one before it, gave to a rule, sorted."""
    document = previous or {}
    given = {str(c["id"]) for c in document.get("criteria", ())}
    return tuple(sorted(given | {str(i) for i in document.get("retired_ids", ())}))


def mask_of(when: Mapping[str, Any], frame: pd.DataFrame) -> np.ndarray:
    """Return the accounts that an earlier rule holds for; none where an attribute of it is gone.

    Parameters
    ----------
    when : mapping
        JsonLogic.
    frame : DataFrame
        Typed attributes of the accounts.

    Returns
    -------
    ndarray, shape (len(frame),), bool
    """
    rule = Rule.from_jsonlogic(dict(when))
    gone = [name for name in rule.attributes if name not in frame]
    return np.zeros(len(frame), dtype=bool) if gone else rule.mask(frame)


def next_id(letter: str, used: Collection[str]) -> str:
    """Return the id after all that were ever given."""
    numbers = [int(i[1:]) for i in used if i.startswith(letter) and i[1:].isdigit()]
    return f"{letter}{max(numbers, default=0) + 1}"
