"""Regions of accounts compared: how well what was found is what was planted, on accounts nobody has seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from benchmarks.worlds import World

FRESH = 40_000
SAME_RULE = 0.5  # Jaccard from which a proposed rule is taken for the planted one
_FRESH_SEED = 1_000_000


def unseen(world: World) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the fresh accounts on which everything found in a world is judged, and their true probabilities."""
    return world.fresh(FRESH, world.seed + _FRESH_SEED)


def membership(found: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Return ``recall``, ``precision`` and ``f1`` of a region, each left out where it is undefined.

    Recall and F1 need something to be found, precision something that was found.

    >>> membership(np.array([True, True, False]), np.array([True, False, False]))
    {'recall': 1.0, 'precision': 0.5, 'f1': 0.6666666666666666}
    >>> membership(np.array([False]), np.array([False]))
    {}
    """
    both, here, there = int((found & truth).sum()), int(found.sum()), int(truth.sum())
    told = {}
    if there:
        told["recall"] = both / there
    if here:
        told["precision"] = both / here
    return told | ({"f1": 2 * both / (here + there)} if there else {})


def jaccard(one: np.ndarray, other: np.ndarray) -> float:
    """Return the accounts in both over the accounts in either, 0 where both are empty.

    >>> jaccard(np.array([True, True, False]), np.array([False, True, True]))
    0.3333333333333333
    """
    either = int((one | other).sum())
    return int((one & other).sum()) / either if either else 0.0


def recovered(proposed: Sequence[np.ndarray], planted: Sequence[np.ndarray]) -> int:
    """Return how many planted regions have exactly one proposed rule that is taken for them (Jaccard 0.5 or more)."""
    return sum(sum(jaccard(mask, truth) >= SAME_RULE for mask in proposed) == 1 for truth in planted)


def any_of(masks: Sequence[np.ndarray], n: int) -> np.ndarray:
    """Return the accounts that any of the masks holds for, shape (n,)."""
    return np.any([np.zeros(n, dtype=bool), *masks], axis=0)
