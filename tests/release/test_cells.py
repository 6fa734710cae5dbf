"""Rows in memory score as a file of them does."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from icp_ml.errors import DataError
from icp_ml.release.cells import cells_table, score_cells
from icp_ml.release.scoring import score_file

HEADER = ["Account ID", "Headcount", "industry", "has_revops", "tech_stack", "lead_source"]
ROWS = [
    ["a1", "30", "retail", "yes", "zendesk", "ad"],
    ["a2", "1,100", "NA", "TRUE", "", "ad"],
    ["a3", "500", "", "1", "zendesk|jira", "ad"],
    ["a4", "", 'O\'Neil "x"', "", "jira", "ad"],
    ["a5", "40", "007", "no", "", "ad"],
]
TYPED = pd.DataFrame(
    {
        "Account ID": ["a1", "a2", "a3", "a4", "a5"],
        "Headcount": [30.0, 1100.0, 500.0, np.nan, 40.0],
        "industry": ["retail", "NA", None, 'O\'Neil "x"', "007"],
        "has_revops": pd.array([True, True, True, None, False], dtype="boolean"),
        "tech_stack": [["zendesk"], [], ["zendesk", "jira"], ["jira"], []],
        "lead_source": pd.Categorical(["ad"] * 5),
    }
)


def from_file(text: pd.DataFrame, release, tmp_path: Path, predictors) -> pa.Table:
    text.to_csv(tmp_path / "accounts.csv", index=False)
    score_file(tmp_path / "accounts.csv", release, tmp_path / "scored.parquet", predictors=predictors)
    return pq.read_table(tmp_path / "scored.parquet")


@pytest.fixture
def text() -> pd.DataFrame:
    return pd.DataFrame(ROWS, columns=HEADER, dtype="str")


def test_cells_as_text_score_as_the_csv_of_them(text, release, predictors, tmp_path):
    expected = from_file(text, release, tmp_path, predictors).to_pandas()
    pd.testing.assert_frame_equal(score_cells(text, release, predictors=predictors), expected)
    assert expected["icp_score"].tolist() == [0, 52, 77, 52, 52]


def test_typed_cells_score_as_the_text_of_the_same_values(text, release, predictors):
    by_text = score_cells(text, release, predictors=predictors)
    pd.testing.assert_frame_equal(score_cells(TYPED, release, predictors=predictors), by_text)


def test_cells_of_several_kinds_in_one_column_are_read_as_text(text, release, predictors):
    mixed = text.astype(object)
    mixed["Headcount"] = [30, "1,100", 500.0, None, Decimal(40)]
    mixed["has_revops"] = [True, "TRUE", 1, pd.NA, np.bool_(False)]
    by_text = score_cells(text, release, predictors=predictors)
    pd.testing.assert_frame_equal(score_cells(mixed, release, predictors=predictors), by_text)


def test_numbers_and_days_are_written_as_a_csv_has_them():
    cells = [7, 7.0, 0.5, Decimal("2.00"), float("inf"), True, dt.date(2026, 6, 30), "x", float("nan"), 2**70]
    column = cells_table(pd.DataFrame({"c": pd.Series(cells, dtype=object)})).column("c").to_pylist()
    assert column == ["7", "7", "0.5", "2", "inf", "true", "2026-06-30", "x", None, str(2**70)]


def test_a_list_beside_other_cells_is_refused(release):
    cells = pd.DataFrame({"Account ID": ["a1", "a2"], "tech_stack": [["zendesk"], "jira"]})
    with pytest.raises(DataError, match=r"column 'tech_stack' must hold lists alone or none"):
        score_cells(cells, release, allow_missing=True, predictors={})


def test_two_columns_of_one_name_are_refused(text, release):
    twice = pd.concat([text, text[["industry"]]], axis=1)
    with pytest.raises(DataError, match=r"found twice: 'industry'"):
        score_cells(twice, release, predictors={})


def test_a_missing_column_that_a_rule_uses_is_refused_unless_allowed(text, release):
    short = text.drop(columns="Headcount")
    with pytest.raises(DataError, match=r"rows\.parquet: .*missing: 'employee_count' \(or 'Headcount'\)"):
        score_cells(short, release, predictors={})
    assert score_cells(short, release, allow_missing=True, predictors={})["icp_score"].tolist() == [52] * 5


def test_a_column_of_which_nothing_is_known_is_missing_throughout(text, release):
    empty = text.astype(object).assign(Headcount=None)
    assert score_cells(empty, release, predictors={})["icp_score"].tolist() == [52] * 5


def test_dated_rows_count_with_the_latest(text, release):
    dated = pd.concat([text.iloc[:1].assign(Headcount="100"), text.iloc[:1]])
    dated["observed_at"] = [dt.date(2026, 2, 1), dt.date(2026, 1, 1)]
    scored = score_cells(dated, release, predictors={})
    assert scored[["account_id", "icp_score"]].to_numpy().tolist() == [["a1", 77]]


def test_no_rows_are_no_accounts(text, release, predictors):
    assert score_cells(text.iloc[:0], release, predictors=predictors).shape == (0, 8)


def test_the_frame_that_is_given_stays_as_it_is(text, release):
    before = text.copy()
    score_cells(text, release, predictors={})
    pd.testing.assert_frame_equal(text, before)
