"""Early customers with too few endings: a sign that the records hold only the survivors of that time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import poisson

from icp_ml.survival.hazards import nelson_aalen
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
    found, least = None, np.log(_IMPLAUSIBLE_CHANCE)
    for year in np.unique(years)[:-1]:
        early, later = (years <= year) & observations.observed, years > year
        hazard = nelson_aalen(observations.time[later], observations.event[later], observations.entry[later])
        due = float((hazard(until[early]) - hazard(since[early])).sum())
        seen = int(by_horizon[early].sum())
        chance = poisson.logcdf(seen, due)
        if seen < _IMPLAUSIBLE_SHARE * due and chance < least:
            found, least = MissingEndings(int(year), int(early.sum()), seen, due), chance
    return found
