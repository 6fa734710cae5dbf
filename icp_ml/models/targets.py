"""What happened to the accounts a model learns from, and how a margin becomes a probability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

import numpy as np
from scipy.special import expit

from icp_ml.models.boosting import Loss
from icp_ml.models.chances import chance_to_leave
from icp_ml.models.hazard import BaselineHazard, fit_baseline
from icp_ml.models.hazard_slope import hazard_slope
from icp_ml.models.recalibration import LARGEST_SLOPE, recalibrate
from icp_ml.survival import StepFunction, kaplan_meier, nelson_aalen, wilson_interval

_LEAST_EXPECTED = 1e-6
"""Expected churn of a customer seen before anybody churned: next to nothing, but with a logarithm."""


OutcomeName = Literal["churn", "win", "early_churn"]


class Link(Protocol):
    """How a scorer's margin becomes a calibrated probability."""

    @property
    def slope(self) -> float:
        """How far the margin is shrunk or stretched."""
        ...

    def log_margin(self, margin: np.ndarray) -> np.ndarray:
        """Return the calibrated margin: log-odds of winning, or log cumulative hazard of churn at the horizon."""
        ...

    def probability(self, margin: np.ndarray, months: float | None = None) -> np.ndarray:
        """Return probabilities; ``months`` asks for churn by another time than the horizon."""
        ...

    def evidence(self, margin: np.ndarray, target: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return what margins say of each account, on the log scale, and the known part beside it, shape (n,) each.

        With the labels of ``target``, these are what :func:`icp_ml.models.recalibration.recalibrate` takes.
        """
        ...

    def updated(self, intercept: float, slope: float) -> Link:
        """Return the link with its log scale shifted and stretched."""
        ...

    def state(self) -> dict[str, Any]:
        """Return everything fitted as JSON-ready values."""
        ...


class Target(Protocol):
    """Outcomes of n accounts."""

    @property
    def outcome(self) -> OutcomeName:
        """Which outcome."""
        ...

    @property
    def loss(self) -> Loss:
        """What a learner minimises."""
        ...

    @property
    def label(self) -> np.ndarray:
        """1 for the event, else 0, shape (n,)."""
        ...

    @property
    def offset(self) -> np.ndarray:
        """Known part of the margin, shape (n,)."""
        ...

    def take(self, rows: np.ndarray) -> Target:
        """Return the outcomes of some accounts."""
        ...

    def link(self, margin: np.ndarray) -> Link:
        """Fit the step from margins of held-out accounts to probabilities; all zeros give the base rate."""
        ...

    def base_rate(self, months: float | None = None) -> float:
        """Return the event rate of all; ``months`` asks for churn by another time than the horizon."""
        ...

    def observed_rate(self, months: float | None = None) -> tuple[float, float, float]:
        """Return the event rate of all with the low and high end of its 90 % interval."""
        ...


@dataclass(frozen=True)
class WinLink:
    """Log-odds ``intercept + slope * margin``."""

    intercept: float
    slope: float

    def log_margin(self, margin: np.ndarray) -> np.ndarray:
        """Return calibrated log-odds."""
        return self.intercept + self.slope * np.asarray(margin)

    def probability(self, margin: np.ndarray, months: float | None = None) -> np.ndarray:
        """Return the probability of winning."""
        return np.asarray(expit(self.log_margin(margin)))

    def evidence(self, margin: np.ndarray, target: WinTarget) -> tuple[np.ndarray, np.ndarray]:
        """Return the log-odds; nothing is known beside them."""
        return self.log_margin(margin), np.zeros(len(margin))

    def updated(self, intercept: float, slope: float) -> WinLink:
        """Return log-odds shifted and stretched."""
        return WinLink(intercept + slope * self.intercept, slope * self.slope)

    def state(self) -> dict[str, Any]:
        """Return the two numbers."""
        return {"intercept": self.intercept, "slope": self.slope}


@dataclass(frozen=True)
class ChurnLink:
    """Proportional hazards: ``P(churn by t) = 1 - exp(-L(t) exp(slope * margin))``."""

    slope: float
    baseline: BaselineHazard
    horizon: float

    def log_margin(self, margin: np.ndarray) -> np.ndarray:
        """Return the log cumulative hazard at the horizon."""
        return float(np.log(self.baseline.at(self.horizon))) + self.slope * np.asarray(margin)

    def probability(self, margin: np.ndarray, months: float | None = None) -> np.ndarray:
        """Return the probability of churn by ``months``, default the horizon."""
        hazard = self.baseline.at(self.horizon if months is None else months)
        return chance_to_leave(hazard * np.exp(self.slope * np.asarray(margin)))

    def evidence(self, margin: np.ndarray, target: ChurnTarget) -> tuple[np.ndarray, np.ndarray]:
        """Return the log relative risks, and the log of the churn expected at risk 1 over the time each was seen."""
        end, begin = np.minimum(target.time, self.horizon), np.clip(target.entry, 0, self.horizon)
        expected = self.baseline.at_each(end) - self.baseline.at_each(begin)
        return self.slope * np.asarray(margin), np.log(np.maximum(expected, _LEAST_EXPECTED))

    def updated(self, intercept: float, slope: float) -> ChurnLink:
        """Return the link with the hazard multiplied by ``exp(intercept)`` and relative risks stretched."""
        return ChurnLink(slope * self.slope, self.baseline.times(float(np.exp(intercept))), self.horizon)

    def state(self) -> dict[str, Any]:
        """Return slope, horizon and the baseline's steps."""
        return {"slope": self.slope, "horizon": self.horizon, "baseline": self.baseline.state()}


@dataclass(frozen=True)
class WinTarget:
    """Whether each decided account was won, shape (n,), bool."""

    won: np.ndarray

    outcome: OutcomeName = "win"
    loss: Loss = "logistic"

    @property
    def label(self) -> np.ndarray:
        """1 for won."""
        return self.won.astype(float)

    @property
    def offset(self) -> np.ndarray:
        """Zeros: nothing is known beforehand."""
        return np.zeros(len(self.won))

    def take(self, rows: np.ndarray) -> WinTarget:
        """Return the outcomes of some accounts."""
        return WinTarget(self.won[rows])

    def link(self, margin: np.ndarray) -> WinLink:
        """Fit the logistic recalibration."""
        intercept, slope = recalibrate(margin, self.label, self.offset, self.loss)
        return WinLink(intercept, slope)

    def base_rate(self, months: float | None = None) -> float:
        """Return the share won."""
        return float(self.won.mean())

    def observed_rate(self, months: float | None = None) -> tuple[float, float, float]:
        """Return the share won with Wilson's interval."""
        return self.base_rate(), *wilson_interval(int(self.won.sum()), len(self.won))


@dataclass(frozen=True)
class ChurnTarget:
    """Follow-up of n customers, censored or not; times in calendar months from the start.

    Parameters
    ----------
    time, entry : ndarray of float, shape (n,)
        Follow-up, above ``entry`` for all, and when observation began.
    event : ndarray of bool, shape (n,)
        Whether follow-up ended in churn.
    horizon : float
        What comes later is not used: the model answers for the horizon alone.
    outcome : str
        ``churn``, or ``early_churn`` of customers still there after the observation window.
    """

    time: np.ndarray
    event: np.ndarray
    entry: np.ndarray
    horizon: float

    outcome: OutcomeName = "churn"
    loss: Loss = "poisson"

    @property
    def label(self) -> np.ndarray:
        """1 for churn seen by the horizon."""
        return (self.event & (self.time <= self.horizon)).astype(float)

    @property
    def offset(self) -> np.ndarray:
        """Log of the churn expected of each customer, were all alike, over the time it was seen.

        The Nelson-Aalen hazard jumps where churn sits, at renewals for instance, so a customer not yet at its first
        renewal counts as hardly exposed.
        """
        return self.offset_by(nelson_aalen(self.time, self.event, self.entry))

    def offset_by(self, hazard: StepFunction) -> np.ndarray:
        """Return the same from a cumulative hazard that others showed."""
        end, begin = np.minimum(self.time, self.horizon), np.minimum(self.entry, self.horizon)
        expected = hazard(end) - np.where(begin > 0, hazard(begin), 0.0)
        return np.log(np.maximum(expected, _LEAST_EXPECTED))

    def take(self, rows: np.ndarray) -> ChurnTarget:
        """Return the follow-up of some customers."""
        return replace(self, time=self.time[rows], event=self.event[rows], entry=self.entry[rows])

    def link(self, margin: np.ndarray) -> ChurnLink:
        """Fit the slope, and then the baseline hazard."""
        slope = hazard_slope(margin, self.time, self.event, self.entry, self.horizon, LARGEST_SLOPE)
        baseline = fit_baseline(self.time, self.event, self.entry, np.exp(slope * margin), self.horizon)
        return ChurnLink(slope, baseline, self.horizon)

    def base_rate(self, months: float | None = None) -> float:
        """Return Kaplan-Meier churn by ``months``, default the horizon."""
        months = self.horizon if months is None else months
        return 1.0 - kaplan_meier(self.time, self.event, self.entry).survival_at(months)

    def observed_rate(self, months: float | None = None) -> tuple[float, float, float]:
        """Return Kaplan-Meier churn by ``months`` with its interval."""
        estimate = kaplan_meier(self.time, self.event, self.entry)
        months = self.horizon if months is None else months
        low, high = estimate.interval_at(months)
        return 1.0 - estimate.survival_at(months), 1.0 - high, 1.0 - low


def link_from_state(outcome: str, state: Mapping[str, Any]) -> Link:
    """Rebuild a link from its :meth:`Link.state`."""
    if outcome == "win":
        return WinLink(float(state["intercept"]), float(state["slope"]))
    baseline = BaselineHazard.from_state(state["baseline"])
    return ChurnLink(float(state["slope"]), baseline, float(state["horizon"]))
