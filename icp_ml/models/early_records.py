"""Customers past their observation window: what was known then, and what happened after.

Time stays on the scale of months from the start, since leaving sits at anniversaries of it. Nobody who is here can have
left before the window's end, so rates, hazards and censoring weights are what they would be counted from there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.cohort.months import months_between, to_days
from icp_ml.features.early_life import EarlyLife
from icp_ml.models.targets import ChurnTarget

OUTCOME: Literal["early_churn"] = "early_churn"


@dataclass(frozen=True)
class EarlyRecords:
    """Customers still there after their window: what was known by then, their follow-up, and their days.

    Parameters
    ----------
    frame : DataFrame
        Attributes as known at the decision, and what was seen in the window, indexed by ``account_id``.
    target : ChurnTarget
        Follow-up in months from the start, past the window for all.
    begun : ndarray of datetime64[D]
        First day after the window.
    started, ended : ndarray of datetime64[D]
        Start, and end where it was churn.
    grace_days : int
        Days after an end within which a renewal may still come.
    """

    frame: pd.DataFrame
    target: ChurnTarget
    begun: np.ndarray
    started: np.ndarray
    ended: np.ndarray
    grace_days: int

    @property
    def testable(self) -> np.ndarray:
        """Everybody: all were followed from the end of their window on."""
        return np.ones(len(self.begun), dtype=bool)

    def known_at(self, cutoff: np.datetime64) -> tuple[np.ndarray, ChurnTarget]:
        """Return the customers followed past their window by then, their follow-up cut at the cut-off less the grace.

        As in :class:`icp_ml.models.history.ChurnRecords`, what ended within the grace days is censored there.
        """
        seen_until = cutoff - np.timedelta64(self.grace_days, "D")
        event = self.target.event & (self.ended <= seen_until)
        cut = np.minimum(self.target.time, months_between(self.started, seen_until))
        rows = np.flatnonzero(self.begun < seen_until)
        target = replace(self.target, time=np.where(event, self.target.time, cut), event=event)
        return rows, target.take(rows)


def early_records(cohort: Cohort, seen: EarlyLife, frame: pd.DataFrame) -> EarlyRecords:
    """Return the customers followed past their window.

    Parameters
    ----------
    cohort : Cohort
        Their follow-up.
    seen : EarlyLife
        Customers whose window has passed.
    frame : DataFrame
        What was known of the same customers, in the same order.
    """
    accounts = cohort.accounts.iloc[seen.rows]
    time = accounts["follow_up_months"].to_numpy(dtype=float)
    past = accounts["is_customer"].to_numpy(dtype=bool) & (time > seen.months)
    accounts = accounts[past]
    target = ChurnTarget(
        time[past], accounts["churned"].to_numpy(dtype=bool), np.zeros(int(past.sum())), float(cohort.horizon), OUTCOME
    )
    return EarlyRecords(
        frame[past],
        target,
        seen.day[past],
        to_days(accounts["started_at"]),
        to_days(accounts["ended_at"]),
        (cohort.as_of - cohort.follow_up_until).days,
    )
