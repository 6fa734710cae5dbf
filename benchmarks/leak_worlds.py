"""Worlds with planted leaks among honest attributes, on the histories of :mod:`worlds`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.leak_honest import HONEST
from benchmarks.leak_life import Column, Life, life_of
from benchmarks.leak_planted import PLANTED
from benchmarks.worlds import make_world
from icp_ml.cohort.build import build_cohort
from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Config
from icp_ml.tables.tables import Tables

HISTORIES = ("noise", "two_and_two", "easy_win_quick_churn", "main_effects", "majority_bad", "rare_region", "drift")
_ENOUGH = 8


@dataclass(frozen=True)
class LeakWorld:
    """A CRM of which it is known which attributes leak.

    Parameters
    ----------
    cohort, tables, config : Cohort, Tables, Config
        What :func:`icp_ml.features.leaks.find_leaks` reads.
    leaks, honest : dict
        Attribute to the kind of leak, or of honesty.
    """

    cohort: Cohort
    tables: Tables
    config: Config
    leaks: dict[str, str]
    honest: dict[str, str]


@dataclass(frozen=True)
class Shape:
    """How a company keeps its records.

    Parameters
    ----------
    over_time : bool
        Accounts recorded before the decision and again at the end (``observed_at``), else one snapshot.
    tables : str
        ``both``, ``deals`` (no contract periods) or ``contracts`` (no deals).
    missing : float
        Share of the values of each attribute that is missing at random.
    telling_names : bool
        Whether attributes are called what they are; else ``field_07``, so that only figures and values can tell.
    """

    over_time: bool = False
    tables: str = "both"
    missing: float = 0.03
    telling_names: bool = True


def make_leak_world(seed: int, accounts: int, shape: Shape | None = None, history: str | None = None) -> LeakWorld:
    """Return a world with every kind of leak that its records can hold, and every kind of honest attribute.

    Parameters
    ----------
    seed : int
        The same seed gives the same world.
    accounts : int
        Three quarters are decided, some 40 % of those won.
    shape : Shape, optional
        How records are kept; by default a snapshot of deals and contracts.
    history : str, optional
        Kind of world whose effects and history it has; by default one of :data:`HISTORIES` by turns.
    """
    shape = shape or Shape()
    base = make_world(history or HISTORIES[seed % len(HISTORIES)], seed, accounts=accounts, missing=shape.missing)
    everything = base.cohort
    tables = _kept(base.tables, shape.tables)
    columns = [c for c in PLANTED if _leaks_here(c, everything, shape)] + list(HONEST)
    names = {c.name: c.name if shape.telling_names else f"field_{i:02d}" for i, c in enumerate(columns)}
    now, before = {}, {}
    for i, column in enumerate(columns):
        life = life_of(everything, np.random.default_rng([seed, accounts, i]))
        now[names[column.name]] = _with_gaps(column, column.make(life), shape.missing, life).set_axis(base.known.index)
        before[names[column.name]] = _earlier(column, now[names[column.name]], life)
    frame, earlier = (pd.DataFrame(v, index=base.known.index).join(base.known) for v in (now, before))
    life = life_of(everything, np.random.default_rng([seed, accounts, 999]))
    accounts_table = _over_time(earlier, frame, life) if shape.over_time else frame.reset_index()
    tables = dataclasses.replace(tables, accounts=accounts_table)
    types = {names[c.name]: {"type": c.type} for c in columns}
    given = base.config.model_dump(by_alias=True, exclude_unset=True)
    config = Config.model_validate(given | {"attributes": types | given["attributes"]})
    leaks = {names[c.name]: c.kind for c in columns if c in PLANTED}
    honest = {names[c.name]: c.kind for c in HONEST} | dict.fromkeys(base.known, "the world's own attributes")
    return LeakWorld(build_cohort(tables, config), tables, config, leaks, honest)


def _kept(tables: Tables, which: str) -> Tables:
    """Leave out the tables that such a company does not have."""
    if which == "deals":
        return dataclasses.replace(tables, subscriptions=None)
    return dataclasses.replace(tables, opportunities=None) if which == "contracts" else tables


def _leaks_here(column: Column, cohort: Cohort, shape: Shape) -> bool:
    """Tell whether the outcome that a column gives away is recorded at all, and often enough to be given away."""
    left = cohort.accounts["churned"].to_numpy(dtype=bool)
    if column.needs == "left":
        return shape.tables != "deals" and min(left.sum(), (cohort.customers & ~left).sum()) >= _ENOUGH
    return column.needs == "either" or shape.tables != "contracts"


def _with_gaps(column: Column, values: object, missing: float, life: Life) -> pd.Series:
    """Return the values with random gaps; an identifier of the record itself is never missing."""
    series = pd.Series(values, dtype=object if column.type in ("tags", "category") else None)
    return series if column.type == "tags" else series.mask(life.some(missing))


def _earlier(column: Column, now: pd.Series, life: Life) -> pd.Series:
    """Return what stood there before the decision."""
    if column.before == "same" or column in HONEST:
        return now
    if column.type == "tags":
        return pd.Series([column.before or ()] * life.n, dtype=object, index=now.index)
    nothing = now.mask(np.ones(life.n, dtype=bool))
    return nothing if column.before is None else nothing.fillna(column.before)


def _over_time(before: pd.DataFrame, now: pd.DataFrame, life: Life) -> pd.DataFrame:
    """Record every account before its decision; customers all, and seven of ten others, again at the end."""
    first = before.assign(observed_at=(life.created - 20).astype("datetime64[ns]"))
    again = life.won | life.some(0.7)
    last = now[again].assign(observed_at=np.datetime64(life.today - 10).astype("datetime64[ns]"))
    rows = pd.concat([first.reset_index(), last.reset_index()], ignore_index=True)
    return rows.rename(columns={rows.columns[0]: "account_id"})
