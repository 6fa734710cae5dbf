"""Releases that users keep: what a version of before wrote scores as it did then."""

from __future__ import annotations

from pathlib import Path

import pytest

from icp_ml.release.folder import Release
from icp_ml.release.scoring import score_file

FROZEN = sorted(p for p in (Path(__file__).parents[1] / "fixtures" / "releases").iterdir() if p.is_dir())


@pytest.mark.parametrize("frozen", FROZEN, ids=lambda p: p.name)
def test_a_release_of_an_older_version_gives_the_answers_it_gave_then(frozen, tmp_path):
    release = Release.load(frozen / "release")
    assert set(release.predictors) == {"win", "churn"}
    score_file(frozen / "accounts.csv", release, tmp_path / "scores.csv")
    assert (tmp_path / "scores.csv").read_bytes() == (frozen / "scores.csv").read_bytes()
