"""Churn as a time: Kaplan-Meier, log-rank scores, pseudo-values and censoring weights on plain arrays.

Everywhere ``time`` is follow-up in calendar months from the start, ``event`` whether it ended in churn (otherwise it is
censored), and ``entry`` the months after the start at which the customer comes under observation. The risk set at
``t`` holds those with ``entry < t <= time``, so that churn on an anniversary counts within it and a censoring on the
same day comes after it; an ``entry`` of 0 or less means seen from the start.
"""

from __future__ import annotations

from icp_ml.survival.hazards import StepFunction, logrank_scores, nelson_aalen
from icp_ml.survival.intervals import wilson_interval
from icp_ml.survival.kaplan_meier import KaplanMeier, churn_rate, kaplan_meier, supported_horizon
from icp_ml.survival.survivorship import MissingEndings, MissingSurvivors, find_missing_endings, find_missing_survivors
from icp_ml.survival.weighting import ipcw_weights, kept_pseudo_values

__all__ = [
    "KaplanMeier",
    "MissingEndings",
    "MissingSurvivors",
    "StepFunction",
    "churn_rate",
    "find_missing_endings",
    "find_missing_survivors",
    "ipcw_weights",
    "kaplan_meier",
    "kept_pseudo_values",
    "logrank_scores",
    "nelson_aalen",
    "supported_horizon",
    "wilson_interval",
]
