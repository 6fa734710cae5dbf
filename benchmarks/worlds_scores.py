"""What a search did on one world, held against the truth on accounts nobody has seen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.worlds import World
from benchmarks.worlds_regions import SAME_RULE, any_of, jaccard, membership, recovered, unseen
from icp_ml.conditions import Rule
from icp_ml.criteria.discovery import discover_criteria
from icp_ml.criteria.types import Proposal

_NO_EFFECT = 0.01
_TOLD = "stands in for discount"

Result = dict[str, Any]


def measure_search(world: World) -> Result:
    """Return what our search did on one world."""
    begun = time.perf_counter()
    found = discover_criteria(world.cohort, world.config, list(world.config.attributes), world.seed).proposals
    return score_proposals(world, found) | {"seconds": time.perf_counter() - begun}


def score_proposals(world: World, found: Sequence[Proposal]) -> Result:
    """Return proposals held against the truth on fresh accounts, as figures of one world, JSON-ready."""
    known, truth = unseen(world)
    exclude, include = ([p.rule.mask(known) for p in found if p.kind == k] for k in ("exclude", "include"))
    planted = [rule.mask(known) for rule in world.excluded]
    refused, bad = any_of(exclude, len(known)), any_of(planted, len(known))
    pursued, good = any_of(include, len(known)) & ~refused, _any_rule(world.included, known) & ~bad
    result: Result = {
        "proposals": len(found),
        "exclusions": len(exclude),
        "planted_exclusions": len(planted),
        "recovered": recovered(exclude, planted),
        "exclude": membership(refused, bad),
        "include": membership(pursued, good),
        "false": sum(is_false(world, p, known, truth) for p in found),
        "stray": sum(not _is_to_the_point(world, p.rule) for p in found),
        "intervals": [promise(world, p, known, truth) for p in found],
        "censored": world.censored_share,
    }
    if world.easy_to_win:
        easy = [rule.mask(known) for rule in world.easy_to_win]
        result["easy_refused"] = all(_refused_only(mask, exclude, include) for mask in easy)
    if world.recipe.discounting:
        verdicts = [str(p.evidence.extra.get("adjustment", {}).get("verdict", "")) for p in found]
        result["verdicts"] = verdicts
        result["told"] = all(verdict == _TOLD for verdict in verdicts)
    if world.recipe.trending:
        result["trending"] = sum(not set(world.recipe.trending).isdisjoint(p.rule.attributes) for p in found)
    return result


def true_difference(
    world: World, proposal: Proposal, known: pd.DataFrame, truth: pd.DataFrame, churn: str = "churn"
) -> float:
    """Return inside less outside in the proposal's own outcome, by the true probabilities.

    Parameters
    ----------
    world : World
        Says how much of a year's churn has happened by a horizon shorter than a year.
    proposal : Proposal
        Its outcome is ``churn_<h>m``, ``won`` or ``won_and_kept_<h>m``.
    known, truth : DataFrame
        Of :meth:`World.fresh`.
    churn : {"churn", "churn_own"}
        With or without what sales' discounts add.
    """
    inside, outcome = proposal.rule.mask(known), proposal.evidence.outcome
    win, left = truth["win"].to_numpy(), truth[churn].to_numpy()
    if outcome != "won":
        left = left * world.churn_within(int(outcome.rpartition("_")[2].removesuffix("m")))

    def rate(where: np.ndarray) -> float:
        if outcome.startswith("churn"):
            return float(np.average(left[where], weights=win[where]))
        return float(win[where].mean() if outcome == "won" else (win * (1 - left))[where].mean())

    return rate(inside) - rate(~inside)


def is_false(world: World, proposal: Proposal, known: pd.DataFrame, truth: pd.DataFrame) -> bool:
    """Return whether the rule has no true effect of its own, or one that goes the other way, and does not say so.

    The effect of its own is the one without what sales' discounts add; a rule whose adjustment says that it stands in
    for the discount is not false, since its reader was told.
    """
    if str(proposal.evidence.extra.get("adjustment", {}).get("verdict", "")) == _TOLD and world.recipe.discounting:
        return False
    true = true_difference(world, proposal, known, truth, "churn_own")
    return bool(abs(true) < _NO_EFFECT or np.sign(true) != np.sign(proposal.evidence.risk_difference.estimate))


def promise(world: World, proposal: Proposal, known: pd.DataFrame, truth: pd.DataFrame) -> list[float]:
    """Return covered (1) or not (0), then in points promised less delivered in the promised direction, and width."""
    true, interval = true_difference(world, proposal, known, truth), proposal.evidence.risk_difference
    optimism = (interval.estimate - true) * float(np.sign(interval.estimate))
    return [float(interval.low <= true <= interval.high), 100 * optimism, 100 * (interval.high - interval.low)]


def _any_rule(rules: Sequence[Rule], known: pd.DataFrame) -> np.ndarray:
    return any_of([rule.mask(known) for rule in rules], len(known))


def _is_to_the_point(world: World, rule: Rule) -> bool:
    """Return whether every attribute of a rule is one that a planted rule names."""
    return set(rule.attributes) <= {name for e in world.recipe.effects for name in e.rule.attributes}


def _refused_only(planted: np.ndarray, exclude: Sequence[np.ndarray], include: Sequence[np.ndarray]) -> bool:
    """Return whether a region is one that an exclusion stands for, and not one that a criterion stands for."""
    excluded = any(jaccard(mask, planted) >= SAME_RULE for mask in exclude)
    return excluded and not any(jaccard(mask, planted) >= SAME_RULE for mask in include)
