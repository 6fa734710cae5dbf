from __future__ import annotations

import pandas as pd

from icp_ml.comparison.matching import in_ids_of
from tests.comparison.worlds import criterion, population, region, release, small

FRAME = pd.DataFrame({"size": [float(s) for s in range(100)], "region": ["North", "South"] * 50})


def _ids(before: list[dict], after: list[dict]) -> list[str]:
    named = in_ids_of(release(after), release(before, identity="old"), population(FRAME))
    return [c["id"] for c in named.release.criteria["criteria"]]


def test_equal_conditions_are_one_rule_whatever_their_ids() -> None:
    before = [criterion("X1", small(20)), criterion("X2", region("South"))]
    after = [criterion("X1", region("South")), criterion("X2", small(20))]
    assert _ids(before, after) == ["X2", "X1"]


def test_rules_that_share_half_of_their_accounts_are_one_that_moved() -> None:
    assert _ids([criterion("X3", small(20))], [criterion("X1", small(30))]) == ["X1"]


def test_another_rule_under_the_same_id_is_told_apart() -> None:
    assert _ids([criterion("X1", small(20))], [criterion("X1", region("South"))]) == ["X1 of old"]


def test_one_id_on_the_same_attributes_is_one_rule_however_far_it_moved() -> None:
    assert _ids([criterion("X1", small(5))], [criterion("X1", small(90))]) == ["X1"]


def test_an_exclusion_never_becomes_a_criterion() -> None:
    assert _ids([criterion("X1", small(20))], [criterion("C1", small(20), "include")]) == ["X1"]


def test_scorecard_lines_and_segments_follow_the_new_ids() -> None:
    before = release([criterion("C2", small(20), "include")], points={"C2": 9}, segments={"S4": region("South")})
    after = release([criterion("C1", small(20), "include")], segments={"S1": region("South")})
    named = in_ids_of(after, before, population(FRAME))
    assert named.release.criteria["scorecard"]["items"][0]["criterion"] == "C1"
    assert named.release.segment_rules.rules[0][0] == "S1"
    assert named.own == {"C1": "C2", "S1": "S4"}
    assert before.criteria["criteria"][0]["id"] == "C2", "the release itself is left as it is"
