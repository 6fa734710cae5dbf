from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from icp_ml.errors import DataError
from icp_ml.release.files import folder_aside, written_aside

KILLED = """
import os, signal, sys
from pathlib import Path
from icp_ml.release.files import {name}

with {name}(Path(sys.argv[1])) as aside:
    ({path}).write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
@pytest.mark.parametrize(("name", "path"), [("written_aside", "aside"), ("folder_aside", "aside / 'a.txt'")])
def test_a_killed_run_leaves_the_target_as_it_was(tmp_path, name, path):
    target = tmp_path / "target"
    code = KILLED.format(name=name, path=path)
    done = subprocess.run([sys.executable, "-c", code, str(target)], check=False)
    assert done.returncode != 0
    assert not target.exists()


def test_a_file_is_there_only_when_the_block_has_ended_well(tmp_path):
    target = tmp_path / "new" / "out.txt"
    with written_aside(target) as aside:
        aside.write_text("whole")
        written = aside.stat().st_ino
        assert not target.exists()
    assert target.read_text() == "whole"
    assert target.stat().st_ino == written, "renamed in one step, not copied"
    assert [p.name for p in target.parent.iterdir()] == ["out.txt"]


def test_a_folder_replaces_the_old_one(tmp_path):
    target = tmp_path / "folder"
    target.mkdir()
    (target / "old").write_text("old")
    with folder_aside(target) as aside:
        (aside / "new").write_text("new")
    assert [p.name for p in target.iterdir()] == ["new"]
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_a_file_in_the_way_of_the_parent_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(DataError, match=r"cannot be written: .*file is a file, not a folder"),
        written_aside(tmp_path / "file" / "out.csv"),
    ):
        raise AssertionError("nothing is written")


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_place_that_takes_no_folder_is_an_error_of_the_users_input():
    with (
        pytest.raises(DataError, match=r"cannot be written in /proc/nowhere: .*; choose another"),
        written_aside(Path("/proc/nowhere/out.csv")),
    ):
        pass
