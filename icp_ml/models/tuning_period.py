"""What tuning may look at, and the later accounts that it never sees."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from icp_ml.cohort.months import months_between
from icp_ml.errors import NotEnoughDataError
from icp_ml.models.comparison import LEAST_EVENTS
from icp_ml.models.history import ChurnRecords, Records, Split, WinRecords
from icp_ml.models.holdout import Plan, judgeable, judged_months
from icp_ml.models.targets import ChurnTarget, Target, WinTarget

LATER_SHARE = 0.3
"""Share of the accounts whose outcome could show by now that is kept from tuning: those begun last."""
_LEAST_TRAINING = 100
_LEAST_EACH = 30
"""Accounts, and events and non-events among them, under which a search finds noise."""


@dataclass(frozen=True)
class TuningPeriod:
    """A history cut in two.

    Parameters
    ----------
    until : numpy.datetime64
        Last day of the first part.
    known : Records
        What was known that day: all that tuning sees.
    later : Plan
        Forecasts, by fits on what was known that day, for the accounts begun after it.
    """

    until: np.datetime64
    known: Records
    later: Plan


def tuning_period(records: Records) -> TuningPeriod:
    """Cut a history so that of the accounts whose outcome could show by now the last 30 % lie after the cut.

    For churn these are the customers begun a whole horizon before the last one. Only days decide where the cut is, no
    outcome does.

    Parameters
    ----------
    records : Records
        Customers or decided accounts.

    Returns
    -------
    TuningPeriod

    Raises
    ------
    NotEnoughDataError
        If either part is too small: a search over few accounts finds settings for their noise.
    """
    until = _cut(records)
    rows, target = records.known_at(until)
    later = np.flatnonzero(records.testable & (records.begun > until))
    months = judged_months(records.target.take(later))
    _need_enough(target.label, until)
    if not judgeable(records.target.take(later), months):
        raise NotEnoughDataError(
            f"tuning needs {LEAST_EVENTS} accounts with and {LEAST_EVENTS} without the outcome among those begun after "
            f"{until}, to try what it finds on; there are fewer"
        )
    split = Split(rows, later, target, str(until))
    return TuningPeriod(until, _known(records, rows, target), Plan("out_of_time", [split], months))


def _cut(records: Records) -> np.datetime64:
    """Return the day up to which 70 % of the accounts whose outcome could show had begun."""
    horizon = records.target.horizon if isinstance(records.target, ChurnTarget) else 0
    begun = np.sort(records.begun[records.testable])
    told = begun[months_between(begun, begun[-1:]) >= horizon] if len(begun) else begun
    if not len(told):
        raise NotEnoughDataError(f"tuning needs accounts begun over more than {horizon:.0f} months; there are none")
    return np.datetime64(told[int((1 - LATER_SHARE) * (len(told) - 1))], "D")


def _need_enough(label: np.ndarray, until: np.datetime64) -> None:
    n, events = len(label), int(label.sum())
    if n < _LEAST_TRAINING or min(events, n - events) < _LEAST_EACH:
        raise NotEnoughDataError(
            f"tuning needs at least {_LEAST_TRAINING} accounts known by {until}, {_LEAST_EACH} of them with the "
            f"outcome and {_LEAST_EACH} without; found {n:,}, {events:,} of them with it"
        )


def _known(records: Records, rows: np.ndarray, target: Target) -> Records:
    """Return the records of some rows with what was known of them, and nothing that came later."""
    if isinstance(records, ChurnRecords) and isinstance(target, ChurnTarget):
        ended = np.where(target.event, records.ended[rows], np.datetime64("NaT"))
        return replace(
            records, frame=records.frame.iloc[rows], target=target, begun=records.begun[rows],
            ended=ended.astype("datetime64[D]"),
        )  # fmt: skip
    if isinstance(records, WinRecords) and isinstance(target, WinTarget):
        return replace(records, frame=records.frame.iloc[rows], target=target, begun=records.begun[rows])
    raise TypeError(f"records must be those of churn or of winning; found {type(records).__name__}")
