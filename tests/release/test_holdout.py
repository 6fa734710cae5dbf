from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from icp_ml.models.types import Metric, ModelReport
from icp_ml.release.folder import HOLDOUT, Release, write_release
from icp_ml.release.holdout import held_out, holdout_arrow


def report(outcome: str, ids: list[str], split: str = "out_of_time") -> ModelReport:
    n = len(ids)
    index = pd.Index(ids, name="account_id", dtype="str")
    frame = pd.DataFrame(
        {
            "cutoff": ["2025-03-31"] * n,
            "begun": np.array(["2025-04-01"] * n, dtype="datetime64[D]"),
            "case": np.linspace(0, 1.5, n),
            "control": 0.0,
            "boosted": 0.2,
            "logistic": 0.3,
            "base_rate": 0.4,
            "shipped": 0.2,
        },
        index=index,
    )
    if outcome == "churn":
        frame = frame.assign(months=12.0, time=np.arange(n) + 1.5, event=np.arange(n) % 2 == 0)
    metrics = (Metric("events", "base_rate", 1.0, n=n, split=split),)
    empty = pd.DataFrame()
    return ModelReport(outcome, None, "", metrics, empty, empty, empty, empty, empty, holdout=frame)


@pytest.fixture
def kept(parts, latest, config, tmp_path) -> Release:
    reports = (report("churn", ["a2", "a1"]), None, report("win", ["a3", "a1", "a2"], "cross_validated"))
    table = holdout_arrow(reports, latest, config.attributes)
    return Release.load(write_release(tmp_path / "kept", replace(parts, holdout=table)))


def test_every_outcome_s_accounts_come_back_as_they_were(kept):
    found = held_out(kept)
    assert set(found) == {"churn", "win"}
    expected = report("churn", ["a2", "a1"]).holdout
    own = found["churn"].frame
    assert own.index.tolist() == ["a2", "a1"]
    for name in ("case", "control", "months", "time", "boosted", "logistic", "base_rate", "shipped"):
        assert own[name].tolist() == expected[name].tolist()
    assert own["event"].tolist() == [True, False]
    assert own["begun"].tolist() == [pd.Timestamp("2025-04-01")] * 2
    assert set(own["split"]) == {"out_of_time"}
    assert set(found["win"].frame["split"]) == {"cross_validated"}
    assert found["win"].frame["months"].isna().all()


def test_attributes_are_those_of_the_same_accounts_and_typed_as_before(kept, latest, config):
    attributes = held_out(kept)["win"].attributes
    expected = latest.loc[["a3", "a1", "a2"]]
    for name in ("employee_count", "industry", "has_revops", "tech_stack"):
        pd.testing.assert_series_equal(attributes[name], expected[name], check_names=False)


def test_an_attribute_named_like_a_column_of_ours_does_no_harm(kept):
    names = pq.read_schema(kept.folder / HOLDOUT).names
    assert len(names) == len(set(names))
    assert [name for name in names if name.startswith("attribute.")][:2] == [
        "attribute.employee_count",
        "attribute.industry",
    ]


def test_a_release_without_held_out_accounts_has_an_empty_table_with_its_columns(parts, latest, config, tmp_path):
    table = holdout_arrow((None, None), latest, config.attributes)
    release = Release.load(write_release(tmp_path / "none", replace(parts, holdout=table)))
    assert table.num_rows == 0
    assert {"outcome", "shipped", "attribute.industry"} <= set(table.column_names)
    assert held_out(release) == {}


def test_a_release_of_before_has_none(release):
    assert held_out(release) == {}
