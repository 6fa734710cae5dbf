from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icp_ml.conditions import Condition, Rule
from icp_ml.segments.document import assign_segments
from icp_ml.segments.folds import account_folds
from icp_ml.segments.partition import explained, scatter, share_between
from icp_ml.segments.stability import jaccard
from icp_ml.segments.targets import Targets
from icp_ml.segments.types import Segment


def segment(name: str, rule: Rule) -> Segment:
    return Segment(name, name, rule, {}, {}, {}, 1.0, "average")


def test_the_first_rule_that_holds_counts_and_an_account_may_belong_to_none():
    frame = pd.DataFrame({"n": [1.0, 5.0, 20.0, np.nan]})
    rules = [Rule((Condition("n", "below", 3.0),)), Rule((Condition("n", "below", 9.0),))]
    segments = [segment("S2", rules[0]), segment("S1", rules[1])]
    assert assign_segments(segments, frame).tolist() == ["S2", "S1", "", ""]


def test_explained_is_the_sum_of_squares_between_cells():
    targets = Targets(("win",), np.array([[1.0], [1.0], [-1.0], [-1.0]]), np.ones((4, 1)), {})
    # Cells (1, 1) and (-1, -1): 2 ** 2 / 2 twice; against one cell of sum 0.
    assert explained(np.array([0, 0, 1, 1]), targets).tolist() == [4.0]
    assert explained(np.array([0, 1, 0, 1]), targets).tolist() == [0.0]


def test_jaccard_of_nothing_is_nothing():
    assert jaccard(np.zeros(3, dtype=bool), np.zeros(3, dtype=bool)) == 0.0


def test_an_account_stays_in_its_fold_when_others_are_added():
    ids = [f"A{i}" for i in range(1000)]
    more = account_folds([*(f"B{i}" for i in range(300)), *ids], 7)
    assert account_folds(ids, 7).tolist() == more[300:].tolist()
    assert np.bincount(account_folds(ids, 7)).tolist() == pytest.approx([200] * 5, abs=40)
    assert account_folds(ids, 8).tolist() != account_folds(ids, 7).tolist()


def test_scatter_is_the_variance_inside_a_group_over_that_of_all():
    scores = np.array([[1.5], [-1.5], [1.0], [-1.0], [3.0]])
    targets = Targets(("win",), scores, np.ones((5, 1)), {})
    # Around their mean of 0 the first two scatter by 2.25, the next two by 1; the last alone by 0, held at 1.
    assert scatter(targets, np.array([1, 1, 0, 0, 0], dtype=bool)).tolist() == [2.25]
    assert scatter(targets, np.array([0, 0, 1, 1, 0], dtype=bool)).tolist() == [1.0]
    assert scatter(targets, np.array([0, 0, 0, 0, 1], dtype=bool)).tolist() == [1.0]


def test_the_share_between_is_chi_squared_less_what_random_cells_explain_by_account_measured():
    scores, measured = np.array([[1.0, 0], [1, 1], [-1, -1], [-1, 0]]), np.array([[1.0, 0], [1, 1], [1, 1], [1, 0]])
    targets = Targets(("win", "pull"), scores, measured, {})
    # Winning: 2 ** 2 / 2 twice, less 1, by 4 accounts; pull: 1 twice, less 1, by 2.
    assert share_between(np.array([0, 0, -1, -1]), targets).tolist() == pytest.approx([3 / 4, 1 / 2])
    assert share_between(np.full(4, -1), targets).tolist() == pytest.approx([0.0, 0.0])
