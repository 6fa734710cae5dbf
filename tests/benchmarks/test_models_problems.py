"""What the models are compared on: every account tested once by a model that never met it, labels as they were."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.models_problems import FOLDS, real_problem, world_problem
from benchmarks.worlds import make_world


@pytest.fixture
def folder(tmp_path):
    """Return a data set of 40 customers of whom every fourth left."""
    ids = [f"K{i}" for i in range(40)]
    accounts = pd.DataFrame({"account_id": ids, "people": range(40), "plan": ["0", "1"] * 20})
    ended = ["2025-06-01" if i % 4 == 0 else "" for i in range(40)]
    periods = pd.DataFrame({"account_id": ids, "started_at": "2024-01-01", "ended_at": ended, "arr": 100})
    accounts.to_csv(tmp_path / "accounts.csv", index=False)
    periods.to_csv(tmp_path / "subscriptions.csv", index=False)
    (tmp_path / "icp.yaml").write_text(
        "name: small\nas_of: 2026-01-31\nsource: {folder: .}\n"
        "attributes: {people: {type: number}, plan: {type: category}}\n"
    )
    return tmp_path


def test_every_customer_is_tested_once_by_a_model_that_never_met_it(folder):
    problem = real_problem(folder)
    assert problem.folds
    assert len(problem.tasks) == FOLDS
    tested = [account for task in problem.tasks for account in task.test.index]
    assert sorted(tested) == sorted(f"K{i}" for i in range(40))
    assert all(not set(task.frame.index) & set(task.test.index) for task in problem.tasks)


def test_the_label_is_whether_a_customer_ever_left(folder):
    for task in real_problem(folder).tasks:
        assert task.truth.tolist() == [float(int(account[1:]) % 4 == 0) for account in task.test.index]
        assert task.label.tolist() == [int(account[1:]) % 4 == 0 for account in task.frame.index]
        assert (task.target.label == task.label).all()
        assert task.learnable.all()


def test_results_of_other_data_are_kept_apart(folder):
    before = {task.name for task in real_problem(folder).tasks}
    accounts = pd.read_csv(folder / "accounts.csv")
    accounts.assign(people=accounts["people"] + 1).to_csv(folder / "accounts.csv", index=False)
    assert before.isdisjoint(task.name for task in real_problem(folder).tasks)


def test_of_worlds_ours_learns_from_every_customer_and_others_from_those_whose_first_year_has_passed():
    (task,) = world_problem("main_effects", "churn", 800, range(3, 4)).tasks
    world = make_world("main_effects", 3, 800)
    customers = world.cohort.accounts.loc[task.frame.index]
    assert len(customers) == world.cohort.customers.sum()
    passed = customers["started_at"] + pd.DateOffset(years=1) <= pd.Timestamp(world.cohort.follow_up_until)
    assert (task.learnable == passed.to_numpy()).all()
    within = customers["ended_at"] <= customers["started_at"] + pd.DateOffset(years=1)
    assert (task.label == within.to_numpy())[task.learnable].all()
    assert 0 < task.learnable.mean() < 1


def test_worlds_are_tested_on_their_true_probabilities_of_accounts_nobody_has_seen():
    churn, win = (world_problem("main_effects", o, 800, range(3, 4)).tasks[0] for o in ("churn", "win"))
    assert len(churn.truth) == len(churn.test) == len(win.truth)
    assert set(np.round(churn.truth, 6)) == {0.45, 0.10, 0.12}
    assert set(np.round(win.truth, 6)) == {0.40, 0.58, 0.34}
    assert win.learnable.all()
    assert churn.name != win.name
