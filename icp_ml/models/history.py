"""What was known of each outcome at a past day, and how the history splits into training and testing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.cohort.months import months_between, to_days
from icp_ml.models.crossfit import FOLDS, assign_folds
from icp_ml.models.targets import ChurnTarget, Target, WinTarget

MOST_CUTOFFS = 5
_LEAST_TRAINING = 60
_LEAST_EACH = 15
"""Accounts, and events and non-events among them, known at a cut-off before it is worth training there."""
_LEAST_SHARE = 0.3
"""A cut-off with less of all accounts says little of a model fitted on all of them."""
_LEAST_TEST = 20


@dataclass(frozen=True)
class Split:
    """Positions of training and test accounts, and what was known of the former.

    Parameters
    ----------
    train, test : ndarray of int
        Positions among the records.
    target : Target
        Outcomes of the training accounts as known then.
    label : str
        Cut-off day, or fold.
    cutoff : datetime64[D] or None
        The day; None for a fold.
    """

    train: np.ndarray
    test: np.ndarray
    target: Target
    label: str
    cutoff: np.datetime64 | None = None


class Records(Protocol):
    """Accounts with an outcome to learn from, one row an account."""

    @property
    def frame(self) -> pd.DataFrame:
        """Typed attributes as known at the decision, indexed by account_id."""
        ...

    @property
    def target(self) -> Target:
        """Outcomes as known now."""
        ...

    @property
    def begun(self) -> np.ndarray:
        """Day from which each account would have been predicted, datetime64[D], shape (n,)."""
        ...

    @property
    def testable(self) -> np.ndarray:
        """Whose outcome can test a forecast, bool, shape (n,)."""
        ...

    def known_at(self, cutoff: np.datetime64) -> tuple[np.ndarray, Target]:
        """Return who could be learned from on that day, and what was known of them."""
        ...


@dataclass(frozen=True)
class WinRecords:
    """Decided accounts: attributes as known at the decision, whether won, and the day the deal closed."""

    frame: pd.DataFrame
    target: WinTarget
    begun: np.ndarray

    @property
    def testable(self) -> np.ndarray:
        """Everybody."""
        return np.ones(len(self.begun), dtype=bool)

    def known_at(self, cutoff: np.datetime64) -> tuple[np.ndarray, WinTarget]:
        """Return the deals closed by then."""
        rows = np.flatnonzero(self.begun <= cutoff)
        return rows, self.target.take(rows)


@dataclass(frozen=True)
class ChurnRecords:
    """Customers: attributes as known at the decision, their follow-up, the day they started and the day they ended."""

    frame: pd.DataFrame
    target: ChurnTarget
    begun: np.ndarray
    ended: np.ndarray
    grace_days: int

    @property
    def testable(self) -> np.ndarray:
        """Those seen from their start: a late entrant is a survivor, and says nothing of churn before."""
        return self.target.entry <= 0

    def known_at(self, cutoff: np.datetime64) -> tuple[np.ndarray, ChurnTarget]:
        """Return the customers started by then, their follow-up cut at the cut-off less the grace days.

        A relationship that ended later, or within the grace days before the cut-off, is censored there, since nobody
        could know that day that it would not be resumed.
        """
        seen_until = cutoff - np.timedelta64(self.grace_days, "D")
        cut = months_between(self.begun, seen_until)
        over = self.ended <= seen_until
        event = self.target.event & over
        time = np.where(event, self.target.time, np.minimum(self.target.time, cut))
        rows = np.flatnonzero((self.begun < seen_until) & (time > np.maximum(self.target.entry, 0)))
        known = ChurnTarget(time[rows], event[rows], self.target.entry[rows], self.target.horizon)
        return rows, known


def win_records(cohort: Cohort, attributes: list[str]) -> WinRecords:
    """Return the decided accounts of a cohort in the order of the input.

    A customer without a deal counts as closed on the day of its start.
    """
    accounts = cohort.accounts[cohort.decided]
    closed = accounts["closed_at"].fillna(accounts["started_at"]).fillna(accounts["decided_at"])
    frame = cohort.attributes.loc[cohort.decided, attributes]
    return WinRecords(frame, WinTarget((accounts["outcome"] == "won").to_numpy(dtype=bool)), to_days(closed))


def churn_records(cohort: Cohort, attributes: list[str]) -> ChurnRecords:
    """Return the customers of a cohort that were ever under observation, in the order of the input."""
    time = cohort.accounts["follow_up_months"].to_numpy(dtype=float)
    entry = cohort.accounts["entry_months"].fillna(0).to_numpy(dtype=float)
    seen = cohort.customers & (time > np.maximum(entry, 0))
    accounts = cohort.accounts[seen]
    target = ChurnTarget(time[seen], accounts["churned"].to_numpy(dtype=bool), entry[seen], float(cohort.horizon))
    return ChurnRecords(
        cohort.attributes.loc[seen, attributes],
        target,
        to_days(accounts["started_at"]),
        to_days(accounts["ended_at"]),
        (cohort.as_of - cohort.follow_up_until).days,
    )


def rolling_splits(records: Records) -> list[Split]:
    """Return up to :data:`MOST_CUTOFFS` splits at past quarter-ends; none where the history is too short.

    At each cut-off training sees what was known that day; the accounts begun after it and up to the next cut-off are
    tested, with outcomes followed to the end of the data.
    """
    candidates = [(cutoff, *records.known_at(cutoff)) for cutoff in _quarter_ends(records.begun)]
    usable = [
        candidate
        for candidate in candidates
        if _enough(candidate[2], len(records.begun))
        and (records.testable & (records.begun > candidate[0])).sum() >= _LEAST_TEST
    ]
    if not usable:
        return []
    chosen = np.unique(np.linspace(0, len(usable) - 1, MOST_CUTOFFS).round().astype(int))
    ends = [usable[i][0] for i in chosen[1:]] + [records.begun.max()]
    splits = []
    for i, end in zip(chosen, ends, strict=True):
        cutoff, train, target = usable[i]
        test = np.flatnonzero(records.testable & (records.begun > cutoff) & (records.begun <= end))
        if len(test):
            splits.append(Split(train, test, target, str(cutoff), cutoff))
    return splits


def random_splits(records: Records, random_state: int) -> list[Split]:
    """Return cross-validation splits, for a history too short for a cut-off; one row is one account, so none leaks."""
    fold = assign_folds(records.target.label, FOLDS, random_state)
    splits = []
    for k in range(FOLDS):
        train, test = np.flatnonzero(fold != k), np.flatnonzero((fold == k) & records.testable)
        splits.append(Split(train, test, records.target.take(train), f"fold {k + 1}"))
    return [split for split in splits if len(split.test)]


def _enough(target: Target, n_all: int) -> bool:
    """Whether so much was known that training then says something of training now."""
    n, events = len(target.label), int(target.label.sum())
    return n >= max(_LEAST_TRAINING, _LEAST_SHARE * n_all) and min(events, n - events) >= _LEAST_EACH


def _quarter_ends(days: np.ndarray) -> list[np.datetime64]:
    """Quarter-ends from the first to the last of some days."""
    first, last = days.min().astype("datetime64[M]"), days.max().astype("datetime64[M]")
    months = np.arange(first, last + np.timedelta64(1, "M"))
    closing = months[(months.astype(int) + 1) % 3 == 0]
    ends = (closing + np.timedelta64(1, "M")).astype("datetime64[D]") - np.timedelta64(1, "D")
    return list(ends[ends < days.max()])
