"""What pursuing an opportunity earned: the one definition by which releases are compared in money.

The net margin of an opportunity that was pursued is

    gross margin x the yearly revenue the customer still paid at the horizon - what serving it cost until then
    - the cost of pursuing one opportunity,

its first two terms being 0 where the deal was lost. An opportunity that a release refuses (tier red) earns and costs
nothing. So the mean over all decided accounts is what a release earns for each opportunity that comes along.

The revenue is what is still paid at the horizon, not what came in until then: under annual contracts everybody pays the
first year, so that whoever leaves on the anniversary would look as good as whoever stays. It is the meaning that
``opportunity_value`` of a segment and the models' profit have. What came in until the horizon is given beside it
(``received``), and decides nothing.

Customers followed for less than the horizon are censored: dropping them, or the lost deals of their time, would each
tilt the answer. Every customer whose state at the horizon is known counts for those like it that are not, by the
inverse probability of censoring. A customer of unknown revenue is represented by the others in the same way.
The horizon is never shortened: over a few months nobody would earn back what pursuing costs, and refusing would always
look right.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.cohort.months import add_months, to_days
from icp_ml.config.schema import Economics
from icp_ml.survival import ipcw_weights

LEAST_FOLLOWED = 30
"""Customers followed to the horizon, without whom nothing is said; the contract asks as many of a churn rate."""
LEAST_KNOWN = 0.8
"""Share of the won whose revenue must be known: the others are rarely missing by chance."""


@dataclass(frozen=True)
class Margins:
    """What each decided account earned, pursued.

    Parameters
    ----------
    net : ndarray of float, shape (n_accounts,)
        Net margin, in the reporting currency, times the weight with which the customer counts.
    received : ndarray of float, shape (n_accounts,)
        The same with the revenue that came in until the horizon.
    followed : int
        Customers followed to the horizon or to churn before it.
    without : tuple of str
        Costs that are not known and count as none.
    """

    net: np.ndarray
    received: np.ndarray
    followed: int
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class NoMargins:
    """Why nothing can be said in money.

    Parameters
    ----------
    reason : str
        In words.
    keys : tuple of str
        Config keys that are missing.
    ready_on : date or None
        When enough customers will have been followed, if all stay.
    """

    reason: str
    keys: tuple[str, ...] = ()
    ready_on: dt.date | None = None


def net_margins(cohort: Cohort, which: np.ndarray, economics: Economics | None) -> Margins | NoMargins:
    """Return what pursuing each of some decided accounts earned, or why that is not known.

    Parameters
    ----------
    cohort : Cohort
        Who was decided, and what happened to them.
    which : ndarray of bool, shape (n_accounts,)
        The decided accounts to look at.
    economics : Economics or None
        Gross margin, cost of pursuing one opportunity, cost of signals.

    Returns
    -------
    Margins or NoMargins
        Arrays are in the order of the chosen accounts.

    References
    ----------
    Bang and Tsiatis (2000), doi:10.1093/biomet/87.2.329: the simple weighted estimator of a mean under censoring.
    """
    if economics is None or economics.acquisition_cost is None:
        return NoMargins("the config does not say what pursuing one opportunity costs", ("economics.acquisition_cost",))
    accounts = cohort.accounts[which]
    won = (accounts["outcome"] == "won").to_numpy(dtype=bool)
    time, churned = accounts["follow_up_months"].to_numpy(dtype=float), accounts["churned"].to_numpy(dtype=bool)
    known = _known(accounts, time, churned, cohort.horizon)
    if reason := _too_little(cohort, accounts, won, known, time):
        return reason
    weight = np.zeros(len(accounts))
    weight[known] = ipcw_weights(time[known], churned[known], cohort.horizon) * won.sum() / known.sum()
    served = np.nan_to_num(accounts["service_cost"].to_numpy(dtype=float))
    yearly = economics.gross_margin * accounts["arr_start"].to_numpy(dtype=float)
    kept = accounts["nrr"].to_numpy(dtype=float)
    years = np.minimum(time, cohort.horizon) / 12
    counted = weight > 0
    net, received = (np.full(len(accounts), -economics.acquisition_cost) for _ in range(2))
    net[counted] += (weight * (yearly * kept - served))[counted]
    received[counted] += (weight * (yearly * years - served))[counted]
    without = ("cost to serve",) if accounts["service_cost"].isna().all() else ()
    return Margins(net, received, int(counted.sum()), without)


def _known(accounts: pd.DataFrame, time: np.ndarray, churned: np.ndarray, horizon: int) -> np.ndarray:
    """Return the customers of known revenue, seen from their start."""
    settled = (churned & (time <= horizon)) | (time >= horizon)
    customer = accounts["is_customer"].to_numpy(dtype=bool)
    from_start = (accounts["entry_months"].fillna(0.0) <= 0).to_numpy(dtype=bool)
    paid = (accounts["arr_start"] > 0).to_numpy(dtype=bool)
    return np.asarray(customer & from_start & paid & (~settled | accounts["nrr"].notna().to_numpy()))


def _too_little(
    cohort: Cohort, accounts: pd.DataFrame, won: np.ndarray, known: np.ndarray, time: np.ndarray
) -> NoMargins | None:
    """Return why these accounts do not suffice."""
    reached = int((known & (time >= cohort.horizon)).sum())
    if reached < LEAST_FOLLOWED:
        return NoMargins(
            f"{reached:,} of their {int(known.sum()):,} customers of known revenue have been followed for "
            f"{cohort.horizon} months, and {LEAST_FOLLOWED} are needed",
            ready_on=_ready_on(cohort, accounts[known]),
        )
    if known.sum() < LEAST_KNOWN * won.sum():
        return NoMargins(
            f"what they pay is known of {int(known.sum()):,} of {int(won.sum()):,} won accounts, fewer than "
            f"{LEAST_KNOWN:.0%}"
        )
    return None


def _ready_on(cohort: Cohort, customers: pd.DataFrame) -> dt.date | None:
    """Return the day by which enough customers will have been followed for the horizon, if those who are here stay."""
    here = to_days(customers.loc[~customers["churned"].astype(bool), "started_at"])
    left = customers["churned"].astype(bool) & (customers["follow_up_months"] >= cohort.horizon)
    missing = LEAST_FOLLOWED - int(left.sum())
    if len(here) < missing:
        return None
    reached = np.sort(add_months(here, cohort.horizon))[missing - 1]
    day: dt.date = reached.astype("datetime64[D]").item()
    return day + (cohort.as_of - cohort.follow_up_until)
