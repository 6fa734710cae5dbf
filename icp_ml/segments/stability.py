"""Whether segments come back when their accounts are drawn again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from icp_ml.conditions import Rule
from icp_ml.segments.partition import cells

_STRAY = 0.05


def jaccard(left: np.ndarray, right: np.ndarray) -> float:
    """Return accounts in both over accounts in either, 0 where neither has any.

    >>> jaccard(np.array([True, True, False]), np.array([True, False, False]))
    0.5
    """
    either = float(np.sum(left | right))
    return float(np.sum(left & right)) / either if either else 0.0


def resampled_jaccard(rules: Sequence[Rule], again: Sequence[Sequence[Rule]], frame: pd.DataFrame) -> list[float]:
    """Return each segment's mean best Jaccard with segments formed on samples of four fifths of the accounts.

    A segment that comes back in two parts, one rule inside another, has come back.
    Every list of rules is laid over the same accounts (Hennig 2007, doi:10.1016/j.csda.2006.11.025). Four fifths, since
    a retrain sees about a quarter more than the run before it, and without replacement, since doubled accounts double
    chance differences too.

    Parameters
    ----------
    rules : sequence of Rule
        Segments in order.
    again : sequence of sequence of Rule
        Segments formed on each sample.
    frame : DataFrame
        Typed attributes of the accounts to compare on.
    """
    labels = cells([rule.mask(frame) for rule in rules], len(frame))
    found = np.zeros((len(again), len(rules)))
    for sample, others in enumerate(again):
        groups = _groups([rule.mask(frame) for rule in others], len(frame))
        for at in range(len(rules)):
            found[sample, at] = max((jaccard(labels == at, group) for group in groups), default=0.0)
    return [round(float(v), 4) for v in found.mean(axis=0)]


def is_inside(part: np.ndarray, whole: np.ndarray) -> bool:
    """Return whether a rule holds for next to nobody but those a wider one holds for."""
    return bool(np.sum(part & ~whole) <= _STRAY * np.sum(part))


def _groups(masks: Sequence[np.ndarray], n: int) -> list[np.ndarray]:
    """Return the accounts of each rule, and of each rule with those parts of it that are tried before."""
    labels = cells(masks, n)
    found = []
    for at, mask in enumerate(masks):
        parts = [i for i in range(at) if is_inside(masks[i], mask)]
        found.append(labels == at)
        found += [np.isin(labels, [at, *parts])] if parts else []
    return found
