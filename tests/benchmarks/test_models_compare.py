"""Differences between models mean what they say: paired, within folds, and with what chance could have made of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from benchmarks.models_compare import Predicted, compare, expected, figures, mean_interval


def drawn(seed=0, n=400):
    """Return two folds of outcomes, the probabilities behind them, and a ranking by coin."""
    rng = np.random.default_rng(seed)
    p = [rng.random(n), rng.random(n)]
    truth = [(rng.random(n) < q).astype(float) for q in p]
    return truth, Predicted(p, 1.0), Predicted([rng.random(n) for _ in p], 1.0)


def test_the_figures_under_true_probabilities_are_those_expected_over_all_outcomes():
    truth, score = np.array([0.9, 0.2, 0.6, 0.6]), np.array([0.8, 0.3, 0.3, 0.1])
    above = pairs = 0.0
    for p, s in zip(truth, score, strict=True):
        for q, t in zip(truth, score, strict=True):
            pairs += p * (1 - q)
            above += p * (1 - q) * ((s > t) + (s == t) / 2)
    brier = np.mean([p * (1 - s) ** 2 + (1 - p) * s**2 for p, s in zip(truth, score, strict=True)])
    assert expected(truth, score) == pytest.approx((above / pairs, brier))


def test_a_better_model_passes_and_a_worse_one_misses_both_figures():
    truth, good, coin = drawn()
    assert compare(truth, good, coin, folds=True).verdict == "passed"
    behind = compare(truth, coin, good, folds=True)
    assert behind.verdict == "missed: AUC and Brier"
    assert behind.auc_gain.estimate == pytest.approx(figures(truth, coin, True)[0] - figures(truth, good, True)[0])


def test_a_model_beside_itself_differs_by_nothing_for_certain():
    truth, good, _ = drawn()
    same = compare(truth, good, good, folds=True)
    assert (same.auc_gain.low, same.auc_gain.high, same.brier_gain.low, same.brier_gain.high) == (0, 0, 0, 0)
    assert same.verdict == "passed"


def test_a_paired_interval_is_far_narrower_than_chance_in_either_model():
    truth, good, _ = drawn()
    rng = np.random.default_rng(1)
    near = Predicted([np.clip(p + 0.001 * rng.standard_normal(len(p)), 0, 1) for p in good.probabilities], 1.0)
    gain = compare(truth, good, near, folds=True).auc_gain
    assert gain.high - gain.low < 0.002


@pytest.mark.parametrize("folds", [True, False])
def test_of_two_equal_models_the_interval_holds_nothing_in_nine_of_ten_and_few_are_missed(folds):
    found = []
    for seed in range(60):
        truth, good, _ = drawn(seed, 100)
        rng = np.random.default_rng(1000 + seed)
        one, other = (
            Predicted([np.clip(p + 0.05 * rng.standard_normal(len(p)), 0, 1) for p in good.probabilities], 1.0)
            for _ in range(2)
        )
        found.append(compare(truth, one, other, folds))
    for name in ("auc_gain", "brier_gain"):
        covered = np.mean([getattr(c, name).low <= 0 <= getattr(c, name).high for c in found])
        assert 0.79 < covered < 0.99  # 0.90, and what 60 draws allow on either side (three standard errors)
    assert np.mean([c.verdict != "passed" for c in found]) < 0.22


def test_models_of_different_folds_are_not_ranked_against_each_other():
    truth, good, _ = drawn()
    moved = Predicted([good.probabilities[0], good.probabilities[1] / 10], 1.0)
    assert figures(truth, moved, folds=True)[0] == pytest.approx(figures(truth, good, folds=True)[0])
    assert figures(truth, moved, folds=True)[1] > figures(truth, good, folds=True)[1]


def test_worlds_vary_as_worlds_do():
    truth, good, coin = drawn()
    beside = compare(truth, good, coin, folds=False)
    gains = [
        expected(t, a)[0] - expected(t, b)[0]
        for t, a, b in zip(truth, good.probabilities, coin.probabilities, strict=True)
    ]
    ends = stats.ttest_1samp(gains, 0).confidence_interval(0.90)
    assert (beside.auc_gain.estimate, beside.auc_gain.low, beside.auc_gain.high) == pytest.approx(
        (np.mean(gains), ends.low, ends.high)
    )


def test_one_world_alone_shows_no_limits():
    only = mean_interval(np.array([0.1]))
    assert (only.estimate, only.low, only.high) == (0.1, -np.inf, np.inf)
