"""How a model's forecasts held in groups of the accounts it had not seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from icp_ml.models import metrics
from icp_ml.survival import ipcw_weights, kaplan_meier, wilson_interval

DRAWS = 200
_LEAST_EACH = 10
_LEAST_AT_RISK = 10
"""Customers that must still be followed at the end for their churn until then to be known."""

Row = dict[str, Any]


def breakdown(holdout: pd.DataFrame, labels: pd.Series, random_state: int, draws: int = DRAWS) -> list[Row]:
    """Return figures of the shipped forecasts in each group.

    Parameters
    ----------
    holdout : DataFrame
        From :func:`icp_ml.models.holdout.held_out_frame`.
    labels : Series
        Group of each account, indexed by account_id; accounts without one, or with a missing one, are left out. Groups
        come in the order of its categories, else sorted.
    random_state : int
        Seed of the resamples, drawn within each group.
    draws : int, optional
        How many resamples.

    Returns
    -------
    list of dict
        ``group``, ``n``, ``events``, ``predicted`` (mean forecast), and with 90 % intervals ``observed`` (Kaplan-Meier
        churn by the months judged at, or the share won with Wilson's interval), ``auc``, ``brier`` and ``brier_skill``
        (over the base rate of each cut-off), each ``{"estimate", "low", "high", "n"}`` or ``{"absent": reason}``.
        ``brier_base_rate`` stands beside ``brier``.

    Notes
    -----
    Censoring is weighed within each group, since accounts that began later were followed for less time. Models fitted
    at different cut-offs are not compared with each other, as in the figures of all.
    """
    group = labels.reindex(holdout.index)
    names = list(group.cat.categories) if isinstance(group.dtype, pd.CategoricalDtype) else sorted(set(group.dropna()))
    members = [(name, holdout[(group == name).fillna(False).to_numpy(dtype=bool)]) for name in names]
    return [_row(str(name), rows, random_state, draws) for name, rows in members if len(rows)]


def _row(name: str, rows: pd.DataFrame, random_state: int, draws: int) -> Row:
    case, control = _outcomes(rows)
    found: Row = {
        "group": name,
        "n": len(rows),
        "events": int((case > 0).sum()),
        "predicted": float(rows["shipped"].mean()),
        "observed": _observed(rows),
    }
    return found | _skill(rows, case, control, random_state, draws)


def _outcomes(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Weight of each account as one with and without the event, by the censoring of this group alone."""
    if "time" not in rows:
        return rows["case"].to_numpy(), rows["control"].to_numpy()
    time, event = rows["time"].to_numpy(dtype=float), rows["event"].to_numpy(dtype=bool)
    months = float(rows["months"].iloc[0])
    weight, churned = ipcw_weights(time, event, months), event & (time <= months)
    return weight * churned, weight * ~churned


def _observed(rows: pd.DataFrame) -> Row:
    """Return the rate that came about."""
    if "time" not in rows:
        won, n = int(rows["case"].sum()), len(rows)
        return _figure(won / n, *wilson_interval(won, n), n)
    months = float(rows["months"].iloc[0])
    if not months:
        return {"absent": "too few customers were followed for even a month"}
    if (rows["time"] >= months).sum() < _LEAST_AT_RISK:
        return {"absent": f"fewer than {_LEAST_AT_RISK} of them were followed for {months:.0f} months"}
    estimate = kaplan_meier(rows["time"], rows["event"])
    low, high = estimate.interval_at(months)
    return _figure(1 - estimate.survival_at(months), 1 - high, 1 - low, len(rows))


def _skill(rows: pd.DataFrame, case: np.ndarray, control: np.ndarray, random_state: int, draws: int) -> Row:
    """Return how well the forecasts rank and hit inside the group."""
    few = min((case > 0).sum(), (control > 0).sum())
    if few < _LEAST_EACH:
        absent = {"absent": f"fewer than {_LEAST_EACH} with, or without, the outcome"}
        return {"auc": absent, "brier": absent, "brier_base_rate": absent, "brier_skill": absent}
    weight = metrics.resample_weights(len(rows), draws, random_state)
    shipped, base = rows["shipped"].to_numpy(), rows["base_rate"].to_numpy()
    cutoff = np.unique(rows["cutoff"].astype(str), return_inverse=True)[1]
    brier, plain = (metrics.brier(weight, p, case, control) for p in (shipped, base))
    with np.errstate(divide="ignore", invalid="ignore"):
        skill = 1 - brier / plain
    return {
        "auc": _resampled(metrics.auc(weight, shipped, case, control, cutoff), len(rows)),
        "brier": _resampled(brier, len(rows)),
        "brier_base_rate": _resampled(plain, len(rows)),
        "brier_skill": _resampled(skill, len(rows)),
    }


def _resampled(draws: np.ndarray, n: int) -> Row:
    low, high = metrics.interval(draws[1:])
    if not np.isfinite(draws[0]) or low is None or high is None:
        return {"absent": "too few accounts of one cut-off with and without the outcome"}
    return _figure(float(draws[0]), low, high, n)


def _figure(estimate: float, low: float, high: float, n: int) -> Row:
    return {"estimate": estimate, "low": low, "high": high, "level": 0.90, "n": n}
