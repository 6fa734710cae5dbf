"""A release read back from its folder tells what it told when it was made, to the last byte."""

from __future__ import annotations

import pytest

from icp_ml.release.folder import Release
from icp_ml.release.json_text import to_json_bytes
from icp_ml.release.people import csv_text
from icp_ml.report.retelling import config_of, standing_of
from icp_ml.report.telling import tell

pytestmark = pytest.mark.slow


@pytest.fixture
def release(discovered):
    return Release.load(discovered)


def test_a_release_told_again_says_the_same_to_the_last_byte(release):
    assert release.criteria["criteria"], "a release without rules would show little"
    told = tell(standing_of(release), release.criteria)
    files = {
        "metrics.json": to_json_bytes(told.metrics),
        "territories.json": to_json_bytes(told.territories),
        "accounts.csv": csv_text(told.accounts).encode(),
        "report.html": told.report_html.encode(),
        "memo.md": told.memo.encode(),
        "memo.html": told.memo_html.encode(),
    }
    differ = [name for name, content in files.items() if (release.folder / name).read_bytes() != content]
    assert differ == []


def test_what_came_from_the_environment_is_not_asked_for(release, tmp_path):
    text = (release.folder / "config.yaml").read_text(encoding="utf-8")
    assert "folder: crm" in text
    (tmp_path / "config.yaml").write_text(text.replace("folder: crm", "folder: ${NOT_SET_ANYWHERE}"), encoding="utf-8")
    moved = Release(tmp_path, release.criteria, release.segments)
    assert config_of(moved).source.folder == "${NOT_SET_ANYWHERE}"
    assert config_of(moved).attributes == config_of(release).attributes
