"""What separates intense from mild pull among customers that fit the stated ICP. METHOD, section 6.

Customers that fit on paper and still pull weakly are where a wrong ICP hides. The search is the release's own, with its
own share of the release's error budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Rule
from icp_ml.config.schema import Config
from icp_ml.criteria.estimating import risk_difference, scaled_gate, smallest_detectable
from icp_ml.criteria.outcomes import Outcome, pull_outcome
from icp_ml.criteria.searching import FoundRule, Search, run_search
from icp_ml.survival import wilson_interval

FEWEST = 60
_FEWEST_OF_FIFTH = 5
_LEVEL = 0.90
_INTENSE, _MILD = 5, 2


def diagnose_pull(
    cohort: Cohort, config: Config, fits: np.ndarray, names: Sequence[str], horizon: int, budget: float, seed: int
) -> dict[str, Any]:
    """Return what separates intense from mild pull among customers that fit, or why nothing does.

    Parameters
    ----------
    cohort : Cohort
        All accounts.
    config : Config
        Attributes and limits.
    fits : ndarray, shape (n_accounts,), bool
        Accounts inside the stated ICP.
    names : sequence of str
        Attributes that may be used.
    horizon : int
        Months.
    budget : float
        Error rate, part of the release's.
    seed : int
        Of the permutations.

    Returns
    -------
    dict
        ``n`` customers with pull measured, ``error_budget``, and ``rules``: ``text``, ``when``, ``pull`` (``more`` or
        ``less`` inside the rule), ``n``, ``rate`` and ``rate_elsewhere`` (mean pull, 0..1), ``difference`` corrected
        for the search, ``q_value``, and ``meets``: the share of customers with pull 5 of 5 and with 2 of 5 that meet
        the rule. Without rules ``none_because``, with ``smallest_difference`` where one can be told.
    """
    outcome = pull_outcome(cohort, horizon, fits & cohort.customers)
    n = len(outcome.rows)
    told: dict[str, Any] = {"n": n, "error_budget": budget}
    if n < FEWEST:
        measured = np.isfinite(cohort.accounts["pull_score"].to_numpy(dtype=float, na_value=np.nan)).any()
        why = f"only {n} customers inside it have pull measured, {FEWEST} are needed to search"
        return told | {"none_because": why if measured else "pull was not measured"}
    rules, tried = [], 0
    for sign in (1, -1):
        result = run_search(_search(cohort, config, outcome, names, sign, budget / 2, seed))
        tried = max(tried, result.conditions_tried)
        rules += [_told(cohort, config, outcome, found) for found in result.rules]
    if rules:
        return told | {"rules": rules}
    least = smallest_detectable(outcome, float(stats.norm.isf(budget / 2 / max(tried, 1))))
    return told | {"none_because": _why_none(n, least), "smallest_difference": least}


def _search(
    cohort: Cohort, config: Config, outcome: Outcome, names: Sequence[str], sign: int, budget: float, seed: int
) -> Search:
    limits, frame = config.criteria, cohort.attributes.iloc[outcome.rows]
    return Search(
        outcome, frame, config.attributes, names, sign, budget, limits.max_conditions, limits.max_criteria,
        seed=seed + 900_000 + sign,
    )  # fmt: skip


def _told(cohort: Cohort, config: Config, outcome: Outcome, found: FoundRule) -> dict[str, Any]:
    frame = cohort.attributes.iloc[outcome.rows]
    rule = found.region.to_rule(frame, config.attributes)
    inside = rule.mask(frame)
    difference = risk_difference(outcome, inside, scaled_gate(outcome, inside, found.statistic, found.gate))
    if difference is None:  # a found rule has accounts on both sides
        raise AssertionError(f"a found rule has no pull on one side: {rule.text()}")
    return {
        "text": rule.text(config.attributes),
        "when": rule.jsonlogic(),
        "pull": "more" if found.sign > 0 else "less",
        "n": int(inside.sum()),
        "rate": float(outcome.value[inside].mean()),
        "rate_elsewhere": float(outcome.value[~inside].mean()),
        "q_value": min(1.0, found.q_value * config.criteria.max_false_discovery_rate),
        "difference": vars(difference),
        "meets": _meets(cohort, outcome, rule),
    }


def _meets(cohort: Cohort, outcome: Outcome, rule: Rule) -> dict[str, Any]:
    """Return the share meeting a rule among customers of pull 5 and of pull 2."""
    inside = rule.mask(cohort.attributes.iloc[outcome.rows])
    pull = cohort.accounts["pull"].iloc[outcome.rows].to_numpy(dtype=float, na_value=np.nan)
    shares: dict[str, Any] = {}
    for fifth in (_INTENSE, _MILD):
        n, k = int((pull == fifth).sum()), int((inside & (pull == fifth)).sum())
        if n < _FEWEST_OF_FIFTH:
            shares[str(fifth)] = {"absent": f"only {n} customers have pull {fifth} of 5", "n": n}
            continue
        low, high = wilson_interval(k, n, _LEVEL)
        shares[str(fifth)] = {"estimate": k / n, "low": low, "high": high, "level": _LEVEL, "n": n}
    return shares


def _why_none(n: int, least: float | None) -> str:
    nothing = f"nothing separates strong from weak pull among {n:,} customers inside it"
    if least is None:
        return nothing
    return (
        f"{nothing}; a group of a quarter of them would have had to differ from the rest by about {least:.2f} on the "
        "scale from 0 to 1 to be seen"
    )
