"""Rules that people state, judged by the same standard of evidence as rules that the data proposes.

Nothing was searched for here, so that the estimate needs no correction for a search; what remains is chance, controlled
over all rules judged together (Holm 1979, Scandinavian Journal of Statistics 6, 65-70).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from scipy import stats

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Rule
from icp_ml.config.schema import Config
from icp_ml.criteria.adjusting import adjust_effect, sales_side
from icp_ml.criteria.estimating import later_replication, risk_difference, smallest_detectable
from icp_ml.criteria.identity import SAME_ACCOUNTS, Kind, jaccard
from icp_ml.criteria.outcomes import Outcome, churn_outcome, measured_horizon, won_outcome
from icp_ml.criteria.receipts import receipt
from icp_ml.criteria.types import Evidence, Interval
from icp_ml.wording import outcome_words

FEWEST = 10
COULD_SHOW = 0.25  # a group in which only more than this would have shown says nothing either way
_PERMUTATIONS = 4999
_MANY = 100  # accounts on both sides from which the permutation distribution is normal enough
_BATCH = 2_000_000

Standing = Literal["supported", "not supported", "cannot be judged"]
Why = Literal["holds", "chance", "other way", "too small", "too few", "not measured"]


@dataclass(frozen=True)
class Judgement:
    """What the data says of a rule that a person states.

    Parameters
    ----------
    kind : {"include", "exclude"}
        What the rule claims: won and kept more, or kept less, than all others.
    rule : Rule
        The rule.
    standing : {"supported", "not supported", "cannot be judged"}
        The verdict.
    why : str
        ``holds``; not supported: ``chance`` could have brought it, it points the ``other way``, it is ``too small`` to
        count; cannot be judged: ``too few`` accounts, or ``not measured``.
    verdict : str
        The verdict in words, with the difference seen.
    evidence : Evidence or None
        As for proposals; ``q_value`` is the Holm-adjusted p-value, ``extra`` holds ``p_value``,
        ``smallest_difference``, ``replication_later`` and ``adjustment``. None where nothing could be measured.
    receipt : dict
        From :func:`icp_ml.criteria.receipts.receipt`.
    """

    kind: Kind
    rule: Rule
    standing: Standing
    why: Why
    verdict: str
    evidence: Evidence | None
    receipt: dict[str, Any] = field(default_factory=dict)

    @property
    def supported(self) -> bool | None:
        """Whether the data supports the rule; None where it cannot be judged."""
        return None if self.standing == "cannot be judged" else self.standing == "supported"


def judge_rules(
    cohort: Cohort,
    config: Config,
    rules: Sequence[tuple[Kind, Rule]],
    horizon: int,
    others: Mapping[str, Rule] | None = None,
) -> list[Judgement]:
    """Return what the data says of each rule.

    An exclusion is judged on churn (on winning where keeping is not measured), a criterion on won and kept (or on the
    one side that is measured), each against all other accounts that were measured in the same way, one-sided in the
    direction the rule claims.

    Parameters
    ----------
    cohort : Cohort
        All accounts.
    config : Config
        ``criteria.max_false_discovery_rate`` is the chance of any false support among the rules judged together;
        ``criteria.min_risk_difference`` the least difference that counts.
    rules : sequence of (kind, Rule)
        Rules with ``include`` or ``exclude``.
    horizon : int
        Months at which churn is read.
    others : mapping of str to Rule, optional
        Other rules by name, beside which each effect is held; those of the same accounts are passed over.

    Returns
    -------
    list of Judgement
        In the order of ``rules``.
    """
    trials = [_Trial(cohort, config, kind, rule, horizon, i) for i, (kind, rule) in enumerate(rules)]
    tested = [t for t in trials if t.p_value is not None]
    adjusted = iter(holm([t.p_value for t in tested if t.p_value is not None]))
    return [t.judgement(next(adjusted) if t.p_value is not None else 1.0, len(tested), others or {}) for t in trials]


def claimed_outcome(cohort: Cohort, kind: Kind, horizon: int) -> tuple[Outcome, int] | None:
    """Return the outcome a rule of this kind is judged on, and the direction it claims; None where none is measured."""
    keeping = measured_horizon(cohort) is not None
    if kind == "exclude" and keeping:
        return churn_outcome(cohort, horizon), 1
    if cohort.has_wins:
        return won_outcome(cohort, horizon, kept=keeping), 1 if kind == "include" else -1
    return (churn_outcome(cohort, horizon), -1) if keeping else None


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted so that the chance of any false one among all stays at the level they are held to.

    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    adjusted = np.empty(len(p_values))
    worst = 0.0
    for rank, at in enumerate(order):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[at]))
        adjusted[at] = worst
    return [float(p) for p in adjusted]


def permutation_p_value(outcome: Outcome, inside: np.ndarray, sign: int, seed: int) -> float:
    """Return the chance of as large a sum of scores inside if the rule did not matter, one-sided.

    Scores are exchanged among accounts of the same period only; for churn, where they are martingale residuals, this is
    the stratified log-rank test. With many accounts on both sides the permutation distribution is taken as normal.

    Parameters
    ----------
    outcome : Outcome
        Measured on n accounts.
    inside : ndarray, shape (n,), bool
        The rule's accounts.
    sign : int
        +1 if the rule claims more of the outcome, -1 if less.
    seed : int
        Of the permutations.
    """
    scores = sign * outcome.scores()
    groups = [np.flatnonzero(outcome.strata == s) for s in np.unique(outcome.strata)]
    observed = float(scores[inside].sum())
    mean = sum(scores[g].mean() * inside[g].sum() for g in groups)
    variance = sum(_permuted_variance(scores[g], int(inside[g].sum())) for g in groups)
    if variance <= 0:
        return 1.0
    if min(inside.sum(), (~inside).sum()) >= _MANY:
        return float(stats.norm.sf((observed - mean) / np.sqrt(variance)))
    sums = _permuted_sums(scores, inside, groups, seed)
    return float((1 + np.sum(sums >= observed - 1e-9)) / (len(sums) + 1))


def _permuted_variance(scores: np.ndarray, k: int) -> float:
    n = len(scores)
    return k * (n - k) / (n - 1) * float(np.var(scores)) if n > 1 else 0.0


def _permuted_sums(scores: np.ndarray, inside: np.ndarray, groups: list[np.ndarray], seed: int) -> np.ndarray:
    """Return the sums inside over scores permuted within groups, shape (permutations,)."""
    rng = np.random.default_rng(seed)
    sums = np.zeros(_PERMUTATIONS)
    for group in groups:
        k, step = int(inside[group].sum()), max(1, _BATCH // len(group))
        if not k:
            continue
        for start in range(0, _PERMUTATIONS, step):
            rows = min(step, _PERMUTATIONS - start)
            permuted = rng.permuted(np.broadcast_to(scores[group], (rows, len(group))), axis=1)
            sums[start : start + rows] += permuted[:, :k].sum(axis=1)
    return sums


class _Trial:
    """One rule before the verdict: what it is judged on and its own p-value, None where it cannot be tested."""

    def __init__(self, cohort: Cohort, config: Config, kind: Kind, rule: Rule, horizon: int, number: int) -> None:
        self.cohort, self.config, self.kind, self.rule, self.horizon = cohort, config, kind, rule, horizon
        self.whole = rule.mask(cohort.attributes)
        self.p_value: float | None = None
        claimed = claimed_outcome(cohort, kind, horizon)
        self.outcome: Outcome | None = claimed[0] if claimed else None
        self.sign = claimed[1] if claimed else 0
        if self.outcome is None:
            return
        self.inside = self.whole[self.outcome.rows]
        self.n, self.n_rest = int(self.inside.sum()), int((~self.inside).sum())
        if min(self.n, self.n_rest) >= FEWEST:
            self.p_value = permutation_p_value(self.outcome, self.inside, self.sign, config.seed + number)

    def judgement(self, q_value: float, tested: int, others: Mapping[str, Rule]) -> Judgement:
        """Return the verdict, given the adjusted p-value and how many rules were tested."""
        counted = self.whole & (self.cohort.decided | self.cohort.customers)
        told = receipt(self.cohort, counted, self.rule.mask(self.cohort.latest), self.horizon)
        evidence = self._evidence(q_value, tested, others)
        if self.outcome is None:
            verdict = "Cannot be judged: neither winning nor keeping is measured."
            return Judgement(self.kind, self.rule, "cannot be judged", "not measured", verdict, None, told)
        if evidence is None:
            where = "in it" if self.n < FEWEST else "outside it"
            few = min(self.n, self.n_rest)
            who = {0: "no account with an outcome is", 1: "only 1 account with an outcome is"}
            verdict = f"Cannot be judged: {who.get(few, f'only {few} accounts with an outcome are')} {where}."
            return Judgement(self.kind, self.rule, "cannot be judged", "too few", verdict, None, told)
        return Judgement(self.kind, self.rule, *self._verdict(evidence), evidence, told)

    def _evidence(self, q_value: float, tested: int, others: Mapping[str, Rule]) -> Evidence | None:
        if self.outcome is None or self.p_value is None:
            return None
        outcome, inside = self.outcome, self.inside
        difference, here, rest = risk_difference(outcome, inside), outcome.rate(inside), outcome.rate(~inside)
        if difference is None or here is None or rest is None:
            return None
        rows = outcome.rows
        gate = float(stats.norm.isf(self.config.criteria.max_false_discovery_rate / max(tested, 1)))
        dates = self.cohort.accounts["started_at" if outcome.name == "churn" else "decided_at"].iloc[rows]
        extra: dict[str, Any] = {
            "p_value": self.p_value,
            "smallest_difference": smallest_detectable(outcome, gate, float(inside.mean())),
            "replication_later": later_replication(outcome, inside, dates.to_numpy().astype("int64")),
            "adjustment": adjust_effect(outcome, inside, self._beside(others) | self._sales_side()),
        }
        return Evidence(
            outcome.label, here.n, here.events, here.estimate, rest.estimate, difference, q_value, extra
        )  # fmt: skip

    def _sales_side(self) -> dict[str, np.ndarray]:
        return sales_side(self.cohort, self.config, self.outcome.rows) if self.outcome is not None else {}

    def _beside(self, others: Mapping[str, Rule]) -> dict[str, np.ndarray]:
        """Return the other rules as columns, but for those that say the same of the accounts measured."""
        rows = self.outcome.rows if self.outcome is not None else np.empty(0, dtype=int)
        masks = {name: rule.mask(self.cohort.attributes.iloc[rows]) for name, rule in others.items()}
        return {
            name: mask.astype(float)[:, None]
            for name, mask in masks.items()
            if 0 < mask.sum() < len(mask) and jaccard(mask, self.inside) < SAME_ACCOUNTS
        }

    def _verdict(self, evidence: Evidence) -> tuple[Standing, Why, str]:
        """Return the standing, and why, in a word and in words."""
        least, seen = self.config.criteria.min_risk_difference, self.sign * evidence.risk_difference.estimate
        certain = evidence.q_value <= self.config.criteria.max_false_discovery_rate
        told = f"{_points(evidence.risk_difference)} in {outcome_words(evidence.outcome)} against all others"
        if certain and seen >= least:
            return "supported", "holds", f"Supported by the data: {told}."
        if certain:
            return (
                "not supported",
                "too small",
                (
                    f"Not supported by the data: {told}; a real difference, but less than the {100 * least:.0f} points "
                    "that count as a finding (criteria.min_risk_difference)."
                ),
            )
        smallest = evidence.extra["smallest_difference"]
        if smallest is None or smallest > COULD_SHOW:
            could = "" if smallest is None else f", and only {100 * smallest:.0f} points or more would have shown"
            verdict = f"Cannot be judged: {evidence.n} accounts in it{could}; seen: {told}."
            return "cannot be judged", "too few", verdict
        verdict = f"Not supported by the data: {told}; "
        if self.sign * (evidence.risk_difference.high if self.sign > 0 else evidence.risk_difference.low) < 0:
            return "not supported", "other way", f"{verdict}if anything, the data points the other way."
        return "not supported", "chance", f"{verdict}{100 * smallest:.0f} points or more would probably have shown."


def _points(interval: Interval) -> str:
    return f"{100 * interval.estimate:+.0f} points ({100 * interval.low:+.0f} to {100 * interval.high:+.0f})"
