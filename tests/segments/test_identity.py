from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from icp_ml.conditions import Condition, Rule
from icp_ml.config.schema import Attribute
from icp_ml.errors import ConfigError
from icp_ml.segments.identity import SAME, Earlier, kept_ids
from icp_ml.segments.stability import jaccard

FRAME = pd.DataFrame({"n": [float(v) for v in range(10)]})
NUMBER = {"n": Attribute(type="number")}


def entry(name: str, rule: Rule) -> dict:
    return {"id": name, "rule": {"when": rule.jsonlogic()}}


def earlier(*entries: dict, retired: tuple[str, ...] = ()) -> Earlier:
    return Earlier.from_document({"segments": list(entries), "changes": {"retired_ids": list(retired)}}, NUMBER)


def below(value: float) -> Rule:
    return Rule((Condition("n", "below", float(value)),))


def among(*values: int) -> Rule:
    return Rule((Condition("n", "in", tuple(str(v) for v in values)),))


def test_a_rule_that_holds_for_almost_the_same_accounts_keeps_the_id():
    assert kept_ids([below(5)], earlier(entry("S3", below(6))), FRAME) == ["S3"]


def test_a_new_segment_gets_a_number_never_used():
    at_least = Rule((Condition("n", "at_least", 8.0),))
    assert kept_ids([below(3), at_least], earlier(entry("S7", at_least)), FRAME) == ["S8", "S7"]


def test_the_number_of_a_segment_that_died_a_release_ago_is_not_given_again():
    assert kept_ids([below(3)], earlier(entry("S1", below(9)), retired=("S2", "S12")), FRAME) == ["S13"]


def test_one_earlier_segment_gives_its_id_to_the_nearest_one_only():
    rules = [below(5), below(9)]
    assert kept_ids(rules, earlier(entry("S1", below(6))), FRAME) == ["S1", "S2"]


def test_less_than_half_of_the_accounts_in_common_is_another_segment():
    assert kept_ids([below(4)], earlier(entry("S1", below(8))), FRAME) == ["S1"]
    assert kept_ids([below(4)], earlier(entry("S1", below(9))), FRAME) == ["S2"]


def test_no_other_assignment_keeps_more_accounts_than_the_closest_pairs_first():
    """Recomputed over every assignment, on random partitions of few accounts, where ties are common."""
    letters = pd.DataFrame({"n": [str(v) for v in range(10)]})
    rng = np.random.default_rng(3)
    for _ in range(200):
        then, now = rng.integers(0, 3, 10), rng.integers(0, 3, 10)
        old = [among(*np.flatnonzero(then == k)) for k in range(3)]
        before = Earlier(("S1", "S2", "S3"), tuple(old), ((),) * 3)
        ids = kept_ids([among(*np.flatnonzero(now == k)) for k in range(3)], before, letters)
        pairs = np.array([[jaccard(now == new, then == at) for at in range(3)] for new in range(3)])
        valued = np.where(pairs >= SAME, pairs, 0.0)
        best = max(sum(valued[new, at] for new, at in enumerate(order)) for order in itertools.permutations(range(3)))
        got = sum(pairs[new, before.ids.index(name)] for new, name in enumerate(ids) if name in before.ids)
        assert got == pytest.approx(best)


def test_an_earlier_segment_on_a_column_now_gone_matches_nothing_but_keeps_its_number():
    gone = Rule((Condition("m", "below", 6.0),))
    before = earlier(entry("S4", gone))
    assert before.gone == (("m",),)
    assert kept_ids([below(5)], before, FRAME) == ["S5"]


def test_an_earlier_segment_on_a_column_that_was_text_and_is_a_number_now_matches_nothing():
    before = earlier(entry("S4", among(1, 2)), entry("S5", below(5)))
    assert before.gone == (("n",), ())
    assert before.labels(FRAME).tolist() == [1] * 5 + [-1] * 5


def test_behind_a_rule_that_cannot_be_tried_nobody_knows_where_an_account_would_be():
    gone = Rule((Condition("m", "below", 6.0),))
    before = earlier(entry("S1", below(3)), entry("S2", gone), entry("S3", below(6)))
    assert before.told(FRAME).tolist() == [True] * 3 + [False] * 7
    assert earlier(entry("S1", below(3))).told(FRAME).all()


def test_an_entry_without_id_is_an_error_that_says_what_to_do():
    with pytest.raises(ConfigError, match=r"must have an id and a rule.when; found the keys \['name'\]"):
        Earlier.from_document({"segments": [{"name": "x"}]}, NUMBER)


def test_a_release_written_before_changes_were_told_is_read():
    assert Earlier.from_document({"segments": [entry("S1", below(3))]}, NUMBER).retired == ()
    assert Earlier.from_document(None, NUMBER) == Earlier()
