"""Where a rule's effect credibly differs by territory or owner: one test for all of them, then pooled in part.

Whether a rule works differently anywhere is asked once a rule and grouping, against shuffled labels, and all these
questions share one error rate (Holm). Only where the answer is yes are territories named, from figures that are drawn
towards the whole by as much as each is uncertain, so that a small one with an odd rate is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, stats

from icp_ml.cohort.cohort import Cohort
from icp_ml.criteria.contrasts import Contrasts, group_codes, sides_of
from icp_ml.criteria.outcomes import Outcome, churn_outcome, pull_outcome, won_outcome
from icp_ml.criteria.pooling import heterogeneity, pool
from icp_ml.criteria.types import Interval, Proposal

GROUPINGS = ("territory", "owner")
FEWEST = 20  # accounts measured in a group, for it to have figures of its own
FEWEST_A_SIDE = 5  # of them inside the rule, and outside, for it to say anything of the effect
_SHUFFLES = 1999
_ENOUGH = 20  # shuffles at least as uneven as the data, after which the answer is clear
_POWER = 0.8


@dataclass(frozen=True)
class _Question:
    """One rule in one grouping, ready to be tested."""

    entry: dict[str, Any]
    contrasts: Contrasts


def territory_effects(
    cohort: Cohort, proposals: Sequence[Proposal], seed: int, error_rate: float = 0.05
) -> dict[str, Any]:
    """Return for each rule whether its effect differs by territory or owner, and where.

    Parameters
    ----------
    cohort : Cohort
        All accounts; ``territory`` and ``owner`` are those of the deciding deal.
    proposals : sequence of Proposal
        The rules; each is judged on the outcome it was found on.
    seed : int
        Seed of the shuffles.
    error_rate : float, default 0.05
        Chance that any difference at all is claimed where there is none, over all rules and groupings.

    Returns
    -------
    dict
        ``error_rate``; ``absent``: by grouping why nothing could be asked; ``effects``: one entry a rule and grouping,
        with ``rule``, ``by``, ``outcome``, and either ``absent`` (why) or ``p_value``, ``adjusted_p``, ``differs``,
        ``overall`` (interval), ``spread`` (standard deviation between groups), ``would_show`` (the gap that the largest
        group needed to be seen, in the outcome's unit) and ``groups``, largest first: ``name``, ``n``, ``inside``,
        ``observed`` (inside less outside), ``effect`` and ``gap`` to the whole (pooled, with intervals), ``verdict``
        (``as elsewhere``, ``stronger``, ``weaker``, ``no effect shown`` or ``reversed``).
    """
    absent = {by: f"no {by} is known of any decided account or customer" for by in GROUPINGS if not _known(cohort, by)}
    asked = [_ask(cohort, proposals, at, by) for at in range(len(proposals)) for by in GROUPINGS if by not in absent]
    entries = [question if isinstance(question, dict) else question.entry for question in asked]
    open_questions = [question for question in asked if isinstance(question, _Question)]
    p_values = [_p_value(q.contrasts, np.random.default_rng([seed, at])) for at, q in enumerate(open_questions)]
    for question, p, adjusted in zip(open_questions, p_values, holm(p_values), strict=True):
        differs = adjusted <= error_rate
        question.entry.update(p_value=p, adjusted_p=adjusted, differs=differs)
        question.entry.update(_figures(question.contrasts, differs, error_rate / len(open_questions)))
    return {"error_rate": error_rate, "absent": absent, "effects": entries}


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for all being asked (Holm 1979, Scand. J. Statist. 6, 65-70), in the given order.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted, worst = [0.0] * len(p_values), 0.0
    for rank, at in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[at]))
        adjusted[at] = worst
    return adjusted


def pooled_rates(values: np.ndarray, labels: pd.Series) -> dict[str, Interval]:
    """Return the mean of each group of at least 20 accounts, drawn towards the whole; none where only one has so many.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Each account's outcome, 0..1, or what stands for it where it is censored.
    labels : Series, shape (n,)
        Group of each, missing for none.
    """
    names, codes = group_codes(labels, FEWEST)
    if len(names) < 2:
        return {}
    side = sides_of(values[codes >= 0], codes[codes >= 0], len(names))
    found = pool(side.mean, side.variance).groups
    return {name: _within(figure, 0.0, 1.0) for name, figure in zip(names, found, strict=True)}


def outcome_named(cohort: Cohort, label: str) -> Outcome:
    """Return the outcome that evidence names, for instance ``churn_12m``."""
    months = re.search(r"_(\d+)m$", label)
    horizon = int(months.group(1)) if months else cohort.horizon
    if label.startswith("churn"):
        return churn_outcome(cohort, horizon)
    if label == "pull":
        return pull_outcome(cohort, horizon, cohort.customers)
    return won_outcome(cohort, horizon, kept=label.startswith("won_and_kept"))


def _known(cohort: Cohort, by: str) -> bool:
    counted = cohort.decided | cohort.customers
    return by in cohort.accounts and bool(cohort.accounts.loc[counted, by].notna().any())


def _ask(cohort: Cohort, proposals: Sequence[Proposal], at: int, by: str) -> _Question | dict[str, Any]:
    """Return a rule's contrasts in the groups that have enough accounts, or the entry that says why there are none."""
    proposal = proposals[at]
    entry: dict[str, Any] = {"rule": proposal.id, "by": by, "outcome": proposal.evidence.outcome}
    outcome = outcome_named(cohort, proposal.evidence.outcome)
    frame, labels = cohort.attributes.iloc[outcome.rows], cohort.accounts[by].iloc[outcome.rows]
    inside = proposal.rule.mask(frame)
    names, codes = group_codes(labels, FEWEST)
    names, codes = _on_both_sides(names, codes, inside)
    if len(names) < 2:
        needed = f"{FEWEST} accounts, {FEWEST_A_SIDE} of them inside the rule and {FEWEST_A_SIDE} outside"
        return entry | {"absent": f"{len(names)} of the {by} groups {'has' if len(names) == 1 else 'have'} {needed}"}
    kept = codes >= 0
    beside = [p.rule.mask(frame)[kept] for p in proposals if p is not proposal]
    part = outcome.subset(kept)
    return _Question(entry, Contrasts.of(part.values(), inside[kept], codes[kept], names, [*beside, *_periods(part)]))


def _on_both_sides(names: Sequence[str], codes: np.ndarray, inside: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """Keep the groups with enough accounts inside the rule and outside."""
    counts = [np.bincount(codes[(codes >= 0) & side], minlength=len(names)) for side in (inside, ~inside)]
    enough = np.minimum(*counts) >= FEWEST_A_SIDE
    renumbered = np.where(enough, np.cumsum(enough) - 1, -1)
    kept = tuple(name for name, held in zip(names, enough, strict=True) if held)
    return kept, np.where(codes >= 0, renumbered[np.maximum(codes, 0)], -1) if len(names) else codes


def _periods(outcome: Outcome) -> Iterable[np.ndarray]:
    return (outcome.strata == period for period in range(1, int(outcome.strata.max()) + 1))


def _p_value(contrasts: Contrasts, rng: np.random.Generator) -> float:
    """Return how often shuffled labels bring effects as uneven as these.

    Residuals of the model in which the rule works the same everywhere are shuffled inside the rule and outside
    (Freedman & Lane 1983, doi:10.2307/1391660), so that territories may differ in level, and counts may be small.
    Shuffling stops once the answer is clear (Besag & Clifford 1991, doi:10.1093/biomet/78.2.301).
    """
    here = heterogeneity(contrasts.effects, contrasts.variances)
    reached = 0
    for done in range(1, _SHUFFLES + 1):
        reached += heterogeneity(*contrasts.shuffled(rng)) >= here
        if reached == _ENOUGH:
            return reached / done
    return (reached + 1) / (_SHUFFLES + 1)


def _figures(contrasts: Contrasts, differs: bool, share: float) -> dict[str, Any]:
    """Return the pooled effects, and who departs from the whole where the whole is uneven."""
    pooled = pool(contrasts.effects, contrasts.variances)
    groups = [
        {
            "name": name,
            "n": int(contrasts.inside.n[at] + contrasts.outside.n[at]),
            "inside": int(contrasts.inside.n[at]),
            "observed": float(np.clip(contrasts.effects[at], -1.0, 1.0)),
            "effect": asdict(_within(pooled.groups[at], -1.0, 1.0)),
            "gap": asdict(pooled.gaps[at]),
            "verdict": _verdict(pooled.overall, pooled.groups[at], pooled.gaps[at]) if differs else "as elsewhere",
        }
        for at, name in enumerate(contrasts.names)
    ]
    return {
        "overall": asdict(_within(pooled.overall, -1.0, 1.0)),
        "spread": pooled.spread,
        "would_show": _would_show(contrasts.variances, share),
        "groups": groups,
    }


def _verdict(overall: Interval, effect: Interval, gap: Interval) -> str:
    """Say how a group's effect departs from the whole; an interval that holds no departure says none."""
    sign = 1 if overall.estimate >= 0 else -1
    if gap.low <= 0 <= gap.high:
        return "as elsewhere"
    if sign * gap.estimate > 0:
        return "stronger"
    if max(sign * effect.low, sign * effect.high) < 0:
        return "reversed"
    return "no effect shown" if min(sign * effect.low, sign * effect.high) <= 0 else "weaker"


def _would_show(variances: np.ndarray, share: float) -> float:
    """Return by how much the largest group alone must depart from all others to be seen in four cases of five.

    From the noncentral chi-square of Cochran's Q at this share of the error rate.
    """
    weight = 1 / variances
    freedom = len(variances) - 1
    gate = float(stats.chi2.isf(share, freedom))
    needed = optimize.brentq(lambda size: stats.ncx2.sf(gate, freedom, size) - _POWER, 1e-6, 1e3)
    largest = weight.max()
    return float(min(np.sqrt(needed / (largest * (1 - largest / weight.sum()))), 1.0))


def _within(figure: Interval, low: float, high: float) -> Interval:
    """Keep a figure in its range."""
    ends: Mapping[str, float] = asdict(figure)
    clipped = {name: float(np.clip(ends[name], low, high)) for name in ("estimate", "low", "high")}
    return Interval(**clipped, level=figure.level)
