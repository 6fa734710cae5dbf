from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from icp_ml.cohort import build_cohort
from icp_ml.config.schema import Config
from icp_ml.tables.tables import Tables

DATES = ("observed_at", "created_at", "closed_at", "started_at", "ended_at", "censored_at", "occurred_at")
COLUMNS = {
    "accounts": ["account_id"],
    "opportunities": ["opportunity_id", "account_id", "created_at", "closed_at", "outcome"],
    "subscriptions": ["account_id", "started_at", "ended_at", "arr"],
    "signals": ["account_id", "occurred_at", "signal", "value"],
}


def frame(table, rows):
    """Rows as tuples in the order of the required columns, with a trailing dict for optional ones."""
    if rows is None:
        return None
    records = []
    for row in rows:
        optional = row[-1] if isinstance(row[-1], dict) else {}
        required = row[:-1] if isinstance(row[-1], dict) else row
        records.append(dict(zip(COLUMNS[table], required, strict=True)) | optional)
    made = pd.DataFrame.from_records(records) if records else pd.DataFrame(columns=COLUMNS[table])
    return made.assign(**{name: pd.to_datetime(made[name]) for name in DATES if name in made})


def tables_of(accounts, opportunities=None, subscriptions=None, signals=None, as_of="2026-06-30"):
    return Tables(
        accounts=frame("accounts", [(a,) if isinstance(a, str) else a for a in accounts]),
        opportunities=frame("opportunities", opportunities),
        subscriptions=frame("subscriptions", subscriptions),
        signals=frame("signals", signals),
        as_of=dt.date.fromisoformat(as_of),
        currency="EUR",
    )


def config_of(**sections):
    return Config.model_validate({"name": "acme", "source": {"folder": "."}, "attributes": {}} | sections)


@pytest.fixture
def make_tables():
    return tables_of


@pytest.fixture
def make_config():
    return config_of


@pytest.fixture
def make_cohort():
    """Build a cohort from rows; what is no table is a config section."""

    def make(accounts, opportunities=None, subscriptions=None, signals=None, as_of="2026-06-30", **sections):
        tables = tables_of(accounts, opportunities, subscriptions, signals, as_of)
        return build_cohort(tables, config_of(**sections))

    return make
