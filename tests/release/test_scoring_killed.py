"""A run that is killed at any moment leaves the whole output or none of it, and nothing that the next one keeps."""

from __future__ import annotations

import csv
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from icp_ml.release import batches
from icp_ml.release.folder import Release
from icp_ml.release.scoring import score_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")

FROZEN = Path(__file__).parents[1] / "fixtures" / "releases" / "1.0"
ROWS = 6400
CHILD = """
import os, signal, sys
from pathlib import Path
from icp_ml.release import batches, files, scoring
from icp_ml.release.folder import Release

accounts, release, out, moment = sys.argv[1:]
batches.BATCH_ROWS = 2048
die = lambda: os.kill(os.getpid(), signal.SIGKILL)

def replaced(source, target, replace=os.replace):
    if moment == "before it is there":
        die()
    replace(source, target)
    die()

files.os.replace = replaced
scoring.score_file(
    Path(accounts), Release.load(Path(release)), Path(out), models=False,
    progress=lambda done, of: die() if str(done) == moment else None,
)
"""


@pytest.fixture(scope="module")
def accounts(tmp_path_factory) -> Path:
    """A hundred times the frozen accounts: several batches."""
    with (FROZEN / "accounts.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    path = tmp_path_factory.mktemp("accounts") / "accounts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *(rows * 100)])
    return path


@pytest.mark.parametrize("ending", [".parquet", ".csv"])
@pytest.mark.parametrize("moment", ["2048", "6400", "before it is there", "once it is there"])
def test_the_output_is_whole_or_as_it_was(tmp_path, accounts, monkeypatch, ending, moment):
    monkeypatch.setattr(batches, "BATCH_ROWS", 2048)
    out = tmp_path / f"scored{ending}"
    out.write_bytes(b"as it was")
    release = FROZEN / "release"
    done = subprocess.run([sys.executable, "-c", CHILD, accounts, release, out, moment], check=False)
    assert done.returncode == -signal.SIGKILL
    written = tmp_path / f"written{ending}"
    score_file(accounts, Release.load(release), written, models=False)
    assert out.read_bytes() == (written.read_bytes() if moment == "once it is there" else b"as it was")
    assert len([p for p in tmp_path.iterdir() if p.name.endswith(".part")]) == 1
    score_file(accounts, Release.load(release), out, models=False)
    assert sorted(p.name for p in tmp_path.iterdir()) == [out.name, written.name]
    assert out.read_bytes() == written.read_bytes()


def test_every_account_is_there_once_in_its_place(tmp_path, accounts):
    score_file(accounts, Release.load(FROZEN / "release"), tmp_path / "scored.parquet", models=False)
    with accounts.open(encoding="utf-8", newline="") as file:
        ids = [row["account_id"] for row in csv.DictReader(file)]
    assert len(ids) == ROWS
    assert pq.read_table(tmp_path / "scored.parquet").column("account_id").to_pylist() == ids
