from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from icp_ml.errors import DataError
from icp_ml.models.settings import BUILT_IN, BoosterSettings
from icp_ml.release.tuned_settings import flat_settings, read_settings, write_settings

FOUND = BoosterSettings(max_depth=5, eta=0.031, reg_alpha=0.0, rounds=(10, 20, 40), tuned_until="2025-03-31")


def _write(path: Path, run_id: str = "r1", **facts: Any) -> Path:
    told = {"name": "acme", "as_of": dt.date(2026, 6, 30), "run_id": run_id, "seed": 7, "trials": 30, "inputs": {}}
    outcomes = {
        "churn": {"settings": FOUND, "verdict": "Found.", "figures": {"tuning_support": 0.9123456789}},
        "win": {"settings": None, "verdict": "The built-in settings stay.", "figures": {}},
    }
    write_settings(path, told | facts, outcomes)
    return path


def test_what_was_found_is_read_back_and_the_other_outcome_has_the_built_in_ones(tmp_path: Path) -> None:
    found = read_settings(_write(tmp_path / "settings.json"))
    assert (found.as_of, found.run_id, dict(found.boosters)) == (dt.date(2026, 6, 30), "r1", {"churn": FOUND})
    settings = found.settings()
    assert (settings.of("churn"), settings.of("win")) == (FOUND, BUILT_IN)


def test_the_file_says_why_and_carries_the_figures(tmp_path: Path) -> None:
    document = json.loads(_write(tmp_path / "settings.json").read_text())
    assert document["outcomes"]["win"] == {"origin": "built in", "verdict": "The built-in settings stay."}
    assert document["outcomes"]["churn"]["figures"] == {"tuning_support": 0.912346}
    assert document["seed"] == 7


def test_two_trainings_that_find_the_same_are_the_same_input(tmp_path: Path) -> None:
    one, two = (read_settings(_write(tmp_path / f"{run}.json", run)) for run in ("r1", "r2"))
    assert one.path.read_bytes() != two.path.read_bytes()
    assert one.fingerprint == two.fingerprint
    document = json.loads(one.path.read_text())
    document["outcomes"]["churn"]["settings"]["eta"] = 0.032
    one.path.write_text(json.dumps(document))
    assert read_settings(one.path).fingerprint != two.fingerprint


def test_a_run_is_told_each_setting_under_a_flat_name(tmp_path: Path) -> None:
    flat = flat_settings(read_settings(_write(tmp_path / "settings.json")))
    assert flat["boosters.churn.max_depth"] == 5
    assert flat["boosters.churn.tuned_until"] == "2025-03-31"
    assert not any(name.startswith("boosters.win") for name in flat)


def test_an_interrupted_write_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = _write(tmp_path / "settings.json")
    before = path.read_bytes()
    with pytest.raises(TypeError):
        _write(path, seed=object())
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["settings.json"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_depth", 2.5),
        ("max_depth", True),
        ("eta", "fast"),
        ("eta", 0),
        ("subsample", 1.5),
        ("gamma", -1),
        ("rounds", [20, 10]),
        ("rounds", []),
        ("tuned_until", "soon"),
        ("tuned_until", None),
    ],
)
def test_a_setting_changed_by_hand_to_what_cannot_be_is_named(tmp_path: Path, name: str, value: object) -> None:
    path = _write(tmp_path / "settings.json")
    document = json.loads(path.read_text())
    document["outcomes"]["churn"]["settings"][name] = value
    path.write_text(json.dumps(document))
    with pytest.raises(DataError, match=rf"settings\.json: churn: {name} must be.*--settings none"):
        read_settings(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "must be settings of schema_version '1.0'; found 'list'"),
        ('{"schema_version": "9"}', "found '9'"),
        ('{"schema_version": "1.0"}', "must be settings as 'icp train' writes them"),
        ("{", "is not JSON"),
    ],
)
def test_a_file_that_is_no_settings_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "settings.json").write_text(text)
    with pytest.raises(DataError, match=said):
        read_settings(tmp_path / "settings.json")


def test_settings_that_are_not_there_say_what_writes_them(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'icp train CONFIG' writes some"):
        read_settings(tmp_path / "settings.json")
