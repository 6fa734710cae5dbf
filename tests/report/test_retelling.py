"""A release read back from its folder tells what it told when it was made, to the last byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from icp_ml.cohort.build import build_cohort
from icp_ml.config.loading import load_config
from icp_ml.criteria.discovery import discover_criteria
from icp_ml.features.leaks import find_leaks
from icp_ml.models.early_life import fit_early_churn
from icp_ml.models.fitting import fit_models
from icp_ml.release.folder import Release, write_release
from icp_ml.release.json_text import to_json_bytes
from icp_ml.release.people import csv_text
from icp_ml.report.assembling import Found, assemble_release
from icp_ml.report.retelling import config_of, standing_of
from icp_ml.report.telling import tell
from icp_ml.sample import write_sample
from icp_ml.scorecard.building import build_scorecard
from icp_ml.segments.discovery import discover_segments
from icp_ml.tables.reading import read_tables

CONFIG = Path(__file__).parents[2] / "configs" / "sample.yaml"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """A release of 1,500 accounts of the sample."""
    folder = tmp_path_factory.mktemp("retelling")
    write_sample(folder / "crm", accounts=1500, seed=7)
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
    return Release.load(write_release(folder / "release", assemble_release(found, config, "r1", facts).parts))


def test_a_release_told_again_says_the_same_to_the_last_byte(release):
    assert release.criteria["criteria"], "a release without rules would show little"
    told = tell(standing_of(release), release.criteria)
    files = {
        "metrics.json": to_json_bytes(told.metrics),
        "territories.json": to_json_bytes(told.territories),
        "accounts.csv": csv_text(told.accounts).encode(),
        "report.html": told.report_html.encode(),
        "memo.md": told.memo.encode(),
    }
    differ = [name for name, content in files.items() if (release.folder / name).read_bytes() != content]
    assert differ == []


def test_what_came_from_the_environment_is_not_asked_for(release, tmp_path):
    text = (release.folder / "config.yaml").read_text(encoding="utf-8")
    assert "folder: crm" in text
    (tmp_path / "config.yaml").write_text(text.replace("folder: crm", "folder: ${NOT_SET_ANYWHERE}"), encoding="utf-8")
    moved = Release(tmp_path, release.criteria, release.segments)
    assert config_of(moved).source.folder == "${NOT_SET_ANYWHERE}"
    assert config_of(moved).attributes == config_of(release).attributes
