"""Companies whose customers' health shows in their first weeks, or does not."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.cohort import Cohort, add_months, build_cohort
from icp_ml.config.schema import Config
from icp_ml.tables.tables import Tables

AS_OF = dt.date(2026, 6, 30)


@dataclass(frozen=True)
class Company:
    tables: Tables
    config: Config

    @property
    def cohort(self) -> Cohort:
        return build_cohort(self.tables, self.config)

    def with_signals(self, signals: pd.DataFrame | None) -> Company:
        return Company(Tables(**{**vars(self.tables), "signals": signals}), self.config)


def company(n: int = 700, seed: int = 0, effect: float = 1.0, of_size: float = 0.5, **outcomes) -> Company:
    """Return one whose monthly hazard rises with ill health, which usage in the first 60 days shows, and with size."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"A{i:04d}" for i in range(n)])
    start = np.datetime64(AS_OF) - rng.integers(5, 1300, n).astype("timedelta64[D]")
    ill, size = rng.normal(size=n), rng.normal(size=n)
    hazard = np.clip(0.03 * np.exp(effect * ill + of_size * size), 0, 0.9)
    end = add_months(start, rng.geometric(hazard))
    ended = np.where(end <= np.datetime64(AS_OF), end, np.datetime64("NaT"))
    rows, day = np.repeat(np.arange(n), 3), rng.integers(1, 60, 3 * n)
    occurred = start[rows] + day.astype("timedelta64[D]")
    signals = pd.DataFrame(
        {
            "account_id": ids[rows],
            "occurred_at": occurred.astype("datetime64[ns]"),
            "signal": "usage",
            "value": 50 - 15 * ill[rows] + rng.normal(0, 5, 3 * n),
        }
    )
    tables = Tables(
        accounts=pd.DataFrame({"account_id": ids, "size": size, "noise": rng.normal(size=n)}),
        opportunities=None,
        subscriptions=pd.DataFrame(
            {
                "account_id": ids,
                "started_at": start.astype("datetime64[ns]"),
                "ended_at": ended.astype("datetime64[ns]"),
                "arr": np.exp(rng.normal(8, 1, n)).round(),
            }
        ),
        signals=signals[signals["occurred_at"] <= pd.Timestamp(AS_OF)],
        as_of=AS_OF,
        currency="EUR",
    )
    attributes = {name: {"type": "number"} for name in ("size", "noise")}
    config = {"name": "t", "source": {"folder": "."}, "attributes": attributes, "outcomes": outcomes}
    return Company(tables, Config.model_validate(config))
