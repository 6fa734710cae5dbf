from __future__ import annotations

import pandas as pd

from icp_ml.conditions import Condition, Rule
from icp_ml.segments.forming import as_already_told
from icp_ml.segments.steadying import as_before

FRAME = pd.DataFrame({"n": [float(v) for v in range(10)]})


def below(value: float) -> Rule:
    return Rule((Condition("n", "below", float(value)),))


def fit_of(**fits: float):
    """Return a fit that reads the cut-offs of ordered rules; what is not named fits badly."""
    return lambda rules: fits.get("_".join(f"{r.conditions[0].value:.0f}" for r in rules).join(("f", "")), -100.0)


def test_the_rule_of_before_stays_where_it_fits_about_as_well():
    assert as_before([below(5)], [below(6)], fit_of(f5=20.0, f6=14.0), FRAME, 6.0) == [below(6)]


def test_a_boundary_moves_where_staying_costs_more():
    assert as_before([below(5)], [below(6)], fit_of(f5=20.0, f6=13.9), FRAME, 6.0) == [below(5)]


def test_a_rule_of_before_for_another_segment_is_not_tried():
    # 2 of 9 accounts in common.
    fit = fit_of(f2=20.0, f9=50.0)
    assert as_before([below(2)], [below(9), below(20)], fit, FRAME, 6.0) == [below(2)]


def test_all_rules_of_before_are_tried_together_since_order_and_boundaries_move_together():
    fit = fit_of(f3_8=30.0, f8_3=0.0, f2_9=20.0, f9_2=0.0, f2_8=0.0, f3_9=0.0)
    assert as_before([below(3), below(8)], [below(2), below(9)], fit, FRAME, 6.0) == [below(2), below(9)]


def test_a_segment_newly_found_is_not_given_up_for_the_rules_of_before():
    fit = fit_of(f3_8=30.0, f8=30.0, f9=30.0, f3_9=26.0, f9_3=0.0)
    assert as_before([below(3), below(8)], [below(9)], fit, FRAME, 6.0) == [below(3), below(9)]


def test_rules_that_stayed_are_tried_before_new_ones_where_that_fits_about_as_well():
    ten = Rule((Condition("n", "at_least", 5.0),))
    fit = {(5.0, 6.0): 20.0, (6.0, 5.0): 15.0}
    found = as_before([ten, below(6)], [below(6)], lambda r: fit[tuple(x.conditions[0].value for x in r)], FRAME, 6.0)
    assert found == [below(6), ten]


def test_a_criterion_does_not_move_a_boundary_that_stayed():
    fit = fit_of(f5=20.0, f6=20.0)
    assert as_already_told([below(5)], [below(6)], fit, FRAME, 6.0) == [below(6)]
    assert as_already_told([below(5)], [below(6)], fit, FRAME, 6.0, settled=[below(5)]) == [below(5)]


def test_the_order_of_before_stays_though_a_boundary_moved():
    # The first moved and the second is the same: neither is put ahead of the other for it.
    fit = fit_of(f3_9=30.0, f2_9=0.0, f9_3=30.0)
    assert as_before([below(3), below(9)], [below(2), below(9)], fit, FRAME, 6.0) == [below(3), below(9)]
