"""Whether more data would help."""

from __future__ import annotations

import numpy as np
import pytest

from icp_ml.models import metrics
from icp_ml.models.history import churn_records, rolling_splits, win_records
from icp_ml.models.holdout import hold_out
from icp_ml.models.learning_curve import _part, _sentence, learning_curve


@pytest.fixture(scope="module")
def held(simulate):
    known = simulate(n=1500)
    records = churn_records(known.cohort, list(known.config.attributes))
    return records, dict(known.config.attributes), hold_out(records, known.config.attributes, 7)


def test_the_last_row_is_what_the_whole_data_gave_on_the_same_accounts(held) -> None:
    records, attributes, holdout = held
    curve = learning_curve(records, holdout, "boosted", attributes, 7, draws=20)
    learned = curve.table["learned_from"].tolist()
    splits = rolling_splits(records)
    tested = [min((holdout.case[holdout.group == k] > 0).sum(), (holdout.control[holdout.group == k] > 0).sum())
              for k in range(len(splits))]  # fmt: skip
    best = sorted(sorted(range(len(splits)), key=lambda k: (-tested[k], k))[:2])
    assert learned[-1] == round(np.mean([len(splits[k].train) for k in best]))
    assert np.diff(learned).min() > 0
    assert learned[-2] == pytest.approx(learned[-1] / 2, abs=2)
    rows = np.isin(holdout.group, best)
    naive = metrics.brier(np.ones((1, rows.sum())), holdout.predictions["boosted"][rows], holdout.case[rows],
                          holdout.control[rows])[0]  # fmt: skip
    assert curve.table["brier"].iloc[-1] == pytest.approx(naive)
    assert set(curve.table["n"]) == {rows.sum()}


def test_smaller_parts_lie_inside_larger_ones_and_know_no_more_than_was_known_then(held) -> None:
    records, _, _ = held
    split = rolling_splits(records)[1]
    quarter, half = _part(split, 1, 3), _part(split, 2, 3)
    assert set(quarter.train) < set(half.train) < set(split.train)
    assert half.test is split.test
    position = {row: k for k, row in enumerate(split.train)}
    for row, time, event in zip(half.train, half.target.time, half.target.event, strict=True):
        at = position[row]
        assert (time, event) == (split.target.time[at], split.target.event[at])


def test_a_strong_signal_is_learned_better_from_more(simulate) -> None:
    known = simulate(n=3000, effect=1.5, seed=3)
    records = churn_records(known.cohort, list(known.config.attributes))
    holdout = hold_out(records, known.config.attributes, 7)
    curve = learning_curve(records, holdout, "boosted", dict(known.config.attributes), 7, draws=100)
    assert curve.table["brier"].iloc[-1] < curve.table["brier"].iloc[0]
    assert curve.table["auc"].iloc[-1] > curve.table["auc"].iloc[0]


def test_the_same_seed_gives_the_same_curve(held) -> None:
    records, attributes, holdout = held
    once, again = (learning_curve(records, holdout, "logistic", attributes, 7, draws=10) for _ in range(2))
    assert once.table.equals(again.table)
    assert once.sentence == again.sentence


def test_the_base_rate_and_tiny_data_have_no_curve_and_say_why(held, simulate) -> None:
    records, attributes, holdout = held
    assert "everybody is given the base rate" in learning_curve(records, holdout, "base_rate", attributes, 7).absent
    small = simulate(n=90, days=1000, seed=1)
    few = win_records(small.cohort, ["employees"])
    tiny = hold_out(few, {"employees": attributes["employees"]}, 7)
    found = learning_curve(few, tiny, "logistic", {"employees": attributes["employees"]}, 7)
    assert found.table.empty == bool(found.absent)


@pytest.mark.parametrize(
    ("gain", "says"),
    [
        ((0.010, 0.004, 0.016), "More customers would probably help much: learning from 1,200 of them instead of 600"),
        ((0.002, 0.001, 0.003), "More customers would probably help a little"),
        ((0.001, -0.001, 0.003), "More customers would probably help little"),
        ((0.001, -0.008, 0.010), "cannot be told"),
        ((0.001, None, None), "too few of the tested had the outcome"),
    ],
)
def test_what_the_last_doubling_brought_says_what_to_expect(gain, says: str) -> None:
    assert says in _sentence((600, 1200), gain, 0.2, "churn")


def test_very_many_accounts_are_learned_from_in_part(held, monkeypatch) -> None:
    records, _, _ = held
    split = rolling_splits(records)[-1]
    monkeypatch.setattr("icp_ml.models.learning_curve._MOST", 200)
    assert len(_part(split, 2, 0).train) <= 200
    assert len(_part(split, 1, 0).train) <= 101
