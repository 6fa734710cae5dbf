from __future__ import annotations

import numpy as np
from sklearn.metrics import adjusted_rand_score

from icp_ml.segments.clustering import Tried, density_clusters
from icp_ml.segments.targets import Targets


def pull_of(values: np.ndarray) -> Targets:
    """Return a measured pull as the only outcome."""
    return Targets(("pull",), ((values - values.mean()) / values.std())[:, None], np.ones((len(values), 1)), {})


def test_separate_clouds_are_found_and_further_accounts_assigned_to_them():
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], 150)
    centres = np.array([[0, 0], [8, 0], [0, 8]])
    space = centres[truth] + rng.normal(0, 0.4, (450, 2))
    others = centres[truth[::3]] + rng.normal(0, 0.4, (150, 2))
    clusters = density_clusters(space, others, pull_of(truth + rng.normal(0, 1, 450)), 0)
    assert adjusted_rand_score(truth, clusters.labels) > 0.95
    assert adjusted_rand_score(truth[::3], clusters.others) > 0.95
    assert sum(bool(t["chosen"]) for t in clusters.tried) == 1


def test_a_space_without_dimensions_is_all_noise():
    clusters = density_clusters(np.empty((50, 0)), np.empty((5, 0)), pull_of(np.arange(50.0)), 0)
    assert set(clusters.labels) == {-1}
    assert clusters.others.tolist() == [-1] * 5


def clouds(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return two far clouds of 300 accounts, each of three near ones of 100, and the cloud of each account."""
    small = np.repeat(np.arange(6), 100)
    centres = np.array([[0, 0], [1.2, 0], [0, 1.2], [20, 0], [21.2, 0], [20, 1.2]])
    return centres[small] + rng.normal(0, 0.15, (600, 2)), small


def test_of_two_stable_settings_the_one_whose_clusters_part_other_accounts_by_outcome_is_chosen():
    rng = np.random.default_rng(1)
    space, small = clouds(rng)
    pull = (small % 3 == 0) + rng.normal(0, 0.3, 600)  # differs inside each far cloud, not between them
    clusters = density_clusters(space, space[:0], pull_of(pull), 0)
    chosen = next(t for t in clusters.tried if t["chosen"])
    assert chosen["clusters"] == 6
    assert chosen["separation"] > 0.5
    # The smallest cluster of another setting is larger than a near cloud.
    coarse = [t for t in clusters.tried if t["clusters"] == 2]
    assert all(t["stability"] > 0.9 and t["separation"] < 0.05 for t in coarse)


def test_separation_is_that_of_accounts_that_did_not_form_the_clusters():
    rng = np.random.default_rng(2)
    space, _ = clouds(rng)
    clusters = density_clusters(space, space[:0], pull_of(rng.normal(size=600)), 0)
    # Clusters know nothing of pull: less what chance explains, about nothing is left, on either side of it.
    assert all(abs(t["separation"]) < 0.05 for t in clusters.tried)


def test_every_setting_tried_is_told():
    rng = np.random.default_rng(3)
    space, small = clouds(rng)
    clusters = density_clusters(space, space[:0], pull_of(small + rng.normal(size=600)), 0)
    settings = [(t["min_cluster_size"], t["min_samples"]) for t in clusters.tried]
    assert len(set(settings)) == len(settings) == 5
    assert {samples for _, samples in settings} == {5, 10, 20}


def test_a_setting_is_worth_what_it_separates_as_far_as_it_is_stable():
    stable, parting, both = (
        Tried(50, 10, 2, 0.1, 0.9, 0.1),
        Tried(60, 10, 5, 0.1, 0.2, 0.3),
        Tried(70, 10, 3, 0, 0.6, 0.2),
    )
    assert max([stable, parting, both], key=lambda tried: tried.merit) is both
    # Where none separates anything, the stable one.
    luck, steady = Tried(50, 10, 2, 0.1, 0.3, -0.1), Tried(60, 10, 2, 0.1, 0.5, -0.3)
    assert max([luck, steady], key=lambda tried: tried.merit) is steady
