"""Whether segments come back when their accounts are drawn again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from icp_ml.conditions import Rule
from icp_ml.segments.partition import cells


def jaccard(left: np.ndarray, right: np.ndarray) -> float:
    """Return accounts in both over accounts in either, 0 where neither has any.

    >>> jaccard(np.array([True, True, False]), np.array([True, False, False]))
    0.5
    """
    either = float(np.sum(left | right))
    return float(np.sum(left & right)) / either if either else 0.0


def resampled_jaccard(rules: Sequence[Rule], again: Sequence[Sequence[Rule]], frame: pd.DataFrame) -> list[float]:
    """Return each segment's mean best Jaccard with segments formed on samples of four fifths of the accounts.

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
        theirs = cells([rule.mask(frame) for rule in others], len(frame))
        for at in range(len(rules)):
            members = labels == at
            found[sample, at] = max((jaccard(members, theirs == c) for c in range(len(others))), default=0.0)
    return [round(float(v), 4) for v in found.mean(axis=0)]
