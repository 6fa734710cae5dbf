"""Deals and customers for the tests of the estimators."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.models.settings import BoosterSettings

KINDS = ("boosted", "logistic")
FEW = BoosterSettings(rounds=(10, 30))


def deal_data() -> tuple[pd.DataFrame, np.ndarray]:
    """Of every type a frame may hold; won by sector and tool, against a chance of 0.5."""
    rng = np.random.default_rng(1)
    sector, tool, n = rng.choice(["a", "b", "c"], 600), rng.random(600) < 0.4, 600
    frame = pd.DataFrame(
        {
            "size": np.where(rng.random(n) < 0.1, np.nan, rng.lognormal(4, 1, n)),
            "sector": pd.Series(sector, dtype="str").where(rng.random(n) > 0.05).to_numpy(),
            "region": pd.Categorical(rng.choice(["n", "s"], n)),
            "band": pd.Categorical(rng.choice(["small", "large"], n), categories=["small", "large"], ordered=True),
            "known": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "tools": [("jira", "sap") if has else ("sap",) for has in tool],
        },
        index=[f"A{i}" for i in range(n)],
    )
    return frame, rng.random(n) < 1 / (1 + np.exp(-(2.0 * (sector == "a") + 1.5 * tool - 1.2)))


def churn_data(n: int = 600, seed: int = 2) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Exponential times, mean 12 months with the flag and 48 without, followed for up to 24 months: event and time."""
    rng = np.random.default_rng(seed)
    flag = rng.random(n) < 0.5
    left, seen = rng.exponential(np.where(flag, 12.0, 48.0)), rng.uniform(0.5, 24, n)
    frame = pd.DataFrame({"flag": flag, "noise": rng.normal(size=n)})
    return frame, left <= seen, np.minimum(left, seen)


def outcomes(event, time, entry=None) -> np.ndarray:
    """Follow-up as a structured array."""
    columns = {"event": event, "time": time} | ({} if entry is None else {"entry": entry})
    return pd.DataFrame(columns).to_records(index=False)
