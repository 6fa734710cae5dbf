from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from icp_ml.conditions import Condition, Rule
from icp_ml.segments.document import assign_segments
from icp_ml.segments.halves import forming_half
from icp_ml.segments.partition import explained
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


def test_an_account_stays_in_its_half_when_others_are_added():
    ids = [f"A{i}" for i in range(1000)]
    more = forming_half([*(f"B{i}" for i in range(300)), *ids], 7)
    assert forming_half(ids, 7).tolist() == more[300:].tolist()
    assert forming_half(ids, 7).mean() == pytest.approx(0.5, abs=0.06)
    assert forming_half(ids, 8).tolist() != forming_half(ids, 7).tolist()
