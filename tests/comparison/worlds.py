"""Small releases and cohorts made by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.comparison.comparing import Entry
from icp_ml.comparison.population import Population
from icp_ml.conditions import Condition, Rule
from icp_ml.config.schema import Attribute, Economics
from icp_ml.release.folder import Release

TYPES = {"size": Attribute(type="number"), "region": Attribute(type="category")}
ECONOMICS = Economics(gross_margin=0.5, acquisition_cost=100.0)


def small(below: float) -> Rule:
    return Rule((Condition("size", "below", below),))


def region(*names: str) -> Rule:
    return Rule((Condition("region", "in", names),))


def criterion(name: str, rule: Rule, kind: str = "exclude", status: str = "proposed", **more: Any) -> dict[str, Any]:
    outcome = "churn_12m" if kind == "exclude" else "won_and_kept_12m"
    evidence = {"outcome": outcome, "n": 10, "events": 5, "rate": 0.5, "rate_elsewhere": 0.3}
    entry = {"id": name, "key": rule.key(), "kind": kind, "status": status, "text": rule.text(), "evidence": evidence}
    return {**entry, "when": rule.jsonlogic(), "receipt": {}, **more}


def release(
    rules: list[dict[str, Any]],
    as_of: str = "2025-06-30",
    points: dict[str, int] | None = None,
    base: int = 60,
    segments: dict[str, Rule] | None = None,
    identity: str = "r1",
    name: str = "acme",
    attributes: dict[str, Any] | None = None,
) -> Release:
    items = [
        {"criterion": r["id"], "attribute": "size", "when": r["when"], "points": points[r["id"]], "text": r["text"]}
        for r in rules
        if points and r["id"] in points
    ]
    document = {
        "name": name,
        "release_id": identity,
        "as_of": as_of,
        "churn_horizon_months": 12,
        "currency": "EUR",
        "attributes": attributes or {"size": {"type": "number"}, "region": {"type": "category"}},
        "review": None,
        "criteria": rules,
        "scorecard": {"target": "won_and_kept", "base": base, "items": items},
        "tiers": {"green": 70, "red": 50},
    }
    listed = [{"id": key, "rule": {"when": rule.jsonlogic()}} for key, rule in (segments or {}).items()]
    told = {"release_id": identity, "as_of": as_of, "segments": listed}
    return Release(Path("no-such-folder"), document, told)


def cohort(frame: pd.DataFrame, as_of: str = "2025-06-30") -> Cohort:
    """Return one from ``size``, ``region``, ``outcome``, ``decided_at`` and what is known of customers.

    Customers that left pay nothing at the horizon, the others what they paid at first.
    """
    n = len(frame)
    plain = {"size": 100.0, "region": "North", "outcome": None, "decided_at": "2024-01-31", "months": np.nan}
    plain |= {"churned": False, "arr": np.nan, "pipeline": 0.0, "cost": np.nan, "name": None, "arr_now": np.nan}
    full = frame.reindex(columns=list(plain)).copy()
    for column, value in plain.items():
        if column not in frame:
            full[column] = value
    ids = pd.Index([f"a{i}" for i in range(n)], dtype="str", name="account_id")
    months, churned = full["months"].to_numpy(dtype=float), full["churned"].to_numpy(dtype=bool)
    customer = np.isfinite(months)
    nrr = np.where(churned & (months <= 12), 0.0, np.where(months >= 12, 1.0, np.nan))
    decided = pd.to_datetime(full["decided_at"]).to_numpy()
    accounts = pd.DataFrame(
        {
            "name": pd.array(full["name"], dtype="str"),
            "status": np.where(customer, "customer", "lost"),
            "outcome": pd.array(full["outcome"], dtype="str"),
            "decided_at": decided,
            "started_at": np.where(customer, decided, np.datetime64("NaT")),
            "is_customer": customer,
            "entry_months": np.where(customer, 0.0, np.nan),
            "follow_up_months": months,
            "churned": churned,
            "arr_start": full["arr"].to_numpy(dtype=float),
            "arr_now": full["arr_now"].to_numpy(dtype=float),
            "nrr": np.where(np.isfinite(full["arr"].to_numpy(dtype=float)), nrr, np.nan),
            "service_cost": full["cost"].to_numpy(dtype=float),
            "pull_score": np.nan,
            "open_pipeline": full["pipeline"].to_numpy(dtype=float),
        },
        index=ids,
    )
    known = pd.DataFrame(
        {
            "size": full["size"].to_numpy(dtype=float),
            "region": pd.Series(full["region"].to_numpy(), index=ids, dtype="str"),
        },
        index=ids,
    )
    day = dt.date.fromisoformat(as_of)
    return Cohort(accounts, known, known, 12, day, day - dt.timedelta(30), True, True, currency="EUR")


def population(frame: pd.DataFrame, as_of: str = "2025-06-30", source: str = "these tables") -> Population:
    return Population(cohort(frame, as_of), TYPES, source)


def entry(
    which: Release, accounts: Population | None, asked: str = "", economics: Economics | None = ECONOMICS
) -> Entry:
    return Entry(which, asked or which.id, accounts, economics)


def settled(
    n: int, seed: int = 0, keeps: float = 0.7, keeps_small: float = 0.7, day: str = "2024-01-31"
) -> pd.DataFrame:
    """Accounts half of them small (size 10, else 100), half of each won, customers followed for two years."""
    rng = np.random.default_rng(seed)
    is_small, won = rng.random(n) < 0.5, rng.random(n) < 0.5
    left = rng.random(n) >= np.where(is_small, keeps_small, keeps)
    return pd.DataFrame(
        {
            "size": np.where(is_small, 10.0, 100.0),
            "region": rng.choice(["North", "South"], n),
            "outcome": np.where(won, "won", "lost"),
            "decided_at": day,
            "months": np.where(won, np.where(left, 12.0, 24.0), np.nan),
            "churned": won & left,
            "arr": np.where(won, np.round(np.exp(rng.normal(7, 0.5, n))), np.nan),
            "arr_now": np.where(won & ~left, 1000.0, np.nan),
        }
    )
