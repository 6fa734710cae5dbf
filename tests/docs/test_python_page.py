"""The Python page runs as it stands, from tables to a release."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from icp_ml.release.folder import Release
from icp_ml.sample import write_sample

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text(encoding="utf-8"), re.DOTALL)


def test_tables_become_a_release_in_about_ten_lines():
    lines = [line for line in BLOCKS[0].splitlines() if line and not line.startswith(("from ", "import "))]
    assert len(lines) <= 11


@pytest.mark.slow
def test_the_page_runs_and_writes_a_release_that_scores_as_it_was_written(tmp_path, monkeypatch, capsys):
    (tmp_path / "configs").mkdir()
    shutil.copy(ROOT / "configs" / "sample.yaml", tmp_path / "configs")
    write_sample(tmp_path / "data" / "sample", accounts=1500, seed=7)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for number, block in enumerate(BLOCKS):
        exec(compile(block, f"docs/python.md, block {number + 1}", "exec"), names)
    printed = capsys.readouterr().out
    assert printed.count(" seen to leave") == 2
    assert "icp_tier" in printed
    release = Release.load(tmp_path / "release")
    written = release.table("accounts_scored.parquet").to_pandas()
    assert written["icp_score"].tolist() == names["scores"]["icp_score"].tolist()
