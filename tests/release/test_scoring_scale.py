"""Scoring at scale: folders of many files, progress, batches side by side."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from icp_ml.errors import DataError
from icp_ml.release import batches
from icp_ml.release.frames import SCORE_SCHEMA
from icp_ml.release.scoring import score_file
from tests.release.scored_files import HEADER, ROWS, scored, write_csv


class BaseRate:
    def __init__(self, rate: float) -> None:
        self.rate = rate

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        return np.full(len(frame), self.rate)


def write_parquet(path: Path, rows: list[list[str]], header: list[str] = HEADER) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table([[row[i] for row in rows] for i in range(len(header))], names=header), path)
    return path


def test_many_nested_parquet_files_are_one_table_in_the_order_of_their_names(tmp_path, release):
    for number in range(60):
        rows = [[f"id{number:02}-{row}", *ROWS[row % 6][1:]] for row in range(5)]
        write_parquet(tmp_path / "parts" / f"day={number // 10}" / f"part-{number:02}.parquet", rows)
    write_parquet(tmp_path / "parts" / "_temporary" / "half.parquet", ROWS)
    write_parquet(tmp_path / "parts" / ".hidden.parquet", ROWS)
    frame = scored(tmp_path / "parts", release)
    assert frame["account_id"].tolist() == [f"id{n:02}-{row}" for n in range(60) for row in range(5)]
    assert frame["icp_score"].tolist() == [0, 77, 77, 52, 52] * 60


def test_files_of_a_folder_may_differ_in_columns_and_types(tmp_path, release):
    write_parquet(tmp_path / "parts" / "a.parquet", ROWS[:2])
    typed = {"has_revops": [True], "Account ID": ["b1"], "Headcount": [100], "industry": ["saas"]}
    pq.write_table(pa.table(typed), tmp_path / "parts" / "b.parquet")
    write_parquet(tmp_path / "parts" / "c.parquet", ROWS[2:3])
    frame = scored(tmp_path / "parts", release)
    assert frame["account_id"].tolist() == ["a1", "a2", "b1", "a3"]
    assert frame["icp_score"].tolist() == [0, 77, 77, 77]


def test_dated_rows_of_several_files_count_with_the_latest(tmp_path, release):
    header = ["account_id", "employee_count", "industry", "has_revops", "observed_at"]
    older = [["b", "30", "saas", "yes", "2026-01-01"], ["a", "100", "saas", "yes", "2026-02-01"]]
    newer = [["a", "30", "saas", "yes", "2026-02-01"], ["b", "100", "saas", "yes", "2026-02-01"]]
    write_parquet(tmp_path / "parts" / "1.parquet", older, header)
    write_parquet(tmp_path / "parts" / "2.parquet", newer, header)
    frame = scored(tmp_path / "parts", release)
    assert frame["account_id"].tolist() == ["b", "a"]
    assert frame["icp_score"].tolist() == [77, 0], "of two rows of one day the later one counts"


def test_a_row_without_an_id_in_a_folder_is_named_by_its_row(tmp_path, release):
    write_parquet(tmp_path / "parts" / "1.parquet", [*ROWS[:2], ["", *ROWS[0][1:]]])
    with pytest.raises(DataError, match=r"parts: every row must have an account id; 1 have none \(row 4\)"):
        score_file(tmp_path / "parts", release, tmp_path / "out.parquet", predictors={})


@pytest.mark.parametrize("models", [True, False])
def test_progress_tells_rows_done_of_rows_there_are_where_the_file_knows(
    tmp_path, accounts, release, predictors, monkeypatch, models
):
    monkeypatch.setattr(batches, "BATCH_ROWS", 2048)
    many = write_parquet(tmp_path / "many.parquet", [[f"a{i}", *ROWS[i % 6][1:]] for i in range(5000)])
    told: list[tuple[int, int | None]] = []
    for path in (many, accounts):
        out = tmp_path / "scored.parquet"
        score_file(path, release, out, predictors=predictors, models=models, progress=lambda *done: told.append(done))
    assert told == [(2048, 5000), (4096, 5000), (5000, 5000), (6, None)]


def test_forecasts_of_batches_that_are_worked_on_at_once_stay_with_their_accounts(tmp_path, release, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_ROWS", 2048)
    monkeypatch.setattr(batches, "threads", lambda: 3)
    rng = np.random.default_rng(0)

    class Slow(BaseRate):
        def predict(self, frame: pd.DataFrame) -> np.ndarray:
            time.sleep(float(rng.random()) / 50)
            return frame["employee_count"].to_numpy() / 1e6

    rows = [[f"a{i}", str(i), "saas", "yes", "", "ad"] for i in range(20_000)]
    frame = scored(write_parquet(tmp_path / "many.parquet", rows), release, {"win": Slow(0.1)})
    assert frame["account_id"].tolist() == [row[0] for row in rows]
    assert frame["p_win"].tolist() == [round(i / 1e6, 6) for i in range(20_000)]


def test_a_parquet_output_holds_plain_texts(accounts, release):
    out = accounts.with_name("scored.parquet")
    score_file(accounts, release, out, predictors={})
    assert pq.read_table(out).schema == SCORE_SCHEMA


def test_small_files_of_a_folder_are_scored_together(tmp_path, release):
    for number in range(5):
        write_parquet(tmp_path / "parts" / f"{number}.parquet", ROWS)
    score_file(tmp_path / "parts", release, tmp_path / "scored.parquet", predictors={})
    assert pq.read_metadata(tmp_path / "scored.parquet").num_row_groups == 1


def test_a_file_without_accounts_gives_one_without_scores(tmp_path, release, predictors):
    out = tmp_path / "scored.parquet"
    summary = score_file(write_csv(tmp_path / "none.csv", []), release, out, predictors=predictors)
    assert (summary.accounts, summary.tiers) == (0, {"green": 0, "yellow": 0, "red": 0})
    assert (pq.read_table(out).num_rows, pq.read_table(out).schema) == (0, SCORE_SCHEMA)
