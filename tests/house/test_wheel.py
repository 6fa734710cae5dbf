"""The wheel holds the library and the jobs, nothing else, and works from another folder."""

from __future__ import annotations

import csv
import os
import re
import shlex
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE_DATA = {"icp_ml/release/criteria.schema.json"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel with the build backend itself, without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    run(ROOT, sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def empty_environment(wheel, tmp_path_factory):
    """Install the wheel into an environment of its own.

    Its dependencies are those already installed here, added as a folder of modules: downloading them again would test
    the network. The project's own editable install stays out, since a .pth file does not read the .pth files of the
    folder it names.
    """
    environment = tmp_path_factory.mktemp("environment")
    run(ROOT, sys.executable, "-m", "venv", str(environment))
    binaries = environment / ("Scripts" if os.name == "nt" else "bin")
    run(environment, binaries / "python", "-m", "pip", "install", "--no-index", "--no-deps", "--quiet", str(wheel))
    paths = {"base": str(environment), "platbase": str(environment)}
    modules = Path(sysconfig.get_path("purelib", vars=paths))
    (modules / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return binaries


def run(folder, *command):
    """Run a command in a folder and return what it printed; show both streams where it fails."""
    done = subprocess.run([str(c) for c in command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_wheel_holds_the_two_packages_with_their_data_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"icp_ml", "pipelines"}
    data = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "icp_ml").rglob("*")
        if path.is_file() and path.suffix in {".yaml", ".json", ".j2", ".css", ".js", ".html", ".csv"}
    }
    assert data >= PACKAGE_DATA
    assert data <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_source_distribution_holds_no_data_and_no_release(tmp_path):
    run(ROOT, sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", str(tmp_path))
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        top = {name.split("/")[1] for name in archive.getnames()}
    assert {"icp_ml", "pipelines", "pyproject.toml", "README.md", "LICENSE"} <= top
    assert top.isdisjoint({"data", "models", ".venv", "mlflow.db"})


@pytest.mark.slow
def test_the_readmes_commands_run_in_another_folder_with_nothing_but_the_wheel(empty_environment, tmp_path):
    icp = empty_environment / "icp"
    place = run(tmp_path, empty_environment / "python", "-c", "import icp_ml, pipelines; print(icp_ml.__file__)")
    assert Path(place).is_relative_to(empty_environment.parent)

    block = re.search(r"```console\n(icp sample .*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    commands = [shlex.split(line) for line in block.group(1).splitlines()]
    assert [command[1] for command in commands] == ["sample", "init", "validate", "discover", "score"]
    for command in commands:
        run(tmp_path, icp, *command[1:])

    with (tmp_path / "crm" / "accounts.csv").open(encoding="utf-8", newline="") as accounts:
        expected = [row["account_id"] for row in csv.DictReader(accounts)]
    with (tmp_path / "scored.csv").open(encoding="utf-8", newline="") as scored:
        rows = list(csv.DictReader(scored))
    assert [row["account_id"] for row in rows] == expected
    assert {row["icp_tier"] for row in rows} <= {"green", "yellow", "red"}
    assert not (ROOT / "icp.yaml").exists()
