"""Worlds with known truth: small CRMs whose planted rules a search should find, and nothing else.

``make_world("noise", seed=1)`` gives typed tables, a config, the cohort counted directly (independently of
``icp_ml.cohort``), the planted rules, and fresh accounts with their true probabilities, against which what is promised
can be compared with what is delivered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from benchmarks.worlds_attributes import ORDERS, draw_attributes, draw_discounts, draw_gaps, true_probabilities
from benchmarks.worlds_cohort import cohort_of
from benchmarks.worlds_recipes import KINDS, RECIPES, Effect, Recipe
from benchmarks.worlds_tables import History, churn_share, config_of, draw_history, tables_of
from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Rule
from icp_ml.config.schema import Config
from icp_ml.tables.tables import Tables

__all__ = ["KINDS", "RECIPES", "Effect", "Recipe", "World", "make_world"]

_EASY = 0.2


@dataclass(frozen=True)
class World:
    """A CRM whose truth is known.

    Parameters
    ----------
    kind, seed : str, int
        What it was made with.
    recipe : Recipe
        What was planted.
    known : DataFrame
        Attributes as the CRM knows them, one row an account, indexed by ``account_id``.
    probabilities : DataFrame
        ``win``, ``churn`` and ``churn_own`` of each account.
    history : History
        What happened.
    config : Config
        Fits the tables.
    """

    kind: str
    seed: int
    recipe: Recipe
    known: pd.DataFrame
    probabilities: pd.DataFrame
    history: History
    config: Config

    @property
    def excluded(self) -> tuple[Rule, ...]:
        """Rules a search should propose as exclusions."""
        return tuple(e.rule for e in self.recipe.effects if e.kind == "exclude")

    @property
    def included(self) -> tuple[Rule, ...]:
        """Rules a search should propose as criteria."""
        return tuple(e.rule for e in self.recipe.effects if e.kind == "include")

    @property
    def easy_to_win(self) -> tuple[Rule, ...]:
        """Of the rules to exclude, those that are won far more often than the rest (20 points or more)."""
        return tuple(e.rule for e in self.recipe.effects if e.kind == "exclude" and e.win >= self.recipe.win + _EASY)

    @cached_property
    def tables(self) -> Tables:
        """The world as typed tables."""
        return tables_of(self.known, self.history)

    @cached_property
    def cohort(self) -> Cohort:
        """The world as a cohort, counted here and not by the product."""
        return cohort_of(self.known, self.history)

    @property
    def censored_share(self) -> float:
        """Share of the customers whose follow-up ends before the horizon without churn; NaN without customers."""
        customers = self.cohort.accounts[self.cohort.customers]
        young = ~customers["churned"] & (customers["follow_up_months"] < self.cohort.horizon)
        return float(young.mean())

    def fresh(self, accounts: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return attributes and true ``win``, ``churn`` and ``churn_own`` of accounts nobody has seen.

        They are met on the last day of the history. Sales go on as before: where they gave discounts they still do.
        """
        now = np.ones(accounts)
        true = draw_attributes(self.recipe, np.random.default_rng([seed, 99]), now)
        discount = draw_discounts(self.recipe.discounting, true, np.random.default_rng([seed, 97]))
        known = draw_gaps(self.recipe, true, np.random.default_rng([seed, 98]))
        return known, true_probabilities(self.recipe, true, now, discount)

    def churn_within(self, months: int) -> float:
        """Return the share of the first year's churn that has happened after so many months."""
        return churn_share(months, self.recipe.at_anniversary)

    def delivered(self, rule: Rule, accounts: int = 200_000, seed: int = 1) -> dict[str, float]:
        """Return the true rates inside a rule and elsewhere: ``win``, ``churn`` (of those won), ``won_and_kept``."""
        known, truth = self.fresh(accounts, seed)
        inside = rule.mask(known)
        win, churn = truth["win"].to_numpy(), truth["churn"].to_numpy()
        rates = {}
        for suffix, where in (("", inside), ("_elsewhere", ~inside)):
            rates[f"win{suffix}"] = float(win[where].mean()) if where.any() else float("nan")
            rates[f"churn{suffix}"] = (
                float(np.average(churn[where], weights=win[where])) if where.any() else float("nan")
            )
            rates[f"won_and_kept{suffix}"] = float((win * (1 - churn))[where].mean()) if where.any() else float("nan")
        return rates | {"share": float(inside.mean())}


def make_world(kind: str, seed: int, accounts: int = 4000, **changes: object) -> World:
    """Return a world of a kind.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    seed : int
        The same seed gives the same world.
    accounts : int, default 4000
        About 75 % of them are decided, 40 % of those won.
    **changes
        Fields of :class:`Recipe` to change, for instance ``missing=0.3`` or ``noise_columns=60``.
    """
    recipe = replace(RECIPES[kind], **changes)  # type: ignore[arg-type]  # the fields are the caller's business
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    chance = np.random.default_rng([seed, KINDS.index(kind), 1])  # what only some kinds draw leaves the rest as it is
    when = chance.random(accounts) if recipe.win_drift or recipe.churn_drift or recipe.trending else None
    met = np.full(accounts, 0.5) if when is None else when
    true = draw_attributes(recipe, rng, met)
    discount = draw_discounts(recipe.discounting, true, chance)
    probabilities = true_probabilities(recipe, true, met, discount)
    known = draw_gaps(recipe, true, rng)
    history = draw_history(rng, probabilities, recipe.years, recipe.at_anniversary, discount, when)
    orders = {name: ORDERS[name] for name in recipe.extras if name in ORDERS}
    return World(kind, seed, recipe, known, probabilities, history, config_of(known, seed, orders))
