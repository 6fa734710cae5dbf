"""Simpler ways that look at outcomes too, beside ours on the same accounts: neither gives words, ids or tests."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import KFold, cross_val_score
from sklearn.tree import DecisionTreeRegressor

from benchmarks.segment_rivals import Rival, columns_of
from benchmarks.segment_worlds import SegmentWorld
from icp_ml.segments.clustering import density_clusters
from icp_ml.segments.space import contribution_space
from icp_ml.segments.targets import outcome_targets

_MOST_LEAVES, _DEPTH, _FEWEST_IN_LEAF = 8, 3, 30


def _shap_clusters(world: SegmentWorld, counted: np.ndarray) -> np.ndarray:
    """Cluster accounts by density where distance is what attributes add to the forecasts of outcomes."""
    frame, attributes = world.cohort.attributes[counted], world.config.attributes
    targets = outcome_targets(world.cohort, counted)
    space, nobody, _ = contribution_space(frame, frame.iloc[:0], targets, attributes, list(attributes), world.seed)
    return density_clusters(space, nobody, targets, world.seed).labels


def _pruned_tree(world: SegmentWorld, counted: np.ndarray) -> np.ndarray:
    """Split by standardised outcomes into as many leaves as explain most of other accounts; one group where none do.

    An outcome that is not measured for an account counts as average.
    """
    columns = columns_of(world.cohort.attributes[counted])
    scores = outcome_targets(world.cohort, counted).scores
    outcomes = scores / np.sqrt(np.mean(scores**2, axis=0))
    folds = KFold(5, shuffle=True, random_state=world.seed)
    best, chosen = 0.0, None
    for leaves in range(2, _MOST_LEAVES + 1):
        tree = DecisionTreeRegressor(
            max_depth=_DEPTH, max_leaf_nodes=leaves, min_samples_leaf=_FEWEST_IN_LEAF, random_state=0
        )
        explained = float(cross_val_score(tree, columns, outcomes, cv=folds).mean())
        if explained > best:
            best, chosen = explained, tree
    if chosen is None:
        return np.zeros(len(columns), dtype=int)
    return np.asarray(chosen.fit(columns, outcomes).apply(columns), dtype=int)


OUTCOME_RIVALS = (
    Rival("HDBSCAN on SHAP", "hdbscan", _shap_clusters, raw=False),
    Rival("pruned tree", "scikit-learn", _pruned_tree, raw=False),
)
