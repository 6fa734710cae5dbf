"""Density clusters with an honest noise class: the only module that imports hdbscan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import hdbscan
import numpy as np
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score

from icp_ml.segments.partition import share_between
from icp_ml.segments.targets import Targets

_MOST_DIMENSIONS = 10
_MOST_ACCOUNTS = 20_000
_SHARES = (0.03, 0.06, 0.12)  # of the accounts, for the smallest cluster
_NEIGHBOURS, _OTHER_NEIGHBOURS = 10, (5, 20)
_HALVES = 2


@dataclass(frozen=True)
class Tried:
    """One setting of HDBSCAN and how it did.

    Parameters
    ----------
    min_cluster_size, min_samples : int
        The setting.
    clusters : int
        How many it found.
    noise : float
        Share of accounts in none.
    stability : float
        Mean adjusted Rand index of the clusters of half samples against those of all accounts.
    separation : float
        Share of the variance of outcomes that clusters of one half explain in the other, less chance; mean over
        outcomes and halves.
    """

    min_cluster_size: int
    min_samples: int
    clusters: int
    noise: float
    stability: float
    separation: float

    @property
    def merit(self) -> tuple[float, float]:
        """What the best setting has most of: separation as far as it is stable, then stability."""
        return round(self.stability * max(self.separation, 0.0), 6), self.stability


@dataclass(frozen=True)
class Clusters:
    """HDBSCAN's clusters (Campello, Moulavi and Sander 2013, doi:10.1007/978-3-642-37456-2_14).

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Cluster of each account that formed them, -1 noise.
    others : ndarray of int, shape (m,)
        Cluster that each further account falls into.
    tried : tuple of dict
        The fields of :class:`Tried` for each setting, and whether it was ``chosen``.
    """

    labels: np.ndarray
    others: np.ndarray
    tried: tuple[dict[str, float | int | bool], ...]


def density_clusters(space: np.ndarray, others: np.ndarray, targets: Targets, seed: int) -> Clusters:
    """Cluster accounts, HDBSCAN's settings chosen by stability and by separation out of sample.

    Neither alone would do: one cluster of nearly everybody is stable and separates nothing, and clusters that part
    these accounts well but come out otherwise from half of them are luck. The size of the smallest cluster is chosen
    first, then how many neighbours make a place dense.

    Parameters
    ----------
    space : ndarray, shape (n, d)
        Accounts where distance matters, placed without a look at what happened to each; more than ten dimensions are
        reduced by principal components, more than 20,000 accounts by a random sample, so that memory stays linear.
    others : ndarray, shape (m, d)
        Further accounts to assign.
    targets : Targets
        What happened to the n accounts.
    seed : int
        Seed of samples.
    """
    rng = np.random.default_rng(seed)
    if space.shape[1] == 0 or len(space) < 4 * _NEIGHBOURS:
        return Clusters(np.full(len(space), -1), np.full(len(others), -1), ())
    if space.shape[1] > _MOST_DIMENSIONS:
        axes = PCA(_MOST_DIMENSIONS, svd_solver="full").fit(space)
        space, others = axes.transform(space), axes.transform(others) if len(others) else others
    rows = np.sort(rng.permutation(len(space))[:_MOST_ACCOUNTS])
    halves = [np.isin(np.arange(len(rows)), rng.permutation(len(rows))[: len(rows) // 2]) for _ in range(_HALVES)]
    outcomes = Targets(targets.names, targets.scores[rows], targets.exposures[rows], targets.absent)
    best, tried = _best(space[rows], outcomes, halves)
    everybody = _assigned(best, space)
    everybody[rows] = best.labels_
    return Clusters(everybody, _assigned(best, others), tried)


def _best(
    space: np.ndarray, targets: Targets, halves: Sequence[np.ndarray]
) -> tuple[hdbscan.HDBSCAN, tuple[dict[str, float | int | bool], ...]]:
    """Return the fit of the best setting, and all that were tried."""
    sizes = [max(2 * _NEIGHBOURS, round(share * len(space))) for share in _SHARES]
    judged = [_judged(space, targets, halves, size, _NEIGHBOURS) for size in dict.fromkeys(sizes)]
    chosen = max(judged, key=lambda found: found[1].merit)
    judged += [_judged(space, targets, halves, chosen[1].min_cluster_size, n) for n in _OTHER_NEIGHBOURS]
    chosen = max(judged, key=lambda found: found[1].merit)
    return chosen[0], tuple(asdict(tried) | {"chosen": tried is chosen[1]} for _, tried in judged)


def _judged(
    space: np.ndarray, targets: Targets, halves: Sequence[np.ndarray], size: int, neighbours: int
) -> tuple[hdbscan.HDBSCAN, Tried]:
    fit = _fit(space, size, neighbours)
    clusters = int(fit.labels_.max()) + 1
    stability, separation = [0.0], [0.0]
    if clusters > 1:
        again = [_fit(space[half], max(_NEIGHBOURS, size // 2), neighbours) for half in halves]
        agree = [adjusted_rand_score(fit.labels_[half], a.labels_) for half, a in zip(halves, again, strict=True)]
        there = [_assigned(a, space[~half]) for half, a in zip(halves, again, strict=True)]
        stability = agree
        separation = [
            float(np.mean(share_between(labels, targets.rows(~half))))
            for half, labels in zip(halves, there, strict=True)
        ]
    noise, stable, apart = np.mean(fit.labels_ == -1), np.mean(stability), np.mean(separation)
    told = (round(float(value), 4) for value in (noise, stable, apart))
    return fit, Tried(size, neighbours, clusters, *told)


def _fit(space: np.ndarray, size: int, neighbours: int) -> hdbscan.HDBSCAN:
    return hdbscan.HDBSCAN(
        min_cluster_size=size,
        min_samples=neighbours,
        algorithm="boruvka_kdtree",
        core_dist_n_jobs=1,
        prediction_data=True,
    ).fit(space)


def _assigned(fit: hdbscan.HDBSCAN, space: np.ndarray) -> np.ndarray:
    """Return the cluster that each account falls into, -1 noise."""
    if not len(space) or fit.labels_.max() < 0:
        return np.full(len(space), -1)
    return np.asarray(hdbscan.approximate_predict(fit, space)[0], dtype=int)
