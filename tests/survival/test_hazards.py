from __future__ import annotations

import numpy as np
import pytest

from icp_ml.survival import logrank_scores, nelson_aalen


def test_the_cumulative_hazard_worked_out_by_hand():
    hazard = nelson_aalen([3, 4, 6, 6, 6, 12], [True, False, True, True, False, False])
    assert hazard([0, 2.9, 3, 6, 99]) == pytest.approx([0, 0, 1 / 6, 1 / 6 + 2 / 4, 1 / 6 + 2 / 4])


def test_the_hazard_counts_a_late_entrant_only_once_in():
    assert nelson_aalen([5, 8, 20], [True, True, False], [0, 0, 6])([5, 8]) == pytest.approx([1 / 2, 1 / 2 + 1 / 2])


def test_nobody_churned_means_no_hazard():
    assert nelson_aalen([5, 8], [False, False])([1, 9]).tolist() == [0.0, 0.0]


def test_scores_are_churn_seen_less_churn_expected_by_hand():
    # Hazard: 1/4 at 3, 1/4 + 1/2 at 6; the one at month 20 churned after the horizon of 12.
    scores = logrank_scores([3, 4, 6, 20], [True, False, True, True], 12)
    assert scores == pytest.approx([1 - 1 / 4, -1 / 4, 1 - 3 / 4, -3 / 4])


def test_a_late_entrant_is_charged_only_for_the_hazard_it_lived_through():
    # Hazard: 1/2 at 5 (two at risk), 1/2 more at 8 (two at risk: the second and the late one).
    scores = logrank_scores([5, 8, 20], [True, True, False], 12, entry=[0, 0, 6])
    assert scores == pytest.approx([1 / 2, 1 - 1, -1 / 2])


def test_who_was_never_at_risk_by_the_horizon_scores_zero():
    assert logrank_scores([5, 8, 4, 20], [True, False, True, True], 12, entry=[0, 0, 4, 12])[2:].tolist() == [0.0, 0.0]


def test_scores_within_strata_equal_those_of_each_stratum_alone():
    rng = np.random.default_rng(3)
    time, event, label = rng.integers(1, 20, 50).astype(float), rng.random(50) < 0.6, rng.choice(["2023", "2024"], 50)
    scores = logrank_scores(time, event, 12, strata=label)
    for level in ("2023", "2024"):
        rows = label == level
        assert scores[rows] == pytest.approx(logrank_scores(time[rows], event[rows], 12))


@pytest.mark.parametrize("seed", range(4))
def test_the_sum_over_a_group_is_the_log_rank_numerator(seed):
    rng = np.random.default_rng(seed)
    time, event = rng.integers(0, 20, 80).astype(float), rng.random(80) < 0.5
    entry, group = np.where(rng.random(80) < 0.3, 3.0, 0.0), rng.random(80) < 0.4
    seen = (time > entry) | (entry == 0)
    numerator = 0.0
    for u in sorted(set(time[event & seen & (time <= 12)])):
        risk = seen & (time >= u) & ((entry < u) | (entry == 0))
        churned = risk & event & (time == u)
        numerator += (churned & group).sum() - churned.sum() * (risk & group).sum() / risk.sum()
    scores = logrank_scores(time, event, 12, entry)
    assert scores[group].sum() == pytest.approx(numerator)
    assert scores.sum() == pytest.approx(0)


def test_one_label_a_customer_is_needed():
    with pytest.raises(ValueError, match="found 1 of 2"):
        logrank_scores([1, 2], [True, False], 12, strata=["a"])
