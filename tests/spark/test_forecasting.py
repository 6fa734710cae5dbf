"""What a Spark worker does, without Spark."""

from __future__ import annotations

import pandas as pd

from icp_ml.release.cells import score_cells
from icp_ml.release.folder import Release
from icp_ml.spark.forecasting import forecaster, gathered, loaded, release_files


def test_batches_are_gathered_until_there_are_enough_rows_in_order():
    batches = [pd.DataFrame({"x": range(first, first + 3)}) for first in (0, 3, 6, 9, 12)]
    found = [batch["x"].tolist() for batch in gathered(batches, rows=5)]
    assert found == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11], [12, 13, 14]]
    assert list(gathered([])) == []


def test_a_release_that_travelled_forecasts_as_the_one_at_home(small_release):
    files = release_files(Release.load(small_release))
    assert [path for path, _ in files] == ["criteria.json", "segments.json", "boosters/win.json"]
    cells = pd.DataFrame({"employee_count": ["30", "1,100", ""]})
    found = forecaster(files)(cells)
    home = cells.assign(account_id=["a", "b", "c"])
    expected = score_cells(home, Release.load(small_release), allow_missing=True)
    assert found["p_win"].tolist() == expected["p_win"].tolist()
    assert found["p_win"].nunique() == 3
    assert found["p_churn"].isna().all()


def test_a_worker_reads_a_release_once(small_release):
    files = release_files(Release.load(small_release))
    assert loaded(files) is loaded(tuple(files))
