"""What a release keeps to be compared with later: its population, and how sure it was of its forecasts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.cohort.months import to_days
from icp_ml.conditions import AttributeLike
from icp_ml.drift.forecasts import Certainty
from icp_ml.drift.keeping import HazardReference, fit_reference
from icp_ml.drift.profile import Profile, profile_population
from icp_ml.drift.wins import win_certainty
from icp_ml.models.history import churn_records, win_records
from icp_ml.tables.tables import Tables


@dataclass(frozen=True)
class Reference:
    """A release as later accounts are compared with it; no account can be told from it.

    Parameters
    ----------
    as_of, follow_up_until : date
        Last day of the release's data, and of its customers' follow-up.
    population : Profile
        Accounts it was made from.
    win : Certainty or None
        Of the win forecasts; None without such a model.
    churn : HazardReference or None
        Of the churn forecasts; None without such a model.
    """

    as_of: dt.date
    follow_up_until: dt.date
    population: Profile
    win: Certainty | None = None
    churn: HazardReference | None = None

    def state(self) -> dict[str, Any]:
        """Return everything as JSON-ready values."""
        return {
            "as_of": self.as_of.isoformat(),
            "follow_up_until": self.follow_up_until.isoformat(),
            "population": self.population.state(),
            "win": self.win.state() if self.win else None,
            "churn": self.churn.state() if self.churn else None,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Reference:
        """Rebuild a reference from its :meth:`state`.

        Raises
        ------
        DataError
            If the population is not one this version writes.
        """
        return cls(
            dt.date.fromisoformat(state["as_of"]),
            dt.date.fromisoformat(state["follow_up_until"]),
            Profile.from_state(state["population"]),
            Certainty.from_state(state["win"]) if state["win"] else None,
            HazardReference.from_state(state["churn"]) if state["churn"] else None,
        )


def make_reference(
    cohort: Cohort,
    held_out: Mapping[str, pd.Series],
    attributes: Mapping[str, AttributeLike],
    met: pd.Series,
) -> Reference:
    """Keep what later accounts are compared with.

    Parameters
    ----------
    cohort : Cohort
        What the release was made from.
    held_out : mapping of str to Series
        Held-out forecasts by ``account_id`` of ``win`` and ``churn``, for those that ship
        (:attr:`~icp_ml.models.types.ModelReport.oof`).
    attributes : mapping of str to Attribute
        What the models and criteria may use.
    met : Series of datetime64
        Day each account came in, by ``account_id``; see :func:`met_on`.

    Returns
    -------
    Reference
    """
    until, names = np.datetime64(cohort.follow_up_until, "D"), list(attributes)
    as_of = np.datetime64(cohort.as_of, "D")
    came = met.dropna().index
    population = profile_population(cohort.attributes.loc[came, names], attributes, met[came], as_of)
    win, churn = None, None
    if "win" in held_out:
        deals = win_records(cohort, names)
        win = win_certainty(_ordered(held_out["win"], deals.frame), deals.target.won, deals.begun, as_of)
    if "churn" in held_out:
        customers = churn_records(cohort, names)
        churn = fit_reference(customers, _ordered(held_out["churn"], customers.frame), until)
    return Reference(cohort.as_of, cohort.follow_up_until, population, win, churn)


def met_on(cohort: Cohort, tables: Tables) -> pd.Series:
    """Return the day each account came in, by ``account_id``: its first new deal, or its start if earlier.

    Deals still open and deals declined count, too: what the release itself made us decline is no change of who comes,
    and a window of decided deals would hold the quick ones of its last weeks alone.
    """
    first = pd.Series(pd.NaT, index=cohort.accounts.index, dtype="datetime64[ns]")
    if tables.opportunities is not None:
        deals = tables.opportunities
        own = deals[(deals["kind"] == "new") & (deals["created_at"] <= pd.Timestamp(cohort.as_of))]
        first = own.groupby("account_id")["created_at"].min().reindex(first.index)
    began = pd.concat([first, cohort.accounts["started_at"]], axis=1).min(axis=1)
    return pd.Series(to_days(began).astype("datetime64[ns]"), index=first.index)


def _ordered(forecast: pd.Series, frame: pd.DataFrame) -> np.ndarray:
    return forecast.reindex(frame.index).to_numpy(dtype=float)
