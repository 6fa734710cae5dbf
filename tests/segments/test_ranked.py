from __future__ import annotations

import pytest

from icp_ml.conditions import Rule
from icp_ml.segments.ranked import Others, measured_as, ranked_segments
from icp_ml.segments.types import Segment

ABSENT = {"absent": "not measured"}
NAMES = ("win_rate", "churn", "arr", "cost_to_serve", "opportunity_value")


def figures(**known):
    """Return figures from (estimate, half width)."""
    return {
        name: {"estimate": known[name][0], "low": known[name][0] - known[name][1],
               "high": known[name][0] + known[name][1], "level": 0.9, "n": 50}
        if name in known else ABSENT
        for name in NAMES
    }  # fmt: skip


def segment(key, elsewhere=None, verdict="average", **known):
    return Segment(key, key, Rule(()), {}, figures(**known), {}, 1.0, verdict, elsewhere=elsewhere or {})


ELSEWHERE = figures(churn=(0.2, 0.02), arr=(10_000, 500), cost_to_serve=(800, 50))


def places(ranking):
    return [(r["id"], r["rank"], r["best_rank"], r["worst_rank"], r["apart_from_next"]) for r in ranking["segments"]]


def test_the_best_value_comes_first_and_two_that_may_be_equal_share_their_ranks():
    found = ranked_segments([
        segment("S1", opportunity_value=(-900.0, 100.0)),
        segment("S2", opportunity_value=(1000.0, 300.0)),
        segment("S3", opportunity_value=(1200.0, 300.0)),
    ])  # fmt: skip
    # 200 apart with hypot(300, 300) = 424 open: not told apart. S1 is far below both.
    assert places(found) == [("S3", 1, 1, 2, False), ("S2", 2, 1, 2, True), ("S1", 3, 3, 3, None)]


def test_of_two_a_difference_is_sure_where_its_own_range_leaves_out_nothing_although_the_ranges_overlap():
    # 150 and 100: ranges of 40 overlap, but the difference of 50 or more has only hypot(30, 30) = 42 open.
    two = [segment("S1", opportunity_value=(150.0, 30.0)), segment("S2", opportunity_value=(100.0, 30.0))]
    assert places(ranked_segments(two)) == [("S1", 1, 1, 1, True), ("S2", 2, 2, 2, None)]


def test_among_more_segments_the_same_difference_must_be_larger():
    # With three segments each is compared twice: 1.96 in place of 1.645, and 42 becomes 51.
    three = [
        segment("S1", opportunity_value=(150.0, 30.0)),
        segment("S2", opportunity_value=(100.0, 30.0)),
        segment("S3", opportunity_value=(-900.0, 30.0)),
    ]
    assert places(ranked_segments(three))[0] == ("S1", 1, 1, 2, False)


def test_what_differs_names_the_segments_and_what_moves_them():
    easy = segment("S1", ELSEWHERE, win_rate=(0.6, 0.05), opportunity_value=(-50.0, 10.0), churn=(0.7, 0.05),
                   arr=(3_000, 200), cost_to_serve=(800, 60))  # fmt: skip
    good = segment("S2", ELSEWHERE, "high pull", win_rate=(0.3, 0.05), opportunity_value=(90.0, 10.0),
                   churn=(0.05, 0.02), arr=(10_000, 900), cost_to_serve=(500, 60))  # fmt: skip
    found = ranked_segments([easy, good])
    assert [r["id"] for r in found["by_win_rate"]] == ["S1", "S2"]
    assert found["differs"] == [
        {"id": "S1", "rank": 2, "rank_by_win_rate": 1, "sure": True, "since": ["churn", "arr"]},
        {"id": "S2", "rank": 1, "rank_by_win_rate": 2, "sure": True, "since": ["churn", "cost_to_serve"]},
    ]
    assert found["high_pull"] == ["S2"]


def test_places_that_may_be_the_same_do_not_differ_for_sure():
    one = segment("S1", win_rate=(0.5, 0.2), opportunity_value=(80.0, 50.0))
    other = segment("S2", win_rate=(0.4, 0.2), opportunity_value=(90.0, 50.0))
    assert [d["sure"] for d in ranked_segments([one, other])["differs"]] == [False, False]


def test_a_segment_without_value_has_no_rank_but_a_reason():
    known = [segment(key, win_rate=(0.5, 0.1), opportunity_value=(9.0, 1.0)) for key in ("S1", "S2")]
    found = ranked_segments([*known, segment("S3", win_rate=(0.9, 0.05))])
    assert found["measure"] == "opportunity_value"
    assert found["unranked"] == [{"id": "S3", "because": "not measured"}]
    assert [r["id"] for r in found["by_win_rate"]] == ["S3", "S1", "S2"]


@pytest.mark.parametrize(
    ("known", "measure", "first"),
    [
        ({"S1": {"win_rate": (0.5, 0.1), "churn": (0.5, 0.1)}, "S2": {"win_rate": (0.4, 0.1), "churn": (0.1, 0.1)}},
         "won_and_kept", "S2"),
        ({"S1": {"churn": (0.5, 0.1)}, "S2": {"churn": (0.1, 0.1)}}, "kept", "S2"),
        ({"S1": {"win_rate": (0.5, 0.1)}, "S2": {"win_rate": (0.4, 0.1)}}, "win_rate", "S1"),
    ],
)  # fmt: skip
def test_where_no_value_is_measured_the_ranking_is_by_what_there_is_and_says_so(known, measure, first):
    found = ranked_segments([segment(key, **parts) for key, parts in known.items()])
    assert (found["measure"], found["instead_because"]) == (measure, "not measured")
    assert found["segments"][0]["id"] == first


def test_won_and_kept_is_the_product_with_what_both_parts_leave_open():
    told = measured_as("won_and_kept", figures(win_rate=(0.5, 0.1), churn=(0.2, 0.1)))
    # 0.5 * 0.8; 0.8 * 0.1 of winning and 0.5 * 0.1 of keeping are open: hypot 0.094340.
    assert (told["estimate"], told["low"], told["high"]) == (0.4, 0.30566, 0.49434)


@pytest.mark.parametrize(
    ("value", "beside"), [((500.0, 20.0), "better"), ((95.0, 20.0), "same"), ((5.0, 2.0), "worse")]
)
def test_accounts_of_no_segment_have_no_rank_and_stand_beside_the_first(value, beside):
    others = Others(figures(win_rate=(0.4, 0.1), opportunity_value=value), 30, 120, {"open": 7.0})
    found = ranked_segments([segment("S1", win_rate=(0.5, 0.1), opportunity_value=(100.0, 20.0))], others)["no_segment"]
    assert (found["accounts"], found["share"], found["beside_first"]) == (30, 0.25, beside)
    assert found["pipeline"] == {"open": 7.0}


def test_costs_nobody_knows_are_named_once():
    one, other = (segment(key, opportunity_value=(9.0, 1.0)) for key in ("S1", "S2"))
    for s in (one, other):
        s.figures["opportunity_value"]["without"] = ["acquisition cost"]
    assert ranked_segments([one, other])["not_counted"] == ["acquisition cost"]
