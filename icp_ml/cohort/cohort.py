"""Who is counted, what was known when, and what happened to them: one row an account. Contract, section 1."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Cohort:
    """One row an account of the input, in input order; both frames are indexed by ``account_id``.

    Parameters
    ----------
    accounts : DataFrame
        ``name`` : text or missing.
        ``status`` : ``customer`` (has or had a contract), ``lost``, ``open`` (a deal is open, nothing decided) or
        ``never worked``. An account whose only closed deals were refused is ``refused``.
        ``outcome`` : ``won``, ``lost`` or missing. Decided accounts are those with an outcome.
        ``decided_at`` : datetime64, the day whose knowledge counts; ``closed_at`` : the deciding deal's close.
        ``opportunity_id`` : the deciding deal, missing where a subscription decided.
        ``started_at`` : start of the first relationship, NaT if none. ``ended_at`` : its end if churned, else NaT.
        ``is_customer`` : bool, has a first relationship whose follow-up can be counted.
        ``entry_months`` : float, months after the start at which the customer enters the risk set (0 unless
        ``covers_from``); ``follow_up_months`` : float, calendar months from start to churn or censoring, an anniversary
        being a whole number; ``follow_up_days`` : float; ``churned`` : bool, churn seen (at ``follow_up_months``).
        ``won_without_period`` : bool. ``won_back`` : bool, a later relationship followed.
        ``arr_start``, ``arr_horizon``, ``arr_now`` : float, NaN where unknown (``arr_horizon`` only where the horizon
        was reached in follow-up). ``grr``, ``nrr`` : float at the horizon, 0 for churned by then, NaN where unknown.
        ``horizon_passed`` : bool, the horizon lies within follow-up whatever happened; take means of ``grr`` and
        ``nrr`` over these, since elsewhere only churn is known.
        ``cycle_days``, ``discount_pct``, ``amount``, ``services_amount`` : float, of the deciding deal.
        ``owner``, ``territory``, ``source``, ``loss_reason``, ``competitor`` : text, of the deciding deal.
        ``pull_score`` : float 0..1, ``pull`` : float 1..5, NaN where unmeasured.
        ``cost_to_serve`` : float a year at risk within the horizon, NaN where no signal has a cost; ``service_cost``
        and ``years_at_risk`` are its two parts, so that a group's figure is the ratio of their sums.
        ``periods`` : int, contract periods of the first relationship.
        ``open_pipeline`` : float, amount of open deals. ``period_end`` : end of the present period or NaT.
        ``left_out`` : text, why the account is in no rate, or missing.
    attributes : DataFrame
        Each attribute as known at the decision (missing where nothing was known by then); undecided accounts as known
        last. Typed as :mod:`icp_ml.conditions` says.
    latest : DataFrame
        Each attribute as known last, for scoring.
    horizon : int
        Churn horizon in calendar months.
    as_of, follow_up_until : date
        Last day covered, and that less the grace days.
    has_wins, has_churn : bool
        Whether lost and won deals exist to compare, and whether customers exist to follow.
    currency : str or None
        Reporting currency.
    counts : dict
        Counts of what was handled or left out.
    notes : tuple of str
        What a reader of the results must know, for instance that snapshots were used.
    signals : DataFrame or None
        ``count``, ``sum`` and ``mean`` of each signal in a customer's time at risk within the horizon, indexed by
        ``account_id`` and ``signal``; None where there is no such table.
    """

    accounts: pd.DataFrame
    attributes: pd.DataFrame
    latest: pd.DataFrame
    horizon: int
    as_of: dt.date
    follow_up_until: dt.date
    has_wins: bool
    has_churn: bool
    currency: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    signals: pd.DataFrame | None = None

    @property
    def decided(self) -> np.ndarray:
        """Which accounts were won or lost, shape (n_accounts,), bool."""
        return self.accounts["outcome"].notna().to_numpy()

    @property
    def customers(self) -> np.ndarray:
        """Which accounts are customers whose keeping is measured, shape (n_accounts,), bool."""
        return self.accounts["is_customer"].to_numpy(dtype=bool)
