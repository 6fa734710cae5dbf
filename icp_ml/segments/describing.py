"""Clusters in words: one rule a cluster, by the same search that finds rules on outcomes."""

from __future__ import annotations

import numpy as np

from icp_ml.segments.growing import pruned
from icp_ml.segments.search import RuleSearch
from icp_ml.segments.targets import Targets


def described(labels: np.ndarray, search: RuleSearch) -> list[tuple[int, ...]]:
    """Return ordered rules that lead to the clusters, those left out whose accounts fare no differently.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Cluster of each account, -1 noise.
    search : RuleSearch
        Search over the same accounts and their outcomes.
    """
    found: list[tuple[float, tuple[int, ...]]] = []
    for cluster in range(int(labels.max(initial=-1)) + 1):
        inside = labels == cluster
        best = RuleSearch(search.grid, membership(inside), search.limits).best(np.ones(len(labels), dtype=bool))
        if best is not None:
            mask = search.mask(best.conditions)
            found.append((float(inside[mask].mean()), best.conditions))
    # The purest first: what a later rule adds is then its own.
    ordered = [conditions for _, conditions in sorted(found, key=lambda f: (-round(f[0], 6), f[1]))]
    return pruned(list(dict.fromkeys(ordered)), search)


def membership(inside: np.ndarray) -> Targets:
    """Return being in a cluster as an outcome to split by."""
    share = float(np.clip(inside.mean(), 1e-6, 1 - 1e-6))
    scores = (inside - share) / np.sqrt(share * (1 - share))
    return Targets(("cluster",), scores[:, None], np.ones((len(inside), 1)), {})


def fidelity(members: np.ndarray, clusters: np.ndarray) -> dict[str, float]:
    """Return how well a segment and the clusters that lie mostly inside it agree.

    Parameters
    ----------
    members : ndarray of bool, shape (n,)
        The segment's accounts.
    clusters : ndarray of int, shape (n,)
        Cluster of the same accounts, -1 noise.

    Returns
    -------
    dict
        ``coverage``: the share of those clusters' accounts that the rule holds for; ``precision``: the share of the
        rule's accounts in those clusters. Both 0 where no cluster lies mostly inside.

    >>> fidelity(np.array([True, True, True, False]), np.array([0, 0, -1, 0]))
    {'coverage': 0.6667, 'precision': 0.6667}
    """
    inside = [c for c in np.unique(clusters[clusters >= 0]) if members[clusters == c].mean() > 0.5]
    union = np.isin(clusters, inside)
    both = float(np.sum(union & members))
    return {
        "coverage": round(both / max(float(union.sum()), 1.0), 4),
        "precision": round(both / max(float(members.sum()), 1.0), 4),
    }
