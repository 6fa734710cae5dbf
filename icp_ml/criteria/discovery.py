"""Criteria and exclusions of a release, under one error budget.

Exclusions come first, from who leaves (or, where keeping is not measured, from who is lost); criteria are then looked
for among the accounts that no exclusion hits, so that none is the mere complement of an exclusion. METHOD, section 4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Rule
from icp_ml.config.schema import Config
from icp_ml.criteria.adjusting import adjust_effect, sales_side
from icp_ml.criteria.estimating import later_replication, risk_difference, scaled_gate, smallest_detectable
from icp_ml.criteria.identity import Kind, assign_ids, ids_before, jaccard
from icp_ml.criteria.outcomes import Outcome, churn_outcome, measured_horizon, won_outcome
from icp_ml.criteria.receipts import exclusion_totals, receipt
from icp_ml.criteria.searching import FoundRule, Search, SearchResult, run_search
from icp_ml.criteria.stated import audit_stated
from icp_ml.criteria.types import CriteriaResult, Evidence, Proposal, StatedAudit
from icp_ml.wording import outcome_words

_BEFORE_ANY = 0.5  # share of the release's rate that may be risked while nothing is found: on noise half of it is left
_BUDGET_EXCLUDE = 0.5
_BUDGET_INCLUDE = (0.25, 0.15)  # on the first target, and on the second among what the first leaves
_BUDGET_PULL = 0.1
_MOST_EXCLUDED = 0.6
_REDUNDANT = 0.8
_FEWEST = 60


@dataclass(frozen=True)
class _Candidate:
    kind: Kind
    rule: Rule
    found: FoundRule
    outcome: Outcome


def discover_criteria(
    cohort: Cohort,
    config: Config,
    usable: Sequence[str],
    seed: int,
    previous: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] = lambda message: None,
) -> CriteriaResult:
    """Return the rules that the data supports, with evidence and receipts.

    Parameters
    ----------
    cohort : Cohort
        All accounts.
    config : Config
        Limits and what people already state.
    usable : sequence of str
        Attributes free of leak suspicion; those with ``use: adjust`` never become a criterion.
    seed : int
        Seed of the permutations.
    previous : mapping, optional
        ``criteria.json`` of the previous release, for ids that last.
    progress : callable, optional
        Told what is being searched.

    Returns
    -------
    CriteriaResult
        Exclusions first. Where nothing stood out, ``not_proposed`` says what was searched and the smallest difference
        that would have been seen.
    """
    job = _Discovery(cohort, config, usable, seed, progress)
    candidates = job.exclusions()
    candidates += job.inclusions(candidates)
    candidates = candidates[: config.criteria.max_criteria]
    proposals = job.proposals(candidates, previous)
    why = None if proposals else job.why_nothing()
    stated: StatedAudit | None = None
    if config.stated_icp or config.stated_exclusions:
        progress("stated ICP")
        budget = config.criteria.max_false_discovery_rate * _BEFORE_ANY * _BUDGET_PULL
        stated = audit_stated(cohort, config, job.names, proposals, job.horizon, budget, seed)
    totals = exclusion_totals(cohort, [p.rule for p in proposals if p.kind == "exclude"], job.horizon)
    given = {p.id for p in proposals}
    retired = tuple(i for i in ids_before(previous) if i not in given)
    return CriteriaResult(proposals, why, job.searched, stated, totals, retired)


class _Discovery:
    """One discovery: the outcomes measured, what was searched, and the rules on the way."""

    def __init__(
        self, cohort: Cohort, config: Config, usable: Sequence[str], seed: int, progress: Callable[[str], None]
    ) -> None:
        self.cohort, self.config, self.seed, self.progress = cohort, config, seed, progress
        self.names = [n for n in usable if config.attributes[n].use == "criterion"]
        measured = measured_horizon(cohort)
        self.keeping, self.horizon = measured is not None, measured or cohort.horizon
        self.searched: dict[str, Any] = {"horizon_months": self.horizon, "searches": []}
        self._whys: list[str] = []
        self.exclude_share = _BUDGET_EXCLUDE + (0 if self._asks_for_pull() else _BUDGET_PULL)

    def _asks_for_pull(self) -> bool:
        """Return whether the pull diagnosis will be made; if not, its share of the budget goes to the exclusions."""
        return bool(self.config.stated_icp) and bool(self.cohort.accounts["pull_score"].notna().any())

    def exclusions(self) -> list[_Candidate]:
        """Return the regions to refuse: those that leave, or are lost where leaving is not measured."""
        self.progress("exclusions")
        if self.keeping:
            outcome, sign = churn_outcome(self.cohort, self.horizon), 1
        elif self.cohort.has_wins:
            outcome, sign = won_outcome(self.cohort, self.horizon, kept=False), -1
        else:
            return []
        result = self._search(outcome, sign, self.exclude_share, _MOST_EXCLUDED, 0)
        return self._up_to_most(self._candidates("exclude", result, outcome), outcome)

    def _up_to_most(self, exclusions: Sequence[_Candidate], outcome: Outcome) -> list[_Candidate]:
        """Return the exclusions, strongest first, that together leave enough to pursue.

        Beyond that the few that are good are the finding, and are searched for as criteria.
        """
        frame = self.cohort.attributes.iloc[outcome.rows]
        covered = np.zeros(len(frame), dtype=bool)
        kept = []
        for candidate in exclusions:
            with_it = covered | candidate.rule.mask(frame)
            if with_it.mean() <= _MOST_EXCLUDED:
                kept.append(candidate)
                covered = with_it
        return kept

    def inclusions(self, exclusions: Sequence[_Candidate]) -> list[_Candidate]:
        """Return the regions to pursue among accounts that no exclusion hits."""
        self.progress("criteria")
        hit = self._hit(exclusions)
        targets = self._targets()
        shares = _BUDGET_INCLUDE if len(targets) > 1 else (sum(_BUDGET_INCLUDE),)[: len(targets)]
        found: list[_Candidate] = []
        for i, ((outcome, sign), share) in enumerate(zip(targets, shares, strict=True)):
            free = ~(hit | self._hit(found))[outcome.rows]
            result = self._search(outcome.subset(free), sign, share, 0.9, i + 1, len(exclusions) + len(found))
            found += self._candidates("include", result, outcome)
        return self._distinct(found, hit)

    def _targets(self) -> list[tuple[Outcome, int]]:
        if self.cohort.has_wins and self.keeping:
            return [(won_outcome(self.cohort, self.horizon, kept=k), 1) for k in (True, False)]
        if self.cohort.has_wins:
            return [(won_outcome(self.cohort, self.horizon, kept=False), 1)]
        return [(churn_outcome(self.cohort, self.horizon), -1)] if self.keeping else []

    def _search(
        self, outcome: Outcome, sign: int, share: float, most: float, number: int, before: int = 0
    ) -> SearchResult:
        config = self.config.criteria
        frame = self.cohort.attributes.iloc[outcome.rows]
        budget = config.max_false_discovery_rate * _BEFORE_ANY * share
        entry: dict[str, Any] = {
            "outcome": outcome.label, "looking_for": "more" if sign > 0 else "less", "accounts": len(frame),
            "error_budget": budget,
        }  # fmt: skip
        self.searched["searches"].append(entry)
        if len(frame) < _FEWEST or not self.names:
            entry["skipped"] = f"fewer than {_FEWEST} accounts" if self.names else "no attribute may become a criterion"
            words = outcome_words(outcome.label).capitalize()
            self._whys.append(f"{words}: {entry['skipped']} to search ({len(frame)}).")
            return SearchResult((), (), 0, len(frame))
        result = run_search(
            Search(
                outcome, frame, self.config.attributes, self.names, sign, budget, config.max_conditions,
                config.max_criteria, most, config.min_risk_difference, before, self.seed + 100_000 * number,
            )
        )  # fmt: skip
        entry |= {"conditions": result.conditions_tried, "rules": len(result.rules), "steps": list(result.steps)}
        least = smallest_detectable(outcome, _usual_gate(result))
        if least is not None:
            entry["smallest_difference"] = least
        if not result.rules:
            self._whys.append(_nothing_words(outcome, result.accounts, least))
        return result

    def _candidates(self, kind: Kind, result: SearchResult, outcome: Outcome) -> list[_Candidate]:
        frame = self.cohort.attributes.iloc[outcome.rows]
        attributes = self.config.attributes
        return [_Candidate(kind, r.region.to_rule(frame, attributes), r, outcome) for r in result.rules]

    def _hit(self, candidates: Sequence[_Candidate]) -> np.ndarray:
        hit = np.zeros(len(self.cohort.accounts), dtype=bool)
        for candidate in candidates:
            hit |= candidate.rule.mask(self.cohort.attributes)
        return hit

    def _distinct(self, candidates: Sequence[_Candidate], hit: np.ndarray) -> list[_Candidate]:
        """Return the candidates that no stronger one already says, and that keep no worse than the rest."""
        kept: list[_Candidate] = []
        masks: list[np.ndarray] = []
        for candidate in candidates:
            mask = candidate.rule.mask(self.cohort.attributes) & self.cohort.decided & ~hit
            if any(jaccard(mask, other) >= _REDUNDANT or _inside(mask, other) >= 0.95 for other in masks):
                continue
            if self._keeps_worse(candidate, ~hit):
                continue
            kept.append(candidate)
            masks.append(mask)
        return kept

    def _keeps_worse(self, candidate: _Candidate, free: np.ndarray) -> bool:
        """Return whether a group that wins more is, in won and kept, no better: then it is no criterion."""
        if not (self.cohort.has_wins and self.keeping) or candidate.outcome.name == "won_and_kept":
            return False
        both = won_outcome(self.cohort, self.horizon, kept=True)
        both = both.subset(free[both.rows])
        difference = risk_difference(both, candidate.rule.mask(self.cohort.attributes.iloc[both.rows]))
        return difference is None or difference.low <= 0

    def proposals(self, candidates: Sequence[_Candidate], previous: Mapping[str, Any] | None) -> tuple[Proposal, ...]:
        """Return the candidates as proposals, with ids, evidence and receipts."""
        decided = self.cohort.decided
        masks = [c.rule.mask(self.cohort.attributes) for c in candidates]
        ids = assign_ids([c.kind for c in candidates], masks, self.cohort.attributes, previous)
        out = []
        for candidate, mask, identity in zip(candidates, masks, ids, strict=True):
            latest = candidate.rule.mask(self.cohort.latest)
            counted = mask & (decided | self.cohort.customers)
            out.append(
                Proposal(
                    identity, candidate.kind, candidate.rule, candidate.rule.text(self.config.attributes),
                    self._evidence(candidate, candidates), receipt(self.cohort, counted, latest, self.horizon),
                )
            )  # fmt: skip
        return tuple(out)

    def _evidence(self, candidate: _Candidate, others: Sequence[_Candidate]) -> Evidence:
        outcome, found = candidate.outcome, candidate.found
        inside = candidate.rule.mask(self.cohort.attributes.iloc[outcome.rows])
        gate = scaled_gate(outcome, inside, found.statistic, found.gate, found.optimism)
        difference = risk_difference(outcome, inside, gate, optimism=found.optimism)
        here, elsewhere = outcome.rate(inside), outcome.rate(~inside)
        if difference is None or here is None or elsewhere is None:  # a rule covers enough accounts on both sides
            raise AssertionError(f"a found rule has no rate: {candidate.rule.text()}")
        dated = "started_at" if outcome.name == "churn" else "decided_at"
        dates = self.cohort.accounts[dated].iloc[outcome.rows].to_numpy().astype("int64")
        observed = here.estimate - elsewhere.estimate
        extra = {
            "observed_difference": observed,
            "replication_later": later_replication(outcome, inside, dates),
            "adjustment": adjust_effect(outcome, inside, self._beside(candidate, others)),
        }
        if found.stability is not None:
            extra["stability"] = asdict(found.stability)
        q = min(1.0, found.q_value * self.config.criteria.max_false_discovery_rate)
        return Evidence(
            outcome.label, here.n, here.events, here.estimate, elsewhere.estimate, difference, q, extra
        )  # fmt: skip

    def _beside(self, candidate: _Candidate, others: Sequence[_Candidate]) -> dict[str, np.ndarray]:
        """Return what an effect is held against: the other rules, sales-side choices, attributes for adjustment."""
        rows = candidate.outcome.rows
        frame = self.cohort.attributes.iloc[rows]
        masks = [o.rule.mask(frame) for o in others if o is not candidate]
        beside = {"the other rules": np.column_stack(masks).astype(float)} if masks else {}
        return beside | sales_side(self.cohort, self.config, rows)

    def why_nothing(self) -> str:
        """Return why nothing is proposed, in words."""
        if not self._whys:
            return "Not enough evidence: neither won and lost deals nor customers to follow were found."
        return "Not enough evidence for any criterion or exclusion. " + " ".join(dict.fromkeys(self._whys))


def _nothing_words(outcome: Outcome, accounts: int, least: float | None) -> str:
    words = outcome_words(outcome.label).capitalize()
    if least is None:
        return f"{words}: too few events among {accounts:,} accounts to see any difference."
    return (
        f"{words}: nothing stood out among {accounts:,} accounts; a group of a quarter of them would have had to "
        f"differ from the rest by about {100 * least:.0f} points to be seen."
    )


def _usual_gate(result: SearchResult) -> float:
    """Return a statistic that the best of this many conditions hardly reaches by chance (Bonferroni, 1 %)."""
    return float(stats.norm.isf(0.01 / max(result.conditions_tried, 1)))


def _inside(mask: np.ndarray, other: np.ndarray) -> float:
    return float(np.sum(mask & other)) / max(int(mask.sum()), 1)
