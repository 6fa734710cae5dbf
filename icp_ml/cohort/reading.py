"""How to read a cohort: why an account is left out, what was counted, what must be known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.cohort.asof import Records
from icp_ml.cohort.coverage import partly_on_record
from icp_ml.config.schema import Config

NOT_FOLLOWED = "no follow-up yet: started within the grace days before as_of; in no churn rate"
NEVER_AT_RISK = "ended before covers_from; in no churn rate"
WITHOUT_PERIOD = "won without a contract period; in no churn rate"


def left_out(accounts: pd.DataFrame) -> pd.Series:
    """Return why each account is in no win rate or in no churn rate, missing for those in all that apply."""
    undecided, status = accounts["outcome"].isna(), accounts["status"]
    followed = accounts["is_customer"] | accounts["started_at"].isna()
    reasons = np.select(
        [
            undecided & (status == "open"),
            undecided & (status == "refused"),
            undecided & (status == "customer"),
            undecided,
            accounts["won_without_period"],
            ~followed & (accounts["entry_months"] > 0),
            ~followed,
        ],
        [
            "open: nothing decided yet",
            "declined by us, which is no loss",
            "no new deal and no contract period decided it",
            "never worked",
            WITHOUT_PERIOD,
            NEVER_AT_RISK,
            NOT_FOLLOWED,
        ],
        "",
    )
    return pd.Series(reasons, index=accounts.index, dtype="str").mask(reasons == "")


def counts_of(accounts: pd.DataFrame, by_start: pd.Series) -> dict[str, int]:
    """Return how many accounts are of each kind, and how many were handled in a special way."""
    outcome, customer = accounts["outcome"], accounts["is_customer"]
    undecided = accounts.loc[outcome.isna().to_numpy(), "status"]
    return {
        "accounts": len(accounts),
        "won": int((outcome == "won").sum()),
        "lost": int((outcome == "lost").sum()),
        "open": int((undecided == "open").sum()),
        "refused": int((undecided == "refused").sum()),
        "never_worked": int((undecided == "never worked").sum()),
        "customers": int(customer.sum()),
        "churned": int((customer & accounts["churned"]).sum()),
        "won_back": int(accounts["won_back"].sum()),
        "won_without_period": int(accounts["won_without_period"].sum()),
        "not_followed_yet": int((accounts["left_out"] == NOT_FOLLOWED).sum()),
        "entered_late": int((customer & (accounts["entry_months"] > 0)).sum()),
        "never_at_risk": int((accounts["left_out"] == NEVER_AT_RISK).sum()),
        "dated_by_start": int(by_start.sum()),
    }


def notes_on(records: Records, config: Config, accounts: pd.DataFrame, unknown: int) -> list[str]:
    """Return what a reader of the results must know, as sentences."""
    notes = []
    if not records.dated:
        notes.append(
            "accounts has no observed_at: attributes are a snapshot, not what was known at each decision; "
            "values that changed after it may leak"
        )
    if unknown:
        notes.append(f"{unknown} decided accounts had no row observed by their decision; their attributes are missing")
    if records.deals is None:
        notes.append("there are no opportunities: winning was not measured")
    elif not (accounts["outcome"] == "lost").any():
        notes.append("no lost deal is on record: winning was not measured")
    elif not (accounts["outcome"] == "won").any():
        notes.append("no won deal is on record: winning was not measured")
    if records.periods is None:
        notes.append("there are no subscriptions: churn was not measured")
    late = int((accounts["is_customer"] & (accounts["entry_months"] > 0)).sum())
    if late:
        notes.append(
            f"{late} customers of before {config.covers_from} enter the risk set on that day, since only survivors "
            "from before it are on record"
        )
    return notes + partly_on_record(accounts, config.outcomes.churn_horizon_months)
