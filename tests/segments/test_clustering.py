from __future__ import annotations

import numpy as np
from sklearn.metrics import adjusted_rand_score

from icp_ml.segments.clustering import density_clusters


def test_separate_clouds_are_found_and_further_accounts_assigned_to_them():
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], 150)
    centres = np.array([[0, 0], [8, 0], [0, 8]])
    space = centres[truth] + rng.normal(0, 0.4, (450, 2))
    others = centres[truth[::3]] + rng.normal(0, 0.4, (150, 2))
    clusters = density_clusters(space, others, 0)
    assert adjusted_rand_score(truth, clusters.labels) > 0.95
    assert adjusted_rand_score(truth[::3], clusters.others) > 0.95
    assert sum(bool(t["chosen"]) for t in clusters.tried) == 1


def test_a_space_without_dimensions_is_all_noise():
    clusters = density_clusters(np.empty((50, 0)), np.empty((5, 0)), 0)
    assert set(clusters.labels) == {-1}
    assert clusters.others.tolist() == [-1] * 5
