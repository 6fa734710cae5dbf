"""How well the score ranks later accounts, beside the models it stands in for. METHOD, section 5."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from icp_ml.cohort.cohort import Cohort
from icp_ml.criteria.outcomes import Outcome
from icp_ml.models.types import ModelReport, Models

_EARLIER = 0.5  # share of the accounts whose outcome is known, by date, before the cut-off
_FEWEST = 20  # of either kind among the later accounts
_RESAMPLES = 200
_DAYS_A_MONTH = 365.2425 / 12

Scores = Callable[[Outcome], np.ndarray]
Target = Callable[[Outcome], tuple[np.ndarray, np.ndarray]]


def judge_ranking(
    outcome: Outcome, cohort: Cohort, target: Target, fit: Callable[[Outcome], Scores], models: Models, seed: int
) -> dict[str, Any]:
    """Return the AUC of the score and of the models on the later accounts, for the scorecard's own target.

    The points are set again on the earlier accounts with only what was known at the cut-off; the rules are those of
    the release. The models predict each account by the fit that left it out.

    Parameters
    ----------
    outcome : Outcome
        The scorecard's target on decided accounts or customers.
    cohort : Cohort
        All accounts.
    target : callable
        Gives labels and weights of an outcome.
    fit : callable
        Sets points on an outcome; the result scores the accounts of another.
    models : Models
        Of the same release.
    seed : int
        Seed of the resampling behind the intervals.

    Returns
    -------
    dict
        ``scorecard`` and ``models``, each ``{"estimate", "low", "high", "level", "n"}``, with ``cut_off``; or
        ``{"absent": reason}``.
    """
    dates = cohort.accounts["started_at" if outcome.name == "churn" else "decided_at"].iloc[outcome.rows]
    settled = (target(outcome)[1] > 0) & outcome.followed if outcome.followed.any() else np.ones(len(dates), bool)
    cut: pd.Timestamp = dates[settled].sort_values().iloc[int(settled.sum() * _EARLIER)]
    later = (dates > cut).to_numpy()
    labels, weights = target(outcome.subset(later))
    known = weights > 0
    least = int(min((labels[known] == 1).sum(), (labels[known] == 0).sum()))
    if least < _FEWEST:
        return {"absent": f"only {least} later accounts with the rarer outcome"}
    score = fit(_as_known(outcome.subset(~later), cohort, cut))
    entries = {
        "scorecard": score(outcome.subset(later)),
        "models": _model_scores(outcome.subset(later), cohort, models),
    }
    figures: dict[str, Any] = {"cut_off": str(cut.date())}
    for name, values in entries.items():
        if values is None:
            figures[name] = {"absent": "no model beats the base rate"}
        else:
            figures[name] = _auc(labels[known], values[known], weights[known], seed)
    return figures


def _as_known(outcome: Outcome, cohort: Cohort, cut: pd.Timestamp) -> Outcome:
    """Return the outcome with follow-up that ends at the cut-off."""
    started = cohort.accounts["started_at"].iloc[outcome.rows]
    seen = ((cut - started).dt.days / _DAYS_A_MONTH).to_numpy(dtype=float)
    cut_short = outcome.followed & (outcome.time > seen)
    time = np.where(cut_short, np.maximum(seen, 0.01), outcome.time)
    return replace(outcome, time=time, churned=outcome.churned & ~cut_short)


def _model_scores(outcome: Outcome, cohort: Cohort, models: Models) -> np.ndarray | None:
    """Return the models' chance of the target, each account by a fit that left it out; None without a model."""
    chance, useful = np.ones(len(outcome.rows)), False
    for report, wanted in ((models.win, outcome.name != "churn"), (models.churn, outcome.name != "won")):
        if report is None or not wanted or report.predictor.kind == "base_rate":
            continue
        predicted = _left_out(report, cohort.attributes.iloc[outcome.rows])
        chance *= predicted if report.outcome == "win" else 1 - predicted
        useful = True
    return chance if useful else None


def _left_out(report: ModelReport, frame: pd.DataFrame) -> np.ndarray:
    """Return out-of-fold predictions; accounts no fit was trained on are predicted by the shipped one."""
    predicted = report.oof["prediction"].reindex(frame.index).to_numpy(dtype=float)
    return np.where(np.isnan(predicted), report.predictor.predict(frame), predicted)


def _auc(labels: np.ndarray, score: np.ndarray, weights: np.ndarray, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(_RESAMPLES):
        rows = rng.integers(0, len(labels), len(labels))
        if 0 < labels[rows].sum() < len(rows):
            draws.append(roc_auc_score(labels[rows], score[rows], sample_weight=weights[rows]))
    low, high = np.quantile(draws, [0.05, 0.95])
    estimate = roc_auc_score(labels, score, sample_weight=weights)
    return {"estimate": float(estimate), "low": float(low), "high": float(high), "level": 0.9, "n": len(labels)}
