"""Whether a model's percentages may be called probabilities: only where they held on later accounts."""

from __future__ import annotations

import numpy as np

from icp_ml.models import metrics
from icp_ml.models.evaluation import Scores
from icp_ml.models.types import Calibration

SLOPES = (0.8, 1.25)
LARGEST_OFFSET = 0.5
"""Calibration slopes, and log-odds by which forecasts may be off altogether, that an interval must leave possible."""
_SHOWN_SLOPES = (2 / 3, 1.5)
"""The slope itself must lie in here: an interval wide enough to leave anything possible shows nothing."""
_LEAST_EACH = 30
"""Later accounts with and without the event, under which nothing is shown."""


def judge_calibration(scores: Scores, kind: str) -> Calibration:
    """Judge the forecasts of a kind on accounts it had not seen.

    They are probabilities if they came out on later accounts: neither their level nor their spread is clearly off,
    level and slope are themselves within bounds, and at least 30 accounts with and 30 without the event are behind it.

    Parameters
    ----------
    scores : Scores
        Of a hold-out.
    kind : str
        What ships: ``boosted``, ``logistic`` or ``base_rate``, which has a level and no spread.

    Returns
    -------
    Calibration
    """
    level = scores.draws["calibration_intercept", kind]
    slope = scores.draws["calibration_slope", kind] if kind != "base_rate" else None
    held = scores.holdout
    forecast, observed = held.predictions[kind].mean(), held.case.sum() / (held.case + held.control).sum()
    came = f"{forecast:.0%} forecast on average, {observed:.0%} came about"
    if outside(level, (-LARGEST_OFFSET, LARGEST_OFFSET)):
        return Calibration(
            False, True, f"Its level was off ({came}): rates moved, so its percentages rank accounts, no more."
        )
    where = "on later accounts" if held.split == "out_of_time" else "on accounts it had not seen"
    spread = f", calibration slope {slope[0]:.2f}" if slope is not None and np.isfinite(slope[0]) else ""
    if slope is not None and outside(slope, SLOPES):
        way = "too extreme" if slope[0] < 1 else "too cautious"
        return Calibration(
            False, False, f"Its percentages were {way} {where} ({came}{spread}): they rank accounts, no more."
        )
    if doubt := _doubt(scores, level, slope):
        return Calibration(
            False, False, f"That its percentages are probabilities is not shown ({doubt}): they rank accounts, no more."
        )
    return Calibration(True, False, f"Its percentages are probabilities: they held {where} ({came}{spread}).")


def outside(draws: np.ndarray, bounds: tuple[float, float]) -> bool:
    """Whether the whole 90 % interval of a figure's resamples, the first being the sample itself, is out of bounds."""
    low, high = metrics.interval(draws[1:])
    return low is not None and high is not None and (high < bounds[0] or low > bounds[1])


def _doubt(scores: Scores, level: np.ndarray, slope: np.ndarray | None) -> str:
    """Why forecasts that are not clearly off are not shown to be right; empty where they are."""
    held = scores.holdout
    events, others = int((held.case > 0).sum()), int((held.control > 0).sum())
    if held.split != "out_of_time":
        return "the history is too short to test them on later accounts"
    if min(events, others) < _LEAST_EACH:
        return f"only {min(events, others)} of the later accounts did {'' if events < others else 'not '}meet it"
    if not abs(level[0]) <= LARGEST_OFFSET:
        return f"level {level[0]:+.2f} log-odds off"
    if slope is not None and not _SHOWN_SLOPES[0] <= slope[0] <= _SHOWN_SLOPES[1]:
        return f"calibration slope {slope[0]:.2f}, and too few accounts to be sure of it"
    return ""
