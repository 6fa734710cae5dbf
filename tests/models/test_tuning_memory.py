"""A search that was stopped goes on where it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from icp_ml.models.settings import BUILT_IN
from icp_ml.models.tuning_memory import TrialMemory

OTHER = replace(BUILT_IN, eta=0.1)
LOSSES = np.array([0.5, 0.25])


def test_what_was_kept_is_read_back_for_the_same_question_alone(tmp_path: Path) -> None:
    memory = TrialMemory(tmp_path / "trials", "data 1")
    memory.keep("win", BUILT_IN, "2025-03-31", LOSSES)
    again = TrialMemory(tmp_path / "trials", "data 1")
    np.testing.assert_array_equal(again.recall("win", BUILT_IN, "2025-03-31"), LOSSES)
    assert again.kept == 1
    assert again.recall("churn", BUILT_IN, "2025-03-31") is None
    assert again.recall("win", OTHER, "2025-03-31") is None
    assert again.recall("win", BUILT_IN, "2025-06-30") is None
    assert TrialMemory(tmp_path / "trials", "data 2").recall("win", BUILT_IN, "2025-03-31") is None


def test_a_file_that_was_cut_short_is_computed_again(tmp_path: Path) -> None:
    memory = TrialMemory(tmp_path / "trials", "data")
    memory.keep("win", BUILT_IN, "x", LOSSES)
    (path,) = (tmp_path / "trials").glob("*/*.npy")
    path.write_bytes(path.read_bytes()[:-3])
    assert memory.recall("win", BUILT_IN, "x") is None


def test_what_is_forgotten_leaves_nothing_behind(tmp_path: Path) -> None:
    memory = TrialMemory(tmp_path / "trials", "data")
    memory.keep("win", BUILT_IN, "x", LOSSES)
    memory.forget()
    assert not (tmp_path / "trials").exists()
    memory.forget()
