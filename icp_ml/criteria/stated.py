"""What the data says of the ICP that people already hold. METHOD, sections 4 and 6."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Rule
from icp_ml.config.schema import Config
from icp_ml.criteria.estimating import risk_difference
from icp_ml.criteria.outcomes import Outcome, churn_outcome, measured_horizon, pull_outcome, won_outcome
from icp_ml.criteria.receipts import receipt
from icp_ml.criteria.searching import Search, run_search
from icp_ml.criteria.types import Interval, Proposal, StatedAudit
from icp_ml.survival import wilson_interval
from icp_ml.wording import outcome_words

_FEWEST = 60
_NOTEWORTHY = 0.1  # share of the stated ICP that an exclusion must hit to be called a flaw of it


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
    audit = _Audit(cohort, config, horizon)
    if not config.stated_icp:
        return StatedAudit("No ICP is stated in the config.", exclusions=audit.exclusions())
    return StatedAudit(
        audit.rule.text(config.attributes),
        audit.figures(),
        audit.failing(),
        tuple(audit.too_broad(proposals) + audit.missing(proposals) + audit.idle()),
        audit.pull(names, budget, seed),
        audit.exclusions(),
    )


class _Audit:
    def __init__(self, cohort: Cohort, config: Config, horizon: int) -> None:
        self.cohort, self.config, self.horizon = cohort, config, horizon
        self.rule = Rule.parse(config.stated_icp, config.attributes, "stated_icp")
        self.inside = self.rule.mask(cohort.attributes)
        table = cohort.accounts
        followed = table["follow_up_months"].to_numpy(dtype=float, na_value=0.0) >= horizon
        self.groups = {
            "pursued": cohort.decided | (table["open_pipeline"].to_numpy(dtype=float, na_value=0.0) > 0),
            "won": (table["outcome"] == "won").to_numpy(dtype=bool) | cohort.customers,
            "kept": cohort.customers & ~table["churned"].to_numpy(dtype=bool) & followed,
        }
        self.outcomes = _outcomes(cohort, horizon)

    def figures(self) -> dict[str, Any]:
        """Return match rates among pursued, won and kept accounts, and each outcome in and out of the stated ICP."""
        rates: dict[str, Any] = {}
        for name, group in self.groups.items():
            n, k = int(group.sum()), int((group & self.inside).sum())
            if n == 0:
                rates[f"match_rate_{name}"] = {"absent": f"no {name} accounts"}
                continue
            low, high = wilson_interval(k, n)
            rates[f"match_rate_{name}"] = {"estimate": k / n, "low": low, "high": high, "level": 0.9, "n": n}
        for outcome in self.outcomes:
            rates[outcome.label] = self._in_and_out(outcome, self.inside)
        return rates

    def _in_and_out(self, outcome: Outcome, mask: np.ndarray) -> dict[str, Any]:
        inside = mask[outcome.rows]
        here, elsewhere = outcome.rate(inside), outcome.rate(~inside)
        difference = risk_difference(outcome, inside)
        if here is None or elsewhere is None or difference is None:
            return {"absent": "no measured account on one side"}
        return {
            "inside": here.estimate, "outside": elsewhere.estimate, "n_inside": here.n, "n_outside": elsewhere.n,
            "difference": _spelled(difference),
        }  # fmt: skip

    def failing(self) -> tuple[dict[str, Any], ...]:
        """Return how often each condition fails among won accounts, most often first."""
        won = self.groups["won"]
        rows = []
        for condition in self.rule.conditions:
            fails = won & ~condition.mask(self.cohort.attributes)
            unknown = won & self.cohort.attributes[condition.attribute].isna().to_numpy()
            rows.append(
                {
                    "text": condition.text(self.config.attributes), "attribute": condition.attribute,
                    "won": int(won.sum()), "fails": int(fails.sum()), "unknown": int(unknown.sum()),
                    "share": float(fails.sum() / won.sum()) if won.any() else None,
                }
            )  # fmt: skip
        return tuple(sorted((r for r in rows if r["share"] is not None), key=lambda r: -float(str(r["share"]))))

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
            unsaid = [a for a in proposal.rule.attributes if a not in self.rule.attributes]
            if outside >= 0.5 or unsaid:
                says_not = f"; it does not mention {' or '.join(unsaid)}" if unsaid else ""
                sentences.append(
                    f"Missing: {100 * outside:.0f} % of the accounts in {proposal.id} ({proposal.text}) fall outside "
                    f"the stated ICP{says_not}."
                )
        return sentences

    def idle(self) -> list[str]:
        """Return sentences on conditions that make no visible difference among accounts that meet the others."""
        sentences = []
        outcome = next(iter(self.outcomes), None)
        for condition in self.rule.conditions if outcome is not None and len(self.rule.conditions) > 1 else ():
            others = Rule(tuple(c for c in self.rule.conditions if c != condition)).mask(self.cohort.attributes)
            part = outcome.subset(others[outcome.rows])  # type: ignore[union-attr]  # the loop is empty without one
            difference = risk_difference(part, condition.mask(self.cohort.attributes.iloc[part.rows]))
            if difference is not None and difference.low < 0 < difference.high:
                words, measured = condition.text(self.config.attributes), outcome_words(part.label)
                sentences.append(
                    "No visible effect: among accounts that meet the rest of the stated ICP, "
                    f"“{words}” goes with {_points(difference)} in {measured}."
                )
        return sentences

    def pull(self, names: Sequence[str], budget: float, seed: int) -> dict[str, Any]:
        """Return what separates intense from mild pull inside the stated ICP."""
        outcome = pull_outcome(self.cohort, self.horizon, self.inside & self.cohort.customers)
        if len(outcome.rows) < _FEWEST:
            return {"none_because": f"only {len(outcome.rows)} customers inside the stated ICP have pull measured"}
        frame = self.cohort.attributes.iloc[outcome.rows]
        rules = []
        for sign in (1, -1):
            search = Search(outcome, frame, self.config.attributes, names, sign, budget / 2, seed=seed + 900_000 + sign)
            for found in run_search(search).rules:
                rule = found.region.to_rule(frame, self.config.attributes)
                inside = rule.mask(frame)
                rules.append(
                    {
                        "text": rule.text(self.config.attributes), "when": rule.jsonlogic(),
                        "pull": "more" if sign > 0 else "less", "n": int(inside.sum()),
                        "q_value": found.q_value * budget * 10,
                        "difference": _spelled(risk_difference(outcome, inside)),
                    }
                )  # fmt: skip
        if not rules:
            return {"none_because": f"nothing separates high from low pull among {len(frame)} customers inside it"}
        return {"rules": rules, "n": len(frame)}

    def exclusions(self) -> tuple[dict[str, Any], ...]:
        """Return evidence and receipt of every stated exclusion, and plainly whether the data supports it."""
        rows = []
        for i, stated in enumerate(self.config.stated_exclusions):
            rule = Rule.parse(stated.when, self.config.attributes, f"stated_exclusions[{i}].when")
            inside = rule.mask(self.cohort.attributes)
            counted = inside & (self.cohort.decided | self.cohort.customers)
            row: dict[str, Any] = {
                "text": rule.text(self.config.attributes), "reason": stated.reason, "owner": stated.owner,
                "review_on": str(stated.review_on) if stated.review_on else None,
                "receipt": receipt(self.cohort, counted, rule.mask(self.cohort.latest), self.horizon),
            }  # fmt: skip
            rows.append(row | self._support(inside))
        return tuple(rows)

    def _support(self, inside: np.ndarray) -> dict[str, Any]:
        """Judge on churn (or winning) with a one-sided test at 5 % shared among the stated exclusions."""
        outcome = next((o for o in self.outcomes if o.name == "churn"), next(iter(self.outcomes), None))
        if outcome is None:
            return {"supported": None, "verdict": "Neither winning nor keeping is measured."}
        difference = risk_difference(outcome, inside[outcome.rows])
        here = outcome.rate(inside[outcome.rows])
        if difference is None or here is None or here.n < 10:
            n = 0 if here is None else here.n
            return {"supported": None, "verdict": f"Cannot be judged: only {n} accounts with an outcome are in it."}
        worse = difference.estimate if outcome.name == "churn" else -difference.estimate
        error = (difference.high - difference.low) / 2 / float(stats.norm.ppf(0.95))
        p_value = float(stats.norm.sf(worse / error)) if error > 0 else 1.0
        supported = p_value <= 0.05 / len(self.config.stated_exclusions)
        verdict = "Supported by the data" if supported else "Not supported by the data"
        return {
            "supported": supported, "p_value": p_value, "difference": _spelled(difference), "outcome": outcome.label,
            "verdict": f"{verdict}: {_points(difference)} in {outcome_words(outcome.label)} against all others.",
        }  # fmt: skip


def _outcomes(cohort: Cohort, horizon: int) -> list[Outcome]:
    outcomes = []
    keeping = measured_horizon(cohort) is not None
    if cohort.has_wins and keeping:
        outcomes.append(won_outcome(cohort, horizon, kept=True))
    if keeping:
        outcomes.append(churn_outcome(cohort, horizon))
    if cohort.has_wins:
        outcomes.append(won_outcome(cohort, horizon, kept=False))
    return outcomes


def _spelled(interval: Interval | None) -> dict[str, float] | None:
    if interval is None:
        return None
    return {"estimate": interval.estimate, "low": interval.low, "high": interval.high, "level": interval.level}


def _points(interval: Interval) -> str:
    return f"{100 * interval.estimate:+.0f} points ({100 * interval.low:+.0f} to {100 * interval.high:+.0f})"
