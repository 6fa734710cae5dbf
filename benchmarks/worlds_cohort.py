"""A world as a cohort, counted directly: what ``icp_ml.cohort`` must find in the world's tables."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from benchmarks.worlds_tables import AS_OF, GRACE_DAYS, History, add_months
from icp_ml.cohort.cohort import Cohort

Columns = dict[str, object]
AS_OF_DAY = np.datetime64(AS_OF, "D")


def cohort_of(known: pd.DataFrame, history: History) -> Cohort:
    """Return the world as a cohort, counted directly; ``left_out`` and signals are not told."""
    until = AS_OF_DAY - GRACE_DAYS
    named: Columns = {"name": known.index.to_numpy(dtype=object)}
    accounts = pd.DataFrame(named | _decisions(history) | _followed(history, until)).set_axis(known.index)
    has_wins = bool(np.isin(["won", "lost"], history.outcome).all())
    has_churn = bool(accounts["is_customer"].any())
    return Cohort(accounts, known, known, 12, AS_OF, AS_OF - dt.timedelta(days=GRACE_DAYS), has_wins, has_churn, "EUR")


def _decisions(history: History) -> Columns:
    """Return who was won or lost, when, and on what terms."""
    n, decided = len(history.outcome), np.isin(history.outcome, ["won", "lost"])
    status = np.select(
        [history.outcome == "won", history.outcome == "lost", history.outcome == "open"],
        ["customer", "lost", "open"],
        "never worked",
    )
    columns: Columns = {
        "status": status,
        "outcome": pd.Series(history.outcome).where(decided),
        "decided_at": _days(history.created, decided),
        "closed_at": _days(history.closed, decided),
        "opportunity_id": pd.Series([f"D{i}" for i in range(n)], dtype=object).where(decided),
        "cycle_days": np.where(decided, (history.closed - history.created).astype(float), np.nan),
        "discount_pct": np.where(decided, history.discount, np.nan),
        "amount": np.where(decided, history.arr, np.nan),
        "services_amount": np.nan,
        "open_pipeline": np.where(history.outcome == "open", history.arr, 0.0),
        "won_without_period": False,
        "won_back": False,
    }
    texts = ("owner", "territory", "source", "loss_reason", "competitor", "left_out")
    return columns | {name: pd.Series(np.nan, index=range(n), dtype=object) for name in texts}


def _followed(history: History, until: np.datetime64) -> Columns:
    """Return how long each customer was followed, to what end, and with what revenue."""
    won = history.outcome == "won"
    customer = won & (history.closed < until)
    churned = customer & (history.ended <= until)
    stop = np.maximum(np.where(churned, history.ended, until), history.closed)
    months = np.where(won, months_between(history.closed, stop), np.nan)
    passed = customer & (add_months(history.closed, np.full(len(won), 12.0)) <= until)
    reached = customer & (churned | passed)
    kept = np.where(churned & (months <= 12), 0.0, 1.0)
    unclear = ~churned & (history.ended <= AS_OF_DAY)  # ended within the grace days: neither kept nor lost yet
    return {
        "started_at": _days(history.closed, won),
        "ended_at": _days(stop, churned),
        "is_customer": customer,
        "entry_months": np.where(won, 0.0, np.nan),
        "follow_up_months": months,
        "follow_up_days": np.where(won, (stop - history.closed).astype(float), np.nan),
        "churned": churned,
        "periods": won.astype(int),
        "horizon_passed": passed,
        "arr_start": np.where(won, history.arr, np.nan),
        "arr_horizon": np.where(reached, history.arr * kept, np.nan),
        "arr_now": np.where(won & ~unclear, history.arr * ~churned, np.nan),
        "grr": np.where(reached, kept, np.nan),
        "nrr": np.where(reached, kept, np.nan),
        "pull_score": np.nan,
        "pull": np.nan,
        "service_cost": np.nan,
        "years_at_risk": np.where(customer, np.minimum(months, 12) / 12, np.nan),
        "cost_to_serve": np.nan,
        "period_end": pd.NaT,
    }


def _days(values: np.ndarray, where: np.ndarray) -> pd.Series:
    return pd.Series(values.astype("datetime64[ns]")).where(where)


def months_between(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return calendar months from start to end: whole months, and the share of the next one."""
    whole = (end.astype("datetime64[M]") - start.astype("datetime64[M]")).astype(int)
    whole = np.where(add_months(start, whole.astype(float)) > end, whole - 1, whole)
    at, after = add_months(start, whole.astype(float)), add_months(start, whole + 1.0)
    return whole + (end - at).astype(int) / (after - at).astype(int)
