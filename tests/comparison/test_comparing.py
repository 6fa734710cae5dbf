from __future__ import annotations

import pandas as pd

from icp_ml.comparison.comparing import Pair, compare_releases
from icp_ml.release.folder import Release
from tests.comparison.worlds import criterion, entry, population, region, release, settled, small

NORTH = settled(400, 6).assign(region=lambda f: ["North", "South"] * 200)


def _compared(before: Release, after: Release, then: pd.DataFrame, now: pd.DataFrame) -> Pair:
    return compare_releases([entry(before, population(then)), entry(after, population(now))])[0]


def test_a_release_with_itself_changed_nothing() -> None:
    same = release([criterion("X1", small(60))], segments={"S1": region("South")})
    found = _compared(same, same, NORTH, NORTH)
    assert found.verdict.answer == "nothing_changed"
    assert found.rules == found.forecasts == found.origins == []
    assert found.tiers.moved.empty
    assert [s["change"] for s in found.segments["segments"]] == ["kept"]


def test_the_same_rules_under_other_ids_changed_nothing() -> None:
    one = release([criterion("X1", small(60)), criterion("X2", region("West"))], segments={"S7": region("South")})
    other = release([criterion("X1", region("West")), criterion("X2", small(60))], segments={"S1": region("South")})
    assert _compared(one, other, NORTH, NORTH).verdict.answer == "nothing_changed"


def test_an_excluded_region_that_began_to_leave_is_named_with_what_it_showed_then_and_now() -> None:
    south = (NORTH["region"] == "South") & (NORTH["outcome"] == "won")
    leaving = NORTH.assign(
        churned=NORTH["churned"] | south,
        months=NORTH["months"].where(~south, 9.0),
        arr_now=NORTH["arr_now"].where(~south),
    )
    before = release([criterion("X1", small(60))])
    after = release([criterion("X1", small(60)), criterion("X2", region("South"))], identity="r2")
    found = _compared(before, after, NORTH, leaving)
    assert [(r["what"], r["id"]) for r in found.rules] == [("came", "X2")]
    told = found.rules[0]
    assert told["now"]["rate"] == 1.0
    assert told["now"]["low"] > 0.5
    assert told["then"]["low"] < 0 < told["then"]["high"], "it was like any other then"
    assert {tuple(w["causes"]) for w in found.tiers.why()} == {("X2",)}
    assert found.tiers.moved["after"].eq("red").all()


def test_a_threshold_that_moved_is_one_rule_that_moved() -> None:
    frame = NORTH.assign(size=[float(i % 100) for i in range(400)])
    found = _compared(release([criterion("X1", small(40))]), release([criterion("X1", small(50))]), frame, frame)
    assert [(r["what"], r["id"]) for r in found.rules] == [("moved", "X1")]
    assert len(found.tiers.moved) == 40
    assert {tuple(w["causes"]) for w in found.tiers.why()} == {("X1",)}


def test_a_rule_that_a_person_rejected_is_told_as_such() -> None:
    before, after = (release([criterion("X1", small(60), status=status)]) for status in ("proposed", "rejected"))
    found = _compared(before, after, NORTH, NORTH)
    assert found.rules[0]["what"] == "went"
    assert "it was rejected" in found.rules[0]["text"]


def test_segments_are_born_and_die() -> None:
    before = release([], segments={"S1": region("South")})
    after = release([], segments={"S1": small(60)})
    kinds = {s["change"] for s in _compared(before, after, NORTH, NORTH).segments["segments"]}
    assert kinds == {"born", "died"}


def test_tiers_are_those_of_the_newer_releases_accounts() -> None:
    old = population(NORTH.head(50), "2024-06-30", "old")
    new = population(NORTH, "2025-06-30", "new")
    before, after = release([], "2024-06-30"), release([criterion("X1", small(60))], "2025-06-30")
    for order in ([entry(before, old), entry(after, new)], [entry(after, new), entry(before, old)]):
        found = compare_releases(order)[0]
        assert found.on == "new"
        assert len(found.tiers.table) == 400
