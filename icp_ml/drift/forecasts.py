"""Whether forecasts still hold: their level and their ranking, on later outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr

from icp_ml.drift.chance import Variation, count_tails, usual_variation

_LEAST_EACH = 5.0
"""Events, and non-events, that must be expected before a level is judged."""
_LEAST_RANKED = 10
"""Events, and non-events, that must be seen before a ranking is judged."""
_LARGEST_DEVIATION = 0.6
"""Of a slope, beyond which not even a ranking worth nothing would be told from a good one."""
BAD_NEWS = 0.85
"""Part of a level's error budget for more churn or fewer wins than forecast; the rest is for good news."""


@dataclass(frozen=True)
class Tally:
    """Outcomes of n accounts beside what was expected of each.

    Parameters
    ----------
    seen : ndarray of float, shape (n,)
        1 for the event.
    expected, variance : ndarray of float, shape (n,)
        Mean and variance of ``seen`` were the forecast right.
    score : ndarray of float, shape (n,)
        Forecast on the log scale: log-odds, or log relative hazard.
    error : float
        Variance of the sum of ``expected``, which is estimated from finite data.
    """

    seen: np.ndarray
    expected: np.ndarray
    variance: np.ndarray
    score: np.ndarray
    error: float = 0.0

    @property
    def z(self) -> float:
        """Deviation of the sum in standard deviations of chance, the expectation taken for known; NaN for none."""
        spread = float(np.sqrt(self.variance.sum()))
        return float((self.seen - self.expected).sum() / spread) if spread > 0 else float("nan")

    @property
    def centred(self) -> np.ndarray:
        """Scores less their mean over the variances, so that a wrong level says nothing of the ranking."""
        total = self.variance.sum()
        return self.score - (self.variance @ self.score / total if total > 0 else 0.0)

    @property
    def upper_half(self) -> tuple[float, float]:
        """Events seen among the half with the higher scores, and events to be expected there of as many in all."""
        upper = self.score >= np.median(self.score)
        return float(self.seen[upper].sum()), float(self.seen.sum() * self.expected[upper].sum() / self.expected.sum())

    @property
    def information(self) -> float:
        """What the accounts tell of the slope of outcomes on scores."""
        return float(self.variance @ self.centred**2)


@dataclass(frozen=True)
class Certainty:
    """How sure a release could be of its own forecasts.

    Parameters
    ----------
    level, ranking : float
        Information on the level and the slope in the accounts it was calibrated on.
    variation : Variation
        How much past quarters differed from the forecasts beyond chance.
    """

    level: float
    ranking: float
    variation: Variation

    @classmethod
    def of(cls, tally: Tally, quarters: list[float]) -> Certainty:
        """Take the information of the accounts a release was calibrated on, and the ``z`` of past quarters."""
        return cls(float(tally.variance.sum()), tally.information, usual_variation(quarters))

    def state(self) -> dict[str, Any]:
        """Return the figures as JSON-ready values."""
        return {"level": self.level, "ranking": self.ranking, "variation": vars(self.variation)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Certainty:
        """Rebuild from :meth:`state`."""
        variation = Variation(float(state["variation"]["factor"]), int(state["variation"]["freedom"]))
        return cls(float(state["level"]), float(state["ranking"]), variation)


@dataclass(frozen=True)
class Comparison:
    """A test of forecasts: what was expected, what was seen, with the chance of that; ``p`` None where too few."""

    expected: float
    seen: float
    p: float | None
    deviation: float | None


def compare_level(tally: Tally, certainty: Certainty, more_is_worse: bool) -> Comparison:
    """Compare the number of events with the sum of the forecasts, both directions, the bad one with more budget.

    The chance of the count has the binomial's spread, that of the forecasts' own error, and where past quarters varied
    more than chance explains, theirs.
    """
    expected, variance, seen = float(tally.expected.sum()), float(tally.variance.sum()), int(tally.seen.sum())
    deviation = float(np.sqrt(certainty.variation.factor * variance + tally.error))
    possible = float(len(tally.seen))
    if min(expected, possible - expected) < _LEAST_EACH or min(certainty.level, variance) <= 0:
        return Comparison(expected, seen, None, deviation or None)
    lower, upper = count_tails(seen, expected, variance, tally.error)
    z = (seen - expected) / np.sqrt(variance + tally.error)
    lower, upper = max(lower, certainty.variation.tail(-z)), max(upper, certainty.variation.tail(z))
    bad, good = (upper, lower) if more_is_worse else (lower, upper)
    return Comparison(expected, seen, float(min(1.0, bad / BAD_NEWS, good / (1 - BAD_NEWS))), deviation)


def compare_ranking(tally: Tally, certainty: Certainty) -> Comparison:
    """Ask whether outcomes follow the forecasts less than they should: a score test of the slope, one-sided.

    The slope of outcomes on the forecast's log scale is 1 as promised, 0 where forecasts tell nobody apart, below 0
    where they tell them apart the wrong way round. Unlike an AUC it does not change with the mix of accounts. ``seen``
    is the one-step estimate of that slope, exact near 1.

    References
    ----------
    Cox (1958), doi:10.1093/biomet/45.3-4.562.
    """
    information, events = tally.information, float(tally.seen.sum())
    least = 1 / _LARGEST_DEVIATION**2
    few = min(events, len(tally.seen) - events) < _LEAST_RANKED
    if few or min(information, certainty.ranking) < least or 1 / information + 1 / certainty.ranking > 1 / least:
        return Comparison(1.0, float("nan"), None, None)
    slope = 1 + float((tally.seen - tally.expected) @ tally.centred) / information
    # More events than forecast also vary more.
    spread = max(1.0, events / float(tally.expected.sum()))
    deviation = float(np.sqrt(spread / information + 1 / certainty.ranking))
    return Comparison(1.0, slope, float(ndtr((slope - 1) / deviation)), deviation)
