"""Tables to cohort: the order of the steps, and what a reader must know of them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from icp_ml.cohort.asof import DEAL_NUMBERS, DEAL_TEXTS, Records, records_by
from icp_ml.cohort.cohort import Cohort
from icp_ml.cohort.costs import cost_to_serve, signals_at_risk, summarise_signals
from icp_ml.cohort.decisions import account_status, decide
from icp_ml.cohort.known import attributes_known, rows_known
from icp_ml.cohort.money import arr_path
from icp_ml.cohort.pull import measure_pull
from icp_ml.cohort.reading import counts_of, left_out, notes_on
from icp_ml.cohort.relationships import follow_customers, number_relationships
from icp_ml.config.schema import Config
from icp_ml.tables.tables import Tables


def build_cohort(tables: Tables, config: Config) -> Cohort:
    """Return who is counted, what was known of them at the decision, and what happened to them.

    Parameters
    ----------
    tables : Tables
        Checked tables; nothing dated after ``tables.as_of`` is used.
    config : Config
        Attributes, outcomes, pull and costs.

    Returns
    -------
    Cohort
        One row an account, in input order.

    Raises
    ------
    ConfigError
        If a pull part names an opportunity behaviour there is none of.
    """
    records = records_by(tables, config)
    n, horizon, grace = len(records.ids), config.outcomes.churn_horizon_months, config.outcomes.grace_days
    periods = None if records.periods is None else number_relationships(records.periods, grace)
    customers = follow_customers(periods, n, records.as_of, grace, config.covers_from)
    decisions = decide(records.deals, customers["started_at"])
    deal = _deciding_deal(records.deals, decisions["deal"].to_numpy())
    at_risk = signals_at_risk(records.signals, customers, horizon)
    # Without contract periods the close of a won deal is the best known start; pull is all that is measured from it.
    start = customers["started_at"] if periods is not None else _won_close(decisions)
    pull, pull_notes = measure_pull(config.pull, deal, records.signals, start, records.as_of)
    attributes, latest, unknown = attributes_known(records, tables, config, decisions)
    accounts = pd.concat(
        [
            _identity(records, tables, decisions, customers, periods is not None),
            customers.drop(columns=["followed_to", "observed_from"]),
            arr_path(periods, customers, horizon, records.as_of, grace),
            deal.drop(columns=["opportunity_id"]),
            pull,
            cost_to_serve(at_risk, config.economics.signal_costs, customers, horizon),
        ],
        axis=1,
    )
    accounts = accounts.assign(open_pipeline=_open_pipeline(records.deals, n), opportunity_id=deal["opportunity_id"])
    accounts = accounts.assign(left_out=left_out(accounts)).set_axis(records.ids)
    return Cohort(
        accounts=accounts,
        attributes=attributes,
        latest=latest,
        horizon=horizon,
        as_of=tables.as_of,
        follow_up_until=tables.as_of - dt.timedelta(days=grace),
        has_wins=bool({"won", "lost"} <= set(accounts["outcome"].dropna())),
        has_churn=bool(accounts["is_customer"].any()),
        currency=tables.currency,
        counts={**counts_of(accounts, decisions["by_start"]), **records.counts, "unknown_at_decision": unknown},
        notes=(*notes_on(records, config, accounts, unknown), *pull_notes),
        signals=summarise_signals(at_risk, records.ids),
    )


def _identity(
    records: Records, tables: Tables, decisions: pd.DataFrame, customers: pd.DataFrame, measured: bool
) -> pd.DataFrame:
    """Name, status and decision of each account."""
    n, started_at = len(decisions), customers["started_at"]
    last = rows_known(records, np.full(n, records.as_of), undated=True)
    named = tables.accounts["name"].astype("str") if "name" in tables.accounts else pd.Series(dtype="str")
    return pd.DataFrame(
        {
            "name": named.reset_index(drop=True).reindex(last).array,
            "status": pd.array(account_status(records.deals, started_at, decisions["outcome"]), dtype="str"),
            "outcome": decisions["outcome"],
            "decided_at": decisions["decided_at"],
            "closed_at": decisions["closed_at"],
            "won_without_period": (decisions["outcome"] == "won") & started_at.isna() & measured,
        }
    )


def _deciding_deal(deals: pd.DataFrame | None, position: np.ndarray) -> pd.DataFrame:
    """Texts and numbers of the deal at each position, missing for -1."""
    numbers = ("cycle_days", *DEAL_NUMBERS)
    if deals is None:
        absent = pd.DataFrame(np.nan, index=range(len(position)), columns=[*numbers, *DEAL_TEXTS])
        return absent.astype(dict.fromkeys(DEAL_TEXTS, "str"))
    return deals[[*numbers, *DEAL_TEXTS]].reindex(position).reset_index(drop=True)


def _won_close(decisions: pd.DataFrame) -> pd.Series:
    """Close of the deciding deal where it was won."""
    return decisions["closed_at"].where(decisions["outcome"] == "won")


def _open_pipeline(deals: pd.DataFrame | None, n: int) -> np.ndarray:
    """Amount of each account's open deals; unknown amounts add nothing."""
    if deals is None:
        return np.zeros(n)
    amount = deals["amount"].where(deals["outcome"] == "open", 0.0).fillna(0.0)
    return np.bincount(deals["account"].to_numpy(), weights=amount.to_numpy(), minlength=n).astype(float)
