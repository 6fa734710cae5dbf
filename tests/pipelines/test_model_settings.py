from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from icp_ml.errors import DataError
from icp_ml.models.settings import BoosterSettings
from icp_ml.release.tuned_settings import TunedSettings, write_settings
from pipelines.model_settings import find_settings, known_by, settings_file

AS_OF = dt.date(2026, 6, 30)
FOUND = BoosterSettings(max_depth=5, tuned_until="2025-03-31")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _write(path: Path, settings: BoosterSettings | None = FOUND) -> Path:
    facts = {"name": "acme", "as_of": AS_OF, "run_id": "r1", "seed": 7, "trials": 30, "inputs": {}}
    write_settings(path, facts, {"churn": {"settings": settings, "verdict": "Why.", "figures": {}}})
    return path


def _found() -> TunedSettings:
    found = find_settings(None, "acme")
    assert found is not None
    return found


def test_a_run_uses_what_the_last_training_of_its_company_found() -> None:
    assert find_settings(None, "acme") is None
    _write(settings_file("acme"))
    assert dict(_found().boosters) == {"churn": FOUND}
    assert find_settings(None, "other") is None


def test_none_uses_the_built_in_settings_and_a_file_overrules() -> None:
    _write(settings_file("acme"))
    assert find_settings("none", "acme") is None
    mine = _write(Path("mine.json"), BoosterSettings(max_depth=2, tuned_until="2025-01-31"))
    found = find_settings(str(mine), "acme")
    assert found is not None
    assert found.boosters["churn"].max_depth == 2


def test_a_file_that_says_built_in_is_as_good_as_none() -> None:
    _write(settings_file("acme"), None)
    assert find_settings(None, "acme") is None


def test_a_file_that_was_asked_for_and_is_not_there_is_an_error() -> None:
    with pytest.raises(DataError, match=r"gone\.json"):
        find_settings("gone.json", "acme")


def test_the_run_says_in_one_line_which_settings_it_uses() -> None:
    _write(settings_file("acme"))
    used, line = known_by(_found(), AS_OF, None)
    assert used is not None
    assert "for churn" in line
    assert "data up to 2026-06-30" in line
    assert "\n" not in line


def test_settings_found_on_later_data_are_not_used_and_asking_for_them_is_an_error() -> None:
    _write(settings_file("acme"))
    earlier = AS_OF - dt.timedelta(days=1)
    used, line = known_by(_found(), earlier, None)
    assert used is None
    assert "found on data up to 2026-06-30, after this run's 2026-06-29" in line
    with pytest.raises(DataError, match="knows what this run must not"):
        known_by(_found(), earlier, "models/acme/settings.json")


def test_where_nothing_was_found_there_is_nothing_to_say() -> None:
    assert known_by(None, AS_OF, None) == (None, "")
