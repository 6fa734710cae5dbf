"""Simulated cohorts with attributes of which it is known whether they leak."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.build import build_cohort
from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Config
from icp_ml.tables.tables import Tables

AS_OF = np.datetime64("2026-06-30", "D")
DEAL_NUMBERS = ("amount", "term_months", "services_amount", "discount_pct")
DEAL_WORDS = ("currency", "owner", "territory", "source", "loss_reason", "competitor")
DEAL_WORDS += ("exception_reason", "exception_approved_by")
_UNIT_SHIFT = {0.70: 0.742, 0.75: 0.954, 0.80: 1.190, 0.85: 1.466}


@dataclass(frozen=True)
class Life:
    """What happened to each account; arrays of shape (n,)."""

    rng: np.random.Generator
    created: np.ndarray
    won: np.ndarray
    lost: np.ndarray
    started: np.ndarray
    ended: np.ndarray
    left: np.ndarray
    arr: np.ndarray


@pytest.fixture(scope="session")
def lab() -> SimpleNamespace:
    """What the leak tests simulate with."""
    return SimpleNamespace(draw_life=draw_life, leaks_of=leaks_of, honest_of=honest_of, world=world)


def draw_life(n: int, seed: int) -> Life:
    """Draw four years of deals, 70 % decided, 40 % of those won, a fifth of customers leaving a year."""
    rng = np.random.default_rng([seed, n])
    created = AS_OF - 1440 + np.floor(1400 * rng.random(n)).astype("timedelta64[D]")
    u = rng.random(n)
    started = created + 20
    years = np.minimum(rng.geometric(0.2, n), 9)
    ended = started + (365 * years).astype("timedelta64[D]")
    won = u < 0.3
    left = won & (ended <= AS_OF - 30)
    return Life(rng, created, won, (u >= 0.3) & (u < 0.75), started, ended, left, np.rint(5000 + 9000 * rng.random(n)))


def leaks_of(life: Life) -> dict[str, tuple[str, object]]:
    """Return planted leaks, ``name: (type, values)``."""
    rng, won, left, n = life.rng, life.won, life.left, len(life.won)
    stays = np.where(left, (life.ended - life.started).astype(int), (AS_OF - life.started).astype(int))
    text = pd.Series(np.full(n, None, dtype=object))
    health = np.where(left, "red", np.where(rng.random(n) < 0.8, "green", "amber")).astype(object)
    state = np.where(left ^ (rng.random(n) < 0.12), "inactive", "active").astype(object)
    arr_now = np.where(won & ~left, life.arr, 0.0)
    seen = np.where(won, life.started + 200, life.created - 100).astype(str).astype(object)
    return {
        "csm_health": ("category", text.where(~(won | (rng.random(n) < 0.02)) | (rng.random(n) < 0.02), health)),
        "seats_used": ("number", np.where(won & (rng.random(n) < 0.6), np.rint(50 * rng.random(n)), np.nan)),
        "nps": ("number", np.where(won & (rng.random(n) < 0.7), np.floor(11 * rng.random(n)), np.nan)),
        "loss_note": ("category", text.where(~life.lost, rng.choice(["price", "timing"], n))),
        "why_gone": ("category", text.where(~left, rng.choice(["price", "no use"], n))),
        "status": ("category", np.where(left, "churned", np.where(won, "customer", "prospect")).astype(object)),
        "account_state": ("category", state),
        "arr_today": ("number", arr_now),
        "arr_band": (
            "category",
            np.where(arr_now == 0, "none", np.where(arr_now < 9000, "small", "large")).astype(object),
        ),
        "tenure_days": ("number", np.where(won, stays, np.nan).astype(float)),
        "tenure_band": ("category", text.where(~won, np.select([stays < 365, stays < 730], ["1st", "2nd"], "later"))),
        "since": ("category", text.where(~won, life.started.astype(str))),
        "created_year": ("number", life.created.astype("datetime64[Y]").astype(int) + 1970.0),
        "age_days": ("number", (AS_OF - life.created).astype(float)),
        "crm_number": ("number", np.arange(n) + 1000.0),
        "account_code": ("category", np.array([f"K-{i * 7919 % 100003}" for i in range(n)], dtype=object)),
        "last_seen": ("category", seen),
        "tools": (
            "tags",
            [("ours", "slack") if w and r > 0.03 else ("slack",) for w, r in zip(won, rng.random(n), strict=True)],
        ),
        "score_7": ("number", np.where(left, 20.0, 60.0) + 12 * rng.standard_normal(n)),
        "is_reference": ("boolean", pd.array(won & (rng.random(n) < 0.5), dtype="boolean")),
    }


def honest_of(life: Life) -> dict[str, tuple[str, object]]:
    """Return sixty honest attributes: noise, strong ones up to an AUC of 0.85, missing in every plausible way."""
    rng, won, left, n = life.rng, life.won, life.left, len(life.won)
    made: dict[str, tuple[str, object]] = {}
    for auc, shift in _UNIT_SHIFT.items():
        for target, outcome in (("win", won), ("keep", left)):
            strong = shift * outcome + rng.standard_normal(n)
            gaps = rng.random(n) < 0.3
            bands = np.array(["low", "mid", "high"], dtype=object)[np.searchsorted([0.0, 1.2], strong)]
            name = f"{target}_{auc:.2f}"
            made[f"{name}_number"] = ("number", strong)
            made[f"{name}_gaps"] = ("number", np.where(gaps, np.nan, strong))
            made[f"{name}_band"] = ("category", bands)
            made[f"{name}_flag"] = ("boolean", pd.array(strong > 0.6, dtype="boolean"))
    late = life.created > AS_OF - 500
    enriched = rng.random(n) < np.where(won, 0.9, np.where(life.lost, 0.7, 0.3))
    hard = rng.random(n) < np.where(won, 0.95, np.where(life.lost, 0.6, 0.1))
    words = pd.Series(rng.choice(["a", "b", "c"], n).astype(object))
    inflated = (life.created - life.created.min()).astype(float) / 400 + rng.standard_normal(n) * 1.5
    more = {
        "enriched_number": ("number", np.where(enriched, rng.standard_normal(n), np.nan)),
        "enriched_words": ("category", words.where(enriched)),
        "hard_enriched": ("category", words.where(hard)),
        "new_field": ("category", words.where(late)),
        "old_field": ("number", np.where(late, np.nan, rng.standard_normal(n))),
        "founded_year": ("number", 2024 - np.floor(60 * rng.random(n) ** 2)),
        "price_level": ("number", inflated),
        "city": ("category", np.array([f"city {int(60 * r**2)}" for r in rng.random(n)], dtype=object)),
        "activity": ("category", rng.choice(np.array(["active", "passive", "closed"], dtype=object), n)),
        "fiscal_year_end": ("category", rng.choice(np.array(["2024-12-31", "2024-03-31"], dtype=object), n)),
        "rare": ("category", words.where(rng.random(n) < 0.04)),
        "revenue": ("number", np.rint(1e6 * np.exp(rng.standard_normal(n)))),
        "empty": ("number", np.full(n, np.nan)),
        "constant": ("category", np.full(n, "same", dtype=object)),
    }
    for i in range(14):
        made[f"noise_number_{i}"] = ("number", np.where(rng.random(n) < 0.05 * i, np.nan, rng.standard_normal(n)))
    tools = [tuple(t for t, r in zip("abcdef", row, strict=True) if r < 0.3) for row in rng.random((n, 6))]
    return made | more | {"stack": ("tags", tools), "few_tools": ("tags", [t[:1] for t in tools])}


def world(
    life: Life,
    attributes: dict[str, tuple[str, object]],
    deals: bool = True,
    periods: bool = True,
    **specs: dict[str, object],
) -> tuple[Cohort, Tables, Config]:
    """Return cohort, tables and config of a life with these attributes; `specs` adds keys to an attribute."""
    n = len(life.won)
    ids = np.array([f"A{i}" for i in range(n)], dtype=object)
    columns = {name: values for name, (_, values) in attributes.items()}
    accounts = pd.DataFrame({"account_id": ids, **columns})
    config = Config.model_validate(
        {"name": "w", "as_of": dt.date(2026, 6, 30), "source": {"folder": "."}}
        | {"attributes": {name: {"type": kind} | specs.get(name, {}) for name, (kind, _) in attributes.items()}}
    )
    opportunities = _deals(life, ids) if deals else None
    tables = Tables(accounts, opportunities, _periods(life, ids) if periods else None, None, dt.date(2026, 6, 30))
    return build_cohort(tables, config), tables, config


def _deals(life: Life, ids: np.ndarray) -> pd.DataFrame:
    rows = life.won | life.lost
    frame = pd.DataFrame(
        {
            "opportunity_id": ids[rows],
            "account_id": ids[rows],
            "created_at": life.created[rows].astype("datetime64[ns]"),
            "closed_at": life.started[rows].astype("datetime64[ns]"),
            "outcome": np.where(life.won, "won", "lost")[rows].astype(object),
            "kind": "new",
        }
    )
    empty = pd.Series(np.nan, index=frame.index, dtype=object)
    return frame.assign(**dict.fromkeys(DEAL_NUMBERS, np.nan), **dict.fromkeys(DEAL_WORDS, empty))


def _periods(life: Life, ids: np.ndarray) -> pd.DataFrame:
    rows = life.won
    frame = pd.DataFrame(
        {
            "account_id": ids[rows],
            "started_at": life.started[rows].astype("datetime64[ns]"),
            "ended_at": np.where(life.left, life.ended, np.datetime64("NaT"))[rows].astype("datetime64[ns]"),
            "arr": life.arr[rows],
        }
    )
    empty = pd.Series(np.nan, index=frame.index, dtype=object)
    return frame.assign(currency=empty, end_reason=empty)
