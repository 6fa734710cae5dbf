"""Points for rules: a rounded log-odds scale on won and kept. METHOD, section 5.

60 points are the average odds of the target among decided accounts, 20 points double the odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import optimize, special

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Config
from icp_ml.criteria.outcomes import Outcome, churn_outcome, measured_horizon, won_outcome
from icp_ml.criteria.types import Proposal
from icp_ml.models.types import Models
from icp_ml.scorecard.judging import Scores, judge_ranking
from icp_ml.scorecard.types import Scorecard, ScoreItem
from icp_ml.survival import ipcw_weights, wilson_interval

AVERAGE_POINTS = 60
_MOST_ITEMS = 10
_RIDGE = 1.0
MOST_POINTS = 60  # of one line: three doublings of the odds say all there is to say on a scale of 100
_TIERS = ("green", "yellow", "red")


def build_scorecard(
    cohort: Cohort, proposals: Sequence[Proposal], config: Config, horizon: int, models: Models | None = None
) -> Scorecard:
    """Return integer points for the proposed rules.

    Parameters
    ----------
    cohort : Cohort
        All accounts; those whose target is known (or weighted for censoring) set the points.
    proposals : sequence of Proposal
        Only rules that passed the evidence test; without any, the scorecard has no items and every account is yellow.
    config : Config
        Tier edges and the points that double the odds.
    horizon : int
        Months at which keeping is read.
    models : Models, optional
        Of the same release, to set the ranking of later accounts beside.

    Returns
    -------
    Scorecard
        Exclusions never earn points and criteria never cost any: an effect that vanishes beside the others scores 0.
    """
    card = config.scorecard
    outcome, target = target_outcome(cohort, horizon)
    chosen = proposals[:_MOST_ITEMS]
    if not chosen or outcome is None:
        return Scorecard(target, round((card.green + card.red) / 2), (), card.green, card.red)
    bare = _points(outcome, chosen, cohort, config, target)
    figures = tier_figures(bare, proposals, cohort, horizon)
    if models is not None:

        def scores_set_on(earlier: Outcome) -> Scores:
            card = _points(earlier, chosen, cohort, config, target)
            return lambda later: score_of(card, cohort, later)

        figures["ranking"] = judge_ranking(outcome, cohort, binary_target, scores_set_on, models, config.seed)
    return replace(bare, figures=figures)


def _points(outcome: Outcome, chosen: Sequence[Proposal], cohort: Cohort, config: Config, target: str) -> Scorecard:
    """Set the points of the rules on an outcome."""
    card = config.scorecard
    labels, weights = binary_target(outcome)
    frame = cohort.attributes.iloc[outcome.rows]
    design = np.column_stack([p.rule.mask(frame) for p in chosen]).astype(float)
    signs = np.array([1.0 if p.kind == "include" else -1.0 for p in chosen])
    per_point = card.points_to_double_odds / np.log(2)
    intercept, effects = log_odds(design, labels, weights, signs, MOST_POINTS / per_point)
    average = special.logit(np.clip(np.average(labels, weights=weights), 1e-4, 1 - 1e-4))
    base = int(np.clip(round(AVERAGE_POINTS + per_point * (intercept - average)), 0, 100))
    points = [round(per_point * float(e)) for e in effects]
    items = tuple(
        ScoreItem(p.id, p.rule.attributes[0], p.rule, points[i], p.text) for i, p in enumerate(chosen) if points[i]
    )
    return Scorecard(target, base, items, card.green, card.red)


def score_of(card: Scorecard, cohort: Cohort, outcome: Outcome) -> np.ndarray:
    """Return the score of each account of an outcome, as known at its decision, shape (n,), 0 to 100."""
    frame = cohort.attributes.iloc[outcome.rows]
    score = np.full(len(frame), float(card.base))
    for item in card.items:
        score += item.points * item.rule.mask(frame)
    return np.clip(score, 0, 100)


def binary_target(outcome: Outcome) -> tuple[np.ndarray, np.ndarray]:
    """Return labels of the scorecard's target and weights that stand in for the censored.

    Returns
    -------
    labels : ndarray, shape (n,), float
        1 for won and kept (won; kept), 0 for the others.
    weights : ndarray, shape (n,), float
        Inverse probability of not being censored; 0 where the target is not yet known.
    """
    n = len(outcome.rows)
    if outcome.name == "won":
        return outcome.won, np.ones(n)
    followed = outcome.followed
    labels, weights = np.zeros(n), np.where(outcome.won > 0, 0.0, 1.0)
    time, churned = outcome.time[followed], outcome.churned[followed]
    lost = churned & (time <= outcome.horizon)
    labels[followed] = (~lost & (time >= outcome.horizon)).astype(float)
    won = max(float((outcome.won > 0).sum()), 1.0)
    # Won accounts that nobody has followed yet are stood in for by those that are.
    weights[followed] = ipcw_weights(time, churned, outcome.horizon) * won / max(int(followed.sum()), 1)
    return labels, weights


def tier_figures(card: Scorecard, proposals: Sequence[Proposal], cohort: Cohort, horizon: int) -> dict[str, Any]:
    """Return each tier's rate of the target with interval, and sentences on adjacent tiers that do not differ."""
    outcome, _ = target_outcome(cohort, horizon)
    if outcome is None:
        return {}
    labels, weights = binary_target(outcome)
    tiers = tiers_of(card, proposals, cohort, outcome)
    figures: dict[str, Any] = {"tiers": {}, "not_different": []}
    for tier in _TIERS:
        figures["tiers"][tier] = rate_inside(labels, weights, tiers == tier)
    for better, worse in (("green", "yellow"), ("yellow", "red")):
        a, b = figures["tiers"][better], figures["tiers"][worse]
        if "estimate" in a and "estimate" in b and a["low"] <= b["high"]:
            figures["not_different"].append(f"{better} and {worse} do not differ beyond chance on this data")
    return figures


def rate_inside(labels: np.ndarray, weights: np.ndarray, inside: np.ndarray) -> dict[str, Any]:
    """Return the rate of the target in a group, with its interval.

    Parameters
    ----------
    labels, weights : ndarray of float, shape (n,)
        From :func:`binary_target`.
    inside : ndarray of bool, shape (n,)
        The group.

    Returns
    -------
    dict
        ``estimate``, ``low`` and ``high`` (Wilson, at the effective size of the weights), ``level``, ``n``; or
        ``absent``, with the reason, and ``n``.
    """
    total = float(weights[inside].sum())
    if total < 1:
        return {"absent": "no decided account in this tier", "n": int(inside.sum())}
    effective = total**2 / float(np.sum(weights[inside] ** 2))
    rate = float(np.average(labels[inside], weights=weights[inside]))
    low, high = wilson_interval(rate * effective, effective)
    return {"estimate": rate, "low": low, "high": high, "level": 0.9, "n": int(inside.sum())}


def tiers_of(card: Scorecard, proposals: Sequence[Proposal], cohort: Cohort, outcome: Outcome) -> np.ndarray:
    """Return the tier of each account of an outcome, as known at its decision, shape (n,), text."""
    frame, score = cohort.attributes.iloc[outcome.rows], score_of(card, cohort, outcome)
    refused = np.zeros(len(frame), dtype=bool)
    for proposal in proposals:
        if proposal.kind == "exclude":
            refused |= proposal.rule.mask(frame)
    return np.where(refused | (score < card.red), "red", np.where(score >= card.green, "green", "yellow"))


def target_outcome(cohort: Cohort, horizon: int) -> tuple[Outcome | None, str]:
    """Return what the score ranks by, and its name; None where nothing is measured."""
    keeping = measured_horizon(cohort) is not None
    if cohort.has_wins and keeping:
        return won_outcome(cohort, horizon, kept=True), "won_and_kept"
    if cohort.has_wins:
        return won_outcome(cohort, horizon, kept=False), "won"
    if keeping:
        return churn_outcome(cohort, horizon), "kept"
    return None, "won_and_kept"


def log_odds(
    design: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    signs: np.ndarray,
    most: float,
    given: np.ndarray | None = None,
) -> tuple[float, np.ndarray]:
    """Fit a slightly shrunken logistic regression whose effects keep their sign (or are 0) and stay within ``most``.

    Log-odds that are ``given`` by account take the place of the intercept, which is then 0.
    """
    known = np.zeros(len(labels)) if given is None else given
    free = (None, None) if given is None else (0.0, 0.0)

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        margin = known + parameters[0] + design @ parameters[1:]
        error = weights * (special.expit(margin) - labels)
        value = float(np.sum(weights * (np.logaddexp(0, margin) - labels * margin)))
        gradient = np.concatenate([[error.sum()], design.T @ error + _RIDGE * parameters[1:]])
        return value + 0.5 * _RIDGE * float(np.sum(parameters[1:] ** 2)), gradient

    bounds = [free, *((0, most) if s > 0 else (-most, 0) for s in signs)]
    fitted = optimize.minimize(loss, np.zeros(len(signs) + 1), jac=True, bounds=bounds, method="L-BFGS-B")
    return float(fitted.x[0]), np.asarray(fitted.x[1:])
