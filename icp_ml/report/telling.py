"""Everything a release says that follows from its rules: told when it is made, and again when a person has decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from icp_ml.config.schema import Config
from icp_ml.criteria.territories import territory_effects
from icp_ml.models.types import Predictor
from icp_ml.release.active import active_document
from icp_ml.release.document import proposals_from
from icp_ml.release.json_text import json_ready
from icp_ml.release.kept_cohort import KeptCohort
from icp_ml.release.people import accounts_for_people
from icp_ml.release.rules import ActiveRules, SegmentRules
from icp_ml.release.scored import score_accounts
from icp_ml.release.what_if_document import what_if_document
from icp_ml.report.account_index import account_index, packed_index
from icp_ml.report.account_lists import account_lists
from icp_ml.report.breakdowns import model_breakdowns
from icp_ml.report.counting import tier_counts
from icp_ml.report.html import html_report
from icp_ml.report.map_words import told_map
from icp_ml.report.memo import memo, memo_html
from icp_ml.report.metrics import Figures, with_rules
from icp_ml.report.series import release_series
from icp_ml.report.summary import summarise
from icp_ml.report.target import target_document
from icp_ml.report.territories import territories_document
from icp_ml.report.territory_words import told_territories


@dataclass(frozen=True)
class Standing:
    """What a release holds whatever is decided about its rules.

    Parameters
    ----------
    kept : KeptCohort
        Its accounts.
    config : Config
        As resolved.
    segments, checks : dict
        Content of ``segments.json`` and ``checks.json``.
    figures : dict
        From :func:`icp_ml.report.metrics.standing_figures`.
    counted, models : dict
        ``counted`` and ``models`` of ``metrics.json``.
    facts : dict
        What the run knew of itself: inputs, settings, versions, stage times.
    predictors : dict of str to Predictor
        By outcome, ``win`` and ``churn``; one that there is none of is not there.
    held_out : dict of str to DataFrame
        By outcome, from :func:`icp_ml.models.holdout.held_out_frame`.
    places : dict or None
        Content of ``segments_map.json``.
    early : dict or None
        From :func:`icp_ml.report.early_life_words.told_early_life`; None where nobody asked.
    """

    kept: KeptCohort
    config: Config
    segments: dict[str, Any]
    checks: dict[str, Any]
    figures: Figures
    counted: dict[str, Any]
    models: dict[str, Any]
    facts: dict[str, Any] = field(default_factory=dict)
    predictors: Mapping[str, Predictor] = field(default_factory=dict)
    held_out: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    places: dict[str, Any] | None = None
    early: dict[str, Any] | None = None


@dataclass(frozen=True)
class Told:
    """What follows from the rules; the fields of :class:`icp_ml.release.parts.ReleaseParts`, and the summary."""

    scored: pd.DataFrame
    accounts: pd.DataFrame
    metrics: dict[str, Any]
    territories: dict[str, Any]
    report_html: str
    memo: str
    memo_html: str
    summary: dict[str, Any]


def tell(standing: Standing, criteria: Mapping[str, Any]) -> Told:
    """Score every account by the active rules, count, and write the reports.

    Parameters
    ----------
    standing : Standing
        The rest of the release.
    criteria : mapping
        Content of ``criteria.json``.
    """
    cohort, config, segments = standing.kept.cohort, standing.config, standing.segments
    rules, groups = ActiveRules.from_document(criteria), SegmentRules.from_document(segments)
    scored = score_accounts(cohort.latest, rules, groups, config.attributes, standing.predictors)
    metrics = _metrics(standing, criteria, scored)
    summary = summarise(criteria, segments, standing.checks, metrics)
    territories = _territories(standing, criteria, scored)
    names = {segment["id"]: segment["name"] for segment in segments["segments"]}
    return Told(
        scored=scored,
        accounts=accounts_for_people(cohort.accounts, scored, names, cohort.currency),
        metrics=metrics,
        territories=territories,
        report_html=html_report(
            summary,
            account_lists(cohort.accounts, scored, cohort.currency),
            told_territories(territories, criteria),
            standing.early,
            None if standing.places is None else told_map(standing.places, segments),
            packed_index(
                account_index(
                    standing.kept,
                    scored,
                    criteria,
                    segments,
                    config.economics,
                    config.attributes,
                    metrics["models"],
                )
            ),
            what_if_document(cohort, criteria),
        ),
        memo=memo(summary),
        memo_html=memo_html(summary),
        summary=summary,
    )


def _metrics(standing: Standing, criteria: Mapping[str, Any], scored: pd.DataFrame) -> dict[str, Any]:
    """Return the content of ``metrics.json``."""
    cohort, config = standing.kept.cohort, standing.config
    tiers, models = tier_counts(scored, cohort.accounts), _models(standing, scored)
    figures = with_rules(standing.figures, criteria, tiers)
    ready: dict[str, Any] = json_ready(
        {
            "release_id": criteria["release_id"],
            "as_of": cohort.as_of,
            "metrics": {name: entry["value"] for name, entry in figures.items()},
            "intervals": {name: entry for name, entry in figures.items() if "low" in entry},
            "series": release_series(cohort, criteria, models),
            "counted": standing.counted,
            "models": models,
            "tiers": tiers,
            "target": target_document(cohort, criteria, scored, config.economics),
            **standing.facts,
        }
    )
    return ready


def _models(standing: Standing, scored: pd.DataFrame) -> dict[str, Any]:
    """Return what is shown of each model, with how it held by tier and by segment."""
    seed, told = standing.config.seed, dict(standing.models)
    for outcome, held in standing.held_out.items():
        told[outcome] = told[outcome] | {"breakdown": model_breakdowns(held, scored, standing.segments, seed)}
    return told


def _territories(standing: Standing, criteria: Mapping[str, Any], scored: pd.DataFrame) -> dict[str, Any]:
    """Return what differs by territory and owner, at the release's own error rate, and each one's view."""
    config, active = standing.config, active_document(criteria)
    measured = [proposal for proposal in proposals_from(active) if proposal.evidence.outcome]
    rate = config.criteria.max_false_discovery_rate
    effects = territory_effects(standing.kept.cohort, measured, config.seed, rate)
    document: dict[str, Any] = json_ready(territories_document(standing.kept, scored, active, effects))
    return document
