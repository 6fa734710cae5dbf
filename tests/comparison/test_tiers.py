from __future__ import annotations

import pandas as pd

from icp_ml.comparison.tiers import tier_changes
from tests.comparison.worlds import criterion, population, region, release, small

FRAME = pd.DataFrame(
    {
        "size": [10.0, 50.0, 50.0, 200.0, 200.0],
        "region": ["North", "North", "South", "South", "North"],
        "arr_now": [0.0, 900.0, 0.0, 5000.0, 0.0],
        "pipeline": [50.0, 0.0, 0.0, 100.0, 0.0],
        "name": ["One", "Two", None, "Four", "Five"],
    }
)


def test_each_move_names_the_rules_that_did_it() -> None:
    before = release(
        [criterion("X1", small(20)), criterion("C1", region("North"), "include")], points={"C1": 20}, base=60
    )
    after = release(
        [criterion("X1", small(60)), criterion("C1", region("South"), "include")], points={"C1": 20}, base=60
    )
    table = tier_changes(before, after, population(FRAME)).table
    assert table["before"].tolist() == ["red", "green", "yellow", "yellow", "green"]
    assert table["after"].tolist() == ["red", "red", "red", "green", "yellow"]
    assert table["causes"].tolist() == ["", "X1", "X1", "C1", "C1"]


def test_an_exclusion_that_went_is_why_its_accounts_are_no_longer_red() -> None:
    before, after = release([criterion("X1", small(20))], points={"X1": -5}), release([])
    table = tier_changes(before, after, population(FRAME)).table
    assert (table["before"].tolist()[0], table["after"].tolist()[0]) == ("red", "yellow")
    assert table["causes"].tolist() == ["X1", "", "", "", ""]


def test_points_for_everybody_and_other_edges_are_causes_of_their_own() -> None:
    rules = [criterion("X1", small(20))]
    found = tier_changes(release(rules, base=60), release(rules, base=75), population(FRAME)).table
    assert found["causes"].tolist() == ["", "base", "base", "base", "base"]
    edged = release(rules, base=60)
    edged.criteria["tiers"]["green"] = 60
    assert tier_changes(release(rules, base=60), edged, population(FRAME)).table["causes"].tolist()[1] == "tiers"


def test_the_matrix_counts_every_account_once_with_its_money() -> None:
    before, after = release([criterion("X1", small(20))]), release([criterion("X1", small(60))])
    changes = tier_changes(before, after, population(FRAME))
    cells = {
        (c["before"], c["after"]): (c["accounts"], c["arr"], c["pipeline"]) for c in changes.matrix() if c["accounts"]
    }
    assert cells == {("red", "red"): (1, 0, 50), ("yellow", "red"): (2, 900, 0), ("yellow", "yellow"): (2, 5000, 100)}
    assert [(w["before"], w["after"], w["causes"], w["accounts"]) for w in changes.why()] == [
        ("yellow", "red", ["X1"], 2)
    ]
    assert changes.moved.index.tolist() == ["a1", "a2"]  # the most money first


def test_a_rule_on_an_attribute_that_the_accounts_lack_holds_for_nobody_and_is_named() -> None:
    lean = population(FRAME)
    lean = type(lean)(lean.cohort, {"region": lean.types["region"]}, "lean")
    which = release([criterion("X1", small(20))])
    assert lean.lacking(which) == ("size",)
    assert set(tier_changes(which, which, lean).table["after"]) == {"yellow"}
