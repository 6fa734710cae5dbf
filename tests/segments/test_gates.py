from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from icp_ml.conditions import Condition, Rule
from icp_ml.config.schema import Attribute
from icp_ml.segments.folds import FOLDS
from icp_ml.segments.gates import Gates
from icp_ml.segments.identity import Earlier
from icp_ml.segments.targets import Targets

N = 1000
FRAME = pd.DataFrame({"n": np.arange(N) % 100, "yes": pd.array(np.arange(N) < N / 2)}).astype({"n": float})


def rule(below: float | None = None, yes: bool | None = None) -> Rule:
    conditions = [] if below is None else [Condition("n", "below", float(below))]
    return Rule((*conditions, *([] if yes is None else [Condition("yes", "is", yes)])))


def gates(
    again: Sequence[Sequence[Rule]],
    further: Sequence[Sequence[Rule]],
    earlier: Earlier | None = None,
) -> Gates:
    """Return gates for accounts of which those below 30 are won in 8 of 10 cases, the others in 2 of 10."""
    won = np.where(rule(30).mask(FRAME), np.arange(N) * 7 % 10 < 8, np.arange(N) * 7 % 10 < 2)
    scores = ((won - won.mean()) / won.std())[:, None]
    everybody = np.ones(N, dtype=bool)
    folds = np.arange(N) // 10 % FOLDS
    targets = Targets(("win",), scores, np.ones((N, 1)), {})
    return Gates(FRAME, everybody, folds, targets, again, further, earlier or Earlier(), smallest=30)


def test_a_segment_that_holds_up_and_comes_back_passes():
    found, stability, told = gates([[rule(30)]] * 5, [[rule(30)]] * 10).passed([rule(30)])
    assert found.rules == (rule(30),)
    assert stability == [1.0]
    assert told == {"not_confirmed": [], "unstable": []}


def test_a_segment_that_other_accounts_do_not_confirm_is_told_and_not_published():
    found, _, told = gates([[rule(30), rule(yes=True)]] * 5, [[rule(30), rule(yes=True)]] * 10).passed(
        [rule(30), rule(yes=True)]
    )
    assert found.rules == (rule(30),)
    assert [entry["rule"] for entry in told["not_confirmed"]] == [rule(yes=True).text()]
    assert told["not_confirmed"][0]["p_value"] > 0.025


def test_a_segment_that_does_not_come_back_is_told_and_not_published():
    further = [[rule(30)]] * 7 + [[]] * 3
    found, stability, told = gates([[rule(30)]] * 5, further).passed([rule(30)])
    assert (found.rules, stability) == ((), [])
    assert told["unstable"] == [{"rule": rule(30).text(), "stability": 0.7}]


def test_it_stays_where_the_previous_release_had_it():
    further = [[rule(30)]] * 7 + [[]] * 3
    earlier = Earlier(("S1",), (rule(30),), ((),))
    found, stability, _ = gates([[rule(30)]] * 5, further, earlier=earlier).passed([rule(30)])
    assert (found.rules, stability) == ((rule(30),), [0.7])


def test_a_coarser_rule_takes_its_place_and_is_told():
    again, further = [[rule(30, yes=True)], *[[rule(30)]] * 4], [[rule(30, yes=True)], *[[rule(30)]] * 9]
    found, stability, told = gates(again, further).passed([rule(30, yes=True)])
    assert found.rules == (rule(30),)
    # In one of ten samples half of its accounts come back.
    assert stability == [0.95]
    assert told["unstable"] == [
        {"rule": rule(30, yes=True).text(), "stability": pytest.approx(0.55), "instead": rule(30).text()}
    ]
    assert found.came_back == [5]


def test_a_coarser_rule_has_to_come_back_too_and_nothing_is_tried_in_its_place():
    again, further = [[rule(30)]] * 5, [[rule(30)]] * 5 + [[]] * 5
    found, _, told = gates(again, further).passed([rule(30, yes=True)])
    assert found.rules == ()
    assert [entry["rule"] for entry in told["unstable"]] == [rule(30, yes=True).text(), rule(30).text()]
    assert "instead" not in told["unstable"][1]


def test_a_coarser_rule_has_to_be_confirmed_and_counts_as_one_more_that_was_tried(monkeypatch):
    counted = []

    def none_confirmed_twice(held_out, asked, targets, smallest, formed):
        counted.append(formed)
        return (list(range(len(held_out))), {}) if len(counted) == 1 else ([], {0: 0.2})

    monkeypatch.setattr("icp_ml.segments.gates.confirmed", none_confirmed_twice)
    again = [[rule(30)]] * 5
    found, _, told = gates(again, [[rule(30)]] * 10).passed([rule(30, yes=True)])
    assert counted == [1, 2]
    assert found.rules == ()
    assert told["not_confirmed"] == [{"rule": rule(30).text(), "p_value": 0.2}]


def test_what_falls_to_a_segment_after_another_goes_counts_for_it():
    # Below 10 is no different from below 30; without it, the second rule is what comes back in every sample.
    further = [[rule(30)]] * 10
    found, stability, told = gates([[rule(10), rule(30)]] * 5, further).passed([rule(10), rule(30)])
    assert found.rules == (rule(30),)
    assert stability == [1.0]
    assert [entry["rule"] for entry in told["not_confirmed"]] == [rule(10).text()]


def test_nothing_formed_passes_nothing():
    found, stability, told = gates([], []).passed([])
    assert (found.rules, stability) == ((), [])
    assert told == {"not_confirmed": [], "unstable": []}


def everything_confirmed(held_out, asked, targets, smallest, formed):
    return list(range(len(held_out))), {}


def test_nothing_is_tried_in_place_of_a_second_try(monkeypatch):
    monkeypatch.setattr("icp_ml.segments.gates.confirmed", everything_confirmed)
    # Below 30 is nearer to what samples find than its part, and below 60 is what they find.
    found, _, told = gates([[rule(60)]] * 5, [[rule(60)]] * 10).passed([rule(30, yes=True)])
    assert found.rules == ()
    assert [entry["rule"] for entry in told["unstable"]] == [rule(30, yes=True).text(), rule(30).text()]


def test_the_segment_that_lacks_most_goes_first(monkeypatch):
    monkeypatch.setattr("icp_ml.segments.gates.confirmed", everything_confirmed)
    # Below 10 comes back to a third, the others below 30 to two thirds: together they are what every sample finds.
    found, stability, _ = gates([[rule(10), rule(30)]] * 5, [[rule(30)]] * 10).passed([rule(10), rule(30)])
    assert (found.rules, stability) == ((rule(30),), [1.0])


def test_a_coarser_rule_is_not_picked_by_the_samples_that_judge_it():
    found, _, told = gates([[rule(30, yes=True)]] * 5, [[rule(30)]] * 10).passed([rule(30, yes=True)])
    assert found.rules == ()
    assert "instead" not in told["unstable"][0]


def test_rules_are_told_with_units_as_published_ones_are():
    further = [[rule(30)]] * 7 + [[]] * 3
    specifications = {"n": Attribute(type="number", unit="people"), "yes": Attribute(type="boolean")}
    _, _, told = replace(gates([[rule(30)]] * 5, further), specifications=specifications).passed([rule(30)])
    assert told["unstable"][0]["rule"] == rule(30).text(specifications) == "N below 30 people"
