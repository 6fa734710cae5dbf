"""Spark scores as ``icp score`` does, to the byte."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.engine_worlds import KINDS, random_accounts, random_release
from icp_ml.errors import DataError
from icp_ml.release.folder import Release
from icp_ml.release.frames import SCORE_COLUMNS
from icp_ml.release.scoring import score_file
from icp_ml.spark.scoring import score_on_spark

pytestmark = pytest.mark.usefixtures("spark")

HEADER = ["Account ID", "Headcount", "industry", "RevOps?", "tech_stack"]
ROWS = [
    ["a1", "30", "saas", "yes", "zendesk"],
    ["a2", "1,100", "O'Neil", "1", "jira|zendesk"],
    ["a3", "", "NA", "", ""],
    ["a4", "49.999999", 'a\nb, "c"', "no", "|zendesk |"],
]


@pytest.fixture
def release(small_release: Path) -> Release:
    return Release.load(small_release)


@pytest.fixture
def accounts(tmp_path: Path) -> Path:
    pd.DataFrame(ROWS, columns=HEADER).to_csv(tmp_path / "accounts.csv", index=False)
    return tmp_path / "accounts.csv"


def in_spark(accounts: Path | str, release: Release, out: Path, **options: Any) -> list[dict[str, Any]]:
    score_on_spark(str(accounts), release, out, **options)
    return pq.read_table(out).to_pylist()


def on_file(accounts: Path, release: Release) -> list[dict[str, Any]]:
    out = accounts.with_name("expected.parquet")
    score_file(accounts, release, out)
    return pq.read_table(out).to_pylist()


def test_a_csv_scores_as_without_spark_models_and_all(accounts, release, tmp_path):
    summary = score_on_spark(str(accounts), release, tmp_path / "scores")
    assert pq.read_table(tmp_path / "scores").column_names == list(SCORE_COLUMNS)
    scored = pq.read_table(tmp_path / "scores").to_pylist()
    assert scored == on_file(accounts, release)
    assert [row["icp_score"] for row in scored] == [37, 77, 52, 52]
    assert (summary.accounts, summary.tiers) == (4, {"green": 1, "yellow": 2, "red": 1})
    assert (summary.release_id, summary.reviewed) == ("2026-06-30-aa", True)


@pytest.mark.parametrize(("seed", "kind"), [(seed, kind) for seed in range(2) for kind in KINDS])
def test_hostile_names_levels_and_numbers_score_the_same_reasons_too(tmp_path, seed, kind):
    release, table = random_release(seed), random_accounts(800, seed, kind)
    pq.write_table(table, tmp_path / "accounts.parquet")
    expected = on_file(tmp_path / "accounts.parquet", release)
    scored = in_spark(tmp_path / "accounts.parquet", release, tmp_path / "scores")
    assert sorted(scored, key=lambda row: row["account_id"]) == sorted(expected, key=lambda row: row["account_id"])
    assert len({row["reasons"] for row in scored}) > 3


def test_typed_columns_under_standard_names_score_as_the_csv(accounts, release, tmp_path):
    table = pa.table(
        {
            "account_id": ["a1", "a2", "a3", "a4"],
            "employee_count": pa.array([30.0, 1100.0, None, 49.999999]),
            "industry": ["saas", "O'Neil", "NA", 'a\nb, "c"'],
            "has_revops": pa.array([True, True, None, False]),
            "tech_stack": [["zendesk"], ["jira", "zendesk"], [], ["zendesk"]],
        }
    )
    (tmp_path / "typed").mkdir()
    pq.write_table(table, tmp_path / "typed" / "1.parquet")
    assert in_spark(tmp_path / "typed", release, tmp_path / "scores") == on_file(accounts, release)


def test_a_table_is_read_by_its_name(spark, accounts, release, tmp_path):
    spark.read.csv(str(accounts), header=True, escape='"', multiLine=True).createOrReplaceGlobalTempView("crm")
    assert in_spark("global_temp.crm", release, tmp_path / "scores") == on_file(accounts, release)


def test_a_source_name_that_is_another_attribute_s_standard_name_is_not_mixed_up(small_release, tmp_path):
    folder = Path(shutil.copytree(small_release, tmp_path / "crossed"))
    document = json.loads((folder / "criteria.json").read_text())
    document["attributes"]["employee_count"]["column"] = "industry"
    document["attributes"]["industry"]["column"] = "Sector"
    (folder / "criteria.json").write_text(json.dumps(document))
    cells = pd.DataFrame(ROWS, columns=["Account ID", "industry", "Sector", "RevOps?", "tech_stack"])
    cells.to_csv(tmp_path / "accounts.csv", index=False)
    expected = on_file(tmp_path / "accounts.csv", Release.load(folder))
    assert in_spark(tmp_path / "accounts.csv", Release.load(folder), tmp_path / "scores") == expected
    assert len({row["p_win"] for row in expected}) == 4


def test_accepted_rules_alone_and_missing_columns_are_as_without_spark(accounts, release, tmp_path):
    short = pd.read_csv(accounts, dtype=str).drop(columns="Headcount")
    short.to_csv(tmp_path / "short.csv", index=False)
    with pytest.raises(
        DataError, match=r"short\.csv: every column that an active rule uses must be there; missing: 'e"
    ):
        in_spark(tmp_path / "short.csv", release, tmp_path / "scores")
    assert not (tmp_path / "scores").exists()
    accepted = release.with_accepted_only()
    assert in_spark(tmp_path / "short.csv", accepted, tmp_path / "scores") == on_file(tmp_path / "short.csv", accepted)
    summary = score_on_spark(str(tmp_path / "short.csv"), release, tmp_path / "scores", allow_missing=True)
    assert (summary.missing_in_rules, summary.missing_elsewhere) == (("employee_count",), ())


def test_dated_rows_count_with_the_latest(release, tmp_path):
    rows = [["b", "30", "2026-01-01"], ["a", "100", ""], ["b", "100", "2026-02-01"], ["a", "30", "2020-05-05"]]
    dated = pd.DataFrame(rows, columns=["account_id", "employee_count", "observed_at"])
    dated.assign(industry="saas", has_revops="yes").to_csv(tmp_path / "dated.csv", index=False)
    scored = in_spark(tmp_path / "dated.csv", release, tmp_path / "scores")
    assert {row["account_id"]: row["icp_score"] for row in scored} == {"a": 37, "b": 77}
    assert {r["account_id"]: r for r in scored} == {
        r["account_id"]: r for r in on_file(tmp_path / "dated.csv", release)
    }


def test_typed_dates_order_rows_too(release, tmp_path):
    table = pa.table(
        {
            "account_id": [7, 7],
            "employee_count": [100, 30],
            "industry": ["saas"] * 2,
            "has_revops": [True, True],
            "observed_at": [dt.date(2026, 2, 1), dt.date(2026, 1, 1)],
        }
    )
    pq.write_table(table, tmp_path / "dated.parquet")
    (row,) = in_spark(tmp_path / "dated.parquet", release, tmp_path / "scores")
    assert (row["account_id"], row["icp_score"]) == ("7", 77)


def test_a_row_without_an_id_stops_and_leaves_what_was_there(accounts, release, tmp_path):
    before = in_spark(accounts, release, tmp_path / "scores")
    pd.DataFrame([*ROWS, ["", *ROWS[0][1:]]], columns=HEADER).to_csv(tmp_path / "holes.csv", index=False)
    with pytest.raises(DataError, match=r"holes\.csv: every row must have an account id; 1 have none"):
        in_spark(tmp_path / "holes.csv", release, tmp_path / "scores")
    assert pq.read_table(tmp_path / "scores").to_pylist() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["accounts.csv", "holes.csv", "scores"]


def test_a_folder_of_other_things_is_never_replaced(accounts, release, tmp_path):
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match=r"holds other things than scores \(notes\.txt\)"):
        in_spark(accounts, release, tmp_path / "scores")
    with pytest.raises(DataError, match="is a file; --engine spark writes a folder"):
        in_spark(accounts, release, accounts)


def test_what_is_no_table_and_what_has_no_id_is_named(accounts, release, tmp_path):
    with pytest.raises(DataError, match="nowhere is neither a file, a folder nor a table that Spark can read"):
        in_spark("nowhere", release, tmp_path / "scores")
    pd.DataFrame({"Headcount": [1]}).to_csv(tmp_path / "anonymous.csv", index=False)
    with pytest.raises(DataError, match=r"must identify the account, 'Account ID' or 'account_id'; found Headcount"):
        in_spark(tmp_path / "anonymous.csv", release, tmp_path / "scores")
