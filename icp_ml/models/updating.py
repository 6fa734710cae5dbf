"""Set forecasts right by what later accounts showed: logistic recalibration over past cut-offs, where it helps.

A model calibrated on the accounts it was fitted with is off on later ones where rates move. At each past cut-off the
accounts begun since the cut-offs before it had shown something by that day; an intercept and a slope fitted to that are
tried on the accounts that came next. They are kept only if those were forecast better so, by the likelihood of all that
each has shown since: weights against censoring would judge the youngest by those who left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from icp_ml.models import metrics
from icp_ml.models.history import Records
from icp_ml.models.recalibration import log_likelihood, recalibrate
from icp_ml.models.targets import Link, Target

_LEAST_KNOWN = 100
_LEAST_EVENTS = 30
"""Later accounts, and events among them, known by a cut-off before two numbers are fitted to them."""
_SUPPORT = 0.95
"""Share of resamples in which updated forecasts must have the higher likelihood: most models need no update."""
_DRAWS = 300


@dataclass(frozen=True)
class Slice:
    """Forecasts of one kind of model for the accounts begun between two cut-offs.

    Parameters
    ----------
    cutoff : str
        The model saw what was known that day; a fold's name where there are no cut-offs.
    rows : ndarray of int, shape (n,)
        Positions of the forecast accounts among the records.
    margin : ndarray of float, shape (n,)
        What the model says of them.
    link : Link
        From margin to probability, as fitted then.
    """

    cutoff: str
    rows: np.ndarray
    margin: np.ndarray
    link: Link

    def probability(self, months: float | None) -> np.ndarray:
        """Return the forecasts."""
        return self.link.probability(self.margin, months)


@dataclass(frozen=True)
class Update:
    """Intercept and slope on the log scale of the forecasts."""

    intercept: float
    slope: float

    def of(self, link: Link) -> Link:
        """Return a link with the update in it."""
        return link.updated(self.intercept, self.slope)


@dataclass(frozen=True)
class Updated:
    """What updating did.

    Parameters
    ----------
    update : Update or None
        Fitted to everything the later accounts showed; None where updating did not help.
    slices : tuple of Slice
        With the update in their links that was possible at their cut-off; as they were where updating did not help.
    """

    update: Update | None
    slices: tuple[Slice, ...]


def update_over_time(slices: Sequence[Slice], records: Records, random_state: int) -> Updated:
    """Try to set forecasts right by what earlier slices had shown by each cut-off.

    Parameters
    ----------
    slices : sequence of Slice
        In order of their cut-offs.
    records : Records
        What the slices are part of.
    random_state : int
        Seed of the resamples.

    Returns
    -------
    Updated

    References
    ----------
    Steyerberg et al. (2004), doi:10.1002/sim.1844, on updating forecasts by recalibration.
    """
    tried = [_with_what_was_known(slices[:k], one, records) for k, one in enumerate(slices)]
    gains = [_gain(one, update, records.target) for one, update in zip(slices, tried, strict=True) if update]
    if not gains or not _helps(np.concatenate(gains), random_state):
        return Updated(None, tuple(slices))
    updated = tuple(
        one if update is None else replace(one, link=update.of(one.link))
        for one, update in zip(slices, tried, strict=True)
    )
    return Updated(_fit(slices, np.arange(len(records.begun)), records.target), updated)


def _with_what_was_known(earlier: Sequence[Slice], one: Slice, records: Records) -> Update | None:
    """Return the update of a slice by what earlier ones had shown by its cut-off; None where that was too little."""
    return _fit(earlier, *records.known_at(np.datetime64(one.cutoff, "D"))) if earlier else None


def _fit(slices: Sequence[Slice], known: np.ndarray, target: Target) -> Update | None:
    """Fit intercept and slope to the accounts of some slices that are known; None where these are too few."""
    at = {int(row): position for position, row in enumerate(known)}
    parts = []
    for one in slices:
        inside = np.array([int(row) in at for row in one.rows], dtype=bool)
        seen = target.take(np.array([at[int(row)] for row in one.rows[inside]], dtype=int))
        relative, expected = one.link.evidence(one.margin[inside], seen)
        parts.append((relative, seen.label, expected))
    relative, label, expected = (np.concatenate([part[i] for part in parts]) for i in range(3))
    if len(label) < _LEAST_KNOWN or min(label.sum(), len(label) - label.sum()) < _LEAST_EVENTS:
        return None
    return Update(*recalibrate(relative, label, expected, target.loss))


def _gain(one: Slice, update: Update, target: Target) -> np.ndarray:
    """Log-likelihood that an update adds, by account, over all that each has shown."""
    seen = target.take(one.rows)
    relative, expected = one.link.evidence(one.margin, seen)
    new = expected + update.intercept + update.slope * relative
    return log_likelihood(new, seen.label, target.loss) - log_likelihood(expected + relative, seen.label, target.loss)


def _helps(gain: np.ndarray, random_state: int) -> bool:
    """Whether an update adds to the likelihood in nearly all resamples of the accounts."""
    total = metrics.resample_weights(len(gain), _DRAWS, random_state) @ gain
    return bool(total[0] > 0 and (total[1:] > 0).mean() >= _SUPPORT)
