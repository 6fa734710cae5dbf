from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from icp_ml.release.files import folder_aside, written_aside
from icp_ml.release.part_folders import part_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders are not locked on Windows")

WAITING = """
import sys, time
from pathlib import Path
from icp_ml.release.part_folders import part_folder

with part_folder(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("half")
    print(folder, flush=True)
    time.sleep(60)
"""


def begun(target: Path) -> tuple[subprocess.Popen, Path]:
    """Start a run that has written half of its work."""
    process = subprocess.Popen([sys.executable, "-c", WAITING, str(target)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def killed(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize("aside", [written_aside, folder_aside])
def test_what_a_killed_run_left_is_cleared_by_the_next_run_to_the_same_target(tmp_path, aside):
    target = tmp_path / "scored.parquet"
    process, left = begun(target)
    killed(process)
    assert (left / "half").is_file()
    with aside(target) as path:
        assert not left.exists()
        if aside is written_aside:
            path.write_text("whole")
    assert [p.name for p in tmp_path.iterdir()] == ["scored.parquet"]


def test_what_another_run_is_still_writing_is_left_alone(tmp_path):
    target = tmp_path / "scored.parquet"
    process, other = begun(target)
    try:
        with written_aside(target) as aside:
            aside.write_text("whole")
        assert (other / "half").read_text() == "half"
    finally:
        killed(process)


def test_the_folders_of_other_targets_and_of_the_user_are_left_alone(tmp_path):
    kept = [".scored.csv.abcdefgh.part", ".scored.old.part", "scored.abcdefgh.part", ".other.abcdefgh.part"]
    for name in kept:
        (tmp_path / name).mkdir()
    (tmp_path / ".scored.abcdefgh.part").write_text("a file")
    with part_folder(tmp_path / "scored"):
        pass
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*kept, ".scored.abcdefgh.part"])
