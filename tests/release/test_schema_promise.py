"""A reader of 1.0 reads every 1.x: what a later version adds is ignored, wherever it stands; 2.0 is refused at once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from icp_ml.errors import DataError
from icp_ml.release.folder import Release
from icp_ml.release.scoring import score_file

FROZEN = Path(__file__).parents[1] / "fixtures" / "releases" / "1.0"
# Their keys are names, of attributes, columns and tiers, and in a rule operators: none is a key of the schema.
NAMES = ("attributes", "columns", "actions")
RULE = "when"


def with_more(value: Any, name: str = "") -> Any:
    """Add keys that nobody knows to every object of a document."""
    if isinstance(value, list):
        return [with_more(v) for v in value]
    if not isinstance(value, dict) or name == RULE:
        return value
    more = {} if name in NAMES else {"added_in_1_9": {"a": [1, None]}, "zz": "new"}
    return {key: with_more(v, key) for key, v in value.items()} | more


@pytest.fixture
def later(tmp_path) -> Path:
    return Path(shutil.copytree(FROZEN / "release", tmp_path / "release"))


def rewrite(path: Path, **changed: Any) -> None:
    path.write_text(json.dumps({**with_more(json.loads(path.read_text(encoding="utf-8"))), **changed}))


def test_keys_that_a_later_version_added_change_no_score(later, tmp_path):
    for path in (later / "criteria.json", later / "segments.json"):
        rewrite(path, schema_version="1.9")
    for path in (later / "boosters").glob("*.json"):
        rewrite(path)
    score_file(FROZEN / "accounts.csv", Release.load(later), tmp_path / "scores.csv")
    assert (tmp_path / "scores.csv").read_bytes() == (FROZEN / "scores.csv").read_bytes()


@pytest.mark.parametrize("name", ["criteria.json", "segments.json"])
def test_a_document_of_another_schema_is_refused_with_one_message(later, name):
    path = later / name
    path.write_text(json.dumps({"schema_version": "2.0", "everything": "else"}))
    with pytest.raises(DataError) as err:
        Release.load(later)
    assert str(err.value) == (
        f"{path} is of schema version 2.0; this version of icp-ml reads 1.x: use the version that wrote the release, "
        "or write the release again with this one"
    )
