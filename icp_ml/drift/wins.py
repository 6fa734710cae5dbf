"""What a release expected of deals, and what later deals show of it."""

from __future__ import annotations

import numpy as np
from scipy.special import logit

from icp_ml.drift.forecasts import Certainty, Tally
from icp_ml.drift.profile import periods_before

_EDGE = 1e-4


def win_tally(forecast: np.ndarray, won: np.ndarray, certainty: Certainty | None = None) -> Tally:
    """Put outcomes beside the forecasts.

    Parameters
    ----------
    forecast : ndarray of float, shape (n,)
        Probability of winning each deal had.
    won : ndarray of bool, shape (n,)
        What became of it.
    certainty : Certainty, optional
        Of the release that made the forecasts: a level known from a total variance ``I`` is off by ``1 / I`` on the
        log-odds scale, and the sum of n forecasts by their total variance squared times that.

    Returns
    -------
    Tally
    """
    p = np.clip(np.asarray(forecast, dtype=float), _EDGE, 1 - _EDGE)
    variance = p * (1 - p)
    error = float(variance.sum() ** 2 / certainty.level) if certainty else 0.0
    return Tally(np.asarray(won, dtype=float), p, variance, logit(p), error)


def win_certainty(forecast: np.ndarray, won: np.ndarray, closed: np.ndarray, until: np.datetime64) -> Certainty:
    """Return how sure win forecasts could be, from held-out forecasts of the deals closed by ``until``."""
    period, count = periods_before(closed, until)
    tallies = [win_tally(forecast[period == k], won[period == k]) for k in range(count) if (period == k).any()]
    quarters = [tally.z for tally in tallies if min(tally.expected.sum(), (1 - tally.expected).sum()) >= 5]
    return Certainty.of(win_tally(forecast, won), quarters)
