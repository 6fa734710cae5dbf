"""From what a discovery found to everything a release folder holds, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.loading import resolved_yaml
from icp_ml.config.schema import Attribute, Config
from icp_ml.criteria.types import CriteriaResult
from icp_ml.drift.newcomers import newcomers
from icp_ml.drift.reference import make_reference, met_on
from icp_ml.features.leaks import LeakReport
from icp_ml.models.early_life import EarlyChurn
from icp_ml.models.storage import save_models
from icp_ml.models.types import Models
from icp_ml.release.decided_before import KEY, decided_before
from icp_ml.release.document import criteria_document, released_segments
from icp_ml.release.folder import Release
from icp_ml.release.holdout import holdout_arrow
from icp_ml.release.json_text import json_ready
from icp_ml.release.kept_cohort import KeptCohort, cohort_arrow, signals_arrow
from icp_ml.release.parts import ReleaseParts, attributes_arrow
from icp_ml.report.checks import checks_document
from icp_ml.report.counting import cohort_figures, served_in
from icp_ml.report.early_life import AtRisk, customers_at_risk, early_life_document, early_life_figures
from icp_ml.report.early_life_words import told_early_life
from icp_ml.report.metrics import model_document, standing_figures
from icp_ml.report.telling import Standing, tell
from icp_ml.report.territories import present_groups
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


def assemble_release(
    found: Found,
    config: Config,
    identity: str,
    facts: Mapping[str, Any] | None = None,
    previous: Release | None = None,
) -> Assembled:
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
    previous : Release, optional
        The release before, for what people decided on it.
    """
    criteria = criteria_document(
        found.criteria, found.scorecard, config, found.cohort, identity, found_columns=found.tables.account_columns
    )
    before = decided_before(previous, criteria, found.cohort.attributes)
    if before is not None:
        criteria[KEY] = json_ready(before)
    segments = released_segments(segments_document(found.segments, found.cohort, config), identity)
    places = {"release_id": identity, **json_ready(segments_map(found.segments, found.cohort, config.seed))}
    at_risk = None if found.early is None else customers_at_risk(found.early, found.cohort)
    standing = _standing(found, config, segments, facts or {}, places, at_risk)
    told = tell(standing, criteria)
    parts = ReleaseParts(
        criteria=criteria,
        segments=segments,
        scored=told.scored,
        accounts=told.accounts,
        cohort=cohort_arrow(standing.kept, config.attributes),
        signals=signals_arrow(found.cohort),
        attributes=attributes_arrow(found.cohort.latest, config.attributes),
        reference=_reference(found, config),
        holdout=holdout_arrow((found.models.churn, found.models.win), found.cohort.attributes, config.attributes),
        checks=standing.checks,
        metrics=told.metrics,
        config_yaml=resolved_yaml(config),
        report_html=told.report_html,
        memo=told.memo,
        memo_html=told.memo_html,
        territories=told.territories,
        segments_map=places,
        early_life=standing.early,
        customers_at_risk=None if at_risk is None else at_risk.frame,
        write_boosters=partial(save_models, _every_model(found)),
    )
    return Assembled(parts, told.summary)


def _standing(
    found: Found,
    config: Config,
    segments: dict[str, Any],
    facts: Mapping[str, Any],
    places: dict[str, Any],
    at_risk: AtRisk | None,
) -> Standing:
    """Return what of a discovery its rules do not touch."""
    reports = {r.outcome: r for r in (found.models.churn, found.models.win) if r is not None}
    counted = cohort_figures(found.cohort, config.economics)
    models: dict[str, Any] = {outcome: {"absent": reason} for outcome, reason in found.models.absent.items()}
    models |= {outcome: model_document(report) for outcome, report in reports.items()}
    figures = standing_figures(_every_model(found), segments, counted)
    early = None
    if found.early is not None:
        models["early_churn"] = json_ready(early_life_document(found.early))
        figures |= early_life_figures(found.early)
        early = told_early_life(models["early_churn"], at_risk, found.cohort.horizon, found.cohort.currency)
    return Standing(
        kept=_kept(found, config),
        config=config,
        segments=segments,
        checks=_checks(found, config),
        figures=figures,
        counted=counted,
        models=models,
        facts=dict(facts),
        predictors={outcome: report.predictor for outcome, report in reports.items()},
        held_out={outcome: report.holdout for outcome, report in reports.items()},
        places=places,
        early=early,
    )


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


def _every_model(found: Found) -> Models:
    """Return the models to write and to tell of, the early-life one among them."""
    return found.models if found.early is None else replace(found.models, early_churn=found.early.report)


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
