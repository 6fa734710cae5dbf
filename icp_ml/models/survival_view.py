"""Churn month by month: what the model forecast for later customers, and what came about."""

from __future__ import annotations

import numpy as np
import pandas as pd

from icp_ml.models.holdout import HoldOut
from icp_ml.models.targets import ChurnTarget

GROUPS = ("lowest third", "middle third", "highest third")
EVERYBODY = "all"
_LEAST_AT_RISK = 10
_LEAST_IN_GROUP = 20


def survival_view(holdout: HoldOut, target: ChurnTarget, kind: str) -> pd.DataFrame:
    """Return forecast and observed churn by month, of everybody and of thirds by forecast.

    Parameters
    ----------
    holdout : HoldOut
        With its forecasts by month.
    target : ChurnTarget
        Outcomes of all records.
    kind : str
        What ships; the base rate, which tells nobody apart and has no forecast by month, gives an empty table.

    Returns
    -------
    DataFrame
        ``group``, ``month`` (1 to the horizon), ``n`` (customers), ``forecast`` (mean probability of having left by
        then), ``observed`` (Kaplan-Meier) with ``low`` and ``high`` of its 90 % interval, missing where fewer than 10
        customers were followed so long.
    """
    columns = ["group", "month", "n", "forecast", "observed", "low", "high"]
    if kind not in holdout.by_month:
        return pd.DataFrame(columns=columns)
    forecast, tested = holdout.by_month[kind], target.take(holdout.rows)
    rows = []
    for group, inside in _groups(holdout.predictions[kind]).items():
        seen = tested.take(inside)
        for month in range(1, forecast.shape[1] + 1):
            followed = int((seen.time >= month).sum()) >= _LEAST_AT_RISK
            observed = seen.observed_rate(float(month)) if followed else (np.nan, np.nan, np.nan)
            rows.append((group, month, len(inside), float(forecast[inside, month - 1].mean()), *observed))
    return pd.DataFrame(rows, columns=columns)


def _groups(predictions: np.ndarray) -> dict[str, np.ndarray]:
    """Positions of everybody, and of each third by forecast; no thirds of a few customers."""
    everybody = {EVERYBODY: np.arange(len(predictions))}
    if len(predictions) < len(GROUPS) * _LEAST_IN_GROUP:
        return everybody
    thirds = np.array_split(np.argsort(predictions, kind="stable"), len(GROUPS))
    return everybody | dict(zip(GROUPS, thirds, strict=True))
