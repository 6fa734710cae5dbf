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
from worlds_tables import History, cohort_of, config_of, draw_history, tables_of

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Condition, Rule
from icp_ml.config.schema import Config
from icp_ml.tables.tables import Tables

_INDUSTRIES = ("saas", "fintech", "health", "retail", "media", "logistics", "agencies", "education")
_TOOLS = ("hubspot", "jira", "salesforce", "sap", "slack", "snowflake", "spreadsheets", "zendesk")


@dataclass(frozen=True)
class Effect:
    """One planted region; ``kind`` is ``exclude`` or ``include``; the first effect that holds counts."""

    kind: str
    rule: Rule
    win: float
    churn: float


@dataclass(frozen=True)
class Recipe:
    """How a world is made.

    Parameters
    ----------
    effects : tuple of Effect
        Planted regions in order.
    win, churn : float
        True win and 12-month churn probability elsewhere.
    noise_columns : int
        Extra attributes without meaning.
    proxies : bool
        Whether stand-ins for headcount (revenue, seats, a size band) are among the attributes.
    missing : float
        Share of each attribute that is missing at random (tags excepted: they have no missing value).
    years : float
        History; short means heavy censoring.
    at_anniversary : float
        Share of a contract year's churn that sits on the anniversary; the rest is spread evenly.
    """

    effects: tuple[Effect, ...] = ()
    win: float = 0.40
    churn: float = 0.12
    noise_columns: int = 0
    proxies: bool = False
    missing: float = 0.03
    years: float = 4.0
    at_anniversary: float = 0.8


def _rule(*conditions: tuple[str, str, object]) -> Rule:
    return Rule(tuple(Condition(a, op, value) for a, op, value in conditions))


_SMALL = _rule(("employee_count", "below", 40.0))
_REVOPS = _rule(("has_revops", "is", True))
_AGENCIES = _rule(("industry", "in", ("agencies", "media")), ("employee_count", "below", 60.0))
_MANUAL = _rule(("has_revops", "is", False), ("tech_stack", "has", "spreadsheets"))
_CORE = _rule(("industry", "in", ("saas", "fintech")), ("employee_count", "between", (50.0, 500.0)))
_TRIO = _rule(*((c.attribute, c.op, c.value) for c in (*_CORE.conditions, *_REVOPS.conditions)))

RECIPES: dict[str, Recipe] = {
    "noise": Recipe(churn=0.2),
    "noise_wide": Recipe(churn=0.2, noise_columns=60),
    "noise_missing": Recipe(churn=0.2, missing=0.3),
    "main_effects": Recipe((Effect("exclude", _SMALL, 0.40, 0.45), Effect("include", _REVOPS, 0.58, 0.10)), win=0.34),
    "interaction": Recipe((Effect("exclude", _MANUAL, 0.40, 0.55),)),
    "good_region": Recipe((Effect("include", _CORE, 0.65, 0.08),), win=0.35, churn=0.15),
    "good_trio": Recipe((Effect("include", _TRIO, 0.70, 0.05),), win=0.35, churn=0.15),
    "easy_win_quick_churn": Recipe((Effect("exclude", _AGENCIES, 0.70, 0.60),), win=0.36, churn=0.10),
    "two_and_two": Recipe(
        (
            Effect("exclude", _AGENCIES, 0.60, 0.58),
            Effect("exclude", _MANUAL, 0.36, 0.50),
            Effect("include", _CORE, 0.62, 0.06),
            Effect("include", _rule(("industry", "in", ("health",))), 0.60, 0.06),
        ),
        win=0.34,
        churn=0.10,
    ),
    "majority_bad": Recipe((Effect("exclude", _rule(("has_revops", "is", False)), 0.40, 0.45),), churn=0.10),
    "mild": Recipe((Effect("exclude", _SMALL, 0.40, 0.26),), churn=0.13),
    "proxies": Recipe((Effect("exclude", _SMALL, 0.40, 0.45),), proxies=True),
    "wide": Recipe((Effect("exclude", _SMALL, 0.40, 0.45), Effect("include", _CORE, 0.65, 0.08)), noise_columns=60),
    "missing": Recipe((Effect("exclude", _SMALL, 0.40, 0.45), Effect("exclude", _MANUAL, 0.40, 0.5)), missing=0.3),
    "censored": Recipe((Effect("exclude", _SMALL, 0.40, 0.45),), years=1.4),
    "monthly": Recipe((Effect("exclude", _SMALL, 0.40, 0.45),), at_anniversary=0.0),
}
KINDS = tuple(RECIPES)


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
        ``win`` and ``churn`` of each account.
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

    @cached_property
    def tables(self) -> Tables:
        """The world as typed tables."""
        return tables_of(self.known, self.history)

    @cached_property
    def cohort(self) -> Cohort:
        """The world as a cohort, counted here and not by the product."""
        return cohort_of(self.known, self.history)

    def fresh(self, accounts: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return attributes and true ``win``, ``churn`` of accounts nobody has seen."""
        true = _attributes(self.recipe, np.random.default_rng([seed, 99]), accounts)
        return _with_gaps(self.recipe, true, np.random.default_rng([seed, 98])), true_probabilities(self.recipe, true)

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
    rng = np.random.default_rng([seed, list(RECIPES).index(kind)])
    true = _attributes(recipe, rng, accounts)
    probabilities = true_probabilities(recipe, true)
    known = _with_gaps(recipe, true, rng)
    history = draw_history(rng, probabilities, recipe.years, recipe.at_anniversary)
    return World(kind, seed, recipe, known, probabilities, history, config_of(known, seed))


def true_probabilities(recipe: Recipe, true: pd.DataFrame) -> pd.DataFrame:
    """Return ``win`` and ``churn`` of each account from its true attributes."""
    win, churn = np.full(len(true), recipe.win), np.full(len(true), recipe.churn)
    for effect in reversed(recipe.effects):
        inside = effect.rule.mask(true)
        win[inside], churn[inside] = effect.win, effect.churn
    return pd.DataFrame({"win": win, "churn": churn}, index=true.index)


def _attributes(recipe: Recipe, rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Draw attributes without gaps: independent of each other, proxies of headcount excepted."""
    employees = np.clip(np.rint(np.exp(4.5 + 1.3 * rng.standard_normal(n))), 1, 50_000)
    tools = rng.random((n, len(_TOOLS))) < 0.32
    columns: dict[str, object] = {
        "employee_count": employees,
        "growth_pct": np.rint(10 + 20 * rng.standard_normal(n)),
        "age_years": np.floor(1 + 40 * rng.random(n) ** 2),
        "industry": rng.choice(np.array(_INDUSTRIES, dtype=object), n),
        "region": rng.choice(np.array(["north", "south", "east", "west", "overseas"], dtype=object), n),
        "has_revops": pd.array(rng.random(n) < 0.5, dtype="boolean"),
        "recent_funding": pd.array(rng.random(n) < 0.2, dtype="boolean"),
        "tech_stack": [tuple(t for t, there in zip(_TOOLS, row, strict=True) if there) for row in tools],
    }
    if recipe.proxies:
        columns["annual_revenue"] = np.rint(employees * 150 * np.exp(0.25 * rng.standard_normal(n)))
        columns["seats"] = np.maximum(1, np.rint(employees * rng.uniform(0.1, 0.3, n)))
        bands = np.array(["1-10", "11-50", "51-200", "201-1000", "1000+"], dtype=object)
        columns["size_band"] = bands[np.searchsorted([10, 50, 200, 1000], employees)]
    for i in range(recipe.noise_columns):
        columns[f"noise_{i:02d}"] = _noise(rng, n, i)
    return pd.DataFrame(columns, index=pd.Index([f"A{i:06d}" for i in range(n)], name="account_id"))


def _noise(rng: np.random.Generator, n: int, i: int) -> object:
    """Draw a meaningless attribute: a number, a boolean or a category, in turn."""
    if i % 3 == 0:
        return np.round(rng.standard_normal(n), 2)
    if i % 3 == 1:
        return pd.array(rng.random(n) < 0.1 + 0.8 * rng.random(), dtype="boolean")
    return rng.choice(np.array([f"level {k}" for k in range(2 + i % 7)], dtype=object), n)


def _with_gaps(recipe: Recipe, true: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return what the CRM knows; a category column always has a missing-capable dtype."""
    known = true.copy()
    for column in true.columns.drop("tech_stack"):
        known[column] = known[column].mask(rng.random(len(true)) < recipe.missing)
    return known
