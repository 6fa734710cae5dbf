"""The segment benchmark reads what is asked, goes on where it stopped, and keeps the others' results apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import segments
from benchmarks.segment_recipes import SEGMENT_RECIPES, STRUCTURELESS
from benchmarks.segment_rivals import Rival
from benchmarks.segments import absent, folders, measure, read_plan, report

OURS = {
    "segments": 2, "first": True, "stability": [0.9], "intervals": [], "seconds": 3.0, "ari": 0.9, "eta_pull": 0.95,
    "eta_churn": 0.92, "ari_counted": 0.85, "eta_pull_counted": 0.95, "eta_churn_counted": 0.92, "ari_planted": 0.96,
}  # fmt: skip
THEIRS = {"groups": 3, "seconds": 1.0, "ari": 0.1, "eta_pull": 0.2, "eta_churn": 0.3}
ABSENT = Rival("forest", "no_such_package", lambda world, counted: np.zeros(0))
HERE = Rival("here", "numpy", lambda world, counted: np.zeros(counted.sum()))


def test_without_a_wish_every_kind_runs_on_ten_seeds_of_4000_accounts_alone():
    plan = read_plan({"KINDS": "", "SEEDS": ""})
    assert plan.kinds == (*SEGMENT_RECIPES, *STRUCTURELESS)
    assert (plan.seeds, plan.accounts, plan.rivals, plan.workers) == (range(300, 310), 4000, (), 2)


def test_the_environment_says_what_to_run():
    asked = {"KINDS": "noise structureless", "SEEDS": "5:6", "ACCOUNTS": "800", "RIVALS": "1", "WORKERS": "1"}
    plan = read_plan(asked)
    assert plan.kinds == tuple(STRUCTURELESS)  # none twice
    assert (plan.seeds, plan.accounts, plan.workers, len(plan.rivals)) == (range(5, 6), 800, 1, 7)


def test_a_kind_that_there_is_not_is_named():
    with pytest.raises(SystemExit, match=r"KINDS must be among planted, structureless, four, .*; found fore"):
        read_plan({"KINDS": "fore"})


def test_an_interrupted_run_measures_only_what_is_not_kept(tmp_path, monkeypatch):
    plan = replace(read_plan({"ACCOUNTS": "200"}), rivals=(HERE,))
    where, calls = {"ours": tmp_path / "ours", "here": tmp_path / "here"}, []
    monkeypatch.setattr(segments, "measure_segments", lambda world: calls.append("ours") or OURS)
    monkeypatch.setattr(segments, "measure_rival", lambda rival, world: calls.append(rival.name) or THEIRS)
    first = measure(plan, where, ("four", 300))
    assert measure(plan, where, ("four", 300)) == first == {"ours": OURS, "here": THEIRS}
    assert calls == ["ours", "here"]
    measure(plan, where | {"ours": tmp_path / "ours of other code"}, ("four", 300))
    assert calls == ["ours", "here", "ours"]


def test_a_rival_that_is_not_installed_has_no_folder_and_is_told():
    plan = replace(read_plan({}), rivals=(ABSENT, HERE))
    assert list(folders(plan)) == ["ours", "here"]
    assert absent(plan) == "Absent, not installed: forest (package no_such_package); `make bench-peers` installs them."


def test_the_report_holds_the_tables_and_the_limits():
    plan = replace(read_plan({"KINDS": "four", "SEEDS": "3:4"}), rivals=(ABSENT, HERE))
    told, verdicts = report(plan, {"four": [{"ours": OURS, "here": THEIRS}]})
    assert "1 worlds a kind, seeds 3 to 3, 4,000 accounts." in told
    assert (
        "| four | 1 | 2.0 | 2 | 0.90 | 0.96 | 0.95 | 0.92 | 1.00 | 1 of 1 | 0.90 | 0.90 | 0 | - | 3.0 | 3.0 |" in told
    )
    assert "| four | 1 | 0.85 / 0.95 / 0.92 / 2.0 | absent | 0.10 / 0.20 / 0.30 / 3.0 |" in told
    assert "- passed: above the best of raw attributes by at least 0.15 in every kind: 0.75 on average" in told
    assert [v.holds for v in verdicts] == [True, True, True, True, None, True, None, True, True]
