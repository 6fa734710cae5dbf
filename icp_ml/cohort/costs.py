"""What signals say of a customer's time at risk: how often, how much, and what it cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.cohort.months import add_months, to_days


def signals_at_risk(signals: pd.DataFrame | None, customers: pd.DataFrame, horizon: int) -> pd.DataFrame | None:
    """Return the signals that fall into each customer's time at risk within the horizon.

    From the start (or the day of late entry) to churn, censoring or the horizon, whichever comes first.

    Parameters
    ----------
    signals : DataFrame or None
        ``account``, ``occurred``, ``signal``, ``value``.
    customers : DataFrame
        Of :func:`icp_ml.cohort.relationships.follow_customers`.
    horizon : int
        Calendar months.

    Returns
    -------
    DataFrame or None
        The rows of ``signals`` that fall inside.
    """
    if signals is None:
        return None
    started = to_days(customers["started_at"])
    until = np.fmin(to_days(customers["followed_to"]), add_months(started, horizon))
    account, occurred = signals["account"].to_numpy(), to_days(signals["occurred"])
    entered = to_days(customers["observed_from"])
    followed = customers["is_customer"].to_numpy(dtype=bool)[account]
    return signals[followed & (occurred >= entered[account]) & (occurred <= until[account])]


def summarise_signals(at_risk: pd.DataFrame | None, ids: pd.Index) -> pd.DataFrame | None:
    """Return ``count``, ``sum`` and ``mean`` of each signal's values, indexed by ``account_id`` and ``signal``.

    A count is of occurrences, with or without a value; sum and mean are NaN where no value is known.
    """
    if at_risk is None:
        return None
    by_signal = at_risk.assign(account_id=ids[at_risk["account"]]).groupby(["account_id", "signal"], sort=True)["value"]
    return pd.DataFrame({"count": by_signal.size(), "sum": by_signal.sum(min_count=1), "mean": by_signal.mean()})


def cost_to_serve(
    at_risk: pd.DataFrame | None, signal_costs: dict[str, float], customers: pd.DataFrame, horizon: int
) -> pd.DataFrame:
    """Return what serving each customer cost within the horizon, and over how many years at risk.

    Parameters
    ----------
    at_risk : DataFrame or None
        Of :func:`signals_at_risk`.
    signal_costs : dict
        Signal: cost of one unit of its value.
    customers : DataFrame
        Of :func:`icp_ml.cohort.relationships.follow_customers`.
    horizon : int
        Calendar months.

    Returns
    -------
    DataFrame
        ``service_cost`` : float, total. ``years_at_risk`` : float. ``cost_to_serve`` : float, their ratio, a year.
        Costs are NaN for accounts not followed and where no signal has a cost; a group's yearly cost is the ratio of
        its sums.
    """
    followed = customers["is_customer"].to_numpy(dtype=bool)
    months = np.minimum(customers["follow_up_months"], horizon) - np.minimum(customers["entry_months"], horizon)
    years = np.where(followed, months / 12, np.nan)
    costs = np.full(len(customers), np.nan)
    if signal_costs and at_risk is not None:
        unit = at_risk["signal"].map(signal_costs).to_numpy(dtype=float)
        # A signal without a cost, or an occurrence without a value, adds nothing.
        spent = np.nan_to_num(unit * at_risk["value"].to_numpy(dtype=float))
        total = np.bincount(at_risk["account"].to_numpy(), weights=spent, minlength=len(customers))
        costs = np.where(followed, total, np.nan)
    yearly = np.divide(costs, years, out=np.full(len(costs), np.nan), where=years > 0)
    return pd.DataFrame({"service_cost": costs, "years_at_risk": years, "cost_to_serve": yearly})
