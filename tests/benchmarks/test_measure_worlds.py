"""The benchmark reads what is asked, goes on where it stopped, and keeps the others' results apart from ours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import measure_worlds
from benchmarks.measure_worlds import absent, folders, measure, read_plan, report
from benchmarks.peers import Peer
from benchmarks.worlds import KINDS

RESULT = {
    "proposals": 1, "exclusions": 1, "planted_exclusions": 1, "recovered": 1, "false": 0, "stray": 0, "censored": 0.25,
    "exclude": {"recall": 1.0, "precision": 0.5, "f1": 2 / 3}, "include": {}, "intervals": [[1.0, 2.0, 10.0]],
    "seconds": 1.5,
}  # fmt: skip


def nothing(training, fresh):
    """Exclude nobody."""
    return []


def test_without_a_wish_every_kind_runs_on_twenty_seeds_of_4000_accounts_beside_three_peers():
    plan = read_plan({})
    assert (plan.kinds, plan.seeds, plan.accounts, plan.changes) == (KINDS, range(20), 4000, ())
    assert [peer.name for peer in plan.peers] == ["tree", "pysubgroup", "SkopeRules"]


def test_the_environment_says_what_to_run():
    asked = {"KINDS": "noise drift", "SEEDS": "500:550", "ACCOUNTS": "300", "YEARS": "2", "PEERS": "none"}
    plan = read_plan(asked)
    assert (plan.kinds, plan.seeds, plan.accounts) == (("noise", "drift"), range(500, 550), 300)
    assert (plan.changes, plan.peers) == ((("years", 2.0),), ())
    assert plan.file("noise", 7) == "noise-300-years2-7.json"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"KINDS": "nose"}, "KINDS must be among noise, .*; found nose"),
        ({"PEERS": "forest"}, "PEERS must be none or among tree, pysubgroup, SkopeRules; found forest"),
        ({"SEEDS": "5"}, "SEEDS must be first:end, .*; found '5'"),
        ({"SEEDS": "9:3"}, "SEEDS must be first:end, .*; found '9:3'"),
    ],
)
def test_what_there_is_not_is_named(asked, words):
    with pytest.raises(SystemExit, match=words):
        read_plan(asked)


def test_an_interrupted_run_measures_only_what_is_not_kept(tmp_path, monkeypatch):
    plan = replace(read_plan({"ACCOUNTS": "300", "PEERS": "tree"}))
    where = {"ours": tmp_path / "ours", "tree": tmp_path / "tree"}
    calls = []
    monkeypatch.setattr(measure_worlds, "measure_search", lambda w: calls.append(("ours", w.kind, w.seed)) or RESULT)
    monkeypatch.setattr(measure_worlds, "measure_peer", lambda p, w: calls.append((p.name, w.kind, w.seed)) or RESULT)
    first = measure(plan, where, ("noise", 1))
    assert calls == [("ours", "noise", 1), ("tree", "noise", 1)]
    assert measure(plan, where, ("noise", 1)) == first == {"ours": RESULT, "tree": RESULT}
    assert len(calls) == 2
    changed = where | {"ours": tmp_path / "ours of other code"}
    measure(plan, changed, ("noise", 1))
    assert calls[2:] == [("ours", "noise", 1)]  # the tree's stays


def test_a_peer_that_is_not_installed_has_no_folder_and_is_told():
    plan = replace(read_plan({}), peers=(Peer("forest", "no_such_package", nothing), *read_plan({}).peers[:1]))
    assert list(folders(plan)) == ["ours", "tree"]
    assert absent(plan) == "Absent, not installed: forest (package no_such_package); `make bench-peers` installs them."


def test_the_report_holds_both_tables_and_marks_who_was_absent():
    plan = replace(read_plan({"KINDS": "tags", "SEEDS": "3:5", "YEARS": "2"}))
    plan = replace(plan, peers=(Peer("forest", "no_such_package", nothing), plan.peers[0]))
    told = report(plan, {"tags": [{"ours": RESULT, "tree": RESULT}, {"ours": RESULT, "tree": RESULT}]})
    assert "2 worlds a kind, seeds 3 to 4, 4,000 accounts, years 2." in told
    assert "| tags | 2 | 0.25 | 1.00 | 1.000 | 0.500 | 0.667 | 1.00 | 1.00 | 1 | - | 0.000 | 0.00 | 2 | 1.00 |" in told
    assert "| tags | 2 | 0.667 / 1.00 / 1.0 / 1.00 | absent | 0.667 / 1.00 / 1.0 / 1.00 |" in told
    assert "2 intervals (90 %): 100.0% cover" in told
    assert "forest (package no_such_package)" in told
