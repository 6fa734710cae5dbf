"""The sample's planted exclusions are found, on its own seed and on ten others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from icp_ml.cohort import build_cohort
from icp_ml.conditions import Rule
from icp_ml.config.loading import load_config
from icp_ml.criteria.discovery import discover_criteria
from icp_ml.features.leaks import find_leaks
from icp_ml.sample import write_sample
from icp_ml.tables.reading import read_tables

CONFIG = Path(__file__).parents[2] / "configs" / "sample.yaml"


@pytest.mark.slow
@pytest.mark.parametrize("seed", [7, *range(1, 11)])
def test_the_planted_exclusions_come_out_and_nothing_else_is_excluded(seed: int, tmp_path: Path) -> None:
    truth = write_sample(tmp_path, seed=seed)
    config = load_config(CONFIG, [f"source.folder={tmp_path.as_posix()}"])
    tables = read_tables(config, CONFIG.parent)
    cohort = build_cohort(tables, config)
    found = discover_criteria(cohort, config, find_leaks(cohort, tables, config).usable, config.seed).proposals
    planted = [Rule.parse(rule.when, config.attributes).mask(cohort.latest) for rule in truth.exclusions]
    excluded = [p.rule.mask(cohort.latest) for p in found if p.kind == "exclude"]
    assert len(excluded) == len(planted)
    for region in planted:
        assert max((region & mask).sum() / region.sum() for mask in excluded) >= 0.6
    union, truly = np.any(excluded, axis=0), np.any(planted, axis=0)
    assert 2 * (union & truly).sum() / (union.sum() + truly.sum()) >= 0.85
