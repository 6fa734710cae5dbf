"""What happens in a world, and its views as tables and config."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.config.schema import Config
from icp_ml.tables.tables import Tables

AS_OF = dt.date(2026, 6, 30)
GRACE_DAYS = 30
_NEVER = np.datetime64("2200-01-01", "D")
_YEARS_DRAWN = 6
_FIRST_LEAVES, _SPREAD = 0.5, 11.5  # months: churn away from the anniversary is even between their bounds


@dataclass(frozen=True)
class History:
    """What happened to each account; arrays of shape (n_accounts,).

    ``outcome`` is ``won``, ``lost``, ``open`` or empty (never worked); ``ended`` is far in the future for those that
    never left; ``discount`` is in percent, NaN in worlds without.
    """

    outcome: np.ndarray
    created: np.ndarray
    closed: np.ndarray
    ended: np.ndarray
    arr: np.ndarray
    discount: np.ndarray


def draw_history(
    rng: np.random.Generator,
    probabilities: pd.DataFrame,
    years: float,
    at_anniversary: float,
    discount: np.ndarray,
    when: np.ndarray | None = None,
) -> History:
    """Draw outcomes, dates, churn and ARR.

    Parameters
    ----------
    rng : Generator
        Source of chance.
    probabilities : DataFrame
        True ``win`` and ``churn`` of each of n accounts.
    years : float
        Length of the history.
    at_anniversary : float
        Share of a contract year's churn on its last day.
    discount : ndarray, shape (n,)
        Of each deal, in percent.
    when : ndarray, shape (n,), optional
        When each deal is created, 0 the first day and 1 the last; drawn evenly if not given.
    """
    n, as_of = len(probabilities), np.datetime64(AS_OF, "D")
    span = int(365.25 * years)
    share = rng.random(n) if when is None else when
    created = as_of - span + np.floor(share * span).astype("timedelta64[D]")
    closed = created + np.floor(15 + 75 * rng.random(n)).astype("timedelta64[D]")
    outcome = np.where(rng.random(n) < probabilities["win"], "won", "lost").astype(object)
    outcome[closed > as_of] = "open"
    outcome[rng.random(n) < 0.2] = ""
    ended = _ends(rng, closed, probabilities["churn"].to_numpy(), at_anniversary)
    arr = np.rint(np.exp(9.2 + 0.5 * rng.standard_normal(n)) / 100) * 100
    return History(outcome, created, closed, ended, arr, discount)


def churn_share(months: int, at_anniversary: float) -> float:
    """Return the share of a contract year's churn that has happened after so many months of it."""
    if months >= 12:
        return 1.0
    return (1 - at_anniversary) * min(max((months - _FIRST_LEAVES) / _SPREAD, 0.0), 1.0)


def _ends(rng: np.random.Generator, start: np.ndarray, churn: np.ndarray, at_anniversary: float) -> np.ndarray:
    """Draw when each contract would end: every contract year the same chance."""
    ended = np.full(len(start), _NEVER)
    for year in range(_YEARS_DRAWN):
        leaves = (ended == _NEVER) & (rng.random(len(start)) < churn)
        months = np.where(
            rng.random(len(start)) < at_anniversary, 12.0, _FIRST_LEAVES + _SPREAD * rng.random(len(start))
        )
        ended = np.where(leaves, add_months(start, 12 * year + months), ended)
    return ended


def add_months(start: np.ndarray, months: np.ndarray) -> np.ndarray:
    """Add calendar months; a fraction counts as that share of 30 days."""
    whole = np.floor(months).astype(int)
    month = start.astype("datetime64[M]")
    offset = (start - month.astype("datetime64[D]")).astype(int)
    target = month + whole.astype("timedelta64[M]")
    length = ((target + 1).astype("datetime64[D]") - target.astype("datetime64[D]")).astype(int)
    day = target.astype("datetime64[D]") + np.minimum(offset, length - 1).astype("timedelta64[D]")
    return day + np.rint((months - whole) * 30).astype("timedelta64[D]")


def config_of(known: pd.DataFrame, seed: int, orders: Mapping[str, tuple[str, ...]]) -> Config:
    """Return a config that fits the world's attributes; ``orders`` gives the levels of ordered ones, low to high."""
    types: dict[str, dict[str, object]] = {c: {"type": _type(known[c])} for c in known.columns}
    for name, levels in orders.items():
        types[name]["order"] = list(levels)
    return Config.model_validate(
        {
            "name": "world",
            "as_of": AS_OF,
            "seed": seed,
            "source": {"folder": "."},
            "attributes": types,
            "money": {"currency": "EUR"},
        }
    )


def _type(column: pd.Series) -> str:
    if isinstance(column.dtype, pd.BooleanDtype):
        return "boolean"
    if pd.api.types.is_float_dtype(column):
        return "number"
    return "tags" if isinstance(column.dropna().iloc[0], tuple) else "category"


def tables_of(known: pd.DataFrame, history: History) -> Tables:
    """Return the world as typed tables."""
    ids = known.index.to_numpy(dtype=object)
    worked, won = history.outcome != "", history.outcome == "won"
    deals = pd.DataFrame(
        {
            "opportunity_id": [f"D{i}" for i in np.flatnonzero(worked)],
            "account_id": ids[worked],
            "created_at": history.created[worked].astype("datetime64[ns]"),
            "closed_at": history.closed[worked].astype("datetime64[ns]"),
            "outcome": history.outcome[worked],
            "kind": "new",
            "amount": history.arr[worked],
            "discount_pct": history.discount[worked],
        }
    )
    for column in ("term_months", "services_amount"):
        deals[column] = np.nan
    words = ("currency", "owner", "territory", "source", "loss_reason", "competitor", "exception_reason")
    for column in (*words, "exception_approved_by"):
        deals[column] = pd.Series(np.nan, index=deals.index, dtype=object)
    ended = np.where(history.ended > np.datetime64(AS_OF, "D"), np.datetime64("NaT"), history.ended)
    periods = pd.DataFrame(
        {
            "account_id": ids[won],
            "started_at": history.closed[won].astype("datetime64[ns]"),
            "ended_at": ended[won].astype("datetime64[ns]"),
            "arr": history.arr[won],
        }
    )
    for column in ("currency", "end_reason"):
        periods[column] = pd.Series(np.nan, index=periods.index, dtype=object)
    accounts = known.reset_index()
    accounts.insert(1, "name", ids)
    return Tables(accounts, deals, periods, None, AS_OF, "EUR")
