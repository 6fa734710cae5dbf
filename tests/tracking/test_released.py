"""The release as a model: what goes in, what comes out, and that it says what ``icp score`` says."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from icp_ml.errors import DataError
from icp_ml.release.folder import Release
from icp_ml.release.frames import SCORE_COLUMNS
from icp_ml.release.scoring import score_file
from icp_ml.tracking.released import ReleasedModel, example_cells, input_columns, released_code, signature

CELLS = pd.DataFrame(
    [["a1", "30", "saas", "yes", "zendesk"], ["a2", "100", "O'Neil", "1", "jira|zendesk"], ["a3", "", "", "", ""]],
    columns=["Account ID", "Headcount", "industry", "RevOps?", "tech_stack"],
    dtype="str",
)


@pytest.fixture(scope="module")
def release(small_release: Path) -> Release:
    return Release.load(small_release)


@pytest.fixture(scope="module")
def model(small_release: Path) -> ReleasedModel:
    return ReleasedModel.load(small_release)


def test_every_column_that_scoring_reads_may_come_under_every_name_it_may_have(release):
    assert input_columns(release) == (
        "Account ID", "account_id", "Headcount", "industry", "RevOps?", "tech_stack", "employee_count", "has_revops",
        "observed_at",
    )  # fmt: skip
    inputs = json.loads(signature(release)["inputs"])
    assert {(i["type"], i["required"]) for i in inputs} == {("any", False)}


def test_the_outputs_are_the_columns_of_icp_score_in_order(release):
    outputs = json.loads(signature(release)["outputs"])
    assert tuple(o["name"] for o in outputs) == SCORE_COLUMNS
    types = ["string", "integer", "string", "string", "string", "double", "double", "string"]
    assert [o["type"] for o in outputs] == types


def test_the_example_is_made_up_of_what_the_rules_name(release):
    assert example_cells(release).to_dict("list") == {
        "Account ID": ["example-1", "example-2"],
        "Headcount": ["40", None],
        "industry": ["saas", None],
        "RevOps?": ["true", None],
        "tech_stack": ["zendesk", None],
    }


def test_rows_score_as_a_file_of_them(model, release, tmp_path):
    CELLS.to_csv(tmp_path / "accounts.csv", index=False)
    score_file(tmp_path / "accounts.csv", release, tmp_path / "scored.parquet")
    scored = model.predict(CELLS)
    assert scored.to_dict("records") == pq.read_table(tmp_path / "scored.parquet").to_pylist()
    assert scored["icp_score"].tolist() == [37, 77, 52]
    assert scored["segment"].tolist() == ["S1", "S1", ""]


def test_a_chance_that_the_release_lacks_is_null_in_json(model):
    assert model.predict(CELLS)["p_churn"].tolist() == [None] * 3
    assert model.predict(CELLS)["p_win"].dtype == float


def test_accepted_rules_alone_can_be_asked_for(model, release, tmp_path):
    CELLS.to_csv(tmp_path / "accounts.csv", index=False)
    score_file(tmp_path / "accounts.csv", release.with_accepted_only(), tmp_path / "scored.parquet")
    scored = model.predict(CELLS, {"accepted_only": True})
    assert scored.to_dict("records") == pq.read_table(tmp_path / "scored.parquet").to_pylist()
    assert scored["icp_score"].tolist() == [77, 77, 52]


def test_a_missing_column_stops_unless_it_is_allowed(model):
    short = CELLS.drop(columns="Headcount")
    with pytest.raises(DataError, match="missing: 'employee_count'"):
        model.predict(short)
    assert model.predict(short, {"allow_missing": True})["icp_score"].tolist() == [77, 77, 52]


def test_a_release_without_models_is_stored_without_their_folder(small_release, tmp_path):
    for name in ("criteria.json", "segments.json"):
        (tmp_path / name).write_bytes((small_release / name).read_bytes())
    (tmp_path / "boosters").mkdir()
    assert set(released_code(Release.load(tmp_path)).files) == {"criteria", "segments"}
    assert ReleasedModel.load(tmp_path).predict(CELLS)["p_win"].tolist() == [None] * 3
