"""Density clusters with an honest noise class: the only module that imports hdbscan."""

from __future__ import annotations

from dataclasses import dataclass

import hdbscan
import numpy as np
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score

_MOST_DIMENSIONS = 10
_MOST_ACCOUNTS = 20_000
_SHARES = (0.03, 0.06, 0.12)
_MIN_SAMPLES = 10
_RESAMPLES = 2


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
        By ``min_cluster_size``: clusters, share of noise, stability (mean adjusted Rand index of half samples against
        the whole), relative validity (density-based, Moulavi et al. 2014), and whether it was chosen.
    """

    labels: np.ndarray
    others: np.ndarray
    tried: tuple[dict[str, float | int | bool], ...]


def density_clusters(space: np.ndarray, others: np.ndarray, seed: int) -> Clusters:
    """Cluster accounts, the smallest cluster's size chosen by stability and validity.

    Parameters
    ----------
    space : ndarray, shape (n, d)
        Accounts where distance matters; more than ten dimensions are reduced by principal components, more than
        20,000 accounts by a random sample, so that memory stays linear.
    others : ndarray, shape (m, d)
        Further accounts to assign.
    seed : int
        Seed of samples.
    """
    rng = np.random.default_rng(seed)
    if space.shape[1] == 0 or len(space) < 4 * _MIN_SAMPLES:
        return Clusters(np.full(len(space), -1), np.full(len(others), -1), ())
    if space.shape[1] > _MOST_DIMENSIONS:
        axes = PCA(_MOST_DIMENSIONS, svd_solver="full").fit(space)
        space, others = axes.transform(space), axes.transform(others) if len(others) else others
    rows = np.sort(rng.permutation(len(space))[:_MOST_ACCOUNTS])
    sample = space[rows]
    tried, fits = [], []
    for share in _SHARES:
        size = max(2 * _MIN_SAMPLES, round(share * len(sample)))
        fits.append(_fit(sample, size))
        tried.append(_judged(fits[-1], sample, size, rng))
    merits = [(t["clusters"] > 1, t["stability"] + t["validity"]) for t in tried]
    best = merits.index(max(merits))
    tried[best]["chosen"] = True
    everybody, _ = _assigned(fits[best], space)
    everybody[rows] = fits[best].labels_
    return Clusters(everybody, _assigned(fits[best], others)[0], tuple(tried))


def _fit(space: np.ndarray, size: int) -> hdbscan.HDBSCAN:
    return hdbscan.HDBSCAN(
        min_cluster_size=size,
        min_samples=_MIN_SAMPLES,
        algorithm="boruvka_kdtree",
        core_dist_n_jobs=1,
        gen_min_span_tree=True,
        prediction_data=True,
    ).fit(space)


def _judged(
    fit: hdbscan.HDBSCAN, space: np.ndarray, size: int, rng: np.random.Generator
) -> dict[str, float | int | bool]:
    agreements = []
    for _ in range(_RESAMPLES):
        half = np.sort(rng.permutation(len(space))[: len(space) // 2])
        again = _fit(space[half], max(_MIN_SAMPLES, size // 2))
        agreements.append(adjusted_rand_score(fit.labels_[half], again.labels_))
    clusters = int(fit.labels_.max()) + 1
    return {
        "min_cluster_size": size,
        "clusters": clusters,
        "noise": round(float(np.mean(fit.labels_ == -1)), 4),
        "stability": round(float(np.mean(agreements)) if clusters > 1 else 0.0, 4),
        "validity": round(float(np.nan_to_num(fit.relative_validity_)) if clusters > 1 else 0.0, 4),
        "chosen": False,
    }


def _assigned(fit: hdbscan.HDBSCAN, space: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not len(space) or fit.labels_.max() < 0:
        return np.full(len(space), -1), np.zeros(len(space))
    labels, strength = hdbscan.approximate_predict(fit, space)
    return np.asarray(labels, dtype=int), np.asarray(strength, dtype=float)
