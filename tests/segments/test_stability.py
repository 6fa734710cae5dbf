from __future__ import annotations

import pandas as pd

from icp_ml.conditions import Condition, Rule
from icp_ml.segments.stability import resampled_jaccard

FRAME = pd.DataFrame({"n": [float(v) for v in range(10)]})


def below(value: float) -> Rule:
    return Rule((Condition("n", "below", value),))


def test_stability_is_the_mean_over_samples_of_the_nearest_segment():
    # Shares 4 of 5 with the nearest of the first sample, 5 of 5 with that of the second, nothing with the third.
    again = [[below(4), below(9)], [below(5)], []]
    assert resampled_jaccard([below(5)], again, FRAME) == [round((0.8 + 1 + 0) / 3, 4)]


def test_what_earlier_rules_hold_for_counts_for_them_alone():
    # The second segment is 4 to 8, in the sample 6 to 8.
    assert resampled_jaccard([below(4), below(9)], [[below(4), below(9)]], FRAME) == [1.0, 1.0]
    above = Rule((Condition("n", "at_least", 6.0),))
    assert resampled_jaccard([below(4), below(9)], [[above, below(9)]], FRAME) == [round(4 / 6, 4), round(3 / 6, 4)]


def test_a_segment_that_comes_back_in_two_parts_has_come_back():
    assert resampled_jaccard([below(8)], [[below(3), below(8)]], FRAME) == [1.0]


def test_two_rules_that_share_only_some_accounts_are_not_joined():
    tail = Rule((Condition("n", "at_least", 6.0),))
    # The sample's second segment is 0 to 5; joined with the first it would be everybody.
    assert resampled_jaccard([Rule((Condition("n", "at_least", 0.0),))], [[tail, below(9)]], FRAME) == [0.6]
