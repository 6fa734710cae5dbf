"""The known truth of a sample, as ``truth.json`` holds it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.conditions import Rule
from icp_ml.sample import plan


@dataclass(frozen=True)
class PlantedRule:
    """One planted rule and what is true of the accounts it holds for.

    Parameters
    ----------
    name, kind, why : str
        ``exclude``, ``include``, ``rest``, ``pull`` or ``unsupported`` (stated, but not in the data).
    when : list of dict
        Conditions in the config's spelling, all of which must hold.
    accounts : int
        Accounts the rule holds for, by what the CRM knows.
    win, win_elsewhere, churn_12m, churn_12m_elsewhere : float
        Mean true probability inside and among all others; churn weighted by the probability to win.
    pull, pull_elsewhere : float
        Mean latent pull, standard deviations above the rest, weighted in the same way.
    """

    name: str
    kind: str
    when: list[dict[str, Any]]
    why: str
    accounts: int
    win: float
    win_elsewhere: float
    churn_12m: float
    churn_12m_elsewhere: float
    pull: float
    pull_elsewhere: float


@dataclass(frozen=True)
class Truth:
    """Everything planted in a sample.

    Parameters
    ----------
    accounts, seed : int
        What the sample was made with.
    first_day, as_of : str
        ISO dates the data covers.
    exclusions, criteria, segments, pull_triggers, unsupported_exclusions : tuple of PlantedRule
        `segments` are ordered, the first that holds counts; their figures are those of the remaining accounts.
    noise_attributes : tuple of str
        Attributes that tell nothing.
    proxy_attributes : dict
        Attribute: the one it merely stands in for.
    misleading_column : str
        Recorded after the sale, not among the attributes.
    counts : dict
        Customers and rows of each table.
    """

    accounts: int
    seed: int
    first_day: str
    as_of: str
    exclusions: tuple[PlantedRule, ...]
    criteria: tuple[PlantedRule, ...]
    segments: tuple[PlantedRule, ...]
    pull_triggers: tuple[PlantedRule, ...]
    unsupported_exclusions: tuple[PlantedRule, ...]
    noise_attributes: tuple[str, ...]
    proxy_attributes: dict[str, str]
    misleading_column: str
    counts: dict[str, int]

    def to_json(self) -> str:
        """Return the text of ``truth.json``."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"


def describe_regions(
    known: pd.DataFrame, planted: pd.DataFrame
) -> tuple[tuple[PlantedRule, ...], tuple[PlantedRule, ...]]:
    """Return the planted regions as independent rules and as ordered segments, without and with the rest."""
    alone = tuple(_described(r.name, r.kind, r.rule, r.why, r.rule.mask(known), planted) for r in plan.REGIONS)
    left, ordered = np.ones(len(known), dtype=bool), []
    for region in (*plan.REGIONS, plan.REST):
        inside = region.rule.mask(known) & left
        ordered.append(_described(region.name, region.kind, region.rule, region.why, inside, planted))
        left &= ~inside
    return alone, tuple(ordered)


def describe_rule(
    name: str, kind: str, rule: Rule, why: str, known: pd.DataFrame, planted: pd.DataFrame
) -> PlantedRule:
    """Return what is true of the accounts a rule holds for."""
    return _described(name, kind, rule, why, rule.mask(known), planted)


def _described(name: str, kind: str, rule: Rule, why: str, inside: np.ndarray, planted: pd.DataFrame) -> PlantedRule:
    win = planted["win"].to_numpy()

    def mean(column: str, where: np.ndarray, weighted: bool = True) -> float:
        if not where.any():
            return 0.0
        weight = win[where] if weighted else np.ones(int(where.sum()))
        return round(float((planted[column].to_numpy()[where] * weight).sum() / weight.sum()), 3)

    return PlantedRule(
        name,
        kind,
        [c.to_config() for c in rule.conditions],
        why,
        int(inside.sum()),
        mean("win", inside, weighted=False),
        mean("win", ~inside, weighted=False),
        mean("churn", inside),
        mean("churn", ~inside),
        mean("pull", inside),
        mean("pull", ~inside),
    )
