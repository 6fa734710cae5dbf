"""Whether segments come back when their accounts are drawn again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from icp_ml.segments.partition import cells
from icp_ml.segments.search import RuleSearch

RESAMPLES = 12


def jaccard(left: np.ndarray, right: np.ndarray) -> float:
    """Return accounts in both over accounts in either, 0 where neither has any.

    >>> jaccard(np.array([True, True, False]), np.array([True, False, False]))
    0.5
    """
    either = float(np.sum(left | right))
    return float(np.sum(left & right)) / either if either else 0.0


def resampled_jaccard(
    masks: Sequence[np.ndarray], search: RuleSearch, form: Callable[[RuleSearch], list[tuple[int, ...]]], seed: int
) -> list[float]:
    """Return each segment's mean best Jaccard over samples of four fifths of the forming accounts.

    Segments are formed anew on each sample and laid over the same accounts (Hennig 2007,
    doi:10.1016/j.csda.2006.11.025). Four fifths, since a retrain sees about a quarter more than the run before it, and
    without replacement, since doubled accounts double chance differences too.

    Parameters
    ----------
    masks : sequence of ndarray of bool, shape (n,)
        Each segment's rule on the forming accounts, in order.
    search : RuleSearch
        The search that formed them.
    form : callable
        Forms ordered rules from a search.
    seed : int
        Seed of the samples.
    """
    if not masks:
        return []
    n = len(search.values)
    labels = cells(masks, n)
    rng = np.random.default_rng(seed)
    found = np.zeros((RESAMPLES, len(masks)))
    for sample in range(RESAMPLES):
        again = search.reweighted(np.isin(np.arange(n), rng.permutation(n)[: round(0.8 * n)]))
        others = cells([search.mask(rule) for rule in form(again)], n)
        for at in range(len(masks)):
            members = labels == at
            found[sample, at] = max((jaccard(members, others == c) for c in np.unique(others)), default=0.0)
    return [round(float(v), 4) for v in found.mean(axis=0)]
