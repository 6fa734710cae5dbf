"""Who is at risk when, and who churns then: what every estimator here starts from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class FollowUp:
    """Checked follow-up of n customers; ``entry`` is -inf for those seen from the start.

    Parameters
    ----------
    time, entry : ndarray of float, shape (n,)
        Months from the start to churn or censoring, and to coming under observation.
    event : ndarray of bool, shape (n,)
        Whether follow-up ended in churn.
    """

    time: np.ndarray
    event: np.ndarray
    entry: np.ndarray

    @property
    def observed(self) -> np.ndarray:
        """Who was at risk for any time at all, shape (n,), bool."""
        return self.time > self.entry

    def at_risk(self, at: np.ndarray) -> np.ndarray:
        """Return how many have ``entry < at <= time`` for each of ``at``."""
        seen = self.observed
        left = np.searchsorted(np.sort(self.time[seen]), at, side="left")
        entered = np.searchsorted(np.sort(self.entry[seen]), at, side="left")
        return entered - left

    def event_table(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the distinct churn times, the churned and the number at risk at each."""
        times, churned = np.unique(self.time[self.event & self.observed], return_counts=True)
        return times, churned, self.at_risk(times)


def follow_up(time: ArrayLike, event: ArrayLike, entry: ArrayLike | None = None) -> FollowUp:
    """Check and type follow-up arrays.

    Raises
    ------
    ValueError
        If the arrays differ in length, or a time is negative or not finite.
    """
    times = np.asarray(time, dtype=float)
    events = np.asarray(event, dtype=bool)
    entries = np.zeros(times.shape) if entry is None else np.asarray(entry, dtype=float)
    if times.ndim != 1 or events.shape != times.shape or entries.shape != times.shape:
        raise ValueError(
            f"time, event and entry must be one-dimensional and of one length; found shapes {times.shape}, "
            f"{events.shape}, {entries.shape}"
        )
    if not np.isfinite(times).all() or (times < 0).any():
        raise ValueError("time must be finite and not negative; leave out accounts without follow-up first")
    if np.isnan(entries).any():
        raise ValueError("entry must not be missing; give 0 for customers seen from the start")
    return FollowUp(times, events, np.where(entries > 0, entries, -np.inf))
