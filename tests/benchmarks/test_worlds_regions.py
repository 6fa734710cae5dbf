"""Regions are compared as one would by hand, and figures without a meaning are left out."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.worlds_regions import any_of, jaccard, membership, recovered


def mask(text):
    """Return a mask written as dots and crosses."""
    return np.array([letter == "x" for letter in text])


def test_membership_counts_accounts_on_both_sides():
    # found 4, true 5, both 3
    told = membership(mask("xxxx......"), mask(".xxx..xx.."))
    assert told == {"recall": 3 / 5, "precision": 3 / 4, "f1": 2 * 3 / 9}


def test_recall_and_f1_are_undefined_where_there_is_nothing_to_find():
    assert membership(mask("x."), mask("..")) == {"precision": 0.0}
    assert membership(mask(".."), mask("..")) == {}


def test_precision_is_undefined_where_nothing_was_found():
    assert membership(mask(".."), mask("x.")) == {"recall": 0.0, "f1": 0.0}


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("xxx...", ".xxx..", 2 / 4), ("xx....", "....xx", 0.0), ("......", "......", 0.0), ("x.....", "x.....", 1.0)],
)
def test_jaccard_is_both_over_either(one, other, expected):
    assert jaccard(mask(one), mask(other)) == expected


def test_a_planted_region_is_recovered_by_exactly_one_rule():
    region, half, fragment = mask("xxxx...."), mask("xx......"), mask("x.......")
    assert recovered([region], [region]) == 1
    assert recovered([half], [region]) == 1  # Jaccard 2/4
    assert recovered([fragment], [region]) == 0
    assert recovered([region, half], [region]) == 0  # two rules for one truth
    assert recovered([region, fragment], [region]) == 1
    assert recovered([region], [region, mask("......xx")]) == 1
    assert recovered([], [region]) == 0


def test_no_rule_holds_for_nobody():
    assert any_of([], 3).tolist() == [False, False, False]
    assert any_of([mask("x.."), mask("..x")], 3).tolist() == [True, False, True]
