from __future__ import annotations

import pandas as pd

from icp_ml.conditions import Condition, Rule
from icp_ml.segments.coarser import steadier

FRAME = pd.DataFrame({"n": [float(v) for v in range(10)] * 2, "yes": pd.array([True] * 10 + [False] * 10)})


def rule(below: float | None = None, yes: bool | None = None) -> Rule:
    conditions = [] if below is None else [Condition("n", "below", float(below))]
    return Rule((*conditions, *([] if yes is None else [Condition("yes", "is", yes)])))


def test_a_condition_that_samples_do_not_agree_on_goes():
    again = [[rule(8, yes=True)], [rule(8)], [rule(8)], [rule(8, yes=False)]]
    assert steadier([rule(8, yes=True)], 0, again, FRAME) == [rule(8)]


def test_what_a_sample_says_of_the_same_region_is_taken_where_others_agree_with_it():
    again = [[rule(7)], [rule(7)], [rule(7)], [rule(5)]]
    assert steadier([rule(5)], 0, again, FRAME) == [rule(7)]


def test_what_a_sample_says_of_another_region_is_not_taken():
    # 3 of 10 in common.
    assert steadier([rule(3)], 0, [[rule(10)]] * 4, FRAME) is None


def test_a_rule_that_samples_agree_on_most_has_no_coarser_one():
    again = [[rule(8, yes=True)], [rule(8, yes=True)], [rule(8)]]
    assert steadier([rule(8, yes=True)], 0, again, FRAME) is None


def test_where_nothing_comes_back_there_is_no_coarser_rule():
    assert steadier([rule(8, yes=True)], 0, [[], [], []], FRAME) is None


def test_parts_of_the_coarser_rule_are_tried_before_it():
    rules = [rule(8, yes=True), rule(2)]
    again = [[rule(2), rule(8)]] * 3
    assert steadier(rules, 0, again, FRAME) == [rule(2), rule(8)]


def test_a_coarser_rule_that_is_published_already_is_not_told_twice():
    rules = [rule(8, yes=True), rule(8)]
    assert steadier(rules, 0, [[rule(8)]] * 3, FRAME) is None


def test_parts_go_where_samples_agree_on_the_whole_more_than_on_them():
    halves = [rule(8, yes=True), rule(8, yes=False)]
    assert steadier(halves, 0, [[rule(8)], [rule(8)], [rule(8)], halves], FRAME) == [rule(8)]
    # The second half alone came back more often than the whole: it stays.
    often = [[rule(8, yes=False)], [rule(8, yes=False)], [rule(8)], [rule(8, yes=False)]]
    assert rule(8, yes=False) in (steadier(halves, 0, often, FRAME) or halves)
