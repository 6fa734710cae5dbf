"""What others would call segments on the same accounts: clusters of raw attributes, each as a practitioner makes them.

All see the accounts with an outcome, and their attributes alone: a column for each level and tag, medians for missing
numbers, a column where they were missing, numbers of a long tail as logarithms, everything to one standard deviation.
Methods that have to be told how many groups there are get the true number of cells, which nobody has: a gift. Accounts
of no cluster are a group of their own, as ours of no segment are. Those that look at outcomes stand in
:mod:`benchmarks.segment_outcome_rivals`.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture
from sklearn.preprocessing import StandardScaler

from benchmarks.models_plain import one_hot, plain_frames
from benchmarks.segment_scores import agreement, counted_accounts
from benchmarks.segment_worlds import SegmentWorld, equal_cells

_SHARES = (0.01, 0.03, 0.06, 0.12)
_MIN_SAMPLES = 10
_LONG_TAIL = 2.0  # skewness
_MODULES = {"umap-learn": "umap", "scikit-learn": "sklearn"}

Result = dict[str, Any]


@dataclass(frozen=True)
class Rival:
    """A method beside ours.

    Parameters
    ----------
    name : str
        In tables.
    package : str
        What it needs.
    label : callable
        From a world and the mask of its counted accounts to their groups, shape (counted,), int; -1 is none.
    raw : bool
        Whether it looks at attributes alone.
    """

    name: str
    package: str
    label: Callable[[SegmentWorld, np.ndarray], np.ndarray]
    raw: bool = True

    @property
    def version(self) -> str:
        """Version of the package; empty where it is not installed."""
        if importlib.util.find_spec(_MODULES.get(self.package, self.package)) is None:
            return ""
        return importlib.metadata.version(self.package)


def measure_rival(rival: Rival, world: SegmentWorld) -> Result:
    """Return a rival's groups held against the truth on the world's counted accounts, JSON-ready."""
    counted = counted_accounts(world)
    begun = time.process_time()
    labels = rival.label(world, counted)
    seconds = time.process_time() - begun
    groups = len(np.unique(labels[labels >= 0]))
    return {"groups": groups, "seconds": seconds} | agreement(world.recipe, world.cell[counted], labels)


def columns_of(frame: pd.DataFrame) -> np.ndarray:
    """Return attributes as columns of one standard deviation without gaps, shape (n, d); constant ones left out."""
    plain = plain_frames(frame, frame)[0]
    numbers = plain.select_dtypes("number")
    tailed = [c for c in numbers if numbers[c].min() >= 0 and numbers[c].skew() > _LONG_TAIL and numbers[c].max() > 1]
    wide = one_hot(plain.assign(**{str(c): np.log1p(numbers[c]) for c in tailed}))
    return np.asarray(StandardScaler().fit_transform(wide.loc[:, wide.nunique() > 1]), dtype=float)


def best_density(space: np.ndarray) -> np.ndarray:
    """Return HDBSCAN's clusters at the smallest cluster's size of the best relative validity, shape (n,), -1 noise."""
    hdbscan = importlib.import_module("hdbscan")
    fits = [
        hdbscan.HDBSCAN(
            min_cluster_size=max(2 * _MIN_SAMPLES, round(share * len(space))),
            min_samples=_MIN_SAMPLES, core_dist_n_jobs=1, gen_min_span_tree=True,
        ).fit(space)
        for share in _SHARES
    ]  # fmt: skip
    merits = [float(np.nan_to_num(fit.relative_validity_)) if fit.labels_.max() > 0 else -np.inf for fit in fits]
    return np.asarray(fits[int(np.argmax(merits))].labels_, dtype=int)


def _raw(world: SegmentWorld, counted: np.ndarray) -> np.ndarray:
    return columns_of(world.cohort.attributes[counted])


def _cells(world: SegmentWorld) -> int:
    return len(np.unique(equal_cells(world.recipe)))


def _hdbscan(world: SegmentWorld, counted: np.ndarray) -> np.ndarray:
    return best_density(_raw(world, counted))


def _umap_hdbscan(world: SegmentWorld, counted: np.ndarray) -> np.ndarray:
    """Reduce to five dimensions as UMAP's guide to clustering does, and cluster these by density."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)  # it tells that its neural variant lacks TensorFlow
        umap = importlib.import_module("umap")
    reducer = umap.UMAP(n_neighbors=30, n_components=5, min_dist=0.0, random_state=world.seed, n_jobs=1)
    return best_density(reducer.fit_transform(_raw(world, counted)).astype(float))


def _k_means(world: SegmentWorld, counted: np.ndarray) -> np.ndarray:
    fit = KMeans(_cells(world), n_init=10, random_state=world.seed).fit(_raw(world, counted))
    return np.asarray(fit.labels_, dtype=int)


def _mixture(world: SegmentWorld, counted: np.ndarray) -> np.ndarray:
    space = _raw(world, counted)
    model = GaussianMixture(
        _cells(world), covariance_type="diag", reg_covar=1e-3, n_init=5, max_iter=300, random_state=world.seed
    )
    return np.asarray(model.fit_predict(space), dtype=int)


def _k_prototypes(world: SegmentWorld, counted: np.ndarray) -> np.ndarray:
    """Cluster numbers by distance and words by matches (Huang 1998, doi:10.1023/A:1009769707641)."""
    if _cells(world) == 1:
        return np.zeros(int(counted.sum()), dtype=int)
    plain = plain_frames(world.cohort.attributes[counted], world.cohort.attributes[counted])[0]
    is_word = np.array([str(t) == "category" or set(plain[c].dropna()) <= {0.0, 1.0} for c, t in plain.dtypes.items()])
    words = plain.loc[:, is_word].astype(object).where(plain.loc[:, is_word].notna(), "missing").astype(str)
    mixed = np.hstack([_scaled(plain.loc[:, ~is_word]).astype(object), words.to_numpy(dtype=object)])
    prototypes = importlib.import_module("kmodes.kprototypes").KPrototypes
    categorical = list(range(int(np.sum(~is_word)), mixed.shape[1]))
    model = prototypes(_cells(world), init="Cao", n_init=3, random_state=world.seed, n_jobs=1)
    return np.asarray(model.fit_predict(mixed, categorical=categorical), dtype=int)


def _scaled(numbers: pd.DataFrame) -> np.ndarray:
    """Return numbers as k-prototypes takes them: without indicators, which are words to it."""
    tailed = [c for c in numbers if numbers[c].min() >= 0 and numbers[c].skew() > _LONG_TAIL]
    filled = numbers.assign(**{str(c): np.log1p(numbers[c]) for c in tailed})
    return np.asarray(StandardScaler().fit_transform(filled.fillna(filled.median())), dtype=float)


RAW_RIVALS = (
    Rival("HDBSCAN", "hdbscan", _hdbscan),
    Rival("UMAP + HDBSCAN", "umap-learn", _umap_hdbscan),
    Rival("k-means (told k)", "scikit-learn", _k_means),
    Rival("mixture (told k)", "scikit-learn", _mixture),
    Rival("k-prototypes (told k)", "kmodes", _k_prototypes),
)
