"""Accounts in cells, by the first rule that holds, and how much of what happened the cells explain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from icp_ml.segments.targets import Targets


def cells(masks: Sequence[np.ndarray], n: int) -> np.ndarray:
    """Return for each account the index of the first mask that holds, -1 where none, shape (n,), int.

    >>> cells([np.array([True, False, False]), np.array([True, True, False])], 3).tolist()
    [0, 1, -1]
    """
    found = np.full(n, -1)
    for index in range(len(masks) - 1, -1, -1):
        found[masks[index]] = index
    return found


def explained(labels: np.ndarray, targets: Targets, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the chi-squared between the cells of a partition, by outcome, shape (q,)."""
    codes = np.unique(labels, return_inverse=True)[1]
    w = np.ones(len(labels)) if weights is None else weights
    total = np.zeros(len(targets.names))
    for j in range(len(targets.names)):
        s = np.bincount(codes, targets.scores[:, j] * w)
        x = np.bincount(codes, targets.exposures[:, j] * w)
        total[j] = np.sum(s**2 / np.maximum(x, 1e-9) * (x > 1e-9)) - s.sum() ** 2 / max(x.sum(), 1e-9)
    return total
