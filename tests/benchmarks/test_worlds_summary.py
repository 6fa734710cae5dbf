"""Many worlds become one line; a figure that is undefined is a dash, never 0."""

from __future__ import annotations

import pytest

from benchmarks.worlds_summary import OURS, false_discovery, our_cells, pooled_false, pooled_intervals


def result(proposals=0, exclusions=0, planted=0, recovered=0, false=0, exclude=None, intervals=(), **more):
    """Return what one world gave."""
    return {
        "proposals": proposals, "exclusions": exclusions, "planted_exclusions": planted, "recovered": recovered,
        "false": false, "stray": 0, "exclude": exclude or {}, "include": {}, "censored": 0.2,
        "intervals": list(intervals), "seconds": 2.0, **more,
    }  # fmt: skip


def cells(results):
    """Return the cells by head."""
    return dict(zip([name for name, _ in OURS.heads], our_cells("kind", results), strict=True))


def test_nothing_planted_and_nothing_proposed_leaves_dashes():
    told = cells([result(), result()])
    assert (told["proposing"], told["FDR"], told["intervals"]) == ("0.00", "0.000", "0")
    for name in ("recall", "precision", "F1 excl.", "one rule", "F1 incl.", "stray", "cover", "optimism", "width"):
        assert told[name] == "-", name


def test_means_are_over_the_worlds_in_which_a_figure_is_defined():
    found = result(1, 1, planted=2, recovered=1, exclude={"recall": 1.0, "precision": 0.5, "f1": 0.8})
    missed = result(planted=2, exclude={"recall": 0.0, "f1": 0.0})
    told = cells([found, missed])
    assert (told["recall"], told["precision"], told["F1 excl."]) == ("0.500", "0.500", "0.400")
    assert told["one rule"] == "0.25"  # one of four planted


def test_false_discovery_is_the_mean_over_worlds_and_the_counts_stand_beside_it():
    worlds = [result(1, false=1), result(3), result()]
    assert false_discovery(worlds) == pytest.approx(1 / 3)
    assert pooled_false(worlds) == "1 of 4 proposed rules are false; mean over 3 worlds 33.3%."


def test_coverage_optimism_and_width_are_pooled():
    worlds = [result(2, intervals=[[1.0, 4.0, 10.0], [0.0, -2.0, 20.0]]), result(2, intervals=[[1, 1, 30], [1, 1, 40]])]
    told = cells(worlds)
    assert (told["intervals"], told["cover"], told["optimism"], told["width"]) == ("4", "0.75", "+1.0", "25.0")
    assert pooled_intervals(worlds).startswith("4 intervals (90 %): 75.0% cover (95 % interval 30.1% to 95.4%)")
    assert pooled_intervals([result()]) == "No interval was given."


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ([{"easy_refused": True}, {"easy_refused": False}], "easy 0.50"),
        ([{"told": True, "verdicts": []}, {"told": True, "verdicts": []}], "said 1.00"),
        ([{"trending": 2}, {"trending": 0}], "trend 0.50"),
    ],
)
def test_what_only_some_kinds_ask_is_told_as_a_share_of_worlds(more, expected):
    assert cells([result(**m) for m in more])["told"] == expected
