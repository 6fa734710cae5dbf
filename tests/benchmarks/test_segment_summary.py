"""Many worlds become one line; a limit is passed, missed, or not judged, with what was seen."""

from __future__ import annotations

import pytest

from benchmarks.segment_limits import verdicts
from benchmarks.segment_summary import OURS, as_rival, figure_rows, our_cells, rival_cells

RIGHT = {"ari": 0.9, "eta_pull": 0.95, "eta_churn": 0.92}


def result(segments=2, first=True, stability=(0.9, 1.0), intervals=(), seconds=4.0, **more):
    """Return what ours gave on one world."""
    told = {**RIGHT, "ari_planted": 0.96, **more}
    counted = {f"{n}_counted": told[n] for n in RIGHT}
    return {"segments": segments, "first": first, "stability": list(stability), "intervals": list(intervals),
            "seconds": seconds, **told, **counted}  # fmt: skip


def nothing(segments=0):
    """Return what ours gave on a world without structure."""
    return result(segments, None, (), **dict.fromkeys([*RIGHT, "ari_planted"]))


def cells(results):
    """Return the cells by head."""
    return dict(zip([name for name, _ in OURS.heads], our_cells("kind", results), strict=True))


def judged(raw=(), accounts=4000, **found):
    """Return the verdicts by what they are about."""
    told = verdicts(found, raw, accounts)
    names = ("ari", "lead", "explained", "first", "silent", "stable", "coverage", "few", "quick")
    return dict(zip(names, told, strict=True))


def test_a_world_without_structure_leaves_dashes():
    told = cells([nothing()])
    for name in ("ARI", "planted", "pull", "churn", "explained", "first", "Jaccard", "least", "cover"):
        assert told[name] == "-", name
    assert (told["segments"], told["most"], told["intervals"]) == ("0.0", "0", "0")


def test_means_leave_out_worlds_in_which_a_figure_is_undefined():
    told = cells([result(eta_churn=None), result(3, False, (0.7,), ari=0.7, eta_churn=0.5), result(first=None)])
    assert (told["segments"], told["most"], told["ARI"], told["churn"]) == ("2.3", "3", "0.83", "0.71")
    assert (told["explained"], told["first"]) == ("0.67", "1 of 2")
    assert (told["Jaccard"], told["least"]) == ("0.90", "0.70")


def test_intervals_are_told_by_figure_with_how_far_off_they_are_in_standard_errors():
    # Half widths of 1.645 are one standard error; ends that touch the truth hold it.
    rows = [["churn", 1.0, 2.0, 0.3551, 3.6449], ["churn", 5.0, 2.0, 0.3551, 3.6449], ["pull", 3.0, 3.0, 3.0, 3.0]]
    assert figure_rows([result(intervals=rows)]) == [
        ["churn", "2", "0.500", "-1.00", "2.00"],
        ["pull", "1", "1.000", "-", "-"],
    ]


def test_others_stand_beside_ours_on_the_counted_accounts_and_those_that_did_not_run_are_absent():
    ours = result() | {"ari_counted": 0.8}
    other = {"groups": 5, "ari": 0.01, "eta_pull": None, "eta_churn": 0.02}
    assert rival_cells("four", [{"ours": ours, "k-means": other}], ["k-means", "UMAP"]) == [
        "four", "1", "0.80 / 0.95 / 0.92 / 2.0", "0.01 / - / 0.02 / 5.0", "absent"
    ]  # fmt: skip
    assert as_rival(ours)["ari"] == 0.8


def test_every_limit_is_passed_where_all_is_well():
    rows = [["churn", 1.0, 1.0, 0.0, 2.0]] * 360 + [["churn", 9.0, 1.0, 0.0, 2.0]] * 40
    world = {"ours": result(intervals=rows), "k-means": {**RIGHT, "ari": 0.3}}
    told = judged(["k-means"], four=[world], noise=[{"ours": nothing()}])
    assert {name for name, verdict in told.items() if verdict.holds is not True} == set()
    assert "90.0% of 400" in told["coverage"].text
    assert "0.60 on average, least 0.60 (four)" in told["lead"].text


@pytest.mark.parametrize(
    ("name", "world", "words"),
    [
        ("ari", {"ari": 0.7}, "below in four 0.70 (planted rules 0.96)"),
        ("explained", {"eta_churn": 0.8}, "both so in 0 of 1 worlds; below in four churn 0.80"),
        ("first", {"first": False}, "0 of 1"),
        ("stable", {"stability": (0.9, 0.79)}, "below in 1 of 2"),
        ("few", {"segments": 9}, "at most 9"),
        ("quick", {"seconds": 20.0}, "slowest kind four 20"),
    ],
)
def test_a_limit_that_does_not_hold_says_what_was_seen(name, world, words):
    verdict = judged(four=[{"ours": result(**world)}])[name]
    assert verdict.holds is False
    assert words in verdict.text


def test_one_kind_below_is_not_made_up_for_by_another():
    told = judged(four=[{"ours": result(ari=1.0)}], inside=[{"ours": result(ari=0.75)}])
    assert told["ari"].holds is False
    assert "mean 0.88; below in inside 0.75" in told["ari"].text


def test_a_segment_where_there_is_none_breaks_the_limit_and_is_not_held_against_agreement():
    worlds = [{"ours": nothing()}] * 18 + [{"ours": nothing(1)}] * 2
    told = judged(noise=worlds)
    assert told["silent"].holds is False
    assert "18 of 20 (95 % interval 70% to 97%)" in told["silent"].text
    assert told["ari"].holds is None


def test_the_best_of_the_others_in_each_kind_is_what_ours_must_beat():
    near = {"ours": result(), "k-means": {**RIGHT, "ari": 0.1}, "UMAP": {**RIGHT, "ari": 0.8}}
    verdict = judged(["k-means", "UMAP"], four=[near])["lead"]
    assert verdict.holds is False
    assert "least 0.10 (four)" in verdict.text


def test_what_was_not_measured_enough_is_not_judged():
    told = judged(["k-means"], accounts=800, four=[{"ours": result(first=None, stability=())}])
    assert {name for name, verdict in told.items() if verdict.holds is None} == {
        "lead", "first", "silent", "stable", "coverage", "quick"
    }  # fmt: skip
