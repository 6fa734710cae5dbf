"""From what a discovery found to everything a release folder holds, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.loading import resolved_yaml
from icp_ml.config.schema import Attribute, Config
from icp_ml.criteria.territories import territory_effects
from icp_ml.criteria.types import CriteriaResult
from icp_ml.drift.newcomers import newcomers
from icp_ml.drift.reference import make_reference, met_on
from icp_ml.features.leaks import LeakReport
from icp_ml.models.early_life import EarlyChurn
from icp_ml.models.storage import save_models
from icp_ml.models.types import Models
from icp_ml.release.document import criteria_document, released_segments
from icp_ml.release.holdout import holdout_arrow
from icp_ml.release.json_text import json_ready
from icp_ml.release.kept_cohort import KeptCohort, cohort_arrow, signals_arrow
from icp_ml.release.parts import ReleaseParts, attributes_arrow
from icp_ml.release.people import accounts_for_people
from icp_ml.release.rules import ActiveRules, SegmentRules
from icp_ml.release.scored import score_accounts
from icp_ml.report.account_lists import account_lists
from icp_ml.report.breakdowns import model_breakdowns
from icp_ml.report.checks import checks_document
from icp_ml.report.counting import cohort_figures, served_in, tier_counts
from icp_ml.report.early_life import AtRisk, customers_at_risk, early_life_document, early_life_figures
from icp_ml.report.early_life_words import told_early_life
from icp_ml.report.html import html_report
from icp_ml.report.map_words import told_map
from icp_ml.report.memo import memo
from icp_ml.report.metrics import model_document, release_figures
from icp_ml.report.summary import summarise
from icp_ml.report.target import target_document
from icp_ml.report.territories import present_groups, territories_document
from icp_ml.report.territory_words import told_territories
from icp_ml.scorecard.types import Scorecard
from icp_ml.segments.document import segments_document
from icp_ml.segments.mapping import segments_map
from icp_ml.segments.types import SegmentsResult
from icp_ml.tables.tables import Tables


@dataclass(frozen=True)
class Found:
    """Everything a discovery computed, before it is written.

    ``early`` stands apart from ``models``: criteria, segments and the score may not know what came after the sale.
    """

    tables: Tables
    cohort: Cohort
    leaks: LeakReport
    models: Models
    criteria: CriteriaResult
    segments: SegmentsResult
    scorecard: Scorecard
    early: EarlyChurn | None = None


@dataclass(frozen=True)
class Assembled:
    """A release before it is written: its files' content, and the summary that its reports tell."""

    parts: ReleaseParts
    summary: dict[str, Any]


def assemble_release(found: Found, config: Config, identity: str, facts: Mapping[str, Any] | None = None) -> Assembled:
    """Return everything the release folder holds.

    Parameters
    ----------
    found : Found
        What a discovery computed.
    config : Config
        As resolved.
    identity : str
        The release's id.
    facts : mapping, optional
        What the run knows of itself, for ``metrics.json``: inputs, settings, versions, stage times.
    """
    criteria = criteria_document(
        found.criteria, found.scorecard, config, found.cohort, identity, found_columns=found.tables.account_columns
    )
    segments = released_segments(segments_document(found.segments, found.cohort, config), identity)
    rules, groups = ActiveRules.from_document(criteria), SegmentRules.from_document(segments)
    predictors = {r.outcome: r.predictor for r in (found.models.win, found.models.churn) if r is not None}
    scored = score_accounts(found.cohort.latest, rules, groups, config.attributes, predictors)
    checks = _checks(found, config)
    metrics: dict[str, Any] = json_ready(
        {
            "release_id": identity,
            "as_of": found.cohort.as_of,
            **_measured(found, config, criteria, segments, scored),
            "tiers": tier_counts(scored, found.cohort.accounts),
            "target": target_document(found.cohort, criteria, scored, config.economics),
            **(facts or {}),
        }
    )
    summary = summarise(criteria, segments, checks, metrics)
    territories = _territories(found, config, criteria, scored)
    places = {"release_id": identity, **json_ready(segments_map(found.segments, found.cohort, config.seed))}
    lists = account_lists(found.cohort.accounts, scored, found.cohort.currency)
    at_risk = None if found.early is None else customers_at_risk(found.early, found.cohort)
    early = _told_early(found, metrics, at_risk)
    parts = ReleaseParts(
        criteria=criteria,
        segments=segments,
        scored=scored,
        accounts=_for_people(found, scored, segments),
        cohort=cohort_arrow(_kept(found, config), config.attributes),
        signals=signals_arrow(found.cohort),
        attributes=attributes_arrow(found.cohort.latest, config.attributes),
        reference=_reference(found, config),
        holdout=holdout_arrow((found.models.churn, found.models.win), found.cohort.attributes, config.attributes),
        checks=checks,
        metrics=metrics,
        config_yaml=resolved_yaml(config),
        report_html=html_report(
            summary, lists, told_territories(territories, criteria), early, told_map(places, segments)
        ),
        memo=memo(summary),
        territories=territories,
        segments_map=places,
        customers_at_risk=None if at_risk is None else at_risk.frame,
        write_boosters=partial(save_models, _every_model(found)),
    )
    return Assembled(parts, summary)


def _kept(found: Found, config: Config) -> KeptCohort:
    """Return what the release carries of its accounts."""
    now = {by: present_groups(found.cohort, found.tables, by) for by in ("territory", "owner")}
    return KeptCohort(found.cohort, served_in(found.cohort, config.seed), now)


def _checks(found: Found, config: Config) -> dict[str, Any]:
    """Return the content of ``checks.json``."""
    told = checks_document(found.tables.issues, _suspects(found.leaks), found.cohort)
    new = newcomers(found.cohort, _usable(found, config), met_on(found.cohort, found.tables))
    ready: dict[str, Any] = json_ready({**told, "newcomers": new})
    return ready


def _for_people(found: Found, scored: pd.DataFrame, segments: Mapping[str, Any]) -> pd.DataFrame:
    """Return the rows of ``accounts.csv``, segments by name."""
    names = {segment["id"]: segment["name"] for segment in segments["segments"]}
    return accounts_for_people(found.cohort.accounts, scored, names, found.cohort.currency)


def _every_model(found: Found) -> Models:
    """Return the models to write and to tell of, the early-life one among them."""
    return found.models if found.early is None else replace(found.models, early_churn=found.early.report)


def _told_early(found: Found, metrics: Mapping[str, Any], at_risk: AtRisk | None) -> dict[str, Any] | None:
    """Return what the report says of customers to look after, None where nobody asked."""
    if found.early is None:
        return None
    cohort = found.cohort
    return told_early_life(metrics["models"]["early_churn"], at_risk, cohort.horizon, cohort.currency)


def _territories(found: Found, config: Config, criteria: Mapping[str, Any], scored: pd.DataFrame) -> dict[str, Any]:
    """Return what differs by territory and owner, at the release's own error rate, and each one's view."""
    rate = config.criteria.max_false_discovery_rate
    effects = territory_effects(found.cohort, found.criteria.proposals, config.seed, rate)
    document: dict[str, Any] = json_ready(territories_document(found.cohort, found.tables, scored, criteria, effects))
    return document


def _measured(
    found: Found, config: Config, criteria: Mapping[str, Any], segments: Mapping[str, Any], scored: pd.DataFrame
) -> dict[str, Any]:
    """Return every figure by flat name, and what stands behind them."""
    counted = cohort_figures(found.cohort, config.economics)
    figures = release_figures(_every_model(found), criteria, segments, counted)
    models: dict[str, Any] = {outcome: {"absent": reason} for outcome, reason in found.models.absent.items()}
    for report in (found.models.churn, found.models.win):
        if report is not None:
            groups = model_breakdowns(report, scored, segments, config.seed)
            models[report.outcome] = model_document(report, groups)
    if found.early is not None:
        models["early_churn"] = early_life_document(found.early)
        figures |= early_life_figures(found.early)
    return {
        "metrics": {name: entry["value"] for name, entry in figures.items()},
        "intervals": {name: entry for name, entry in figures.items() if "low" in entry},
        "counted": counted,
        "models": models,
    }


def _reference(found: Found, config: Config) -> dict[str, Any]:
    """Return what a later look at this release compares with."""
    held_out = {r.outcome: r.oof["prediction"] for r in (found.models.win, found.models.churn) if r is not None}
    reference = make_reference(found.cohort, held_out, _usable(found, config), met_on(found.cohort, found.tables))
    state: dict[str, Any] = json_ready(reference.state())
    return state


def _usable(found: Found, config: Config) -> dict[str, Attribute]:
    """Return the attributes that models and criteria may use."""
    return {name: config.attributes[name] for name in found.leaks.usable}


def _suspects(leaks: LeakReport) -> list[dict[str, Any]]:
    return [
        {
            "attribute": s.attribute,
            "text": s.text,
            "overruled": s.overruled,
            "reasons": list(s.reasons),
            "evidence": s.evidence,
        }
        for s in leaks.suspects
    ]
