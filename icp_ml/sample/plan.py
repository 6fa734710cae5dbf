"""The planted truth: which accounts win, churn and pull how much, as rules on what is known before the sale.

Regions are read in order, the first that holds counts. Everything else in the sample is built so that, given its
region, neither winning nor churning depends on any attribute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from icp_ml.conditions import Condition, Rule


@dataclass(frozen=True)
class Region:
    """Accounts that share one truth.

    Parameters
    ----------
    name : str
        What a person would call them.
    kind : {"exclude", "include", "rest"}
        What a good analysis should propose.
    rule : Rule
        On true attribute values; the rest's rule is empty and holds for everybody.
    win : float
        Probability that a decided account is won.
    churn : float
        Probability that a customer churns within 12 months, the first anniversary included.
    later_churn : float
        The same for each later contract year.
    pull : float
        Mean of the latent pull, in standard deviations above the rest.
    expand : float
        Probability of an expansion in a contract year.
    why : str
        The story behind it.
    """

    name: str
    kind: Literal["exclude", "include", "rest"]
    rule: Rule
    win: float
    churn: float
    later_churn: float
    pull: float
    expand: float
    why: str


REGIONS: tuple[Region, ...] = (
    Region(
        "small agencies and consumer apps",
        "exclude",
        Rule((Condition("industry", "in", ("agencies", "consumer_apps")), Condition("employee_count", "below", 20.0))),
        win=0.62,
        churn=0.60,
        later_churn=0.45,
        pull=-0.4,
        expand=0.05,
        why="They sign fast and leave fast: nobody owns the tool after the founder loses interest.",
    ),
    Region(
        "no RevOps, run on spreadsheets",
        "exclude",
        Rule((Condition("has_revops", "is", False), Condition("tech_stack", "has", "spreadsheets"))),
        win=0.36,
        churn=0.52,
        later_churn=0.40,
        pull=-0.6,
        expand=0.06,
        why="Without anyone to run it and with the data in spreadsheets, onboarding never ends.",
    ),
    Region(
        "mid-size software and fintech with RevOps",
        "include",
        Rule(
            (
                Condition("industry", "in", ("b2b_saas", "fintech")),
                Condition("employee_count", "between", (50.0, 500.0)),
                Condition("has_revops", "is", True),
            )
        ),
        win=0.62,
        churn=0.05,
        later_churn=0.05,
        pull=0.9,
        expand=0.45,
        why="The job is theirs, the data is there, and a team wants it.",
    ),
    Region(
        "larger healthtech",
        "include",
        Rule((Condition("industry", "in", ("healthtech",)), Condition("employee_count", "at_least", 100.0))),
        win=0.64,
        churn=0.05,
        later_churn=0.05,
        pull=0.4,
        expand=0.35,
        why="Regulation forces the purchase; the workshop never thought of them.",
    ),
)
REST = Region(
    "everyone else",
    "rest",
    Rule(()),
    win=0.36,
    churn=0.09,
    later_churn=0.09,
    pull=0.0,
    expand=0.20,
    why="Ordinary customers.",
)
PULL_TRIGGER = Rule((Condition("tech_stack", "has", "zendesk"),))
PULL_TRIGGER_SHIFT = 1.2
NOISE_ATTRIBUTES = (
    "recent_funding",
    "employee_growth_pct",
    "hq_floor",
    "domain_age_years",
    "fiscal_year_end",
    "logo_color",
    "region",
)
PROXY_ATTRIBUTES = {"annual_revenue": "employee_count"}
MISLEADING_COLUMN = "csm_health"
UNSUPPORTED_EXCLUSION = Rule((Condition("region", "in", ("Southern Europe",)),))


def assign_regions(attributes: pd.DataFrame) -> np.ndarray:
    """Return each account's position in :data:`REGIONS`, ``len(REGIONS)`` for the rest.

    Parameters
    ----------
    attributes : DataFrame
        True attribute values, typed as :mod:`icp_ml.conditions` says.
    """
    region = np.full(len(attributes), len(REGIONS))
    for position in reversed(range(len(REGIONS))):
        region[REGIONS[position].rule.mask(attributes)] = position
    return region


def true_probabilities(attributes: pd.DataFrame) -> pd.DataFrame:
    """Return what is planted for each account.

    Returns
    -------
    DataFrame
        Indexed like `attributes`: ``region`` (name), ``win``, ``churn`` (within 12 months), ``later_churn`` (a contract
        year), ``pull`` (mean of the latent pull, standard deviations), ``expand`` (a contract year).
    """
    position = assign_regions(attributes)
    regions = (*REGIONS, REST)

    def planted(name: str) -> np.ndarray:
        return np.array([getattr(r, name) for r in regions], dtype=float)[position]

    return pd.DataFrame(
        {
            "region": np.array([r.name for r in regions], dtype=object)[position],
            "win": planted("win"),
            "churn": planted("churn"),
            "later_churn": planted("later_churn"),
            "pull": planted("pull") + PULL_TRIGGER_SHIFT * PULL_TRIGGER.mask(attributes),
            "expand": planted("expand"),
        },
        index=attributes.index,
    )
