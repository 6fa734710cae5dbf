"""What happened after the sale: annual contract periods, renewals, expansions, churn and win-backs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.sample.calendar_days import AS_OF, FIRST_DAY, NEVER, add_months, day_number, workday_before
from icp_ml.sample.deals import Decisions
from icp_ml.sample.draws import Draws
from icp_ml.sample.names import CHURN_REASONS

_MID_TERM_SHARE = 0.14
_YEARS = (day_number(AS_OF) - day_number(FIRST_DAY)) // 365 + 1


@dataclass(frozen=True)
class Contracts:
    """What follows the sale.

    Parameters
    ----------
    account : ndarray of int
        Positions of the customers with a contract period, shape (n_customers,).
    started, ended : ndarray of int
        Days of the first relationship; :data:`NEVER` while not ended by the as-of day.
    periods : DataFrame
        ``account``, ``started``, ``ended``, ``arr``, ``end_reason``.
    deals : DataFrame
        Renewals, expansions and won-back deals: ``account``, ``kind``, ``outcome``, ``created``, ``closed``,
        ``amount``, ``loss_reason``.
    """

    account: np.ndarray
    started: np.ndarray
    ended: np.ndarray
    periods: pd.DataFrame
    deals: pd.DataFrame


@dataclass(frozen=True)
class _Year:
    """One contract year of the customers that reach it; arrays of shape (n_customers,)."""

    number: int
    alive: np.ndarray
    begin: np.ndarray
    due: np.ndarray
    arr: np.ndarray
    churns: np.ndarray
    end: np.ndarray
    reason: np.ndarray
    expands: np.ndarray
    added_at: np.ndarray
    added: np.ndarray


def draw_contracts(draws: Draws, decisions: Decisions, planted: pd.DataFrame) -> Contracts:
    """Draw each customer's contract years until it churns or the data ends."""
    account = np.flatnonzero((decisions.outcome == "won") & ~decisions.without_period)
    n, as_of = len(account), day_number(AS_OF)
    started = np.minimum(decisions.closed[account] + draws.integers("start gap", 0, 9, n), as_of)
    ended = np.full(n, NEVER)
    begin, arr, alive = started, decisions.amount[account], np.ones(n, dtype=bool)
    periods, deals = [], []
    for number in range(_YEARS):
        chance = planted["churn" if number == 0 else "later_churn"].to_numpy()[account]
        year = _draw_year(
            draws,
            number,
            alive,
            begin,
            add_months(started, 12 * (number + 1)),
            arr,
            chance,
            planted["expand"].to_numpy()[account],
        )
        periods.append(_periods(year, account))
        deals.extend([_renewals(draws, year, account), _expansions(draws, year, account)])
        ended = np.where(year.alive & year.churns, year.end, ended)
        late = draws.integers(f"late by {number}", 2, 20, n) * draws.chance(f"late {number}", 0.05, n)
        begin, arr, alive = year.due + late, _renewed_arr(draws, year), year.alive & ~year.churns
    back_periods, back_deals = _won_back(draws, account, ended, decisions.amount[account])
    known = pd.concat([*periods, back_periods], ignore_index=True).query("started <= @as_of")
    known = known.assign(
        end_reason=known["end_reason"].where(known["ended"] <= as_of, ""),
        ended=known["ended"].where(known["ended"] <= as_of, NEVER),
    )
    made = pd.concat([*deals, back_deals], ignore_index=True).query("created <= @as_of")
    made = made.assign(outcome=made["outcome"].where(made["closed"] <= as_of, "open"))
    return Contracts(account, started, np.where(ended <= as_of, ended, NEVER), known, made)


def _draw_year(
    draws: Draws,
    number: int,
    alive: np.ndarray,
    begin: np.ndarray,
    due: np.ndarray,
    arr: np.ndarray,
    churn: np.ndarray,
    expand: np.ndarray,
) -> _Year:
    """Draw one contract year: most of those who leave do so at its end, a few in between."""
    n = len(begin)
    churns = draws.chance(f"churn {number}", churn, n)
    mid_term = churns & draws.chance(f"mid-term {number}", _MID_TERM_SHARE, n)
    mid_day = begin + draws.integers(f"mid-term day {number}", 60, 320, n)
    expands = ~churns & draws.chance(f"expand {number}", expand, n)
    share = 0.15 + 0.35 * draws.uniform(f"expand by {number}", n)
    reason = draws.pick(f"churn reason {number}", CHURN_REASONS, n, (0.34, 0.2, 0.18, 0.14, 0.06, 0.08))
    return _Year(
        number,
        alive,
        begin,
        due,
        arr,
        churns,
        np.where(mid_term, mid_day, due),
        np.where(churns, reason, "renewed"),
        expands,
        begin + draws.integers(f"expand day {number}", 70, 270, n),
        np.maximum(np.rint(arr * share / 100) * 100, 100).astype(np.int64),
    )


def _renewed_arr(draws: Draws, year: _Year) -> np.ndarray:
    """Return next year's ARR: add-ons included, a price rise for most, fewer seats for some."""
    n = len(year.arr)
    factor = np.where(draws.chance(f"shrink {year.number}", 0.07, n), 0.8, 1.03)
    return np.maximum(np.rint((year.arr + year.added * year.expands) * factor / 10) * 10, 100).astype(np.int64)


def _periods(year: _Year, account: np.ndarray) -> pd.DataFrame:
    """Return the year's base period of each customer, and the add-on that ends with it."""
    on, more = year.alive, year.alive & year.expands
    return pd.DataFrame(
        {
            "account": np.concatenate([account[on], account[more]]),
            "started": np.concatenate([year.begin[on], year.added_at[more]]),
            "ended": np.concatenate([year.end[on], year.due[more]]),
            "arr": np.concatenate([year.arr[on], year.added[more]]),
            "end_reason": np.concatenate([year.reason[on], year.reason[more]]),
        }
    )


def _renewals(draws: Draws, year: _Year, account: np.ndarray) -> pd.DataFrame:
    """Return a renewal deal for everybody who reaches the end of the year."""
    n, on = len(account), year.alive & (year.end >= year.due)
    created = workday_before(year.due - draws.integers(f"renewal created {year.number}", 60, 90, n))
    closed = workday_before(year.due - draws.integers(f"renewal closed {year.number}", 0, 14, n))
    return pd.DataFrame(
        {
            "account": account[on],
            "kind": "renewal",
            "outcome": np.where(year.churns, "lost", "won")[on],
            "created": created[on],
            "closed": np.where(year.churns, year.due, closed)[on],
            "amount": year.arr[on],
            "loss_reason": np.where(year.churns, year.reason, "")[on],
        }
    )


def _expansions(draws: Draws, year: _Year, account: np.ndarray) -> pd.DataFrame:
    """Return the expansion deals won, and a few that were lost."""
    n = len(account)
    lost = ~year.expands & ~year.churns & draws.chance(f"expansion lost {year.number}", 0.07, n)
    on = year.alive & (year.expands | lost)
    return pd.DataFrame(
        {
            "account": account[on],
            "kind": "expansion",
            "outcome": np.where(lost, "lost", "won")[on],
            "created": workday_before(year.added_at - 35)[on],
            "closed": workday_before(year.added_at)[on],
            "amount": year.added[on],
            "loss_reason": np.where(lost, "price", "")[on],
        }
    )


def _won_back(
    draws: Draws, account: np.ndarray, ended: np.ndarray, amount: np.ndarray
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the later relationships of a few customers that had left, and the deals that brought them back."""
    n = len(account)
    restart = np.where(ended < NEVER, ended, 0) + draws.integers("won back after", 120, 420, n)
    on = (ended < NEVER) & draws.chance("won back", 0.06, n)
    start, who, value = restart[on], account[on], amount[on]
    periods = pd.DataFrame(
        {"account": who, "started": start, "ended": add_months(start, 12), "arr": value, "end_reason": "budget cut"}
    )
    deals = pd.DataFrame(
        {"account": who, "kind": "new", "outcome": "won", "created": workday_before(start - 40)}
        | {"closed": workday_before(start - 2), "amount": value, "loss_reason": ""}
    )
    return periods, deals
