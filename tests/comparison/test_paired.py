from __future__ import annotations

import numpy as np
import pytest

from icp_ml.comparison import paired
from icp_ml.comparison.paired import Ratio, difference, skewed_difference


def _rates(seed: int, n: int = 400) -> tuple[Ratio, Ratio]:
    """Win rate inside two overlapping tiers."""
    rng = np.random.default_rng(seed)
    won, first, second = rng.random(n) < 0.4, rng.random(n) < 0.6, rng.random(n) < 0.5
    second = np.where(rng.random(n) < 0.7, first, second)
    return Ratio(won * first * 1.0, first * 1.0), Ratio(won * second * 1.0, second * 1.0)


def test_the_difference_is_that_of_the_two_ratios() -> None:
    before, after = (
        Ratio(np.array([1.0, 0, 1, 0]), np.ones(4)),
        Ratio(np.array([1.0, 0, 0, 0]), np.array([1.0, 1, 0, 0])),
    )
    found = difference(before, after)
    assert (found.before, found.after, found.estimate) == (0.5, 0.5, 0.0)
    assert (found.n, found.differing) == (4, 2)
    assert found.low < 0 < found.high
    assert not found.told


def test_the_range_agrees_with_a_bootstrap_over_accounts() -> None:
    before, after = _rates(3)
    rng, n = np.random.default_rng(0), len(before.num)
    drawn = []
    for _ in range(3000):
        rows = rng.integers(0, n, n)
        drawn.append(after.num[rows].sum() / after.den[rows].sum() - before.num[rows].sum() / before.den[rows].sum())
    found = difference(before, after)
    assert [found.low, found.high] == pytest.approx(np.quantile(drawn, [0.05, 0.95]), abs=0.004)


def test_accounts_that_both_treat_alike_cancel_out() -> None:
    value = np.array([5.0, -1.0, 7.0, -1.0] * 30)
    pursued = np.tile([True, True, True, False], 30)
    found = difference(Ratio(value, np.ones(120)), Ratio(value * pursued, np.ones(120)))
    assert found.estimate == pytest.approx(30 / 120)
    # A quarter of the accounts move it, each by 1: that alone is what varies.
    assert found.high - found.estimate == pytest.approx(1.6578 * np.sqrt(0.25 * 0.75 / 119), rel=1e-3)


def test_what_is_the_same_account_by_account_differs_by_exactly_nothing() -> None:
    before, _ = _rates(1)
    found = difference(before, before)
    assert (found.estimate, found.low, found.high, found.differing) == (0.0, 0.0, 0.0, 0)
    assert skewed_difference(before.num, before.num).high == 0.0


def test_the_range_of_skewed_money_reaches_further_to_where_unseen_large_accounts_would_be() -> None:
    rng = np.random.default_rng(5)
    earned = np.where(rng.random(400) < 0.4, np.exp(rng.normal(9, 1, 400)), 0) - 2500
    apart = rng.random(400) < 0.3
    plain = difference(Ratio(earned, np.ones(400)), Ratio(earned * ~apart, np.ones(400)))
    found = skewed_difference(earned, earned * ~apart, 1)
    assert found.low < plain.low  # refusing may have cost more than was seen
    assert found.high == plain.high
    assert found.estimate == plain.estimate


def test_resamples_held_a_few_at_a_time_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    earned = np.exp(rng.normal(9, 1, 300)) - 2500
    whole = skewed_difference(earned, earned * (np.arange(300) % 2), 1)
    monkeypatch.setattr(paired, "_CELLS", 1000)
    assert vars(skewed_difference(earned, earned * (np.arange(300) % 2), 1)) == pytest.approx(vars(whole))


def test_of_very_many_accounts_students_range_is_the_range(monkeypatch: pytest.MonkeyPatch) -> None:
    earned = np.exp(np.random.default_rng(5).normal(9, 1, 300))
    monkeypatch.setattr(paired, "SKEW_FADES", 300)
    none = np.zeros(300)
    assert skewed_difference(none, earned) == difference(Ratio(none, np.ones(300)), Ratio(earned, np.ones(300)))


@pytest.mark.slow
def test_the_range_of_skewed_money_holds_the_truth_nine_times_in_ten_where_thirty_of_those_apart_were_won() -> None:
    truth, held, tried = -0.2 * (0.35 * 0.75 * 0.8 * np.exp(9.2 + 0.5) - 2500), 0, 0
    rng = np.random.default_rng(1)
    for seed in range(300):
        won, kept = rng.random(600) < 0.35, rng.random(600) < 0.75
        earned = np.where(won & kept, 0.8 * np.exp(rng.normal(9.2, 1, 600)), 0) - 2500
        apart = rng.random(600) < 0.2
        if (apart & won).sum() < 30:
            continue
        found = skewed_difference(earned, np.where(apart, 0, earned), seed, 400)
        held, tried = held + (found.low <= truth <= found.high), tried + 1
    assert tried > 250
    assert held / tried > 0.87  # 0.90 less what 300 tries leave open
