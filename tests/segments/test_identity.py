from __future__ import annotations

import pandas as pd
import pytest

from icp_ml.conditions import Condition, Rule
from icp_ml.errors import ConfigError
from icp_ml.segments.identity import kept_ids

FRAME = pd.DataFrame({"n": [float(v) for v in range(10)]})


def entry(name: str, rule: Rule) -> dict:
    return {"id": name, "rule": {"when": rule.jsonlogic()}}


def below(value: float) -> Rule:
    return Rule((Condition("n", "below", float(value)),))


def test_a_rule_that_holds_for_almost_the_same_accounts_keeps_the_id():
    assert kept_ids([below(5)], [entry("S3", below(6))], FRAME) == ["S3"]


def test_a_new_segment_gets_a_number_never_used():
    at_least = Rule((Condition("n", "at_least", 8.0),))
    assert kept_ids([below(3), at_least], [entry("S7", at_least)], FRAME) == ["S8", "S7"]


def test_one_earlier_segment_gives_its_id_to_the_nearest_one_only():
    rules = [below(5), Rule((Condition("n", "below", 9.0),))]
    assert kept_ids(rules, [entry("S1", below(6))], FRAME) == ["S1", "S2"]


def test_an_earlier_segment_on_a_column_now_gone_matches_nothing_but_keeps_its_number():
    gone = Rule((Condition("m", "below", 6.0),))
    assert kept_ids([below(5)], [entry("S4", gone)], FRAME) == ["S5"]


def test_an_entry_without_id_is_an_error_that_says_what_to_do():
    with pytest.raises(ConfigError, match=r"must have an id and a rule.when; found the keys \['name'\]"):
        kept_ids([below(5)], [{"name": "x"}], FRAME)
