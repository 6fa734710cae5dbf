"""Simulated cohorts with known truth."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Config
from icp_ml.models.types import Models
from icp_ml.segments import SegmentsResult, discover_segments

sys.path.insert(0, str(Path(__file__).parent))

ATTRIBUTES = {
    "employee_count": {"type": "number", "unit": "people"},
    "revenue_m": {"type": "number"},
    "founded_year": {"type": "number"},
    "industry": {"type": "category"},
    "region": {"type": "category"},
    "has_revops": {"type": "boolean"},
    "is_b2b": {"type": "boolean"},
    "tech_stack": {"type": "tags"},
    "noise_a": {"type": "number"},
    "noise_b": {"type": "category"},
}


_DEAL_TEXTS = ("source", "loss_reason", "competitor")


def make_config(**sections: object) -> Config:
    base = {
        "name": "acme",
        "source": {"folder": "."},
        "attributes": ATTRIBUTES,
        "pull": [{"signal": "usage"}],
        "economics": {"gross_margin": 0.8, "acquisition_cost": 2000},
    }
    return Config.model_validate({**base, **sections})


def planted(frame: pd.DataFrame) -> np.ndarray:
    """Return the true cell of each account: 1 loves the product, 2 churns, 3 wins easily and churns, 0 the rest."""
    size = frame["employee_count"].to_numpy()
    one = (size >= 50) & (size <= 500) & frame["has_revops"].fillna(False).to_numpy(dtype=bool)
    two = frame["industry"].isin(["retail", "media"]).to_numpy()
    three = (size < 40) & (frame["is_b2b"].fillna(True).to_numpy(dtype=bool))
    return np.select([one & ~two, two, three], [1, 2, 3], 0)


TRUTH = pd.DataFrame(
    {"win": [0.30, 0.50, 0.30, 0.45], "churn": [0.15, 0.05, 0.45, 0.35], "pull": [3.0, 4.2, 2.4, 2.8]},
)


def simulate_attributes(n: int, rng: np.random.Generator) -> pd.DataFrame:
    size = np.round(np.exp(rng.normal(4.6, 1.3, n))).clip(1)
    tags = ["zendesk", "salesforce", "slack", "jira"]
    held = rng.random((n, 4)) < 0.3
    frame = pd.DataFrame(
        {
            "employee_count": size,
            "revenue_m": size * np.exp(rng.normal(-2, 0.4, n)),
            "founded_year": rng.integers(1980, 2023, n).astype(float),
            "industry": rng.choice(["saas", "fintech", "retail", "media", "health", "energy"], n),
            "region": rng.choice(["EU", "NA", "APAC"], n),
            "has_revops": pd.array(rng.random(n) < 0.4, dtype="boolean"),
            "is_b2b": pd.array(rng.random(n) < 0.7, dtype="boolean"),
            "tech_stack": [tuple(t for t, h in zip(tags, row, strict=True) if h) for row in held],
            "noise_a": rng.normal(size=n),
            "noise_b": rng.choice(list("abcdefghijkl"), n),
        },
        index=pd.Index([f"A{i:06d}" for i in range(n)], name="account_id"),
    )
    frame.loc[rng.random(n) < 0.05, "revenue_m"] = np.nan
    frame.loc[rng.random(n) < 0.05, "region"] = np.nan
    return frame


def simulate(n: int, seed: int, structured: bool = True) -> tuple[Cohort, np.ndarray]:
    """Return a cohort and each account's true cell."""
    rng = np.random.default_rng(seed)
    frame = simulate_attributes(n, rng)
    cell = planted(frame) if structured else np.zeros(n, dtype=int)
    won = rng.random(n) < TRUTH["win"].to_numpy()[cell]
    decided = rng.random(n) < 0.9
    start = pd.Timestamp("2022-01-01") + pd.to_timedelta(rng.integers(0, 1400, n), unit="D")
    follow = np.floor((pd.Timestamp("2026-05-31") - start).days / 30.44).to_numpy().astype(float)
    # Churn comes at the first renewal, half of it, or evenly before.
    churns = rng.random(n) < TRUTH["churn"].to_numpy()[cell]
    when = np.where(rng.random(n) < 0.5, 12.0, np.ceil(rng.random(n) * 12))
    customer = won & decided
    churned = churns & (when <= follow) & customer
    months = np.where(churned, when, follow)
    arr = np.exp(rng.normal(9.5, 0.5, n))
    reached = customer & (follow >= 12)
    kept = np.where(churns, 0.0, 1.0)
    nrr = np.where(churns, 0.0, np.exp(rng.normal(0.05, 0.15, n)))
    pull = np.clip(np.round(TRUTH["pull"].to_numpy()[cell] + rng.normal(0, 1, n)), 1, 5)
    nan = np.full(n, np.nan)
    status = np.where(~decided, "open", np.where(won, "customer", "lost"))
    accounts = pd.DataFrame(
        {
            "name": [f"Company {i}" for i in range(n)],
            "status": status,
            "outcome": pd.Series(np.where(won, "won", "lost")).where(decided).to_numpy(),
            "decided_at": start,
            "started_at": pd.Series(start).where(customer).to_numpy(),
            "is_customer": customer,
            "entry_months": 0.0,
            "follow_up_months": np.where(customer, months, np.nan),
            "churned": churned,
            "arr_start": np.where(customer, arr, np.nan),
            "grr": np.where(reached, np.minimum(nrr, kept), np.nan),
            "nrr": np.where(reached, nrr, np.nan),
            "cycle_days": np.where(decided, rng.integers(10, 120, n), np.nan),
            "pull": np.where(customer & (follow >= 6), pull, np.nan),
            "arr_horizon": np.where(reached, arr * nrr, np.nan),
            "discount_pct": nan,
            **{name: pd.Series(np.nan, index=range(n), dtype="str").to_numpy() for name in _DEAL_TEXTS},
            "cost_to_serve": nan,
            "service_cost": nan,
            "years_at_risk": nan,
            "open_pipeline": np.where(decided, 0.0, 1000.0),
        },
        index=frame.index,
    )
    cohort = Cohort(accounts, frame, frame, 12, dt.date(2026, 6, 30), dt.date(2026, 5, 31), True, True, "EUR")
    return cohort, cell


@pytest.fixture(scope="session")
def simulated() -> Callable[..., tuple[Cohort, np.ndarray]]:
    return simulate


@pytest.fixture(scope="session")
def config() -> Config:
    return make_config()


def discovered_in(cohort: Cohort, config: Config, seed: int, **more: object) -> SegmentsResult:
    """Return the segments of a cohort for which no models were trained."""
    models = Models(None, None, {"churn": "not trained here", "win": "not trained here"})
    return discover_segments(cohort, models, config, list(config.attributes), seed, **more)


@pytest.fixture(scope="session")
def discover() -> Callable[..., SegmentsResult]:
    return discovered_in


@pytest.fixture(scope="session")
def discovered(config: Config) -> tuple[Cohort, SegmentsResult]:
    """Return a cohort of 2,000 and what was discovered in it with seed 7: several tests look at the one result."""
    cohort, _ = simulate(2000, 1)
    return cohort, discovered_in(cohort, config, 7)


@pytest.fixture(scope="session")
def truth() -> pd.DataFrame:
    return TRUTH
