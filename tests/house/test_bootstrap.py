"""The environment is made once, by any Python in range, and never by one that is only on PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="make and sh are not there on Windows")


def command(folder, name, body):
    """Write an executable shell script."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="ascii")
    path.chmod(0o755)


def find_python(folder, **environment):
    """Run the finder with nothing but ``folder`` on PATH."""
    return subprocess.run(
        ["/bin/sh", str(ROOT / "scripts" / "find-python.sh")],
        env={"PATH": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def only_cat(tmp_path):
    """Return a folder for PATH that holds what the finder itself calls."""
    (tmp_path / "cat").symlink_to(shutil.which("cat"))
    return tmp_path


def test_a_shim_that_fails_and_a_python_out_of_range_are_passed_over(only_cat):
    command(only_cat, "python3", "echo 'pyenv: python3: command not found' >&2; exit 127")
    command(only_cat, "python3.13", "exit 1")
    command(only_cat, "python3.12", f'exec "{sys.executable}" "$@"')
    found = find_python(only_cat)
    assert (found.returncode, found.stdout) == (0, "python3.12\n")


def test_the_python_that_is_named_comes_first(only_cat):
    command(only_cat, "python3", f'exec "{sys.executable}" "$@"')
    command(only_cat, "mine", f'exec "{sys.executable}" "$@"')
    assert find_python(only_cat, PYTHON="mine").stdout == "mine\n"


def test_without_a_python_in_range_the_message_says_what_to_install(only_cat):
    found = find_python(only_cat)
    assert found.returncode == 1
    assert "No Python 3.11, 3.12 or 3.13 was found" in found.stderr
    assert "make discover PYTHON=" in found.stderr


def project(folder):
    """Return a project folder whose .venv is a link to this Python, without a stamp."""
    for name in ("scripts/bootstrap.py", "requirements.lock"):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    return folder


def bootstrap(folder, uv_exit):
    """Run the bootstrap with a stand-in for uv that only writes down how it was called."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    command(tools, "uv", f'echo "$@" >> "{folder}/calls"; exit {uv_exit}')
    return subprocess.run(
        [sys.executable, str(folder / "scripts" / "bootstrap.py")],
        env={**os.environ, "PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_second_run_installs_nothing_until_the_lock_changes(tmp_path):
    folder = project(tmp_path)
    first = bootstrap(folder, 0)
    assert first.returncode == 0, first.stderr
    assert "Making the environment .venv from requirements.lock with uv" in first.stdout
    calls = (folder / "calls").read_text().splitlines()
    assert [call.split()[:2] for call in calls] == [["pip", "install"], ["pip", "install"]]
    assert "--require-hashes" in calls[0]
    assert "--no-deps --no-build-isolation -e" in calls[1]

    assert bootstrap(folder, 1).stdout == "The environment is up to date.\n"
    assert len((folder / "calls").read_text().splitlines()) == 2

    with (folder / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    assert bootstrap(folder, 0).stdout.endswith("The environment is ready.\n")
    assert len((folder / "calls").read_text().splitlines()) == 4


def test_an_environment_that_moved_with_its_folder_is_made_again(tmp_path):
    folder = project(tmp_path / "here")
    bootstrap(folder, 0)
    moved = tmp_path / "there"
    folder.rename(moved)
    assert "Making the environment" in bootstrap(moved, 0).stdout


def test_a_failed_step_is_named_and_leaves_no_stamp_behind(tmp_path):
    folder = project(tmp_path)
    failed = bootstrap(folder, 3)
    assert failed.returncode == 1
    assert "This step failed (exit 3)" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not (folder / ".venv" / "icp-ml.stamp").exists()
