"""What the data says of the ICP that people already hold. METHOD, sections 4 and 6."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from icp_ml.cohort.cohort import Cohort
from icp_ml.cohort.retention import retained_share
from icp_ml.conditions import Condition, Rule
from icp_ml.config.schema import Config
from icp_ml.criteria.after_sale import after_sale, cost_to_serve
from icp_ml.criteria.estimating import risk_difference
from icp_ml.criteria.identity import Kind
from icp_ml.criteria.judging import Judgement, judge_rules
from icp_ml.criteria.matching import (
    audited_groups,
    failing_conditions,
    failing_together,
    match_rates,
    match_rates_by_quarter,
)
from icp_ml.criteria.outcomes import GroupRate, Outcome, churn_outcome, measured_horizon, won_outcome
from icp_ml.criteria.pull_diagnosis import diagnose_pull
from icp_ml.criteria.types import Interval, Proposal, StatedAudit
from icp_ml.survival import wilson_interval
from icp_ml.survival.ratios import difference_interval
from icp_ml.wording import label_words, list_words

_NOTEWORTHY = 0.1  # share of the stated ICP that an exclusion must hit to be called a flaw of it
_LEVEL = 0.90
_SHARES = {
    "won_and_kept": "share won and kept", "churn": "share that left", "won": "win rate", "pull": "pull",
}  # fmt: skip


def audit_stated(
    cohort: Cohort,
    config: Config,
    names: Sequence[str],
    proposals: Sequence[Proposal],
    horizon: int,
    budget: float,
    seed: int,
) -> StatedAudit:
    """Return the audit of ``stated_icp`` and ``stated_exclusions``.

    Parameters
    ----------
    cohort : Cohort
        All accounts.
    config : Config
        Holds what is stated.
    names : sequence of str
        Attributes that the pull diagnosis may use.
    proposals : sequence of Proposal
        What the data supports, to hold against the stated ICP.
    horizon : int
        Months at which churn is read.
    budget : float
        Error rate of the pull diagnosis.
    seed : int
        Seed of its permutations.
    """
    exclusions = stated_exclusions(cohort, config, proposals, horizon)
    if not config.stated_icp:
        return StatedAudit("No ICP is stated in the config.", exclusions=exclusions)
    audit = _Audit(cohort, config, horizon)
    rule, groups, attributes = audit.rule, audit.groups, config.attributes
    return StatedAudit(
        rule.text(attributes),
        audit.figures(),
        tuple(failing_conditions(cohort, rule, groups, attributes)),
        tuple(audit.too_broad(proposals) + audit.missing(proposals) + audit.idle()),
        diagnose_pull(cohort, config, audit.inside, names, horizon, budget, seed),
        exclusions,
        tuple(match_rates_by_quarter(cohort, groups, audit.inside, horizon)),
        tuple(failing_together(cohort, rule, groups, attributes)),
        _judged(judge_rules(cohort, config, [("include", rule)], horizon)[0], config),
        tuple(after_sale(cohort, audit.inside & cohort.customers)),
    )


def stated_exclusions(
    cohort: Cohort, config: Config, proposals: Sequence[Proposal], horizon: int
) -> tuple[dict[str, Any], ...]:
    """Return evidence, receipt and verdict of each stated exclusion, all judged together."""
    rules: list[tuple[Kind, Rule]] = [
        ("exclude", Rule.parse(stated.when, config.attributes, f"stated_exclusions[{i}].when"))
        for i, stated in enumerate(config.stated_exclusions)
    ]
    beside = {p.id: p.rule for p in proposals if p.kind == "exclude"}
    judged = judge_rules(cohort, config, rules, horizon, beside)
    return tuple(
        {
            "reason": stated.reason,
            "owner": stated.owner,
            "review_on": str(stated.review_on) if stated.review_on else None,
            **_judged(judgement, config),
            "receipt": judgement.receipt,
        }
        for stated, judgement in zip(config.stated_exclusions, judged, strict=True)
    )


def _judged(judgement: Judgement, config: Config) -> dict[str, Any]:
    """Return a judgement, JSON-ready, its evidence in the contract's own keys."""
    told: dict[str, Any] = {
        "text": judgement.rule.text(config.attributes),
        "when": judgement.rule.jsonlogic(),
        "standing": judgement.standing,
        "supported": judgement.supported,
        "why": judgement.why,
        "verdict": judgement.verdict,
    }
    evidence = judgement.evidence
    if evidence is None:
        return told
    difference = _spelled(evidence.risk_difference)
    own = {k: v for k, v in vars(evidence).items() if k not in ("extra", "risk_difference")}
    return told | {
        "outcome": evidence.outcome,
        "difference": difference,
        "p_value": evidence.extra["p_value"],
        "evidence": own | {"risk_difference": difference} | evidence.extra,
    }


class _Audit:
    """The stated ICP against the accounts of the cohort."""

    def __init__(self, cohort: Cohort, config: Config, horizon: int) -> None:
        self.cohort, self.config, self.horizon = cohort, config, horizon
        self.rule = Rule.parse(config.stated_icp, config.attributes, "stated_icp")
        self.inside = self.rule.mask(cohort.attributes)
        self.groups = audited_groups(cohort, horizon)
        self.outcomes = _outcomes(cohort, horizon)

    def figures(self) -> dict[str, Any]:
        """Return match rates among pursued, won and kept accounts, and what happened in and out of the stated ICP."""
        figures: dict[str, Any] = dict(match_rates(self.groups, self.inside))
        for outcome in self.outcomes:
            figures[outcome.label] = _in_and_out(outcome, self.inside[outcome.rows])
        table, customers = self.cohort.accounts, self.cohort.customers
        for name in ("nrr", "grr") if "nrr" in table else ():
            sides = [customers & self.inside, customers & ~self.inside]
            figures[name] = _two_sided([retained_share(table[side], name, self.horizon) for side in sides])
        cost = cost_to_serve(self.cohort, self.inside)
        if cost is None:
            figures["cost_to_serve"] = {"absent": "no signal has a cost (economics.signal_costs)"}
        else:
            figures["cost_to_serve"] = cost if "absent" in cost else _two_sided([cost["inside"], cost["elsewhere"]])
        return figures

    def too_broad(self, proposals: Sequence[Proposal]) -> list[str]:
        """Return sentences on exclusions that hit inside the stated ICP."""
        sentences = []
        base = self.inside & self.groups["pursued"]
        for proposal in (p for p in proposals if p.kind == "exclude"):
            hit = base & proposal.rule.mask(self.cohort.attributes)
            share = hit.sum() / max(base.sum(), 1)
            if share >= _NOTEWORTHY:
                sentences.append(
                    f"Too broad: {100 * share:.0f} % of the pursued accounts that fit the stated ICP are in "
                    f"{proposal.id} ({proposal.text}), which the data says to refuse."
                )
        return sentences

    def missing(self, proposals: Sequence[Proposal]) -> list[str]:
        """Return sentences on criteria that the stated ICP leaves out."""
        sentences = []
        for proposal in (p for p in proposals if p.kind == "include"):
            fits = proposal.rule.mask(self.cohort.attributes) & self.groups["pursued"]
            outside = (fits & ~self.inside).sum() / max(fits.sum(), 1)
            unsaid = [label_words(a) for a in proposal.rule.attributes if a not in self.rule.attributes]
            if outside >= 0.5 or unsaid:
                says_not = f"; it does not mention {list_words(tuple(unsaid), 'or')}" if unsaid else ""
                sentences.append(
                    f"Missing: {100 * outside:.0f} % of the accounts in {proposal.id} ({proposal.text}) fall outside "
                    f"the stated ICP{says_not}."
                )
        return sentences

    def idle(self) -> list[str]:
        """Return sentences on conditions that make no visible difference among accounts that meet the others."""
        if not self.outcomes or len(self.rule.conditions) < 2:
            return []
        told = (self._idle(condition, self.outcomes[0]) for condition in self.rule.conditions)
        return [sentence for sentence in told if sentence]

    def _idle(self, condition: Condition, outcome: Outcome) -> str:
        """Return the sentence on one condition, empty where it makes a visible difference or cannot be judged."""
        others = Rule(tuple(c for c in self.rule.conditions if c != condition)).mask(self.cohort.attributes)
        part = outcome.subset(others[outcome.rows])
        difference = risk_difference(part, condition.mask(self.cohort.attributes.iloc[part.rows]))
        if difference is None or not difference.low < 0 < difference.high:
            return ""
        low, high = 100 * abs(difference.low), 100 * difference.high
        return (
            f"No visible effect: “{condition.text(self.config.attributes)}”. Among accounts that meet the rest of the "
            f"stated ICP, the {_SHARES[part.name]} could be anything from {low:.0f} points lower to {high:.0f} points "
            "higher with it than without."
        )


def _outcomes(cohort: Cohort, horizon: int) -> list[Outcome]:
    keeping = measured_horizon(cohort) is not None
    outcomes = [won_outcome(cohort, horizon, kept=True)] if cohort.has_wins and keeping else []
    outcomes += [churn_outcome(cohort, horizon)] if keeping else []
    return outcomes + ([won_outcome(cohort, horizon, kept=False)] if cohort.has_wins else [])


def _in_and_out(outcome: Outcome, inside: np.ndarray) -> dict[str, Any]:
    """Return a rate in and out of the stated ICP, each with its interval, and their difference."""
    here, elsewhere = outcome.rate(inside), outcome.rate(~inside)
    difference = risk_difference(outcome, inside)
    if here is None or elsewhere is None or difference is None:
        return {"absent": "no measured account on one side"}
    return _sides([_rate_figure(here), _rate_figure(elsewhere)]) | {"difference": _spelled(difference)}


def _rate_figure(rate: GroupRate) -> dict[str, Any]:
    """Return a rate with Wilson's interval at the number of accounts that would carry the same information."""
    p = min(max(rate.estimate, 0.0), 1.0)
    known = 0 < p < 1 and np.isfinite(rate.variance) and rate.variance > 0
    effective = p * (1 - p) / rate.variance if known else float(rate.n)
    low, high = wilson_interval(p * effective, effective, _LEVEL)
    return {"estimate": p, "low": low, "high": high, "level": _LEVEL, "n": rate.n}


def _two_sided(sides: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return two figures side by side with their difference, or why one of them is absent."""
    names = ("in it", "outside it")
    why = [f"{name}: {f['absent']}" for name, f in zip(names, sides, strict=True) if "absent" in f]
    if why:
        return {"absent": "; ".join(why)}
    ends = [(f["estimate"], f["low"], f["high"]) for f in sides]
    estimate, low, high = difference_interval(ends[0], ends[1])
    return _sides(sides) | {"difference": {"estimate": estimate, "low": low, "high": high, "level": _LEVEL}}


def _sides(sides: Sequence[dict[str, Any]]) -> dict[str, Any]:
    told: dict[str, Any] = {"level": _LEVEL}
    for name, figure in zip(("inside", "outside"), sides, strict=True):
        told |= {name: figure["estimate"], f"n_{name}": figure["n"]}
        told |= {f"low_{name}": figure["low"], f"high_{name}": figure["high"]}
    return told


def _spelled(interval: Interval) -> dict[str, float]:
    return {"estimate": interval.estimate, "low": interval.low, "high": interval.high, "level": interval.level}
