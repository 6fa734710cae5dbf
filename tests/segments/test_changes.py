from __future__ import annotations

import dataclasses
import json

import pandas as pd

from icp_ml.conditions import Condition, Rule
from icp_ml.config.schema import Attribute
from icp_ml.release.json_text import json_ready
from icp_ml.segments.changes import changes_since
from icp_ml.segments.types import Segment

NUMBER = {"n": Attribute(type="number", unit="people")}


def cohort_of(simulated, **columns):
    """Return ten accounts with one number each, 0 to 9."""
    cohort, _ = simulated(10, 0)
    latest = pd.DataFrame({"n": [float(v) for v in range(10)]}, index=cohort.attributes.index)
    accounts = cohort.accounts.assign(**columns)
    return dataclasses.replace(cohort, accounts=accounts, attributes=latest * 0 - 1, latest=latest)


def below(value: float) -> Rule:
    return Rule((Condition("n", "below", float(value)),))


def segment(name: str, rule: Rule) -> Segment:
    return Segment(name, "", rule, {}, {}, {}, 1.0, "average")


def before(*entries: tuple[str, Rule], **more: object) -> dict:
    segments = [{"id": name, "rule": {"when": rule.jsonlogic()}} for name, rule in entries]
    return {"release_id": "r1", "as_of": "2026-03-31", "segments": segments, **more}


def test_without_a_previous_release_nothing_is_told(simulated):
    assert changes_since(None, [segment("S1", below(5))], cohort_of(simulated), NUMBER) is None


def test_a_moved_boundary_is_told_with_shares_rules_and_how_many_accounts_stay(simulated):
    arr = [100.0] * 4 + [None] * 5 + [600.0]
    found = changes_since(
        before(("S1", below(4))), [segment("S1", below(5))], cohort_of(simulated, arr_now=arr), NUMBER
    )
    assert found == {
        "since": "r1",
        "since_as_of": "2026-03-31",
        "accounts": {"same": 9, "of": 10, "share": 0.9},
        "arr": {"same": 1000.0, "of": 1000.0, "share": 1.0},
        "segments": [
            {
                "change": "moved",
                "from": ["S1"],
                "to": ["S1"],
                "accounts": 5,
                "text": "S1 “N below 5 people” moved: 0 of its 4 accounts left, 1 joined. "
                "Its rule was “N below 4 people”.",
                "left": 0.0,
                "joined": 0.2,
                "rule_before": "N below 4 people",
                "rule_now": "N below 5 people",
            }
        ],
        "flows": [
            {"from": "S1", "to": "S1", "accounts": 4},
            {"from": None, "to": "S1", "accounts": 1},
            {"from": None, "to": None, "accounts": 5},
        ],
        "retired_ids": [],
    }
    assert json.loads(json.dumps(json_ready(found))) == found


def test_a_split_counts_the_accounts_of_all_its_parts_then_or_now_and_those_that_changed_id_do_not_stay(simulated):
    found = changes_since(
        before(("S2", below(6))), [segment("S2", below(4)), segment("S5", below(7))], cohort_of(simulated), NUMBER
    )
    assert [(c["change"], c["from"], c["to"], c["accounts"]) for c in found["segments"]] == [
        ("split", ["S2"], ["S2", "S5"], 7)
    ]
    assert found["accounts"] == {"same": 7, "of": 10, "share": 0.7}  # 4 in S2, 3 in none


def test_ids_that_are_no_longer_in_use_are_remembered_over_releases(simulated):
    previous = before(("S1", below(2)), ("S3", below(9)), changes={"retired_ids": ["S2"]})
    found = changes_since(previous, [segment("S3", below(9))], cohort_of(simulated), NUMBER)
    assert found["retired_ids"] == ["S1", "S2"]


def test_a_segment_on_an_attribute_that_is_gone_has_died_and_accounts_behind_it_are_not_compared(simulated):
    gone = Rule((Condition("m", "below", 6.0),))
    previous = before(("S1", below(3)), ("S2", gone), ("S3", below(6)))
    found = changes_since(previous, [segment("S1", below(3)), segment("S3", below(6))], cohort_of(simulated), NUMBER)
    assert [(c["change"], c["from"]) for c in found["segments"]] == [
        ("kept", ["S1"]),
        ("kept", ["S3"]),
        ("died", ["S2"]),
    ]
    assert found["accounts"] == {"same": 3, "of": 3, "share": 1.0}


def test_where_no_account_can_be_compared_the_share_is_absent_with_the_reason(simulated):
    previous = before(("S1", Rule((Condition("m", "below", 6.0),))))
    found = changes_since(previous, [], cohort_of(simulated), NUMBER)
    assert found["accounts"] == {"absent": "the previous release's rules cannot be tried on this data"}
    assert found["arr"] == found["accounts"]


def test_no_segments_before_and_now_leave_all_accounts_where_they_were(simulated):
    found = changes_since(before(), [], cohort_of(simulated), NUMBER)
    assert (found["segments"], found["accounts"]["same"]) == ([], 10)
    assert found["arr"] == {"absent": "no customer of known ARR"}


def test_segments_gone_with_the_whole_release_are_told(simulated):
    found = changes_since(before(("S1", below(5))), [], cohort_of(simulated), NUMBER)
    assert [c["text"] for c in found["segments"]] == [
        "S1 “N below 5 people” is gone. All of these accounts are in no segment now."
    ]
    assert found["accounts"]["same"] == 5
