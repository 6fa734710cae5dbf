"""What was known when, and how the history splits."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.models.history import (
    ChurnRecords,
    Split,
    WinRecords,
    churn_records,
    random_splits,
    rolling_splits,
    win_records,
)
from icp_ml.models.holdout import forecast
from icp_ml.models.learners import BoostedLearner, LogisticLearner
from icp_ml.models.targets import ChurnTarget, WinTarget


def days(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[D]")


def records() -> ChurnRecords:
    """Four customers: churned after 3 months, churned after 8, still active, started later."""
    target = ChurnTarget(np.array([3.0, 8.0, 12.0, 4.0]), np.array([True, True, False, False]), np.zeros(4), 12.0)
    begun = days("2024-01-01", "2024-01-01", "2024-01-01", "2024-09-01")
    ended = days("2024-04-01", "2024-09-01", "NaT", "NaT")
    return ChurnRecords(pd.DataFrame({"x": np.arange(4.0)}), target, begun, ended, grace_days=30)


def test_later_events_are_censored_at_the_cutoff_less_grace() -> None:
    rows, known = records().known_at(np.datetime64("2024-07-31"))
    assert rows.tolist() == [0, 1, 2]
    assert known.time.tolist() == [3.0, 6.0, 6.0]
    assert known.event.tolist() == [True, False, False]


def test_an_end_within_the_grace_days_before_the_cutoff_is_not_yet_known() -> None:
    _, known = records().known_at(np.datetime64("2024-04-15"))
    assert not known.event.any()


def test_deals_closed_later_are_unknown(world) -> None:
    found = win_records(world.cohort, ["employees"])
    cutoff = np.datetime64("2025-03-31")
    rows, target = found.known_at(cutoff)
    assert (found.begun[rows] <= cutoff).all()
    assert len(target.won) == len(rows) == (found.begun <= cutoff).sum()


def test_a_deal_closed_on_the_cutoff_is_known_and_one_of_the_day_after_is_not() -> None:
    won = WinTarget(np.array([True, False, True]))
    begun = days("2024-03-30", "2024-03-31", "2024-04-01")
    rows, target = WinRecords(pd.DataFrame({"x": np.arange(3.0)}), won, begun).known_at(np.datetime64("2024-03-31"))
    assert (rows.tolist(), target.won.tolist()) == ([0, 1], [True, False])


def test_each_later_account_is_tested_once_after_its_cutoff(world) -> None:
    found = churn_records(world.cohort, ["employees"])
    splits = rolling_splits(found)
    assert len(splits) == 5
    tested = np.concatenate([s.test for s in splits])
    assert len(np.unique(tested)) == len(tested)
    for split in splits:
        cutoff = np.datetime64(split.label)
        assert (found.begun[split.test] > cutoff).all()
        assert (found.begun[split.train] < cutoff).all()
        assert str(cutoff)[5:] in ("03-31", "06-30", "09-30", "12-31")


def test_rows_from_after_the_cutoff_change_nothing(world) -> None:
    found = churn_records(world.cohort, list(world.config.attributes))
    cutoff = np.datetime64("2024-12-31")
    early = np.flatnonzero(found.begun <= cutoff)
    past = ChurnRecords(
        found.frame.iloc[early], found.target.take(early), found.begun[early], found.ended[early], found.grace_days
    )
    for learner in (BoostedLearner(world.config.attributes, 7), LogisticLearner(world.config.attributes)):
        probabilities = []
        for known in (found, past):
            rows, target = known.known_at(cutoff)
            split = Split(rows, np.flatnonzero(known.begun <= cutoff)[:50], target, "2024-12-31")
            probabilities.append(forecast(learner, known, split, 7).probability(12.0))
        np.testing.assert_array_equal(*probabilities)


def test_what_happened_after_the_cutoff_changes_nothing(world) -> None:
    found = churn_records(world.cohort, list(world.config.attributes))
    cutoff = np.datetime64("2024-12-31")
    late = found.target.event & (found.ended > cutoff)
    undone = ChurnRecords(
        found.frame,
        ChurnTarget(found.target.time, found.target.event & ~late, found.target.entry, 12.0),
        found.begun,
        np.where(late, np.datetime64("NaT"), found.ended),
        found.grace_days,
    )
    _, known = found.known_at(cutoff)
    _, known_undone = undone.known_at(cutoff)
    assert late.sum() > 50
    np.testing.assert_array_equal(known.time, known_undone.time)
    np.testing.assert_array_equal(known.event, known_undone.event)


def test_a_short_history_has_no_cutoff_and_is_split_at_random(simulate) -> None:
    found = win_records(simulate(n=300, days=50).cohort, ["employees"])
    assert rolling_splits(found) == []
    tested = np.concatenate([s.test for s in random_splits(found, 0)])
    assert sorted(tested.tolist()) == list(range(len(found.begun)))


def test_late_entrants_are_learned_from_but_not_tested_on(world) -> None:
    found = churn_records(world.cohort, ["employees"])
    entry = np.where(np.arange(len(found.begun)) % 2 == 0, 1.0, 0.0)
    late = ChurnRecords(
        found.frame,
        ChurnTarget(found.target.time + 1, found.target.event, entry, 12.0),
        found.begun,
        found.ended,
        found.grace_days,
    )
    for split in (*rolling_splits(late), *random_splits(late, 0)):
        assert (entry[split.test] == 0).all()
        assert (entry[split.train] > 0).any()
