"""Worlds that go on for a year after a release was made from them: unchanged, or with a shift planted that day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from benchmarks.worlds import World
from benchmarks.worlds_attributes import draw_attributes, draw_gaps, true_probabilities
from benchmarks.worlds_recipes import Recipe
from benchmarks.worlds_tables import AS_OF, GRACE_DAYS, History, add_months, draw_history, tables_of
from benchmarks.worlds_tables import _ends as draw_ends
from icp_ml.conditions import Condition, Rule
from icp_ml.tables.tables import Tables

RELEASED = np.datetime64(AS_OF, "D")
FOLLOWED = RELEASED - GRACE_DAYS
END = add_months(np.array([RELEASED]), np.array([12.0]))[0]
_MOST_DRAWS = 400
_LARGE = Rule((Condition("employee_count", "above", 250.0),))

Change = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


@dataclass(frozen=True)
class Shift:
    """What changes, and when; nothing by default.

    Parameters
    ----------
    churn_times : float
        Factor on everybody's yearly churn, customers of before included.
    moved : bool
        Whether the planted region moves to accounts of more than 250 employees.
    win_less : float
        Fall of everybody's win probability, deals already open included.
    mix : callable, optional
        Changes the attributes of accounts that come in later.
    churn_from : datetime64
        Day the churn changes.
    """

    churn_times: float = 1.0
    moved: bool = False
    win_less: float = 0.0
    mix: Change | None = None
    churn_from: np.datetime64 = FOLLOWED

    def probabilities(self, recipe: Recipe, true: pd.DataFrame) -> pd.DataFrame:
        """Return the probabilities of ``win`` and ``churn`` after the shift."""
        if self.moved:
            recipe = replace(recipe, effects=tuple(replace(e, rule=_LARGE) for e in recipe.effects))
        found = true_probabilities(recipe, true, np.full(len(true), 0.5), np.full(len(true), np.nan))
        win, churn = found["win"] - self.win_less, found["churn"] * self.churn_times
        return found.assign(win=win.clip(0.02, 0.98), churn=churn.clip(0.0, 0.95))


def more_of(level: str, points: float) -> Change:
    """Return a change of mix: so many points more of all accounts are of one industry, old or new."""

    def change(true: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        share = float((true["industry"] == level).mean())
        turned = rng.random(len(true)) < points / (1 - share)
        return true.assign(industry=true["industry"].mask(turned, level))

    return change


def larger(factor: float) -> Change:
    """Return a change of mix: accounts are so many times larger."""
    return lambda true, rng: true.assign(employee_count=np.rint(true["employee_count"] * factor))


STABLE = Shift()
SHIFTS = {
    "churn 12 to 24 %": Shift(churn_times=2.0),
    "churn 12 to 24 %, from release day": Shift(churn_times=2.0, churn_from=RELEASED),
    "churn 12 to 20 %": Shift(churn_times=5 / 3),
    "churn region moves": Shift(moved=True),
    "win rate less 12 points": Shift(win_less=0.12),
    "win rate less 15 points": Shift(win_less=0.15),
    "industry mix by 25 points": Shift(mix=more_of("fintech", 0.25)),
    "industry mix by 12 points": Shift(mix=more_of("fintech", 0.12)),
    "new level in 10 %": Shift(mix=more_of("aerospace", 0.10)),
    "new level in 5 %": Shift(mix=more_of("aerospace", 0.05)),
    "accounts twice as large": Shift(mix=larger(2.0)),
}


def go_on(world: World, shift: Shift, seed: int) -> Tables:
    """Return the tables of a world and the year after its last day, dated up to :data:`END`.

    Up to the release they are the world's own, whatever the shift: cut at its last day they give the same cohort.
    """
    rng, recipe = np.random.default_rng([seed, 7919]), world.recipe
    old = _old_accounts(world, shift, rng)
    n = round(len(world.known) / recipe.years)
    true = draw_attributes(recipe, rng, np.full(n, 0.5))
    if shift.mix:
        true = shift.mix(true, rng)
    true = true.set_axis(pd.Index([f"B{i:06d}" for i in range(n)], name="account_id"))
    known = draw_gaps(recipe, true, rng)
    chances = shift.probabilities(recipe, true)
    drawn = draw_history(rng, chances, 1.0, recipe.at_anniversary, np.full(n, np.nan))
    # The history drawn ends on the day of the release: it is moved on by a year, and its open deals are decided.
    year = END - RELEASED
    decided = np.where(rng.random(n) < chances["win"], "won", "lost").astype(object)
    outcome = np.where(drawn.outcome == "open", decided, drawn.outcome)
    closed = drawn.closed + year
    new = replace(
        drawn,
        outcome=outcome,
        created=drawn.created + year,
        closed=closed,
        ended=draw_ends(rng, closed, chances["churn"].to_numpy(), recipe.at_anniversary),
    )
    return _tables(pd.concat([world.known, known]), _joined(old, new))


def _old_accounts(world: World, shift: Shift, rng: np.random.Generator) -> History:
    """Return what happens to the accounts of before: open deals are decided, customers go on as the shift says."""
    history, recipe = world.history, world.recipe
    true = world.known if shift.moved else None
    chances = world.probabilities if true is None else shift.probabilities(recipe, _filled(true, world))
    win = (world.probabilities["win"] - shift.win_less).clip(0.02, 0.98).to_numpy()
    churn = chances["churn"].to_numpy() * (1.0 if shift.moved else shift.churn_times)
    decided = np.where(rng.random(len(win)) < win, "won", "lost").astype(object)
    outcome = np.where(history.outcome == "open", decided, history.outcome)
    ended = history.ended.copy()
    later = ended > shift.churn_from
    ended[later] = _conditional_ends(
        rng, history.closed[later], np.clip(churn[later], 0, 0.95), recipe.at_anniversary, shift.churn_from
    )
    return replace(history, outcome=outcome, ended=ended)


def _filled(known: pd.DataFrame, world: World) -> pd.DataFrame:
    """Return attributes in which a missing headcount counts as small or large at random, as it was drawn."""
    rng = np.random.default_rng([world.seed, 31])
    drawn = pd.Series(np.rint(np.exp(4.5 + 1.3 * rng.standard_normal(len(known)))), index=known.index)
    return known.assign(employee_count=known["employee_count"].fillna(drawn))


def _conditional_ends(
    rng: np.random.Generator, start: np.ndarray, churn: np.ndarray, at_anniversary: float, after: np.datetime64
) -> np.ndarray:
    """Draw when contracts end, given that they have not ended by a day."""
    ended = np.full(len(start), np.datetime64("2200-01-01", "D"))
    open_ = np.ones(len(start), dtype=bool)
    for _ in range(_MOST_DRAWS):
        rows = np.flatnonzero(open_)
        drawn = draw_ends(rng, start[rows], churn[rows], at_anniversary)
        fits = drawn > after
        ended[rows[fits]] = drawn[fits]
        open_[rows[fits]] = False
        if not open_.any():
            break
    return ended


def _joined(old: History, new: History) -> History:
    return History(*(np.concatenate([getattr(old, name), getattr(new, name)]) for name in vars(old)))


def _tables(known: pd.DataFrame, history: History) -> Tables:
    """Return everything that happens by :data:`END` as tables."""
    tables = tables_of(known, history)
    assert tables.subscriptions is not None
    won = history.outcome == "won"
    ended = np.where(history.ended > END, np.datetime64("NaT"), history.ended)[won].astype("datetime64[ns]")
    return replace(tables, subscriptions=tables.subscriptions.assign(ended_at=ended), as_of=END.astype(object))
