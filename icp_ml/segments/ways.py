"""Two ways of forming segments, and which of them holds up better on later accounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from icp_ml.conditions import Rule
from icp_ml.segments.folds import later_accounts
from icp_ml.segments.forming import Forming
from icp_ml.segments.partition import cells, share_between
from icp_ml.segments.placed import Placed
from icp_ml.segments.targets import Targets, outcome_targets

_OTHERWISE_ON = (3, 4)  # folds on which the two are compared where no later accounts can tell
_BY_CHANCE = 0.05
_GROUPS = 20


@dataclass(frozen=True)
class Ways:
    """Ways of forming segments, compared.

    Parameters
    ----------
    best_first : tuple of str
        ``rule_list``, ``hdbscan``, the better one first; the other only if what it formed explains anything.
    clusters : ndarray of int, shape (n,)
        HDBSCAN's cluster of each account it was compared on, -1 noise, -2 for all others.
    placed : Placed
        Where accounts lie.
    told : dict
        What was looked at, JSON-ready.
    """

    best_first: tuple[str, ...]
    clusters: np.ndarray
    placed: Placed
    told: dict[str, Any]


def compared_ways(
    forming: Forming, counted: np.ndarray, folds: np.ndarray, targets: Targets, tell: Callable[[str], None]
) -> Ways:
    """Compare rules split off directly by outcomes with rules that describe HDBSCAN's clusters of SHAP contributions.

    Both are formed on earlier accounts and measured on later ones, or on other ones where the later ones cannot tell:
    after two years nobody of the second has had time to leave. Clusters have to explain more by more than chance, since
    rules split off directly are tested while they are formed.

    Parameters
    ----------
    forming : Forming
        Forms rules of either way.
    counted : ndarray of bool, shape (n,)
        Accounts with an outcome.
    folds : ndarray of int, shape (n,)
        Fold of each account.
    targets : Targets
        What happened to the counted accounts.
    tell : callable
        Told each step.
    """
    second = later_accounts(forming.cohort.accounts["decided_at"], counted)
    measured = outcome_targets(forming.cohort, second)
    later = bool(second.any()) and set(measured.names) == set(targets.names)
    if not later:
        second = counted & np.isin(folds, _OTHERWISE_ON)
        measured = outcome_targets(forming.cohort, second)
    first = counted & ~second
    tell("clustering accounts by what their outcomes depend on")
    found, placed = forming.clusters(first, second)
    tell("splitting accounts by outcome")
    formed = {"rule_list": forming.by_outcome(first), "hdbscan": forming.describing(first, found)}
    frame = forming.frame(second)
    labels = {way: cells([rule.mask(frame) for rule in rules], len(frame)) for way, rules in formed.items()}
    order = best_first(labels["rule_list"], labels["hdbscan"], measured, forming.seed)
    told = {
        "compared": {"forming": int(first.sum()), "measuring": int(second.sum()), "later": later},
        "ways": {way: _told(rules, labels[way], measured) for way, rules in formed.items()},
        "clusters": list(found.tried),
        "dimensions": list(placed.dimensions),
    }
    clusters = np.full(len(counted), -2)
    clusters[second] = found.others
    return Ways(order, clusters, placed, told)


def best_first(rule_list: np.ndarray, hdbscan: np.ndarray, targets: Targets, seed: int) -> tuple[str, ...]:
    """Return the ways, the better first, and the second only if its cells explain anything.

    Parameters
    ----------
    rule_list, hdbscan : ndarray of int, shape (n,)
        Cell of each account by either way.
    targets : Targets
        What happened to these accounts.
    seed : int
        Seed of the groups that are left out in turn to tell by how much chance moves the difference (jackknife).
    """
    shares = {
        "rule_list": float(share_between(rule_list, targets).sum()),
        "hdbscan": float(share_between(hdbscan, targets).sum()),
    }
    group = np.random.default_rng(seed).permutation(len(rule_list)) % _GROUPS
    differences = np.array([_difference(rule_list, hdbscan, targets, group != g) for g in range(_GROUPS)])
    error = np.sqrt((_GROUPS - 1) * np.mean((differences - differences.mean()) ** 2))
    clearly = shares["hdbscan"] - shares["rule_list"] > norm.isf(_BY_CHANCE) * error
    better, other = ("hdbscan", "rule_list") if clearly else ("rule_list", "hdbscan")
    return (better, other) if shares[other] > 0 else (better,)


def _difference(rule_list: np.ndarray, hdbscan: np.ndarray, targets: Targets, among: np.ndarray) -> float:
    rows = targets.rows(among)
    return float(share_between(hdbscan[among], rows).sum() - share_between(rule_list[among], rows).sum())


def _told(rules: Sequence[Rule], labels: np.ndarray, targets: Targets) -> dict[str, Any]:
    shares = zip(targets.names, share_between(labels, targets).tolist(), strict=True)
    return {"formed": [rule.text() for rule in rules], "explained": {name: round(share, 6) for name, share in shares}}
