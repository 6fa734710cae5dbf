"""A result is measured once for each version of the code that made it."""

from __future__ import annotations

import json

import pytest

from benchmarks.worlds_cache import checksum, kept


@pytest.fixture
def project(tmp_path):
    """Return a project of three modules: one imports the next inside a function, the third stands alone."""
    for name, code in (
        ("ours/__init__.py", ""),
        ("ours/first.py", "def run():\n    from ours.second import VALUE\n    return VALUE\n"),
        ("ours/second.py", "import json\nimport other.third\nVALUE = 1\n"),
        ("ours/alone.py", "VALUE = 1\n"),
        ("other/third.py", "VALUE = 1\n"),
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(code)
    return tmp_path


def test_a_kept_result_is_not_measured_again(tmp_path):
    calls = []

    def measure():
        calls.append(1)
        return {"f1": 0.5}

    path = tmp_path / "code" / "noise-300-1.json"
    assert kept(path, measure) == kept(path, measure) == {"f1": 0.5}
    assert len(calls) == 1
    assert [p.name for p in path.parent.iterdir()] == ["noise-300-1.json"]


def test_a_run_that_breaks_off_leaves_no_result_and_the_next_one_measures(tmp_path):
    path = tmp_path / "noise-300-1.json"

    def broken():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept(path, broken)
    assert not path.exists()
    path.with_suffix(".part").write_text("{")  # a process that was killed while it wrote
    assert kept(path, lambda: {"f1": 1.0}) == {"f1": 1.0}
    assert json.loads(path.read_text()) == {"f1": 1.0}


def test_the_checksum_follows_imports_inside_functions_too(project):
    before = checksum(["ours.first"], ("ours",), root=project)
    (project / "ours" / "second.py").write_text("VALUE = 2\n")
    assert checksum(["ours.first"], ("ours",), root=project) != before


@pytest.mark.parametrize("name", ["ours/alone.py", "other/third.py"])
def test_code_that_is_not_imported_or_not_within_changes_no_checksum(project, name):
    before = checksum(["ours.first"], ("ours",), root=project)
    (project / name).write_text("VALUE = 2\n")
    assert checksum(["ours.first"], ("ours",), root=project) == before


def test_packages_above_and_what_stands_beside_count(project):
    before = checksum(["ours.first"], ("ours",), root=project)
    assert checksum(["ours.first"], ("ours",), "pysubgroup 0.8", project) != before
    assert checksum(["ours.first"], ("ours", "other"), root=project) != before
    (project / "ours" / "__init__.py").write_text("VALUE = 1\n")
    assert checksum(["ours.first"], ("ours",), root=project) != before
