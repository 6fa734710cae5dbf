"""Figures along a scale, for charts that lay several releases over one another: by month, and by score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from icp_ml.cohort.cohort import Cohort
from icp_ml.models.survival_view import EVERYBODY
from icp_ml.release.json_text import json_ready
from icp_ml.release.rules import ActiveRules
from icp_ml.scorecard.building import binary_target, rate_inside, target_outcome
from icp_ml.segments.curves import as_curve, kept_by_month

KEPT, ABOVE, LEFT = "kept_by_month", "at_score_or_above", "left_by_month"
"""First part of the names, before a slash: what a chart is of."""
_TIERS = ("green", "yellow", "red")
_APART = 5  # points of the score between two figures
_FEWEST = 30  # decided accounts behind a figure at a score

Series = dict[str, list[dict[str, Any]]]


def release_series(cohort: Cohort, criteria: Mapping[str, Any], models: Mapping[str, Any]) -> Series:
    """Return what is drawn as a line, one line a release.

    Parameters
    ----------
    cohort : Cohort
        One row an account.
    criteria : mapping
        Content of ``criteria.json``; only its active rules count.
    models : mapping
        Outcome to what is shown of its model, as in ``metrics.json``.

    Returns
    -------
    dict
        Name to points in order, each ``{"step", "value"}`` and, where they are known, ``low``, ``high`` and ``n``.
        ``kept_by_month/all``, ``/green``, ``/yellow``, ``/red``: the Kaplan-Meier share of customers still there after
        so many months, by their tier at the decision, as far as enough of them were followed.
        ``at_score_or_above/won_and_kept`` (or what the score ranks by) and ``/accounts``: of decided accounts with at
        least so many points and no exclusion, how many were won and kept, and which share of all they are: the green
        tier, were its edge there. ``left_by_month/forecast`` and ``/seen``: of the later customers that the shipped
        churn model was tested on, the share forecast to have left by then, and the share that had. A line that there is
        nothing to draw of is not there, and a tier that holds all customers has none of its own.
    """
    scored = ActiveRules.from_document(criteria).score_frame(cohort.attributes)
    # Only active rules match anything.
    refused = {c["id"] for c in criteria["criteria"] if c["kind"] == "exclude"}
    hit = np.array([not refused.isdisjoint(str(ids).split(";")) for ids in scored["matched_criteria"]], dtype=bool)
    score, tier = scored["icp_score"].to_numpy(dtype=int), scored["icp_tier"].to_numpy(dtype=object)
    found = _kept(cohort, tier) | _above(cohort, score, hit, criteria) | _left(models)
    return {name: points for name, points in found.items() if points}


def _kept(cohort: Cohort, tier: np.ndarray) -> Series:
    """Return who is still a customer by month, of all and by tier."""
    groups = {"all": np.ones(len(tier), dtype=bool)} | {name: tier == name for name in _TIERS}
    everybody = int(cohort.customers.sum())
    series: Series = {}
    for name, members in groups.items():
        if name != "all" and int((members & cohort.customers).sum()) == everybody:
            continue
        curve = as_curve(kept_by_month(cohort, members))
        series[f"{KEPT}/{name}"] = [] if isinstance(curve, dict) else [_kept_point(point) for point in curve]
    return series


def _kept_point(point: Mapping[str, Any]) -> dict[str, Any]:
    interval = {"low": point["low"], "high": point["high"]}
    return {"step": point["month"], "value": point["kept"], **interval, "n": point["at_risk"]}


def _above(cohort: Cohort, score: np.ndarray, refused: np.ndarray, criteria: Mapping[str, Any]) -> Series:
    """Return how good and how many the accounts are from each score up; nothing where all have the same score."""
    horizon = int((criteria.get("searched") or {}).get("horizon_months", criteria["churn_horizon_months"]))
    outcome, target = target_outcome(cohort, horizon)
    if outcome is None:
        return {}
    labels, weights = binary_target(outcome)
    points, welcome = score[outcome.rows], ~refused[outcome.rows]
    if len(set(points.tolist())) == 1 and welcome.all():
        return {}
    rates, shares = [], []
    for step in _steps(criteria["tiers"]):
        inside = welcome & (points >= step)
        figure = rate_inside(labels, weights, inside)
        if figure["n"] < _FEWEST or "absent" in figure:
            break
        interval = {"low": figure["low"], "high": figure["high"], "n": figure["n"]}
        rates.append({"step": step, "value": figure["estimate"], **interval})
        shares.append({"step": step, "value": float(inside.mean()), "n": figure["n"]})
    return {f"{ABOVE}/{target}": rates, f"{ABOVE}/accounts": shares}


def _steps(tiers: Mapping[str, Any]) -> Sequence[int]:
    """Return the scores to stop at: every fifth point, and the edges of the tiers."""
    return sorted({*range(0, 101, _APART), int(tiers["green"]), int(tiers["red"])})


def _left(models: Mapping[str, Any]) -> Series:
    """Return churn by month as forecast, and as it came about."""
    rows = (models.get("churn") or {}).get("by_month") or []
    everybody = [row for row in json_ready(rows) if row["group"] == EVERYBODY]
    seen = [row for row in everybody if row.get("observed") is not None]
    return {
        f"{LEFT}/forecast": [{"step": row["month"], "value": row["forecast"], "n": row["n"]} for row in everybody],
        f"{LEFT}/seen": [
            {"step": row["month"], "value": row["observed"], "low": row["low"], "high": row["high"], "n": row["n"]}
            for row in seen
        ],
    }
