"""What happens in a world, and its views as tables, config and cohort."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Config
from icp_ml.tables.tables import Tables

AS_OF = dt.date(2026, 6, 30)
GRACE_DAYS = 30
_NEVER = np.datetime64("2200-01-01", "D")


@dataclass(frozen=True)
class History:
    """What happened to each account; arrays of shape (n_accounts,).

    ``outcome`` is ``won``, ``lost``, ``open`` or empty (never worked); ``ended`` is far in the future for those that
    never left.
    """

    outcome: np.ndarray
    created: np.ndarray
    closed: np.ndarray
    ended: np.ndarray
    arr: np.ndarray


def draw_history(rng: np.random.Generator, probabilities: pd.DataFrame, years: float, at_anniversary: float) -> History:
    """Draw outcomes, dates, churn and ARR from true probabilities."""
    n, as_of = len(probabilities), np.datetime64(AS_OF, "D")
    span = int(365.25 * years)
    created = as_of - span + np.floor(rng.random(n) * span).astype("timedelta64[D]")
    closed = created + np.floor(15 + 75 * rng.random(n)).astype("timedelta64[D]")
    outcome = np.where(rng.random(n) < probabilities["win"], "won", "lost").astype(object)
    outcome[closed > as_of] = "open"
    outcome[rng.random(n) < 0.2] = ""
    ended = _ends(rng, closed, probabilities["churn"].to_numpy(), at_anniversary)
    return History(outcome, created, closed, ended, np.rint(np.exp(9.2 + 0.5 * rng.standard_normal(n)) / 100) * 100)


def _ends(rng: np.random.Generator, start: np.ndarray, churn: np.ndarray, at_anniversary: float) -> np.ndarray:
    """Draw when each contract would end: every contract year the same chance."""
    ended = np.full(len(start), _NEVER)
    for year in range(6):
        leaves = (ended == _NEVER) & (rng.random(len(start)) < churn)
        months = np.where(rng.random(len(start)) < at_anniversary, 12.0, 0.5 + 11.5 * rng.random(len(start)))
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


def months_between(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return calendar months from start to end: whole months, and the share of the next one."""
    whole = (end.astype("datetime64[M]") - start.astype("datetime64[M]")).astype(int)
    whole = np.where(add_months(start, whole.astype(float)) > end, whole - 1, whole)
    at, after = add_months(start, whole.astype(float)), add_months(start, whole + 1.0)
    return whole + (end - at).astype(int) / (after - at).astype(int)


def config_of(known: pd.DataFrame, seed: int) -> Config:
    """Return a config that fits the world's attributes."""
    types = {c: {"type": _type(known[c])} for c in known.columns}
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
        }
    )
    for column in ("term_months", "services_amount", "discount_pct"):
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
    return Tables(known.reset_index(), deals, periods, None, AS_OF, "EUR")


def cohort_of(known: pd.DataFrame, history: History) -> Cohort:
    """Return the world as a cohort, counted directly."""
    until = np.datetime64(AS_OF, "D") - GRACE_DAYS
    won, decided = history.outcome == "won", np.isin(history.outcome, ["won", "lost"])
    customer = won & (history.closed < until)
    churned = customer & (history.ended <= until)
    stop = np.where(churned, history.ended, until)
    months = np.where(customer, months_between(history.closed, np.maximum(stop, history.closed)), np.nan)
    text = pd.Series(np.nan, index=known.index, dtype=object)

    def day(values: np.ndarray, where: np.ndarray) -> pd.Series:
        return pd.Series(values.astype("datetime64[ns]"), index=known.index).where(where)

    status = np.select(
        [won, history.outcome == "lost", history.outcome == "open"], ["customer", "lost", "open"], "never worked"
    )
    reached = customer & (churned | (months >= 12))
    kept = np.where(churned & (months <= 12), 0.0, 1.0)
    missing = np.full(len(known), np.nan)
    accounts = pd.DataFrame(
        {
            "name": known.index.to_numpy(dtype=object),
            "status": status,
            "outcome": pd.Series(history.outcome, index=known.index).where(decided),
            "decided_at": day(history.created, decided),
            "closed_at": day(history.closed, decided),
            "opportunity_id": text,
            "started_at": day(history.closed, customer),
            "ended_at": day(stop, churned),
            "is_customer": customer,
            "entry_months": np.where(customer, 0.0, np.nan),
            "follow_up_months": months,
            "follow_up_days": np.where(customer, (stop - history.closed).astype(float), np.nan),
            "churned": churned,
            "won_without_period": False,
            "won_back": False,
            "arr_start": np.where(customer, history.arr, np.nan),
            "arr_horizon": np.where(reached, history.arr * kept, np.nan),
            "arr_now": np.where(customer, history.arr * ~churned, np.nan),
            "grr": np.where(reached, kept, np.nan),
            "nrr": np.where(reached, kept, np.nan),
            "cycle_days": np.where(decided, (history.closed - history.created).astype(float), np.nan),
            "discount_pct": missing,
            "amount": np.where(decided, history.arr, np.nan),
            "services_amount": missing,
            "owner": text,
            "territory": text,
            "source": text,
            "loss_reason": text,
            "pull_score": missing,
            "pull": missing,
            "cost_to_serve": missing,
            "open_pipeline": np.where(history.outcome == "open", history.arr, 0.0),
            "period_end": day(history.ended, np.zeros(len(known), dtype=bool)),
            "left_out": text,
        },
        index=known.index,
    )
    return Cohort(accounts, known, known, 12, AS_OF, until.astype(dt.date), True, True, "EUR")
