"""The random accounts of the benchmark are what a scored file holds: the rules' columns, gaps, unseen levels."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.scoring_accounts import INDUSTRIES, TOOLS, write_accounts

EXAMPLE = Path(__file__).resolve().parents[2] / "models" / "example" / "criteria.json"


def test_the_accounts_have_every_column_of_the_example_s_rules(tmp_path):
    table = pq.read_table(write_accounts(tmp_path / "accounts.parquet", 4000))
    attributes = json.loads(EXAMPLE.read_text(encoding="utf-8"))["attributes"]
    assert {entry["column"] for entry in attributes.values()} <= set(table.column_names)
    assert len(set(table.column("account_id").to_pylist())) == table.num_rows == 4000


def test_values_are_drawn_with_gaps_and_with_levels_nobody_has_seen(tmp_path):
    table = pq.read_table(write_accounts(tmp_path / "accounts.parquet", 4000))
    industries = table.column("industry")
    # 200 of 4,000 expected, give or take 14
    assert 140 < industries.null_count < 260
    assert set(industries.drop_null().to_pylist()) == set(INDUSTRIES)
    tools = [cell.split(";") for cell in table.column("tech_stack").to_pylist() if cell]
    assert {tool for listed in tools for tool in listed} == set(TOOLS)
    revenue = table.column("annual_revenue").drop_null().to_pylist()
    assert len(set(revenue)) > 1000
