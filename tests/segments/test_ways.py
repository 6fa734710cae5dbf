from __future__ import annotations

import numpy as np

from icp_ml.segments.targets import Targets
from icp_ml.segments.ways import best_first

N = 2000
ACCOUNTS = np.arange(N)


def targets_of(share: np.ndarray, seed: int = 0) -> Targets:
    """Return winning with the given probability by account."""
    won = (np.random.default_rng(seed).random(N) < share).astype(float)
    return Targets(("win",), ((won - won.mean()) / won.std())[:, None], np.ones((N, 1)), {})


def test_clusters_come_first_where_they_explain_clearly_more():
    truth = ACCOUNTS % 2
    assert best_first(np.full(N, -1), truth, targets_of(np.where(truth, 0.8, 0.2)), 0) == ("hdbscan",)
    # What explains less, but something, is second.
    half = np.where(ACCOUNTS < N / 2, truth, -1)
    assert best_first(half, truth, targets_of(np.where(truth, 0.8, 0.2)), 0) == ("hdbscan", "rule_list")


def test_rules_come_first_where_clusters_explain_as_much_or_less():
    truth = ACCOUNTS % 2
    targets = targets_of(np.where(truth, 0.8, 0.2))
    assert best_first(truth, truth, targets, 0) == ("rule_list", "hdbscan")
    assert best_first(truth, np.where(ACCOUNTS < N / 2, truth, -1), targets, 0) == ("rule_list", "hdbscan")


def test_what_chance_may_explain_does_not_put_clusters_first():
    luck = [best_first(np.full(N, -1), ACCOUNTS % 2, targets_of(np.full(N, 0.4), seed), 0)[0] for seed in range(200)]
    # 5 % of 200 are 10; more than 18 have a probability of 1 in 200.
    assert luck.count("hdbscan") <= 18


def test_nobody_in_a_segment_by_either_way_leaves_the_rules():
    assert best_first(np.full(N, -1), np.full(N, -1), targets_of(np.full(N, 0.4)), 0) == ("rule_list",)
