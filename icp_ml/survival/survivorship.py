"""Early customers of whom too few left, or too few stayed: a sign that the records hold only a part of that time's.

Both searches compare the customers started up to a year with all who started later, and name the year that chance
explains least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import poisson

from icp_ml.survival.hazards import nelson_aalen
from icp_ml.survival.kaplan_meier import kaplan_meier, supported_horizon
from icp_ml.survival.risk import follow_up

# A real change of churn over the years is seldom fourfold, and chance alone gives so few once in a thousand.
_IMPLAUSIBLE_SHARE = 0.25
_IMPLAUSIBLE_CHANCE = 0.001


@dataclass(frozen=True)
class MissingEndings:
    """Start years of which only survivors seem to be on record.

    Parameters
    ----------
    last_year : int
        The latest of them; they are the earliest start years on record up to it.
    customers, seen : int
        Customers started in these years, and how many churned within the horizon.
    expected : float
        Churned customers expected at the pace of those who started later.
    """

    last_year: int
    customers: int
    seen: int
    expected: float


@dataclass(frozen=True)
class MissingSurvivors:
    """Start years of which only those who left seem to be on record.

    Parameters
    ----------
    last_year : int
        The latest of them; they are the earliest start years on record up to it.
    customers, seen : int
        Customers started in these years, and how many were still there after ``months``.
    expected : float
        Those expected to be at the pace of those who started later.
    months : int
        Months up to which both were followed.
    """

    last_year: int
    customers: int
    seen: int
    expected: float
    months: int


def find_missing_endings(
    start_year: ArrayLike, time: ArrayLike, event: ArrayLike, horizon: float, entry: ArrayLike | None = None
) -> MissingEndings | None:
    """Look for early start years with implausibly few endings within the horizon.

    The years up to one are suspect if they have under a quarter of the endings expected from the cumulative hazard of
    all later years, and so few had a Poisson chance under 0.001; the last year is the one that makes it least likely.

    Parameters
    ----------
    start_year : array-like of int, shape (n,)
        Calendar year of each start.
    time, event, entry : array-like, shape (n,)
        As in :func:`icp_ml.survival.kaplan_meier`; with the right ``entry`` nothing is missing any more.
    horizon : float
        Months.

    Returns
    -------
    MissingEndings or None
        None where every year looks plausible.

    Examples
    --------
    >>> years, churned = np.repeat([2020, 2021], 40), np.repeat([False, True], 40)
    >>> find_missing_endings(years, np.full(80, 6.0), churned, 12).last_year
    2020
    """
    years, observations = np.asarray(start_year, dtype=int), follow_up(time, event, entry)
    by_horizon = observations.event & observations.observed & (observations.time <= horizon)
    until, since = np.minimum(observations.time, horizon), np.minimum(observations.entry, horizon)
    counted = []
    for year in np.unique(years)[:-1]:
        early, later = (years <= year) & observations.observed, years > year
        hazard = nelson_aalen(observations.time[later], observations.event[later], observations.entry[later])
        due = float((hazard(until[early]) - hazard(since[early])).sum())
        counted.append(MissingEndings(int(year), int(early.sum()), int(by_horizon[early].sum()), due))
    return _least_plausible(counted)


def find_missing_survivors(
    start_year: ArrayLike, time: ArrayLike, event: ArrayLike, horizon: float, entry: ArrayLike | None = None
) -> MissingSurvivors | None:
    """Look for early start years of which implausibly few stayed, as where an export holds only those who have left.

    As :func:`find_missing_endings`, of those still there after the months up to the horizon that at least 30 of the
    later customers were followed. Whose follow-up is shorter counts as having stayed.

    Parameters
    ----------
    start_year, time, event, horizon, entry
        As in :func:`find_missing_endings`.

    Returns
    -------
    MissingSurvivors or None
        None where every year looks plausible.

    Examples
    --------
    >>> years, churned = np.repeat([2020, 2021], 40), np.repeat([True, False], 40)
    >>> find_missing_survivors(years, np.repeat([6.0, 12.0], 40), churned, 12).expected
    40.0
    """
    years, observations = np.asarray(start_year, dtype=int), follow_up(time, event, entry)
    counted = []
    for year in np.unique(years)[:-1]:
        early, later = (years <= year) & observations.observed, years > year
        known = observations.time[later], observations.event[later]
        months = supported_horizon(*known, int(horizon), entry=observations.entry[later])
        if not months:
            continue
        left = early & observations.event & (observations.time <= months)
        stayed = kaplan_meier(*known, observations.entry[later]).survival_at(months)
        counted.append(
            MissingSurvivors(
                int(year), int(early.sum()), int((early & ~left).sum()), float(stayed * early.sum()), int(months)
            )
        )
    return _least_plausible(counted)


Missing = TypeVar("Missing", MissingEndings, MissingSurvivors)


def _least_plausible(counted: Sequence[Missing]) -> Missing | None:
    """Return the count that chance explains least, None where it explains all of them."""
    few = [one for one in counted if one.seen < _IMPLAUSIBLE_SHARE * one.expected]
    chances = [float(poisson.logcdf(one.seen, one.expected)) for one in few]
    return few[int(np.argmin(chances))] if few and min(chances) < np.log(_IMPLAUSIBLE_CHANCE) else None
