"""Accounts in cells, by the first rule that holds, and how much of what happened the cells explain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from icp_ml.segments.targets import Targets

_SCATTER = (1.0, 4.0)


def cells(masks: Sequence[np.ndarray], n: int) -> np.ndarray:
    """Return for each account the index of the first mask that holds, -1 where none, shape (n,), int.

    >>> cells([np.array([True, False, False]), np.array([True, True, False])], 3).tolist()
    [0, 1, -1]
    """
    found = np.full(n, -1)
    for index in range(len(masks) - 1, -1, -1):
        found[masks[index]] = index
    return found


def scatter(targets: Targets, members: np.ndarray) -> np.ndarray:
    """Return how much more outcomes scatter in a group than among all accounts, by outcome, shape (q,).

    Where half of the customers leave, chance moves their number more than where a tenth does: a chi-squared gained or
    lost inside a group is divided by this, held between 1 and 4: where hardly anybody leaves,
    few events make chance no smaller.
    """
    s, x = targets.scores[members], targets.exposures[members]
    exposure = np.maximum(x.sum(axis=0), 1e-9)
    found = np.sum((s - s.sum(axis=0) / exposure * x) ** 2, axis=0) / exposure
    return np.asarray(np.clip(found, *_SCATTER))


def falls_to(labels: np.ndarray, without: np.ndarray, at: int) -> np.ndarray:
    """Return the accounts of the cells that a segment's accounts are in, or would be in without it, bool.

    >>> falls_to(np.array([0, 1, -1, -1]), np.array([0, 0, 0, -1]), 1).tolist()
    [True, True, True, False]
    """
    return np.isin(without, without[labels == at])


def explained(labels: np.ndarray, targets: Targets) -> np.ndarray:
    """Return the chi-squared between the cells of a partition, by outcome, shape (q,)."""
    codes = np.unique(labels, return_inverse=True)[1]
    total = np.zeros(len(targets.names))
    for j in range(len(targets.names)):
        s = np.bincount(codes, targets.scores[:, j])
        x = np.bincount(codes, targets.exposures[:, j])
        total[j] = np.sum(s**2 / np.maximum(x, 1e-9) * (x > 1e-9)) - s.sum() ** 2 / max(x.sum(), 1e-9)
    return total


def share_between(labels: np.ndarray, targets: Targets) -> np.ndarray:
    """Return the share of variance that lies between cells, less what as many random cells would explain, shape (q,).

    Chi-squared less its degrees of freedom, by account measured: an adjusted eta squared, 0 on average where nothing
    differs.
    """
    between = explained(labels, targets) - (len(np.unique(labels)) - 1)
    return np.asarray(between / np.maximum(np.sum(targets.exposures > 0, axis=0), 1))
