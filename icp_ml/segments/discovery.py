"""Segments from end to end: formed on all accounts, each measured where it was formed without. METHOD, section 3."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Rule
from icp_ml.config.schema import Config
from icp_ml.models.types import Models
from icp_ml.segments.consensus import central
from icp_ml.segments.crossfit import Crossfit, formed_without
from icp_ml.segments.curves import common_curves
from icp_ml.segments.figures import churn_months, segment_figures
from icp_ml.segments.folds import account_folds
from icp_ml.segments.forming import Form, Forming, as_already_told
from icp_ml.segments.gates import Gates
from icp_ml.segments.identity import Earlier, kept_ids
from icp_ml.segments.measuring import Grouping, measured
from icp_ml.segments.partition import cells, explained
from icp_ml.segments.rulelist import SMALLEST_SHARE
from icp_ml.segments.steadying import as_before
from icp_ml.segments.targets import Targets, outcome_targets
from icp_ml.segments.types import SegmentsResult
from icp_ml.segments.ways import Ways, compared_ways

FEWEST_ACCOUNTS = 300
FEWEST_IN_SEGMENT = 30
_FURTHER_SAMPLES = 10
_TOLERANCE = 6.0  # chi-squared that one boundary for one region may cost


def discover_segments(
    cohort: Cohort,
    models: Models,
    config: Config,
    usable: Sequence[str],
    seed: int,
    previous: Mapping[str, Any] | None = None,
    progress: Callable[[str], None] | None = None,
    proposals: Sequence[Rule] = (),
) -> SegmentsResult:
    """Return the segments that differ in winning, keeping, expanding or pull, as ordered rules.

    Two ways of forming them are compared on later accounts, that formed neither: rules that describe HDBSCAN clusters
    of SHAP contributions, and a list of rules split off directly by outcomes. What the better one forms on all accounts
    is published, if it comes back without each fifth of them and differs there: every figure is from accounts that did
    not form the rule they are counted by.

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
    previous : mapping, optional
        Content of the previous release's ``segments.json``: ids are kept where accounts overlap, and its rules where
        they fit about as well.
    progress : callable, optional
        Told each step.
    proposals : sequence of Rule
        Criteria and exclusions of the same release: a segment takes the boundaries of one on the same attributes where
        they fit about as well.

    Returns
    -------
    SegmentsResult
        At most eight segments; none, with the reason, where there is no structure or too little data.
    """
    tell = progress or (lambda text: None)
    names = [n for n in usable if n in cohort.attributes.columns and config.attributes[n].use == "criterion"]
    counted = np.asarray(cohort.decided | cohort.customers, dtype=bool)
    looked_at: dict[str, Any] = {
        "accounts": int(counted.sum()),
        "attributes": list(names),
        "models": _models_said(models),
    }
    if counted.sum() < FEWEST_ACCOUNTS:
        because = (
            f"not enough evidence: {int(counted.sum())} decided accounts are too few to form segments on some and "
            f"measure them on others; {FEWEST_ACCOUNTS} are needed"
        )
        return SegmentsResult((), because, looked_at)
    targets = outcome_targets(cohort, counted)
    looked_at |= {"outcomes": list(targets.names), "outcomes_absent": targets.absent}
    if not names or not targets.names:
        because = "not enough evidence: no attribute varies, or no outcome is measured often enough"
        return SegmentsResult((), because, looked_at)
    job = _Discovery(
        Forming(cohort, config, tuple(names), seed), counted, account_folds(cohort.accounts.index, seed), targets, tell
    )
    ways = compared_ways(job.forming, counted, job.folds, targets, tell)
    earlier = Earlier.from_document(previous, config.attributes)
    found, stability, told = job.first_that_holds(ways, earlier, proposals)
    looked_at |= ways.told | told
    tell("measuring segments")
    months = churn_months(cohort, counted)
    looked_at["population"] = segment_figures(cohort, counted, months, config.economics)
    curves = common_curves(cohort, counted, found.labels())
    if not found.rules:
        return SegmentsResult((), _no_structure(looked_at), looked_at, curves=curves, placed=ways.placed)
    ids = kept_ids(found.rules, earlier, cohort.latest)
    segments, more = measured(cohort, config, found, ids, stability, Grouping(counted, ways.clusters))
    return SegmentsResult(segments, None, looked_at | more, curves=curves, placed=ways.placed)


@dataclass(frozen=True)
class _Discovery:
    """What forming and testing segments needs: who is counted, in which fold, and what happened to them."""

    forming: Forming
    counted: np.ndarray
    folds: np.ndarray
    targets: Targets
    tell: Callable[[str], None]

    def first_that_holds(
        self, ways: Ways, earlier: Earlier, proposals: Sequence[Rule]
    ) -> tuple[Crossfit, list[float], dict[str, Any]]:
        """Return the segments of the better way that pass, or of the other where none of them do, with their stability.

        Each way has its half of the error: :data:`icp_ml.segments.confirming.ERROR`.
        """
        tried = {}
        for way in ways.best_first:
            tried[way] = self.segments(self._forms[way], earlier, proposals)
            if tried[way][0].rules:
                break
        chosen = way if tried[way][0].rules else ways.best_first[0]
        found, stability, told = tried[chosen]
        given_up = {way: each[2] for way, each in tried.items() if way != chosen}
        return found, stability, told | {"chosen": chosen, "given_up": given_up}

    def segments(
        self, form: Form, earlier: Earlier, proposals: Sequence[Rule]
    ) -> tuple[Crossfit, list[float], dict[str, Any]]:
        """Return the rules that hold up on accounts that did not form them, their stability, and what was told."""
        self.tell("forming segments on all accounts, and again without each fifth")
        frame = self.forming.frame(self.counted)
        rules, before = form(self.counted), self._tellable(earlier.still_tried)
        again = formed_without(form, self.counted, self.folds) if rules else []
        rules = central(rules, again, self._fit, frame, _TOLERANCE)
        rules = as_before(rules, before, self._fit, frame, _TOLERANCE)
        rules = as_already_told(rules, self._tellable(proposals), self._fit, frame, _TOLERANCE, settled=before)
        gates = Gates(
            attributes=self.forming.cohort.attributes,
            counted=self.counted,
            folds=self.folds,
            targets=self.targets,
            again=again,
            further=self._further(form) if rules else [],
            earlier=earlier,
            smallest=max(FEWEST_IN_SEGMENT, int(SMALLEST_SHARE * len(frame) / 2)),
            specifications=self.forming.config.attributes,
        )
        found, stability, told = gates.passed(rules)
        return found, stability, {"formed": [rule.text(self.forming.config.attributes) for rule in rules]} | told

    @property
    def _forms(self) -> dict[str, Form]:
        return {"rule_list": self.forming.by_outcome, "hdbscan": self.forming.by_density}

    def _further(self, form: Form) -> list[list[Rule]]:
        """Return the rules that further samples of four fifths form."""
        self.tell("forming segments on further samples")
        rng = np.random.default_rng(self.forming.seed)
        rows = np.flatnonzero(self.counted)
        samples = [rng.permutation(rows)[: round(0.8 * len(rows))] for _ in range(_FURTHER_SAMPLES)]
        return [form(np.isin(np.arange(len(self.counted)), sample)) for sample in samples]

    def _tellable(self, rules: Sequence[Rule]) -> list[Rule]:
        most = self.forming.config.criteria.max_conditions
        return [r for r in rules if set(r.attributes) <= set(self.forming.names) and len(r.conditions) <= most]

    def _fit(self, rules: list[Rule]) -> float:
        frame = self.forming.frame(self.counted)
        return float(explained(cells([rule.mask(frame) for rule in rules], len(frame)), self.targets).sum())


def _models_said(models: Models) -> dict[str, str]:
    reports = {"churn": models.churn, "win": models.win}
    return {name: report.verdict for name, report in reports.items() if report is not None} | dict(models.absent)


def _no_structure(looked_at: dict[str, Any]) -> str:
    outcomes = ", ".join(looked_at["outcomes"])
    asked = f"{len(looked_at['attributes'])} attributes, {outcomes} of {looked_at['accounts']} accounts"
    if looked_at["unstable"]:
        return f"no segments: what was found in {asked} did not come back when accounts were drawn again"
    if looked_at["formed"]:
        return f"no segments: what accounts suggested, other accounts did not confirm ({asked})"
    return f"no segments: no group of accounts differs from the others by more than chance ({asked})"
