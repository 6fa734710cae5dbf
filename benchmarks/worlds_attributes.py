"""The attributes of a world's accounts, and the true probabilities that follow from them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.worlds_recipes import Discounting, Recipe

Columns = dict[str, object]

_INDUSTRIES = ("saas", "fintech", "health", "retail", "media", "logistics", "agencies", "education")
_SUB_INDUSTRIES = (
    "adtech", "banking", "biotech", "gaming", "hardware", "insurance",
    "legal", "payments", "publishing", "staffing", "travel", "utilities",
)  # fmt: skip
_REGIONS = ("north", "south", "east", "west", "overseas")
_TOOLS = ("hubspot", "jira", "salesforce", "sap", "slack", "snowflake", "spreadsheets", "zendesk")
ORDERS = {"headcount_band": ("1-10", "11-50", "51-200", "201-1000", "1000+")}
_LARGE_DISCOUNT = 20.0


def draw_attributes(recipe: Recipe, rng: np.random.Generator, when: np.ndarray) -> pd.DataFrame:
    """Return attributes without gaps, one row an account: independent of each other unless the recipe says otherwise.

    Parameters
    ----------
    recipe : Recipe
        Which attributes there are.
    rng : Generator
        Source of chance.
    when : ndarray, shape (n,)
        When each account is met: 0 the first day of the history, 1 the last.
    """
    n = len(when)
    columns = _usual(rng, n)
    if recipe.proxies:
        columns |= _proxies(rng, n, columns)
    for name in recipe.extras:
        columns |= EXTRAS[name](rng, n, columns)
    for i in range(recipe.noise_columns):
        columns[f"noise_{i:02d}"] = _noise(rng, n, i)
    if "headcount_band" in recipe.extras:
        del columns["employee_count"]  # a CRM that knows the band alone
    if recipe.trending:
        columns |= _trending(rng, when)
    return pd.DataFrame(columns, index=pd.Index([f"A{i:06d}" for i in range(n)], name="account_id"))


def draw_gaps(recipe: Recipe, true: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return what the CRM knows: values missing at random, tags excepted."""
    known = true.copy()
    for column in true.columns.drop("tech_stack"):
        known[column] = known[column].mask(rng.random(len(true)) < recipe.missing)
    return known


def draw_discounts(discounting: Discounting | None, true: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Return the discount of each account's deal in percent, shape (n,); NaN where the world has none."""
    if discounting is None:
        return np.full(len(true), np.nan)
    inside = discounting.rule.mask(true)
    large = rng.random(len(true)) < np.where(inside, discounting.inside, discounting.elsewhere)
    return np.where(large, rng.choice([20.0, 25.0, 30.0], len(true)), rng.choice([0.0, 5.0, 10.0], len(true)))


def true_probabilities(recipe: Recipe, true: pd.DataFrame, when: np.ndarray, discount: np.ndarray) -> pd.DataFrame:
    """Return the true probabilities of each account.

    Parameters
    ----------
    recipe : Recipe
        What was planted.
    true : DataFrame
        Attributes without gaps.
    when : ndarray, shape (n,)
        When each account is met, 0..1.
    discount : ndarray, shape (n,)
        In percent, NaN where none is given.

    Returns
    -------
    DataFrame
        ``win``; ``churn``, within 12 months; ``churn_own``, what it would be had no large discount been given.
    """
    win, churn = np.full(len(true), recipe.win), np.full(len(true), recipe.churn)
    for effect in reversed(recipe.effects):
        inside = effect.rule.mask(true)
        win[inside], churn[inside] = effect.win, effect.churn
    win += recipe.win_drift * (when - 0.5)
    own = churn + recipe.churn_drift * (when - 0.5)
    added = recipe.discounting.churn_added if recipe.discounting else 0.0
    churn = own + added * (discount >= _LARGE_DISCOUNT)
    return pd.DataFrame({"win": win, "churn": churn, "churn_own": own}, index=true.index)


def _usual(rng: np.random.Generator, n: int) -> Columns:
    """Draw the attributes every world has."""
    employees = np.clip(np.rint(np.exp(4.5 + 1.3 * rng.standard_normal(n))), 1, 50_000)
    tools = rng.random((n, len(_TOOLS))) < 0.32
    return {
        "employee_count": employees,
        "growth_pct": np.rint(10 + 20 * rng.standard_normal(n)),
        "age_years": np.floor(1 + 40 * rng.random(n) ** 2),
        "industry": rng.choice(_words(_INDUSTRIES), n),
        "region": rng.choice(_words(_REGIONS), n),
        "has_revops": pd.array(rng.random(n) < 0.5, dtype="boolean"),
        "recent_funding": pd.array(rng.random(n) < 0.2, dtype="boolean"),
        "tech_stack": [tuple(t for t, there in zip(_TOOLS, row, strict=True) if there) for row in tools],
    }


def _words(levels: tuple[str, ...]) -> np.ndarray:
    return np.array(levels, dtype=object)


def _proxies(rng: np.random.Generator, n: int, columns: Columns) -> Columns:
    """Draw stand-ins for headcount."""
    employees = np.asarray(columns["employee_count"], dtype=float)
    bands = _words(("1-10", "11-50", "51-200", "201-1000", "1000+"))
    return {
        "annual_revenue": np.rint(employees * 150 * np.exp(0.25 * rng.standard_normal(n))),
        "seats": np.maximum(1, np.rint(employees * rng.uniform(0.1, 0.3, n))),
        "size_band": bands[np.searchsorted([10, 50, 200, 1000], employees)],
    }


def _noise(rng: np.random.Generator, n: int, i: int) -> object:
    """Draw a meaningless attribute: a number, a boolean or a category, in turn."""
    if i % 3 == 0:
        return np.round(rng.standard_normal(n), 2)
    if i % 3 == 1:
        return pd.array(rng.random(n) < 0.1 + 0.8 * rng.random(), dtype="boolean")
    return rng.choice(np.array([f"level {k}" for k in range(2 + i % 7)], dtype=object), n)


def _trending(rng: np.random.Generator, when: np.ndarray) -> Columns:
    """Draw attributes whose mix changes over the years: everyone moves to the cloud, more and more from overseas."""
    cloud = rng.random(len(when)) < 0.1 + 0.8 * when
    overseas = rng.random(len(when)) < 0.05 + 0.4 * when
    home = rng.choice(_words(_REGIONS[:-1]), len(when))
    return {
        "platform": np.where(cloud, "cloud", "own servers").astype(object),
        "region": np.where(overseas, "overseas", home),
    }


def _correlated(rng: np.random.Generator, n: int, columns: Columns) -> Columns:
    """Draw numbers and a flag that mostly repeat headcount and revops (correlations of 0.8 to 0.95)."""
    size = np.log(np.asarray(columns["employee_count"], dtype=float))
    revops = np.asarray(columns["has_revops"], dtype=bool)
    drawn: Columns = {
        name: np.round(np.exp(size + spread * rng.standard_normal(n)), 1)
        for name, spread in (("it_budget", 0.4), ("web_visits", 0.7), ("job_ads", 1.0))
    }
    return drawn | {"has_bi_tool": pd.array(revops ^ (rng.random(n) < 0.05), dtype="boolean")}


def _skewed(rng: np.random.Generator, n: int, columns: Columns) -> Columns:
    """Draw categories in which a few levels hold most accounts and many hold a handful."""
    drawn: Columns = {}
    for name, levels in (("sector_code", 15), ("crm_vendor", 30)):
        share = 1 / np.arange(1, levels + 1) ** 1.8
        drawn[name] = rng.choice(_words(tuple(f"{name} {k:02d}" for k in range(levels))), n, p=share / share.sum())
    return drawn


def _sub_industry(rng: np.random.Generator, n: int, columns: Columns) -> Columns:
    return {"sub_industry": rng.choice(_words(_SUB_INDUSTRIES), n)}


def _sales_channel(rng: np.random.Generator, n: int, columns: Columns) -> Columns:
    return {"sales_channel": rng.choice(_words(tuple(f"channel {k:02d}" for k in range(12))), n)}


def _headcount_band(rng: np.random.Generator, n: int, columns: Columns) -> Columns:
    bands = _words(ORDERS["headcount_band"])
    return {"headcount_band": bands[np.searchsorted([10, 50, 200, 1000], np.asarray(columns["employee_count"], float))]}


EXTRAS: dict[str, Callable[[np.random.Generator, int, Columns], Columns]] = {
    "correlated": _correlated,
    "skewed": _skewed,
    "sub_industry": _sub_industry,
    "sales_channel": _sales_channel,
    "headcount_band": _headcount_band,
}
