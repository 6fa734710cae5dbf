"""What a release expected of its customers, month by month, and what the days since show of it.

A customer counts with the time it was seen since, so that a quarter tells something though no forecast over a year has
come due: customers of long before add their exposure from the release on (delayed entry).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from icp_ml.cohort.months import add_months, months_between
from icp_ml.drift.forecasts import Certainty, Tally
from icp_ml.drift.profile import PERIODS
from icp_ml.models.hazard import BaselineHazard, fit_baseline
from icp_ml.models.history import ChurnRecords
from icp_ml.models.recalibration import recalibrate
from icp_ml.survival import nelson_aalen

_EDGE = 1e-6


@dataclass(frozen=True)
class Exposure:
    """Customers as seen in a window of days; ``rows`` are their positions among the records.

    ``entry`` and ``time`` are months from each one's start to the first and last day seen, ``event`` whether that was
    an ending.
    """

    rows: np.ndarray
    entry: np.ndarray
    time: np.ndarray
    event: np.ndarray


@dataclass(frozen=True)
class HazardReference:
    """Churn as a release expected it, at any tenure it had seen.

    Parameters
    ----------
    times, jumps, errors : ndarray of float, shape (k,)
        Tenures at which customers left, how much the cumulative hazard of an average customer grows there, and the
        variance of that as an estimate.
    known_to : float
        Months of tenure up to which enough customers were seen.
    unit : float
        Cumulative hazard at the horizon of that average customer: turns a forecast into a relative hazard.
    horizon : float
        Months a forecast covers.
    later_slope : float
        How much of a forecast's spread is left after the horizon, 0 to 1.
    certainty : Certainty
        Of level and ranking.
    """

    times: np.ndarray
    jumps: np.ndarray
    errors: np.ndarray
    known_to: float
    unit: float
    horizon: float
    later_slope: float
    certainty: Certainty

    def tally(self, forecast: np.ndarray, seen: Exposure) -> Tally:
        """Put endings beside what was expected of each customer over the time seen.

        Parameters
        ----------
        forecast : ndarray of float, shape (n_records,)
            Probability of churn within the horizon.
        seen : Exposure
            Of some of these customers.

        Returns
        -------
        Tally
        """
        score = _score(forecast[seen.rows], self.unit)
        time, event = np.minimum(seen.time, self.known_to), seen.event & (seen.time <= self.known_to)
        expected, variance = np.zeros(len(time)), np.zeros(len(time))
        inside, error = np.zeros(len(time)), 0.0
        for t, jump, own in zip(self.times, self.jumps, self.errors, strict=True):
            risk = np.exp(score * (1.0 if t <= self.horizon else self.later_slope))
            leaves = np.where(_at_risk(seen.entry, time, t), -np.expm1(-jump * risk), 0.0)
            expected += leaves
            variance += leaves * (1 - leaves)
            inside += leaves * (t <= self.horizon)
            error += float((risk * (1 - leaves))[leaves > 0].sum() ** 2 * own)
        # The weight of the score in a customer's own expectation, part within the horizon and part after it.
        weight = (inside + self.later_slope * (expected - inside)) / np.maximum(expected, 1e-12)
        return Tally(event.astype(float), expected, variance, score * weight, error)

    def state(self) -> dict[str, Any]:
        """Return everything as JSON-ready values."""
        steps = {name: getattr(self, name).tolist() for name in ("times", "jumps", "errors")}
        numbers = {name: getattr(self, name) for name in ("known_to", "unit", "horizon", "later_slope")}
        return steps | numbers | {"certainty": self.certainty.state()}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> HazardReference:
        """Rebuild from :meth:`state`."""
        times, jumps, errors = (np.asarray(state[name], dtype=float) for name in ("times", "jumps", "errors"))
        known_to, unit, horizon, later = (float(state[name]) for name in ("known_to", "unit", "horizon", "later_slope"))
        certainty = Certainty.from_state(state["certainty"])
        return cls(times, jumps, errors, known_to, unit, horizon, later, certainty)


def exposure(records: ChurnRecords, after: np.datetime64, until: np.datetime64) -> Exposure:
    """Return the customers seen after one day and up to another, with nothing of before or later."""
    target = records.target
    entry = np.maximum(target.entry, months_between(records.begun, np.full(len(records.begun), after)))
    time = np.minimum(target.time, months_between(records.begun, np.full(len(records.begun), until)))
    event = target.event & (records.ended <= until)  # an ending of before leaves no time to be seen
    rows = np.flatnonzero((time > np.maximum(entry, 0)) | (event & (entry <= 0)))
    return Exposure(rows, entry[rows], time[rows], event[rows])


def fit_reference(records: ChurnRecords, forecast: np.ndarray, until: np.datetime64) -> HazardReference:
    """Fit the churn expected at any tenure.

    Parameters
    ----------
    records : ChurnRecords
        Customers as known at the release.
    forecast : ndarray of float, shape (n,)
        Held-out probability of churn within the horizon.
    until : datetime64
        Last day of their follow-up.

    Returns
    -------
    HazardReference
    """
    target, horizon = records.target, records.target.horizon
    unit = float(_hazard(forecast).mean())
    score = _score(forecast, unit)
    later_slope = _later_slope(records, score)
    # Two pieces: forecasts speak of the time up to the horizon, and may mean less after it.
    first = fit_baseline(target.time, target.event, target.entry, np.exp(score), horizon)
    after = fit_baseline(target.time, target.event, target.entry, np.exp(later_slope * score), float(target.time.max()))
    times, jumps = _joined(first, after, horizon)
    blank = np.zeros(len(times))
    reference = HazardReference(
        times, jumps, blank, max(after.observed_to, first.observed_to), unit, horizon, later_slope, _NOTHING
    )
    everybody = Exposure(np.arange(len(score)), target.entry, target.time, target.event)
    errors = _errors(reference, score, everybody)
    tally = reference.tally(forecast, everybody)
    quarters = [reference.tally(forecast, seen) for seen in _past_quarters(records, until)]
    known = [quarter.z for quarter in quarters if quarter.expected.sum() >= 5]
    return replace(reference, errors=errors, certainty=Certainty.of(tally, known))


_NOTHING = Certainty.of(Tally(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0)), [])


def _hazard(forecast: np.ndarray) -> np.ndarray:
    """Return the cumulative hazard behind a probability."""
    return -np.log1p(-np.clip(np.asarray(forecast, dtype=float), _EDGE, 1 - _EDGE))


def _score(forecast: np.ndarray, unit: float) -> np.ndarray:
    """Return the log relative hazard behind a probability."""
    return np.asarray(np.log(_hazard(forecast) / unit))


def _at_risk(entry: np.ndarray, time: np.ndarray, t: float) -> np.ndarray:
    """Return who is under observation just before tenure ``t`` and at it."""
    return ((entry < t) | (entry <= 0)) & (time >= t)


def _joined(first: BaselineHazard, after: BaselineHazard, horizon: float) -> tuple[np.ndarray, np.ndarray]:
    """Return churn times and hazard jumps, those after the horizon from the second piece."""
    times = np.concatenate([first.steps.times, after.steps.times[after.steps.times > horizon]])
    jumps = [np.diff(piece.steps.values, prepend=0.0) for piece in (first, after)]
    return times, np.concatenate([jumps[0], jumps[1][after.steps.times > horizon]])


def _later_slope(records: ChurnRecords, score: np.ndarray) -> float:
    """Return how much of the forecasts' spread shows in churn after the horizon, 0 to 1; 1 where little was seen."""
    target = records.target
    late = target.time > target.horizon
    if (target.event & late).sum() < 10 or np.ptp(score) < 1e-9:
        return 1.0
    entry = np.maximum(target.entry, target.horizon)[late]
    time, event = target.time[late], target.event[late]
    hazard = nelson_aalen(time, event, entry)
    offset = np.log(np.maximum(hazard(time) - hazard(entry), _EDGE))
    return min(recalibrate(score[late], event.astype(float), offset, "poisson")[1], 1.0)


def _errors(reference: HazardReference, score: np.ndarray, seen: Exposure) -> np.ndarray:
    """Return the variance of each jump: that of the churned over the squared slope of their expectation."""
    errors = []
    for t, jump in zip(reference.times, reference.jumps, strict=True):
        risk = np.exp(score * (1.0 if t <= reference.horizon else reference.later_slope))
        risk = risk[_at_risk(seen.entry, seen.time, t)]
        leaves = -np.expm1(-jump * risk)
        slope = float((risk * (1 - leaves)).sum())
        errors.append(float((leaves * (1 - leaves)).sum()) / max(slope, 1e-12) ** 2)
    return np.array(errors)


def _past_quarters(records: ChurnRecords, until: np.datetime64) -> list[Exposure]:
    edges = add_months(np.repeat(until, PERIODS + 1), np.arange(-3 * PERIODS, 1, 3))
    return [exposure(records, after, end) for after, end in pairwise(edges)]
