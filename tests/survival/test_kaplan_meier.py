from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from icp_ml.errors import NotEnoughDataError
from icp_ml.survival import churn_rate, kaplan_meier, supported_horizon, wilson_interval

# Six customers by hand: at risk 6 at month 3 (one churns: 5/6), 4 at month 6 (two churn: 1/2), 1 at month 12 (none).
TIME = [3.0, 4.0, 6.0, 6.0, 6.0, 12.0]
EVENT = [True, False, True, True, False, False]


def naive_survival(time, event, entry, at):
    survival = 1.0
    for u in sorted({t for t, e, late in zip(time, event, entry, strict=True) if e and t > late}):
        if u > at:
            break
        risk = sum(1 for t, late in zip(time, entry, strict=True) if late < u <= t)
        churned = sum(1 for t, e, late in zip(time, event, entry, strict=True) if e and t == u and u > late)
        survival *= 1 - churned / risk
    return survival


def random_follow_up(seed, n=60):
    rng = np.random.default_rng(seed)
    time = np.round(rng.exponential(10, n), 0)  # whole months, so that churn and censoring tie
    return time, rng.random(n) < 0.5, np.where(rng.random(n) < 0.4, rng.integers(0, 8, n), 0).astype(float)


def test_retention_worked_out_by_hand():
    estimate = kaplan_meier(TIME, EVENT)
    assert [estimate.survival_at(t) for t in (0, 2.9, 3, 5.9, 6, 40)] == pytest.approx(
        [1, 1, 5 / 6, 5 / 6, 5 / 12, 5 / 12]
    )


def test_the_numbers_at_risk_and_churned_are_those_still_followed():
    estimate = kaplan_meier(TIME, EVENT)
    assert [estimate.at_risk(t) for t in (1, 3, 3.5, 6, 6.1, 12, 12.1)] == [6, 6, 5, 4, 1, 1, 0]
    assert [estimate.events_by(t) for t in (2, 3, 6, 12)] == [0, 1, 3, 3]
    assert (estimate.n, estimate.last) == (6, 12.0)


def test_greenwood_variance_worked_out_by_hand():
    estimate = kaplan_meier(TIME, EVENT)
    assert estimate.variance_at(2) == 0
    assert estimate.variance_at(3) == pytest.approx((5 / 6) ** 2 * (1 / 30))
    assert estimate.variance_at(6) == pytest.approx((5 / 12) ** 2 * (1 / 30 + 2 / 8))


@pytest.mark.parametrize("seed", range(5))
def test_without_late_entry_it_equals_scipy(seed):
    time, event, _ = random_follow_up(seed)
    reference = stats.ecdf(stats.CensoredData.right_censored(time, ~event)).sf
    at = np.arange(0, 30, 0.5)
    assert [kaplan_meier(time, event).survival_at(t) for t in at] == pytest.approx(reference.evaluate(at))


@pytest.mark.parametrize("seed", range(5))
def test_with_late_entry_it_equals_a_loop_over_risk_sets(seed):
    time, event, entry = random_follow_up(seed)
    estimate = kaplan_meier(time, event, entry)
    seen_from = np.where(entry > 0, entry, -1)
    for at in np.arange(0, 30, 2.5):
        assert estimate.survival_at(at) == pytest.approx(naive_survival(time, event, seen_from, at))


def test_a_survivor_from_before_the_records_counts_only_from_its_entry():
    # Without entry: 1 of 3 churns at 5. With it the third is not at risk at 5, so 1 of 2 does.
    assert churn_rate([5, 8, 20], [True, False, False], 12) == pytest.approx(1 / 3)
    assert churn_rate([5, 8, 20], [True, False, False], 12, entry=[0, 0, 6]) == pytest.approx(1 / 2)


def test_churn_on_the_anniversary_is_churn_within_the_horizon():
    assert churn_rate([12.0, 12.0], [True, False], 12) == 0.5


def test_churn_in_month_zero_counts_for_those_seen_from_the_start():
    assert churn_rate([0.0, 1.0], [True, False], 1, entry=[0.0, 0.0]) == 0.5


def test_nobody_at_risk_is_an_error_that_says_what_to_check():
    with pytest.raises(NotEnoughDataError, match="found 1 customers, none of them ever under observation"):
        kaplan_meier([5.0], [True], [7.0])
    with pytest.raises(NotEnoughDataError, match="at least one customer"):
        kaplan_meier([], [])


@pytest.mark.parametrize(
    ("time", "event", "entry", "message"),
    [
        ([1.0, 2.0], [True], None, "one length"),
        ([1.0, np.nan], [True, False], None, "finite"),
        ([-1.0], [True], None, "not negative"),
        ([1.0], [True], [np.nan], "entry must not be missing"),
    ],
)
def test_follow_up_that_makes_no_sense_is_refused(time, event, entry, message):
    with pytest.raises(ValueError, match=message):
        kaplan_meier(time, event, entry)


def test_the_supported_horizon_is_the_longest_whole_month_with_enough_at_risk():
    time, event = [12.0] * 29 + [8.9] + [2.0] * 5, [False] * 35
    assert supported_horizon(time, event, 12) == 8
    assert supported_horizon([*time, 12.0], [*event, True], 12) == 12
    assert supported_horizon(time, event, 12, minimum=35) == 2
    assert supported_horizon(time, event, 12, minimum=36) is None
    assert supported_horizon([], [], 12) is None


def test_the_supported_horizon_counts_late_entrants_only_once_they_are_in():
    assert supported_horizon([12.0] * 30, [False] * 30, 6, entry=[6.0] * 30) is None
    assert supported_horizon([12.0] * 30, [False] * 30, 7, entry=[6.0] * 30) == 7


def test_without_censoring_the_interval_is_wilsons():
    time, event = [3.0] * 4 + [12.0] * 16, [True] * 4 + [False] * 16
    assert kaplan_meier(time, event).interval_at(12, 0.9) == pytest.approx(wilson_interval(16, 20, 0.9))


def test_before_the_first_and_after_the_last_churn_the_interval_still_has_width():
    estimate = kaplan_meier([5.0, 5.0, 12.0, 12.0, 12.0], [False, False, True, True, True])
    assert estimate.interval_at(6) == pytest.approx(wilson_interval(3, 3))
    assert estimate.interval_at(12) == pytest.approx(wilson_interval(0, 3))
    assert estimate.interval_at(13) == pytest.approx(wilson_interval(0, 3))


def test_the_last_of_many_who_leaves_does_not_make_the_others_unknown():
    # 17 of 20 leave at 2; of the three left two are censored at 5, and the last one leaves at 9.
    time, event = [2.0] * 17 + [5.0, 5.0, 9.0], [True] * 17 + [False, False, True]
    estimate = kaplan_meier(time, event)
    assert estimate.survival_at(9) == 0.0
    assert estimate.interval_at(9) == pytest.approx((0.0, wilson_interval(3, 20)[1]))
    assert estimate.effective_n(9) == pytest.approx(20)


def test_a_share_tells_as_much_as_so_many_who_were_followed_to_the_end():
    assert kaplan_meier([12.0] * 8, [True] * 2 + [False] * 6).effective_n(12) == pytest.approx(8)
    assert kaplan_meier([3.0] * 5 + [12.0] * 3, [False] * 8).effective_n(12) == 3


def test_the_interval_covers_the_truth_as_often_as_it_says_in_small_censored_samples():
    rng = np.random.default_rng(11)
    truth, covered, runs = 0.85, 0, 600
    for _ in range(runs):
        lifetime = rng.exponential(-12 / np.log(truth), 40)
        censoring = rng.uniform(6, 30, 40)
        low, high = kaplan_meier(np.minimum(lifetime, censoring), lifetime <= censoring).interval_at(12, 0.9)
        covered += low <= truth <= high
    assert 0.87 <= covered / runs <= 0.95


def test_wilson_interval_equals_scipys():
    for k, n, level in [(0, 10, 0.95), (3, 10, 0.9), (10, 10, 0.9), (101, 212, 0.9)]:
        reference = stats.binomtest(k, n).proportion_ci(level, method="wilson")
        assert wilson_interval(k, n, level) == pytest.approx((reference.low, reference.high))


def test_wilson_interval_without_trials_knows_nothing_and_refuses_nonsense():
    assert wilson_interval(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="found k=3, n=2"):
        wilson_interval(3, 2)
    with pytest.raises(ValueError, match="level=90"):
        wilson_interval(1, 2, 90)
