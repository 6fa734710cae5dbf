"""Segments from end to end: form on one half of the accounts, freeze, measure on the other. METHOD, section 3."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Rule
from icp_ml.config.schema import Config
from icp_ml.models.types import Models
from icp_ml.segments.clustering import Clusters, density_clusters
from icp_ml.segments.confirming import confirmed, share_explained
from icp_ml.segments.describing import described
from icp_ml.segments.figures import churn_months, segment_figures
from icp_ml.segments.halves import forming_half
from icp_ml.segments.identity import kept_ids
from icp_ml.segments.measuring import measured
from icp_ml.segments.rulelist import SMALLEST_SHARE, as_rules, grow, rounded, rule_search
from icp_ml.segments.search import RuleSearch
from icp_ml.segments.space import contribution_space
from icp_ml.segments.stability import resampled_jaccard
from icp_ml.segments.targets import Targets, outcome_targets
from icp_ml.segments.types import SegmentsResult

FEWEST_ACCOUNTS = 300
FEWEST_IN_SEGMENT = 30
LEAST_STABLE = 0.5
_MOST_FORMING = 20_000

_Form = Callable[[RuleSearch], list[tuple[int, ...]]]


@dataclass(frozen=True)
class _Half:
    """Accounts with an outcome on one side of the split: mask over all, their attributes, what happened to them."""

    mask: np.ndarray
    frame: pd.DataFrame
    targets: Targets


@dataclass(frozen=True)
class _Found:
    """What one way of forming segments came to: confirmed rules, what they explain, how to form them again."""

    rules: list[Rule]
    explained: dict[str, float]
    report: dict[str, Any]
    form: _Form


def discover_segments(
    cohort: Cohort,
    models: Models,
    config: Config,
    usable: Sequence[str],
    seed: int,
    previous: Sequence[Mapping[str, Any]] = (),
    progress: Callable[[str], None] | None = None,
) -> SegmentsResult:
    """Return the segments that differ in winning, keeping, expanding or pull, as ordered rules.

    Two partitions are formed on one half of the accounts: rules that describe HDBSCAN clusters of SHAP contributions,
    and a list of rules split off directly by outcomes. Both are frozen and tested on the other half; the one that
    explains more of what happened there is published, with every figure from that half.

    Parameters
    ----------
    cohort : Cohort
        One row an account.
    models : Models
        Churn and win models; what they say of themselves is recorded in ``looked_at``.
    config : Config
        Attributes and economics.
    usable : sequence of str
        Attributes that may be named.
    seed : int
        Seed of the split, of trees and of resampling.
    previous : sequence of mapping
        Entries of an earlier ``segments.json``, whose ids are kept where accounts overlap.
    progress : callable, optional
        Told each step.

    Returns
    -------
    SegmentsResult
        At most eight segments; none, with the reason, where there is no structure or too little data.
    """
    tell = progress or (lambda text: None)
    names = [n for n in usable if n in cohort.attributes.columns and config.attributes[n].use == "criterion"]
    counted = cohort.decided | cohort.customers
    looked_at: dict[str, Any] = {
        "accounts": int(counted.sum()),
        "attributes": list(names),
        "models": _models_said(models),
    }
    if counted.sum() < FEWEST_ACCOUNTS:
        because = (
            f"not enough evidence: {int(counted.sum())} decided accounts are too few to form segments on one half and "
            f"measure them on the other; {FEWEST_ACCOUNTS} are needed"
        )
        return SegmentsResult((), because, looked_at)
    first, second = _halves(cohort, names, counted, seed)
    looked_at |= {"outcomes": list(first.targets.names), "outcomes_absent": first.targets.absent}
    looked_at |= {"forming": int(first.mask.sum()), "measuring": int(second.mask.sum())}
    search = rule_search(first.frame, first.targets, config.attributes, names, config.criteria.max_conditions)
    if search is None or not second.targets.names:
        because = "not enough evidence: no attribute varies, or no outcome is measured often enough"
        return SegmentsResult((), because, looked_at)
    tell("clustering accounts by what their outcomes depend on")
    clusters, dimensions = _clusters(first, second, config, names, seed)
    tell("splitting accounts by outcome")
    ways = {
        "rule_list": _way(grow, search, first, second),
        "hdbscan": _way(lambda s: described(clusters.labels, s), search, first, second),
    }
    chosen = max(ways, key=lambda way: (round(sum(ways[way].explained.values()), 6), way))
    looked_at |= {"ways": {way: found.report for way, found in ways.items()}, "chosen": chosen}
    looked_at |= {"clusters": list(clusters.tried), "dimensions": dimensions}
    tell("measuring segments")
    found = ways[chosen]
    stability = resampled_jaccard([rule.mask(first.frame) for rule in found.rules], search, found.form, seed)
    stable = [(r, s) for r, s in zip(found.rules, stability, strict=True) if s >= LEAST_STABLE]
    looked_at["unstable"] = [
        {"rule": r.text(config.attributes), "stability": s}
        for r, s in zip(found.rules, stability, strict=True)
        if s < LEAST_STABLE
    ]
    months = churn_months(cohort, second.mask)
    looked_at["population"] = segment_figures(cohort, second.mask, months, config.economics)
    if not stable:
        return SegmentsResult((), _no_structure(looked_at, found), looked_at)
    ids = kept_ids([rule for rule, _ in stable], previous, cohort.attributes)
    segments, more = measured(cohort, config, stable, ids, second.mask, clusters.others)
    return SegmentsResult(segments, None, looked_at | more)


def _models_said(models: Models) -> dict[str, str]:
    reports = {"churn": models.churn, "win": models.win}
    return {name: report.verdict for name, report in reports.items() if report is not None} | dict(models.absent)


def _halves(cohort: Cohort, names: list[str], counted: np.ndarray, seed: int) -> tuple[_Half, _Half]:
    forms = forming_half(cohort.accounts.index, seed)
    first = counted & forms
    if first.sum() > _MOST_FORMING:
        rows = np.random.default_rng(seed).permutation(np.flatnonzero(first))[:_MOST_FORMING]
        first = np.isin(np.arange(len(first)), rows)
    second = counted & ~forms
    return (
        _Half(first, cohort.attributes.loc[first, names], outcome_targets(cohort, first)),
        _Half(second, cohort.attributes.loc[second, names], outcome_targets(cohort, second)),
    )


def _clusters(first: _Half, second: _Half, config: Config, names: list[str], seed: int) -> tuple[Clusters, list[str]]:
    space, others, dimensions = contribution_space(
        first.frame, second.frame, first.targets, config.attributes, names, seed
    )
    return density_clusters(space, others, seed), dimensions


def _way(form: _Form, search: RuleSearch, first: _Half, second: _Half) -> _Found:
    """Form rules on the first half, freeze them, keep those that the second half confirms."""
    formed = rounded(as_rules(form(search), search), first.frame, first.targets)
    smallest = max(FEWEST_IN_SEGMENT // 2, int(SMALLEST_SHARE * len(second.frame) / 2))
    rules, dropped = confirmed(formed, second.frame, second.targets, smallest)
    explains = share_explained(rules, second.frame, second.targets)
    report = {
        "formed": [rule.text() for rule in formed],
        "dropped": dropped,
        "explained": {name: round(share, 6) for name, share in explains.items()},
    }
    return _Found(rules, explains, report, form)


def _no_structure(looked_at: dict[str, Any], found: _Found) -> str:
    outcomes = ", ".join(looked_at["outcomes"])
    asked = f"{len(looked_at['attributes'])} attributes, {outcomes} of {looked_at['accounts']} accounts"
    if looked_at["unstable"]:
        return f"no segments: what was found in {asked} did not come back when accounts were drawn again"
    if found.report["formed"]:
        return f"no segments: what one half of the accounts suggested, the other half did not confirm ({asked})"
    return f"no segments: no group of accounts differs from the others by more than chance ({asked})"
