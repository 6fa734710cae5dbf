"""Small CRM worlds with known truth, made as a cohort directly."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Config

INDUSTRIES = ["b2b_saas", "fintech", "agency", "retail", "media", "health"]
ATTRIBUTES = {
    "employee_count": {"type": "number", "unit": "people"},
    "industry": {"type": "category"},
    "has_revops": {"type": "boolean"},
    "noise_number": {"type": "number"},
    "noise_level": {"type": "category"},
    "tech_stack": {"type": "tags"},
}


def world(
    seed: int,
    accounts: int = 3000,
    churn_in: float = 0.5,
    churn: float = 0.1,
    win_in: float | None = None,
    win: float = 0.4,
    wins: bool = True,
    keeping: bool = True,
) -> tuple[Cohort, np.ndarray]:
    """Return a cohort in which agencies under 50 people churn (and win) differently, and who they are."""
    rng = np.random.default_rng(seed)
    frame = _frame(rng, accounts)
    bad = ((frame["industry"] == "agency") & (frame["employee_count"] < 50)).to_numpy()
    won = rng.random(accounts) < np.where(bad, win if win_in is None else win_in, win)
    decided = pd.Timestamp("2022-07-01") + pd.to_timedelta(rng.integers(0, 1300, accounts), unit="D")
    months = np.maximum((pd.Timestamp("2026-06-01") - decided).days.to_numpy() / 30.4375, 0.1)
    ends = np.where(rng.random(accounts) < np.where(bad, churn_in, churn), 12.0, 999.0)
    left = pd.Series(decided + pd.DateOffset(months=12)).where(won & (ends <= months))
    table = pd.DataFrame(
        {
            "name": "Acme", "status": np.where(won, "customer", "lost"), "outcome": np.where(won, "won", "lost"),
            "decided_at": decided, "closed_at": decided, "started_at": pd.Series(decided).where(won), "ended_at": left,
            "is_customer": won & keeping, "entry_months": np.where(won, 0.0, np.nan),
            "follow_up_months": np.where(won, np.minimum(ends, months), np.nan),
            "churned": won & keeping & (ends <= months), "won_without_period": won & (not keeping),
            "arr_start": np.where(won, 1000.0, np.nan), "arr_now": np.where(won & (ends > months), 1000.0, 0.0),
            "open_pipeline": 0.0, "cost_to_serve": np.nan, "pull_score": np.nan, "owner": "Kim", "territory": "North",
        }
    )  # fmt: skip
    table.index = frame.index = pd.Index([f"A{i}" for i in range(accounts)], name="account_id")
    if not wins:
        table, frame, bad = table[won], frame[won], bad[won]
    return Cohort(table, frame, frame, 12, dt.date(2026, 6, 30), dt.date(2026, 5, 31), wins, keeping, "EUR"), bad


def _frame(rng: np.random.Generator, n: int) -> pd.DataFrame:
    stack = [("crm",) if x < 0.3 else ("crm", "zendesk") if x < 0.5 else () for x in rng.random(n)]
    return pd.DataFrame(
        {
            "employee_count": np.round(rng.lognormal(4.0, 1.0, n)),
            "industry": rng.choice(INDUSTRIES, n),
            "has_revops": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "noise_number": np.round(rng.normal(50, 10, n), 1),
            "noise_level": rng.choice(list("pqrs"), n),
            "tech_stack": pd.Series(stack, dtype=object),
        }
    )


def config(**more: object) -> Config:
    """Return the config of a world."""
    return Config.model_validate({"name": "world", "source": {"folder": "."}, "attributes": ATTRIBUTES, **more})
