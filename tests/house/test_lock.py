"""The locks hold what pyproject.toml asks for: each package with its hashes, one version for every Python."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
GROUPS = PROJECT["dependency-groups"]
ASKED = {
    "requirements.lock": [
        *PROJECT["project"]["dependencies"],
        *(line for name, extra in EXTRAS.items() if name != "spark" for line in extra),
        *GROUPS["dev"],
    ],
    # Spark is as large as all the rest together, so it is installed only where its tests are to run.
    "tests/engines/requirements.lock": [*EXTRAS["spark"], *GROUPS["engines"]],
}


def pins(lock="requirements.lock"):
    """Return each locked requirement with its block of text."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text(encoding="utf-8"))
    return [(Requirement(block.split("\\")[0].split("\n")[0].strip()), block) for block in blocks]


@pytest.mark.parametrize("lock", ASKED)
def test_every_dependency_is_locked_at_a_version_it_allows(lock):
    locked = {}
    for pin, _ in pins(lock):
        locked.setdefault(canonicalize_name(pin.name), []).append(str(pin.specifier).removeprefix("=="))
    for requirement in map(Requirement, ASKED[lock]):
        versions = locked.get(canonicalize_name(requirement.name), [])
        assert versions, f"{requirement.name} is not in {lock}; run `make lock`"
        assert all(requirement.specifier.contains(version, prereleases=True) for version in versions)


@pytest.mark.parametrize("lock", ASKED)
def test_every_package_has_its_hashes(lock):
    assert [str(pin) for pin, block in pins(lock) if "--hash=sha256:" not in block] == []


def test_no_package_differs_between_the_supported_pythons():
    for system, machine in (("linux", "x86_64"), ("darwin", "arm64"), ("win32", "AMD64")):
        chosen = {}
        for python in ("3.11.9", "3.12.9", "3.13.9"):
            environment = {
                "python_full_version": python,
                "python_version": python.rpartition(".")[0],
                "sys_platform": system,
                "platform_machine": machine,
            }
            active = [pin for pin, _ in pins() if pin.marker is None or pin.marker.evaluate(environment)]
            chosen[python] = {pin.name: str(pin.specifier) for pin in active}
        assert chosen["3.11.9"] == chosen["3.12.9"] == chosen["3.13.9"]
        booster = "xgboost" if system == "darwin" else "xgboost-cpu"
        assert {name for name in chosen["3.11.9"] if name.startswith("xgboost")} == {booster}
