"""A discovery scores the accounts it has read; ``icp score`` on the same file must say the same."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from icp_ml.cohort import build_cohort
from icp_ml.config.schema import Config
from icp_ml.release.document import criteria_document
from icp_ml.release.folder import Release, write_release
from icp_ml.release.frames import scores_table
from icp_ml.release.scored import score_accounts
from icp_ml.release.scoring import score_file
from icp_ml.tables.reading import read_tables

ACCOUNTS = [
    ["Account ID", "Headcount", "industry", "has_revops", "tech_stack", "lead_source"],
    ["a1", "1,200", " retail", "Yes", "zendesk| jira", "ad"],
    ["a2", "39.999999", "Retail", "", "", "N/A"],
    ["a3", "n/a", "NA", "0", "|", ""],
    ["a4", "1.234,5", "", "F", "Zendesk", "x"],
    ["a5", "-", 'O\'Neil "x"', "-", "zen'desk", "x"],
    ["a6", "50", "retail", "t", "zendesk", "x"],
]
DEALS = [
    ["opportunity_id", "account_id", "created_at", "closed_at", "outcome"],
    ["o1", "a1", "2025-01-01", "2025-02-01", "won"],
    ["o2", "a2", "2025-01-01", "2025-02-01", "lost"],
]


def write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def test_scoring_the_file_gives_what_discovery_gave(tmp_path, config, result, scorecard, parts, predictors):
    (tmp_path / "data").mkdir()
    write(tmp_path / "data" / "accounts.csv", ACCOUNTS)
    write(tmp_path / "data" / "opportunities.csv", DEALS)
    own = Config.model_validate({**config.model_dump(by_alias=True), "as_of": "2026-06-30"})
    own = own.model_copy(update={"attributes": {k: v for k, v in own.attributes.items() if k != "colour"}})
    cohort = build_cohort(read_tables(own, tmp_path), own)
    document = criteria_document(result, scorecard, own, cohort, "r1")
    release = Release.load(write_release(tmp_path / "r1", replace(parts, criteria=document)))
    discovered = score_accounts(cohort.latest, release.rules, release.segment_rules, release.attributes, predictors)
    score_file(tmp_path / "data" / "accounts.csv", release, tmp_path / "scored.parquet", predictors=predictors)
    scored = pq.read_table(tmp_path / "scored.parquet").to_pylist()
    assert scored == scores_table(discovered).to_pylist()
    assert [row["matched_criteria"] for row in scored] == ["C2", "X1;C2", "C2", "", "C2", "C1"]
