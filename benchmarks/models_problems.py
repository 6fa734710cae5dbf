"""What the models are compared on: real customers in random folds, and planted worlds with fresh accounts as the test.

A task is one training and one test set. On real data every account is tested once, and the label is whether it ever
left, whatever its follow-up, since that is what the figures published on this data are about. On a world the test
accounts come with their true probabilities, so that only chance in the training set is left.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from benchmarks.worlds import World, make_world
from icp_ml.config.loading import load_config
from icp_ml.config.schema import Attribute
from icp_ml.models.history import churn_records, win_records
from icp_ml.models.targets import ChurnTarget, Target, WinTarget
from icp_ml.tables.reading import read_tables

FOLDS = 5
FRESH = 10_000
SEED = 7
_FRESH_SEED = 2_000_000


@dataclass(frozen=True)
class Task:
    """One training and one test set.

    Parameters
    ----------
    name : str
        Unique; the results are kept under it.
    attributes : mapping of str to Attribute
        Types.
    frame : DataFrame, shape (n, n_attributes)
        Typed attributes of the training accounts.
    target : Target
        What became of them, censored or not: what ours learns from.
    learnable : ndarray of bool, shape (n,)
        Who has a plain label without bias: what everybody else learns from.
    label : ndarray of bool, shape (n,)
        That label; without meaning where not ``learnable``.
    test : DataFrame, shape (m, n_attributes)
        Accounts to predict.
    truth : ndarray of float, shape (m,)
        Their outcomes, 0 or 1, or true probabilities.
    seed : int
        Of folds and trees.
    """

    name: str
    attributes: Mapping[str, Attribute]
    frame: pd.DataFrame
    target: Target
    learnable: np.ndarray
    label: np.ndarray
    test: pd.DataFrame
    truth: np.ndarray
    seed: int = SEED


@dataclass(frozen=True)
class Problem:
    """Tasks whose figures belong together: the folds of one data set, or worlds of one kind."""

    name: str
    folds: bool
    tasks: tuple[Task, ...]


def real_problem(folder: Path) -> Problem:
    """Return a folder's customers in five random folds; the label is ever churned."""
    config = load_config(folder / "icp.yaml")
    tables = read_tables(config, folder)
    if tables.subscriptions is None:
        raise ValueError(f"{folder} must hold subscriptions; a folder without them cannot say who churned")
    frame = tables.accounts.set_index("account_id")[list(config.attributes)]
    ended = tables.subscriptions.groupby("account_id")["ended_at"].count()
    churned = (ended.reindex(frame.index).fillna(0) > 0).to_numpy(dtype=bool)
    told = hashlib.sha256(pd.util.hash_pandas_object(frame.assign(churned=churned)).to_numpy().tobytes()).hexdigest()
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(frame, churned)
    tasks = tuple(
        Task(
            f"{folder.name}-{told[:8]}-{k}", config.attributes, frame.iloc[a], WinTarget(churned[a]),
            np.ones(len(a), dtype=bool), churned[a], frame.iloc[b], churned[b].astype(float),
        )
        for k, (a, b) in enumerate(folds)
    )  # fmt: skip
    return Problem(f"{folder.name}: ever churned", True, tasks)


def world_problem(kind: str, outcome: str, accounts: int, seeds: range) -> Problem:
    """Return worlds of a kind, each tested on accounts nobody has seen."""
    tasks = tuple(_TASKS[outcome](make_world(kind, seed, accounts)) for seed in seeds)
    return Problem(f"{kind}: {outcome}", False, tasks)


def grown_up(world: World, index: pd.Index) -> np.ndarray:
    """Return which customers started a horizon or more before follow-up ends: dropping the others is unbiased."""
    return world.cohort.accounts.loc[index, "horizon_passed"].to_numpy(dtype=bool)


def _churn_task(world: World) -> Task:
    """Ours learns from every customer's follow-up, the others from those whose first contract year has passed."""
    records = churn_records(world.cohort, list(world.config.attributes))
    target: ChurnTarget = records.target
    learnable = grown_up(world, records.frame.index)
    return _world_task(world, "churn", records.frame, target, learnable, target.label > 0)


def _win_task(world: World) -> Task:
    records = win_records(world.cohort, list(world.config.attributes))
    won = records.target.won
    return _world_task(world, "win", records.frame, records.target, np.ones(len(won), dtype=bool), won)


def _world_task(
    world: World, outcome: str, frame: pd.DataFrame, target: Target, learnable: np.ndarray, label: np.ndarray
) -> Task:
    known, truth = world.fresh(FRESH, world.seed + _FRESH_SEED)
    name = f"{world.kind}-{outcome}-{len(world.known)}-{world.seed}"
    return Task(
        name, world.config.attributes, frame, target, learnable, label, known, truth[outcome].to_numpy(), world.seed
    )


_TASKS = {"churn": _churn_task, "win": _win_task}
