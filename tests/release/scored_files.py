"""A file of six accounts, and what a release says of it."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from icp_ml.release.scoring import score_file

HEADER = ["Account ID", "Headcount", "industry", "has_revops", "tech_stack", "lead_source"]
ROWS = [
    ["a1", "30", "retail", "yes", "zendesk", "ad"],
    ["a2", "100", "saas", "TRUE", "", "ad"],
    ["a3", "500", "", "1", "zendesk|jira", "ad"],
    ["a4", "", 'O\'Neil "x"', "", "jira", "ad"],
    ["a5", "40", "ähnlich", "no", "", "ad"],
    ["a6", "49.999999", "retail", "t", "", "ad"],
]


def write_csv(path: Path, rows: list[list[str]], header: list[str] = HEADER) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def scored(accounts: Path, release, predictors=None, **options) -> pd.DataFrame:
    out = accounts.with_name("scored.parquet")
    score_file(accounts, release, out, predictors=predictors or {}, **options)
    return pq.read_table(out).to_pandas()
