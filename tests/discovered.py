"""A whole release of a small sample, made as ``icp discover`` makes it, without MLflow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from icp_ml.cohort.build import build_cohort
from icp_ml.config.loading import load_config
from icp_ml.criteria.discovery import discover_criteria
from icp_ml.features.leaks import find_leaks
from icp_ml.models.early_life import fit_early_churn
from icp_ml.models.fitting import fit_models
from icp_ml.release.folder import write_release
from icp_ml.report.assembling import Found, assemble_release
from icp_ml.sample import write_sample
from icp_ml.scorecard.building import build_scorecard
from icp_ml.segments.discovery import discover_segments
from icp_ml.tables.reading import read_tables

CONFIG = Path(__file__).parents[1] / "configs" / "sample.yaml"


def discover_release(
    folder: Path,
    accounts: int = 2200,
    seed: int = 7,
    change: Callable[[Path], None] | None = None,
    identity: str = "2026-06-30-aaaa",
) -> Path:
    """Write a sample, its config and a release of it below a folder; returns the release.

    ``change`` is given the folder of the sample's tables before they are read.
    """
    write_sample(folder / "crm", accounts=accounts, seed=seed)
    if change is not None:
        change(folder / "crm")
    (folder / "icp.yaml").write_text(CONFIG.read_text(encoding="utf-8").replace("../data/sample", "crm"), "utf-8")
    config = load_config(folder / "icp.yaml")
    tables = read_tables(config, folder)
    cohort = build_cohort(tables, config)
    leaks = find_leaks(cohort, tables, config)
    models = fit_models(cohort, config, leaks.usable)
    criteria = discover_criteria(cohort, config, leaks.usable, config.seed)
    segments = discover_segments(cohort, models, config, leaks.usable, config.seed, proposals=criteria.rules)
    card = build_scorecard(cohort, criteria.proposals, config, int(criteria.searched["horizon_months"]), models)
    early = fit_early_churn(cohort, tables, config, leaks.usable)
    found = Found(tables, cohort, leaks, models, criteria, segments, card, early)
    facts = {"inputs": dict(tables.sources), "settings": {"criteria.max_false_discovery_rate": 0.05}}
    return write_release(folder / "release", assemble_release(found, config, identity, facts).parts)
