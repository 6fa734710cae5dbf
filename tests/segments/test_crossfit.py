from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icp_ml.conditions import Condition, Rule
from icp_ml.segments.crossfit import crossfit, formed_without
from icp_ml.segments.forming import as_already_told
from icp_ml.segments.measuring import shifted

FRAME = pd.DataFrame({"size": [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10], "age": [10.0, 9, 8, 7, 6, 5, 4, 3, 2, 1]})
FOLDS = np.array([0, 1, 2, 3, 4, 0, 1, 2, 3, 4])
EVERYBODY = np.ones(10, dtype=bool)


def below(value: float, name: str = "size") -> Rule:
    return Rule((Condition(name, "below", value),))


def test_each_account_is_measured_by_the_rule_formed_without_its_fold():
    # Without fold 0 the rule reaches to 6 (account 6 lies in fold 0), without fold 1 it is not found at all.
    again = [[below(7)], [], [below(6)], [below(6)], [below(6)]]
    found = crossfit([below(6)], again, FRAME, EVERYBODY, FOLDS)
    assert found.labels().tolist() == [0, -1, 0, 0, 0, 0, -1, -1, -1, -1]
    assert found.came_back == [4]
    assert found.asked.tolist() == [[True, False, True, True, True, True, False, True, True, True]]


def test_a_rule_that_shares_fewer_than_half_of_the_accounts_stands_in_for_nothing():
    again = [[Rule((Condition("size", "at_least", 5.0),))]] * 5
    found = crossfit([below(6)], again, FRAME, EVERYBODY, FOLDS)
    assert found.labels().tolist() == [-1] * 10


def test_the_closest_rule_stands_in_and_each_only_once():
    again = [[below(6), below(4)]] * 5
    found = crossfit([below(4), below(7)], again, FRAME, EVERYBODY, FOLDS)
    assert found.labels().tolist() == [0, 0, 0, 1, 1, -1, -1, -1, -1, -1]


def test_rules_are_formed_without_the_accounts_they_are_measured_on():
    counted = EVERYBODY.copy()
    counted[9] = False
    seen: list[list[int]] = []
    formed_without(lambda mask: seen.append(np.flatnonzero(mask).tolist()) or [], counted, FOLDS)
    assert seen[0] == [1, 2, 3, 4, 6, 7, 8]
    assert seen[4] == [0, 1, 2, 3, 5, 6, 7, 8]


def test_a_segment_takes_the_boundary_of_a_criterion_where_that_fits_about_as_well():
    told = [below(5), below(7, "age"), below(2)]

    def fit(rules: list[Rule]) -> float:
        return 20.0 - abs(float(rules[0].conditions[0].value) - 6.0)

    assert as_already_told([below(6)], told, fit, FRAME, cost=1.0) == [below(5)]
    assert as_already_told([below(6)], told, fit, FRAME, cost=0.5) == [below(6)]


def test_shifts_move_an_interval_and_widen_it_by_their_scatter():
    figures = {"win_rate": {"estimate": 0.9, "low": 0.6, "high": 0.99}, "pull": {"absent": "why"}}
    moved = shifted(figures, {"win_rate": [0.0, 0.1], "pull": [1.0]})
    # Mean 0.05; scatter 0.05 * 1.645 = 0.08225; the upper end would be 0.95 + sqrt(0.09 ** 2 + 0.08225 ** 2) > 1.
    assert moved["win_rate"]["estimate"] == pytest.approx(0.95)
    assert moved["win_rate"]["low"] == pytest.approx(0.95 - 0.311071, abs=1e-5)
    assert moved["win_rate"]["high"] == 1.0
    assert moved["pull"] == {"absent": "why"}
