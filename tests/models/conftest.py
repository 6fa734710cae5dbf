"""Simulated cohorts with known chances of churn and of winning."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.cohort import Cohort
from icp_ml.cohort.months import add_months, months_between
from icp_ml.config.schema import Config
from icp_ml.models import Models, fit_models

sys.path.insert(0, str(Path(__file__).parent))

AS_OF = np.datetime64("2026-06-30")
FOLLOWED_UNTIL = AS_OF - np.timedelta64(30, "D")


@dataclass(frozen=True)
class World:
    """A cohort, its config, and each account's true chance to churn within 12 months and to win."""

    cohort: Cohort
    config: Config
    churn: np.ndarray
    win: np.ndarray


def _attributes(n: int, rng: np.random.Generator) -> pd.DataFrame:
    tools = np.array(["jira", "sap", "zendesk"])
    return pd.DataFrame(
        {
            "employees": np.exp(rng.normal(4, 1.2, n)),
            "industry": pd.Series([f"i{k}" for k in rng.integers(0, 6, n)], dtype="str").to_numpy(),
            "has_revops": pd.array(rng.random(n) < 0.4, dtype="boolean"),
            "tech": [tuple(tools[rng.random(3) < 0.4]) for _ in range(n)],
            "noise": rng.normal(size=n),
        },
        index=pd.Index([f"A{i}" for i in range(n)], name="account_id"),
    )


def simulate(n: int = 1500, seed: int = 0, effect: float = 1.0, days: int = 1460) -> World:
    """Proportional hazards with a jump at each anniversary; deals spread over the last ``days``."""
    rng = np.random.default_rng(seed)
    frame = _attributes(n, rng)
    size, revops = frame["employees"].to_numpy(), frame["has_revops"].to_numpy(dtype=bool)
    # Too small and too large churn more: trees see it, the linear baseline does not.
    risk = np.exp(effect * (1.6 * ((size < 30) | (size > 150)) - 0.8 * revops))
    chance = 1 / (1 + np.exp(-(0.2 + effect * (1.0 * revops - 1.0 * (frame["industry"] == "i3").to_numpy()))))
    created = AS_OF - rng.integers(1, days, n).astype("timedelta64[D]")
    closed = created + rng.integers(5, 60, n).astype("timedelta64[D]")
    won, decided = rng.random(n) < chance, closed <= AS_OF
    survival = np.cumprod(np.exp(-np.where(np.arange(1, 121) % 12 == 0, 0.18, 0.006) * risk[:, None]), axis=1)
    months = (survival > rng.random(n)[:, None]).sum(axis=1) + 1
    start = np.where(won & decided, closed, np.datetime64("NaT")).astype("datetime64[D]")
    end, seen = add_months(start, months), months_between(start, FOLLOWED_UNTIL)
    customer = won & decided & (closed < FOLLOWED_UNTIL)
    churned = customer & (end <= FOLLOWED_UNTIL)
    accounts = pd.DataFrame(
        {
            "status": np.where(~decided, "open", np.where(won, "customer", "lost")),
            "outcome": pd.Series(np.where(won, "won", "lost"), dtype="str").where(decided).to_numpy(),
            "decided_at": created.astype("datetime64[ns]"),
            "closed_at": np.where(decided, closed, np.datetime64("NaT")).astype("datetime64[ns]"),
            "started_at": start.astype("datetime64[ns]"),
            "ended_at": np.where(churned, end, np.datetime64("NaT")).astype("datetime64[ns]"),
            "is_customer": customer,
            "entry_months": 0.0,
            "follow_up_months": np.where(customer, np.where(churned, months, seen), np.nan),
            "churned": churned,
        },
        index=frame.index,
    )
    until = dt.date(2026, 5, 31)
    cohort = Cohort(accounts, frame, frame, 12, dt.date(2026, 6, 30), until, has_wins=True, has_churn=True)
    return World(cohort, _config(), 1 - survival[:, 11], chance)


def _config() -> Config:
    types = {"employees": "number", "industry": "category", "has_revops": "boolean", "tech": "tags", "noise": "number"}
    return Config.model_validate(
        {"name": "t", "source": {"folder": "."}, "attributes": {name: {"type": kind} for name, kind in types.items()}}
    )


@pytest.fixture(name="simulate", scope="session")
def simulate_fixture() -> Callable[..., World]:
    return simulate


@pytest.fixture(scope="session")
def world() -> World:
    return simulate()


@pytest.fixture(scope="session")
def fitted(world: World) -> Models:
    return fit_models(world.cohort, world.config, list(world.config.attributes))
