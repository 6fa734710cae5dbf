"""Models on disk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from icp_ml.errors import DataError
from icp_ml.models import Models, load_predictors, save_models


@pytest.fixture
def folder(tmp_path: Path, fitted: Models) -> Path:
    save_models(fitted, tmp_path)
    return tmp_path


def test_a_loaded_model_predicts_and_explains_the_same(world, fitted, folder: Path) -> None:
    loaded = load_predictors(folder)
    for outcome, report in (("churn", fitted.churn), ("win", fitted.win)):
        frame = world.cohort.latest
        np.testing.assert_array_equal(loaded[outcome].predict(frame), report.predictor.predict(frame))
        pd.testing.assert_frame_equal(loaded[outcome].explain(frame), report.predictor.explain(frame))
        assert loaded[outcome].kind == report.predictor.kind


def test_only_data_formats_are_written(folder: Path) -> None:
    assert {path.suffix for path in folder.iterdir()} == {".json", ".ubj"}


def test_a_frame_without_some_columns_is_predicted(folder: Path) -> None:
    frame = pd.DataFrame({"employees": [20.0, 70.0]}, index=["A", "B"])
    predicted = load_predictors(folder)["churn"].predict(frame)
    assert predicted[0] > predicted[1]


def test_an_outcome_without_a_model_writes_nothing(tmp_path: Path, fitted: Models) -> None:
    save_models(Models(None, fitted.win), tmp_path)
    assert list(load_predictors(tmp_path)) == ["win"]


def test_missing_trees_are_named(folder: Path) -> None:
    (folder / "churn.ubj").unlink()
    with pytest.raises(DataError, match=r"churn\.json needs its trees in .*churn\.ubj, which is missing"):
        load_predictors(folder)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "must be JSON"),
        ("[]", "must hold one JSON object; found list"),
        ('{"format": 99}', "reads models of format 1; found 99"),
        ('{"format": 1, "kind": "logistic"}', "must hold a model as this version writes it"),
    ],
)
def test_a_damaged_file_is_named(folder: Path, text: str, says: str) -> None:
    (folder / "win.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=says):
        load_predictors(folder)


def test_the_same_model_gives_the_same_bytes(folder: Path, fitted: Models, tmp_path: Path) -> None:
    save_models(fitted, tmp_path / "again")
    for path in folder.glob("*.*"):
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
    assert json.loads((folder / "churn.json").read_text(encoding="utf-8"))["outcome"] == "churn"
