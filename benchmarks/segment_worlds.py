"""Worlds with planted segments: cohorts in which it is known what happens to whom, and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import norm

from benchmarks.segment_recipes import ALL_RECIPES, Cell, SegmentRecipe, changed
from benchmarks.worlds_attributes import draw_attributes, draw_gaps
from benchmarks.worlds_cohort import cohort_of
from benchmarks.worlds_recipes import Recipe
from benchmarks.worlds_tables import AS_OF, History, add_months, config_of
from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Config

MARGIN, ACQUISITION = 0.8, 1_500.0
_EXPANDED = 1.4
_PULL_MONTHS = 6
_NEVER = np.datetime64("2200-01-01", "D")
_POPULATION = 100_000


@dataclass(frozen=True)
class SegmentWorld:
    """A cohort whose segments are known.

    Parameters
    ----------
    kind, seed : str, int
        What it was made with.
    recipe : SegmentRecipe
        What was planted.
    cohort : Cohort
        One row an account, counted directly and not by the product.
    cell : ndarray of int, shape (n,)
        Planted cell of each account.
    config : Config
        Fits the cohort.
    """

    kind: str
    seed: int
    recipe: SegmentRecipe
    cohort: Cohort
    cell: np.ndarray
    config: Config

    def fresh(self, accounts: int, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
        """Return attributes, gaps and all, and cells of accounts nobody has seen."""
        known, true = _attributes(self.recipe, accounts, np.random.default_rng([seed, 77]))
        return known, cell_of(self.recipe, true)


def make_segment_world(kind: str, seed: int, accounts: int = 4000, **changes: object) -> SegmentWorld:
    """Return a world of a kind; the same seed gives the same world.

    Parameters
    ----------
    kind : str
        Of :data:`ALL_RECIPES`.
    seed : int
        Source of chance.
    accounts : int
        About 75 % of them are decided.
    **changes
        Fields of :class:`SegmentRecipe` to change.
    """
    recipe = changed(kind, **changes)
    rng = np.random.default_rng([seed, list(ALL_RECIPES).index(kind), 5])
    known, true = _attributes(recipe, accounts, rng)
    cell = cell_of(recipe, true)
    history = _history(recipe, cell, true, rng)
    cohort = _with_behaviour(cohort_of(known, history), recipe, cell, rng)
    sections = {
        "pull": [{"signal": "usage"}],
        "economics": {"gross_margin": MARGIN, "acquisition_cost": ACQUISITION},
    }
    config = config_of(known, seed, {})
    return SegmentWorld(
        kind, seed, recipe, cohort, cell, Config.model_validate(config.model_dump(exclude_unset=True) | sections)
    )


def cell_of(recipe: SegmentRecipe, true: pd.DataFrame) -> np.ndarray:
    """Return the first cell whose rule holds for each account, shape (n,), int."""
    found = np.zeros(len(true), dtype=int)
    for at in reversed(range(len(recipe.cells))):
        found[recipe.cells[at].rule.mask(true)] = at
    return found


def planted(recipe: SegmentRecipe, name: str) -> np.ndarray:
    """Return one field of every cell, shape (cells,), float."""
    return np.array([getattr(cell, name) for cell in recipe.cells], dtype=float)


def equal_cells(recipe: SegmentRecipe) -> np.ndarray:
    """Return for each cell the number of the first with the same true pull and churn, shape (cells,), int."""
    told = [(c.pull, c.churn) for c in recipe.cells]
    return np.array([told.index(pair) for pair in told])


def delivered(recipe: SegmentRecipe, weights: np.ndarray) -> dict[str, float]:
    """Return the true figures of a group of accounts with given numbers of accounts by cell.

    ``win_rate``; and of those won ``churn`` within 12 months, ``grr``, ``nrr`` (by ARR), ``pull`` (1..5, of those still
    there after six months), ``arr``, ``cost_to_serve`` (of a year at risk, as whoever leaves is there for a shorter
    time), ``opportunity_value``. ARR is that of recipes whose ARR does not follow headcount.
    """
    win, churn, expand, arr, cost = (planted(recipe, n) for n in ("win", "churn", "expand", "arr", "cost"))
    won = weights * win
    kept, grown = 1 - churn, (1 - churn) * (1 + (_EXPANDED - 1) * expand)
    at_risk = won * _years_at_risk(recipe)
    told = {
        "win_rate": float(np.average(win, weights=weights)),
        "churn": float(np.average(churn, weights=won)),
        "grr": float(np.average(kept, weights=won * arr)),
        "nrr": float(np.average(grown, weights=won * arr)),
        "pull": float(np.average(_expected_pull(recipe), weights=won * _share_with_pull(recipe))),
        "arr": float(np.average(arr, weights=won)),
        "cost_to_serve": float(np.average(cost, weights=at_risk)),
    }
    value = told["win_rate"] * (MARGIN * told["arr"] * told["nrr"] - told["cost_to_serve"]) - ACQUISITION
    return told | {"opportunity_value": value}


def _attributes(recipe: SegmentRecipe, accounts: int, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return attributes as known and as they are."""
    drawn = Recipe(noise_columns=recipe.noise_columns, missing=recipe.missing, extras=recipe.extras)
    true = draw_attributes(drawn, rng, np.full(accounts, 0.5))
    if recipe.kinds_of_firm:
        true = _dense_groups(true, rng)
    return draw_gaps(drawn, true, rng), true


def _dense_groups(true: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return attributes of which four kinds of firm have much the same: dense groups without any meaning."""
    kind = rng.integers(0, 4, len(true))
    grouped, usual = true.copy(), rng.random(len(true)) < 0.85
    centre = np.array([8.0, 60.0, 400.0, 3000.0])[kind] * np.exp(0.2 * rng.standard_normal(len(true)))
    grouped["employee_count"] = np.where(usual, np.rint(centre), true["employee_count"])
    sector = np.array(["agencies", "saas", "retail", "health"], dtype=object)[kind]
    grouped["industry"] = np.where(usual, sector, true["industry"])
    revops = np.array([False, True, False, True])[kind]
    grouped["has_revops"] = pd.array(np.where(usual, revops, true["has_revops"]), dtype="boolean")
    return grouped


def _history(recipe: SegmentRecipe, cell: np.ndarray, true: pd.DataFrame, rng: np.random.Generator) -> History:
    n, as_of = len(cell), np.datetime64(AS_OF, "D")
    size = np.ones(n)
    if recipe.size == "follows headcount":
        size = (true["employee_count"].to_numpy(dtype=float) / 90) ** 0.4
    created = as_of - np.floor(365.25 * recipe.years * rng.random(n)).astype("timedelta64[D]")
    cycle = np.clip((15 + 75 * rng.random(n)) * size, 5, 300)
    closed = created + np.floor(cycle).astype("timedelta64[D]")
    outcome = np.where(rng.random(n) < planted(recipe, "win")[cell], "won", "lost").astype(object)
    outcome[closed > as_of] = "open"
    outcome[rng.random(n) < 0.2] = ""
    ended, churn = np.full(n, _NEVER), planted(recipe, "churn")[cell]
    for year in range(6):
        leaves = (ended == _NEVER) & (rng.random(n) < churn)
        months = np.where(rng.random(n) < 0.7, 12.0, 0.5 + 11.5 * rng.random(n))
        ended = np.where(leaves, add_months(closed, 12 * year + months), ended)
    arr = planted(recipe, "arr")[cell] * size * np.exp(0.5 * rng.standard_normal(n) - 0.125)
    return History(outcome, created, closed, ended, np.rint(arr / 100) * 100, np.full(n, np.nan))


def _with_behaviour(cohort: Cohort, recipe: SegmentRecipe, cell: np.ndarray, rng: np.random.Generator) -> Cohort:
    """Return a cohort with expansion, pull and cost to serve."""
    rows, n = cohort.accounts.copy(), len(cell)
    grown = np.where(rng.random(n) < planted(recipe, "expand")[cell], _EXPANDED, 1.0)
    rows["nrr"] = rows["nrr"] * grown
    rows["arr_horizon"] = rows["arr_horizon"] * grown
    behaviour = planted(recipe, "pull")[cell] + rng.standard_normal(n) + recipe.pull_noise * rng.standard_normal(n)
    measured = rows["is_customer"].to_numpy() & (rows["follow_up_months"].to_numpy() >= _PULL_MONTHS)
    score = pd.Series(np.where(measured, behaviour, np.nan)).rank(pct=True).to_numpy()
    rows["pull_score"], rows["pull"] = score, np.ceil(np.clip(5 * score, 1e-9, 5))
    years = rows["years_at_risk"].to_numpy(dtype=float)
    spread = rng.gamma(4.0, 0.25, n)
    rows["service_cost"] = planted(recipe, "cost")[cell] * spread * years
    rows["cost_to_serve"] = rows["service_cost"] / np.where(years > 0, years, np.nan)
    return Cohort(
        rows, cohort.attributes, cohort.latest, cohort.horizon, cohort.as_of, cohort.follow_up_until,
        cohort.has_wins, cohort.has_churn, cohort.currency,
    )  # fmt: skip


def _share_with_pull(recipe: SegmentRecipe) -> np.ndarray:
    """Return the share of customers whose pull is measured, by cell: all but those who leave within six months."""
    return 1 - planted(recipe, "churn") * 0.3 * (_PULL_MONTHS - 0.5) / 11.5


def _years_at_risk(recipe: SegmentRecipe) -> np.ndarray:
    """Return the mean share of the first year that a customer is there, by cell; 30 % leave before its last day."""
    return 1 - planted(recipe, "churn") * 0.3 * (1 - (0.5 + 11.5 / 2) / 12)


@cache
def _expected_pull(recipe: SegmentRecipe) -> np.ndarray:
    """Return the mean measured pull, 1..5, of the customers of each cell.

    Behaviour is normal in every cell, and its fifths are those of the mixture; only how many accounts are in each cell
    is counted, in a large drawn population.
    """
    _, true = _attributes(recipe, _POPULATION, np.random.default_rng(0))
    share = np.bincount(cell_of(recipe, true), minlength=len(recipe.cells)) / _POPULATION
    measured = share * planted(recipe, "win") * _share_with_pull(recipe)
    centre, spread = planted(recipe, "pull"), np.hypot(1.0, recipe.pull_noise)

    def above(value: float) -> np.ndarray:
        return np.asarray(norm.sf(value, centre, spread))

    edges = [brentq(lambda v, s=s: np.average(above(v), weights=measured) - s, -20, 20) for s in (0.8, 0.6, 0.4, 0.2)]
    return 1 + np.sum([above(edge) for edge in edges], axis=0)


__all__ = ["Cell", "SegmentWorld", "cell_of", "delivered", "equal_cells", "make_segment_world", "planted"]
