"""The table of ours beside the others: what is absent, missed or slow is said, and the others are measured once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import models_peers
from benchmarks.models_peers import CATBOOST, OURS, folders, measure, read_plan, rows
from benchmarks.models_problems import Problem, Task
from benchmarks.models_rivals import RIVALS, Rival

NAMES = [rival.name for rival in RIVALS]


def problem(name="telco: ever churned"):
    """Return one task of 200 accounts whose outcomes a perfect model knows."""
    truth = (np.arange(200) % 4 == 0).astype(float)
    task = Task("one", {}, None, None, None, None, None, truth)
    return Problem(name, True, (task,))


def results(ours, others, seconds=1.0, names=NAMES):
    """Return the results of one task: ours, and everybody else alike."""
    theirs = {name: {"probabilities": others.tolist(), "seconds": 10.0} for name in names}
    return [{OURS: {"probabilities": ours.tolist(), "seconds": seconds}} | theirs]


def good():
    """Return probabilities that rank the accounts well, with some of them wrong."""
    truth = problem().tasks[0].truth
    return np.clip(truth * 0.6 + 0.2 + 0.3 * np.sin(np.arange(200)), 0.01, 0.99)


def test_without_a_wish_the_real_data_and_five_worlds_of_each_kind_are_compared_at_thirty_trials():
    plan = read_plan({"SEEDS": "", "TRIALS": ""})
    assert (plan.kinds, plan.seeds, plan.accounts, plan.trials) == (
        ("two_and_two", "main_effects", "wide"), range(5), 4000, 30,
    )  # fmt: skip
    with pytest.raises(SystemExit, match=r"KINDS must be among .*; found nose"):
        read_plan({"KINDS": "nose"})


def test_as_good_as_the_others_in_little_time_is_passed_and_nothing_is_missed():
    lines, missed = rows(problem(), results(good(), good()))
    assert missed == []
    assert [line[1] for line in lines] == [OURS, *NAMES]
    assert [line[-1] for line in lines[1:]] == ["passed"] * len(NAMES)


def test_being_behind_a_tuned_booster_counts_and_behind_an_untuned_one_is_only_told():
    coin = np.random.default_rng(0).random(200)
    lines, missed = rows(problem("any: win"), results(coin, good()))
    assert all(line[-1] == "missed: AUC and Brier" for line in lines[1:])
    assert missed == [
        f"any: win, beside {rival.name}: AUC and Brier" for rival in RIVALS if rival.name.startswith("tuned")
    ]


def test_more_than_a_fifth_of_the_time_is_missed():
    assert rows(problem(), results(good(), good(), seconds=2.0))[1] == []
    assert rows(problem(), results(good(), good(), seconds=2.1))[1] == [
        f"telco: ever churned: 0.21 of {CATBOOST}'s time"
    ]


def test_less_than_the_data_are_known_to_carry_is_missed_even_if_the_others_have_no_more():
    coin = np.random.default_rng(0).random(200)
    (told,) = rows(problem(), results(coin, coin))[1]
    assert told.startswith("telco: ever churned: AUC 0.")


def test_who_is_absent_has_a_line_that_says_so():
    present = [name for name in NAMES if "CatBoost" not in name]
    lines, missed = rows(problem(), results(good(), good(), seconds=99.0, names=present))
    assert [line[2] for line in lines if "CatBoost" in line[1]] == ["absent", "absent"]
    assert missed == []


def test_what_is_not_installed_is_named_with_the_way_to_install_it(monkeypatch):
    lost = Rival("tuned forest", ("no_such_package",), lambda learn, test, trials: None, True)
    monkeypatch.setattr(models_peers, "RIVALS", (lost,))
    assert models_peers.absent() == "Absent, not installed: no_such_package; `make bench-peers` installs them."
    assert list(folders(30)) == [OURS]


def test_changed_code_of_ours_measures_ours_alone_again(tmp_path, monkeypatch):
    task = replace(problem().tasks[0], name="kept")
    calls = []
    result = {"probabilities": [0.5], "seconds": 1.0}
    monkeypatch.setattr(models_peers, "RIVALS", RIVALS[:1])
    monkeypatch.setattr(models_peers, "measure_ours", lambda t: calls.append(OURS) or result)
    monkeypatch.setattr(models_peers, "measure_rival", lambda r, n, t: calls.append(r.name) or result)
    where = {OURS: tmp_path / "ours", RIVALS[0].name: tmp_path / "logistic"}
    measure(where, 30, task)
    measure(where, 30, task)
    measure(where | {OURS: tmp_path / "changed"}, 30, task)
    assert calls == [OURS, RIVALS[0].name, OURS]


def test_the_number_of_trials_makes_other_results_of_the_tuned_alone():
    few, many = folders(5), folders(30)
    assert {name for name in few if few[name] != many[name]} == {r.name for r in RIVALS if r.tuned and not r.missing}
