"""Recurring revenue along a relationship, and what is left of it at the horizon."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.cohort.asof import stamps
from icp_ml.cohort.months import add_months, to_days

_NONE = np.datetime64("NaT", "D")


def arr_path(
    periods: pd.DataFrame | None, customers: pd.DataFrame, horizon: int, as_of: np.datetime64, grace_days: int
) -> pd.DataFrame:
    """Return recurring revenue at the start, at the horizon and now, with gross and net retention at the horizon.

    ``grr = min(arr_horizon, arr_start) / arr_start`` and ``nrr = arr_horizon / arr_start`` of the first relationship,
    both 0 for a customer churned by the horizon. A win-back undoes nothing here; it counts in ``arr_now`` only.

    Parameters
    ----------
    periods : DataFrame or None
        Numbered periods.
    customers : DataFrame
        Of :func:`icp_ml.cohort.relationships.follow_customers`.
    horizon : int
        Calendar months.
    as_of : datetime64[D]
        Last day covered.
    grace_days : int
        Days after an end within which a renewal may still come.

    Returns
    -------
    DataFrame
        ``horizon_passed`` : bool, the horizon lies within follow-up whatever happened: a mean of ``grr`` or ``nrr``
        over these is not biased by churn being known sooner than keeping.
        ``arr_start``, ``arr_horizon``, ``arr_now``, ``grr``, ``nrr`` : float, NaN where unknown. ``arr_horizon`` only
        where the horizon was reached in follow-up or churn came before; ``arr_now`` is 0 once all is over, NaN while a
        renewal may still come. ``period_end`` : datetime64[ns], last end of the periods in force now, NaT if open.
    """
    n = len(customers)
    if periods is None:
        figures = pd.DataFrame(np.nan, index=range(n), columns=["arr_start", "arr_horizon", "arr_now", "grr", "nrr"])
        figures.insert(0, "horizon_passed", False)
        return figures.assign(period_end=stamps(np.full(n, _NONE)))
    started = to_days(customers["started_at"])
    first = periods[periods["relationship"] == 0]
    at_start = _total(first[to_days(first["started"]) == started[first["account"].to_numpy()]], n)
    months, churned = customers["follow_up_months"].to_numpy(), customers["churned"].to_numpy(dtype=bool)
    lost = churned & (months <= horizon)
    reached = ~lost & (months >= horizon)
    at_horizon = arr_on(first, np.where(reached, add_months(started, horizon), _NONE))
    at_horizon = np.where(lost, 0.0, at_horizon)
    kept = np.divide(at_horizon, at_start, out=np.full(n, np.nan), where=at_start > 0)
    net = np.where(lost, 0.0, kept)
    now, period_end = _now(periods, n, as_of, grace_days)
    return pd.DataFrame(
        {
            "horizon_passed": add_months(started, horizon) <= as_of - np.timedelta64(grace_days, "D"),
            "arr_start": at_start,
            "arr_horizon": at_horizon,
            "arr_now": now,
            "grr": np.minimum(net, 1.0),
            "nrr": net,
            "period_end": stamps(period_end),
        }
    )


def arr_on(periods: pd.DataFrame, day: np.ndarray) -> np.ndarray:
    """Return each account's recurring revenue in force on a day.

    A period counts from its start to the day before its end, so that a renewal on the day of the end is not counted
    twice; overlapping periods add. On a day in a gap between two periods, the periods that close the gap count.

    Parameters
    ----------
    periods : DataFrame
        ``account``, ``started``, ``ended``, ``arr``.
    day : ndarray of datetime64[D], shape (n_accounts,)
        The day for each account, NaT for those not asked for.

    Returns
    -------
    ndarray of float, shape (n_accounts,)
        NaN where nothing is in force then or later, or where an amount in force is unknown.
    """
    account = periods["account"].to_numpy()
    on, started = day[account], to_days(periods["started"])
    in_force = _in_force(periods, on)
    uncovered = (started > on) & ~np.isin(account, account[in_force])
    later = pd.Series(stamps(np.where(uncovered, started, _NONE)))
    next_start = to_days(later.groupby(account).transform("min"))
    return _total(periods[in_force | (started == next_start)], len(day))


def _in_force(periods: pd.DataFrame, on: np.ndarray) -> np.ndarray:
    """Tell which periods run on the day given for each."""
    ended = to_days(periods["ended"])
    return (to_days(periods["started"]) <= on) & (np.isnat(ended) | (ended > on))


def _total(periods: pd.DataFrame, n: int) -> np.ndarray:
    """Sum of the amounts by account; NaN where there is no period or an amount is missing."""
    account = periods["account"].to_numpy()
    total = np.bincount(account, weights=periods["arr"].to_numpy(), minlength=n)
    return np.where(np.bincount(account, minlength=n) > 0, total, np.nan)


def _now(periods: pd.DataFrame, n: int, as_of: np.datetime64, grace_days: int) -> tuple[np.ndarray, np.ndarray]:
    """Revenue in force at ``as_of`` and when it ends."""
    running = periods[_in_force(periods, np.full(len(periods), as_of))]
    ends = to_days(periods["ended"])
    # Ended long enough ago that no renewal can still count as uninterrupted.
    settled = np.isnat(ends) | (ends <= as_of - np.timedelta64(grace_days, "D"))
    waiting = np.isin(np.arange(n), periods["account"].to_numpy()[~settled])
    any_period = np.isin(np.arange(n), periods["account"].to_numpy())
    now = _total(running, n)
    over = any_period & ~np.isin(np.arange(n), running["account"].to_numpy()) & ~waiting
    open_ended = running.loc[running["planned_end"].isna(), "account"]
    end = running.groupby("account")["planned_end"].max().reindex(range(n))
    end = end.mask(end.index.isin(open_ended))
    return np.where(over, 0.0, now), to_days(end)
