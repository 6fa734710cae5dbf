"""What the project shows as its output is what it writes today."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = ("criteria.json", "segments.json", "memo.md")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def script():
    """Import scripts/make_example.py, which is in no package."""
    spec = importlib.util.spec_from_file_location("make_example", ROOT / "scripts" / "make_example.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def fresh(script, tmp_path_factory):
    """Run a discovery on the sample; return its folder and what it printed."""
    folder = tmp_path_factory.mktemp("example")
    return folder, script.discover_sample(folder)


@pytest.mark.parametrize("name", FILES)
def test_the_example_equals_a_fresh_run_to_the_byte(fresh, name):
    folder, _ = fresh
    shown, written = (ROOT / "models" / "example" / name).read_bytes(), (folder / "release" / name).read_bytes()
    assert shown == written, f"models/example/{name} is out of date: run `make example`"


def test_the_readme_shows_what_a_discovery_prints(script, fresh):
    _, printed = fresh
    wanted = script.readme_with(printed)
    assert (ROOT / "README.md").read_text(encoding="utf-8") == wanted, "README.md is out of date: run `make example`"
    assert "Refuse" in wanted


def test_the_example_is_small(script):
    assert sum((ROOT / "models" / "example" / name).stat().st_size for name in FILES) < script.LIMIT_BYTES
