"""How often, of two customers, the one that left earlier was given the higher risk; censored follow-up allowed."""

from __future__ import annotations

import numpy as np

_DRAWS_AT_ONCE = 32
"""Resamples whose sums are kept side by side: few enough to stay in the processor's cache."""


def uno_c(
    weight: np.ndarray, score: np.ndarray, time: np.ndarray, event: np.ndarray, case: np.ndarray, group: np.ndarray
) -> np.ndarray:
    """Return Uno's concordance up to the horizon, of each resample.

    Over all pairs of the same group in which the first is seen to leave by the horizon and the second outlives it, the
    share in which the first has the higher score, ties counting half, a pair weighing ``1 / G(t-)^2`` with ``G`` the
    chance of not being censored before ``t``, the month the first left. A customer censored in that very month outlives
    it, one that left in it does not: such pairs say nothing. Unlike Harrell's, the limit does not depend on when
    customers were censored.

    Every pair of times differs in exactly one highest bit of their ranks. One pass a bit adds up all pairs that
    differ there, so that n customers take ``O(n log n)`` work and ``O(n)`` memory a resample.

    Parameters
    ----------
    weight : ndarray of float, shape (draws, n)
        How often each customer is in each resample.
    score : ndarray of float, shape (n,)
        Higher for those expected to leave earlier.
    time : ndarray of float, shape (n,)
        Months followed.
    event : ndarray of bool, shape (n,)
        Whether follow-up ended in churn.
    case : ndarray of float, shape (n,)
        ``1 / G(t-)`` for churn by the horizon, else 0: :func:`icp_ml.survival.ipcw_weights`.
    group : ndarray of int, shape (n,)
        Cut-off; predictions of models fitted at different times are not compared.

    Returns
    -------
    ndarray of float, shape (draws,)
        NaN where a resample holds no such pair.

    References
    ----------
    Uno et al. (2011), doi:10.1002/sim.4154.

    Examples
    --------
    >>> time, event = np.array([2.0, 5.0, 12.0]), np.array([True, True, False])
    >>> uno_c(np.ones((1, 3)), np.array([0.9, 0.1, 0.3]), time, event, event * 1.0, np.zeros(3)).round(4).tolist()
    [0.6667]
    """
    slots, groups = _slots(time, event, case), np.unique(group, return_inverse=True)[1]
    above, pairs = np.zeros(len(weight)), np.zeros(len(weight))
    passes = [
        _Pass(groups, slots, score, case, bit) for bit in range(int(slots.max()).bit_length() if len(slots) else 0)
    ]
    for start in range(0, len(weight), _DRAWS_AT_ONCE):
        part = slice(start, start + _DRAWS_AT_ONCE)
        # One row a customer: picking customers then copies whole rows.
        drawn = np.ascontiguousarray(weight[part].T)
        for step in passes:
            step.add(drawn, above[part], pairs[part])
    return np.divide(above, pairs, out=np.full(len(weight), np.nan), where=pairs > 0)


class _Pass:
    """The pairs whose time ranks differ first, from the top, in one bit: where each stands when sorted by score."""

    def __init__(self, group: np.ndarray, slots: np.ndarray, score: np.ndarray, case: np.ndarray, bit: int) -> None:
        node = np.unique(np.column_stack([group, slots >> (bit + 1)]), axis=0, return_inverse=True)[1].ravel()
        late = (slots >> bit) & 1 == 1
        later, self.first = np.flatnonzero(late), np.flatnonzero(~late & (case > 0))
        self.later = later[np.lexsort((score[later], node[later]))]
        self.pair_weight = case[self.first] ** 2
        # Where a node and score would be put among the sorted later ones: ranks make one number of the two.
        rank = np.unique(score, return_inverse=True)[1]
        key = node * (rank.max() + 1) + rank
        sought, low = key[self.first], node[self.first] * (rank.max() + 1)
        placed = key[self.later]
        self.begin, self.end = (np.searchsorted(placed, low + k) for k in (0, rank.max() + 1))
        self.below, self.up_to = (np.searchsorted(placed, sought, side=side) for side in ("left", "right"))

    def add(self, drawn: np.ndarray, above: np.ndarray, pairs: np.ndarray) -> None:
        """Add the weight of concordant and of all pairs of each resample; ``drawn`` has shape (n, draws)."""
        if not len(self.first) or not len(self.later):
            return
        reached = np.zeros((len(self.later) + 1, drawn.shape[1]))
        np.cumsum(drawn[self.later], axis=0, out=reached[1:])
        own = drawn[self.first] * self.pair_weight[:, None]
        begin = reached[self.begin]
        above += np.einsum("ij,ij->j", own, (reached[self.below] + reached[self.up_to]) / 2 - begin)
        pairs += np.einsum("ij,ij->j", own, reached[self.end] - begin)


def _slots(time: np.ndarray, event: np.ndarray, case: np.ndarray) -> np.ndarray:
    """Rank the times so that one customer outlives another exactly if its rank is higher; all beyond share the last."""
    counted = case > 0
    months = np.unique(time[counted])
    # Churn in the k-th month of churn has rank 2k; whoever is censored in it, or later but before the next, 2k + 1.
    at = np.searchsorted(months, time, side="right")
    return np.where(counted, 2 * (at - 1), 2 * at - 1).clip(0) if len(months) else np.zeros(len(time), dtype=int)
