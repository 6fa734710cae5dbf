"""What criteria discovery hands on: proposals with their evidence and receipts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from icp_ml.conditions import Rule


@dataclass(frozen=True)
class Interval:
    """A figure with its interval; ``low`` and ``high`` at confidence ``level``, same unit as ``estimate``."""

    estimate: float
    low: float
    high: float
    level: float = 0.90


@dataclass(frozen=True)
class Evidence:
    """Why a rule is proposed. Contract, section 5.

    Parameters
    ----------
    outcome : str
        ``won``, ``churn_<h>m``, ``won_and_kept_<h>m`` or ``pull``.
    n : int
        Accounts inside the rule (customers for churn, decided accounts for won).
    events : int
        Of those, how many had the outcome within the horizon.
    rate, rate_elsewhere : float
        Inside the rule and among all other accounts of the same cohort.
    risk_difference : Interval
        Inside minus outside, corrected for having been searched for.
    q_value : float
        Chance bound after control over the whole search, 0..1.
    extra : dict
        Further figures by name (replication in later accounts, adjustment, stability), JSON-ready.
    """

    outcome: str
    n: int
    events: int
    rate: float
    rate_elsewhere: float
    risk_difference: Interval
    q_value: float
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """One criterion (``include``) or exclusion (``exclude``)."""

    id: str
    kind: Literal["include", "exclude"]
    rule: Rule
    text: str
    evidence: Evidence
    receipt: dict[str, Any] = field(default_factory=dict)
    status: Literal["proposed", "accepted", "edited", "manual", "rejected"] = "proposed"


@dataclass(frozen=True)
class StatedAudit:
    """What the data says of the ICP people already hold; every figure JSON-ready, words for people.

    ``figures`` holds match rates (pursued, won, kept), churn, win rate, NRR, GRR and cost to serve in and out with
    intervals; ``failing`` which condition fails how often; ``findings`` plain sentences on what it gets wrong; ``pull``
    the pull diagnosis (proposals inside the stated ICP, or why none); ``exclusions`` one entry per stated exclusion;
    ``quarters`` the match rates of each quarter; ``failing_together`` which conditions fail together; ``whole`` the
    stated ICP judged as one criterion; ``after_sale`` signals in and out.
    """

    text: str
    figures: dict[str, Any] = field(default_factory=dict)
    failing: tuple[dict[str, Any], ...] = ()
    findings: tuple[str, ...] = ()
    pull: dict[str, Any] = field(default_factory=dict)
    exclusions: tuple[dict[str, Any], ...] = ()
    quarters: tuple[dict[str, Any], ...] = ()
    failing_together: tuple[dict[str, Any], ...] = ()
    whole: dict[str, Any] = field(default_factory=dict)
    after_sale: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class CriteriaResult:
    """All proposals of a release.

    Parameters
    ----------
    proposals : tuple of Proposal
        Exclusions (X1..) first, then criteria (C1..); at most ``criteria.max_criteria``.
    not_proposed : str or None
        Why nothing was proposed, with the smallest difference the data could have shown; None where something was.
    searched : dict
        What was searched and how, by outcome: accounts, events, conditions tried, permutations, error budget, p-values.
    stated : StatedAudit or None
        Audit of the stated ICP and exclusions, None where the config states none.
    totals : dict
        The two numbers for the ICP as a whole: ``revenue_taken_now`` (ARR won from accounts an exclusion hits) and
        ``revenue_to_be_replaced`` (the part of it lost to churn within the horizon).
    retired_ids : tuple of str
        Ids that earlier releases gave to rules which are gone; never given again.
    """

    proposals: tuple[Proposal, ...]
    not_proposed: str | None
    searched: dict[str, Any] = field(default_factory=dict)
    stated: StatedAudit | None = None
    totals: dict[str, Any] = field(default_factory=dict)
    retired_ids: tuple[str, ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of all proposals, in their order."""
        return tuple(p.rule for p in self.proposals)
