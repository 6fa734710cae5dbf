"""What the project's files may not carry, and the shape they keep."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {"dist", "build", "mlruns", "mlartifacts", "__pycache__", "htmlcov"}
# Built from parts, so that this file does not carry what it looks for.
MACHINE_PATH = re.compile(r"(?<![\w.}])/(?:" + "|".join(["home", "Users", "root", "work", "opt"]) + r")/\w")
REGISTRY = re.compile(r"--(?:extra-)?index" + r"-url[ =]|://[\w.-]*(?:py" + r"pi|python" + r"hosted|conda)\b")


def project_files():
    """Return every text file that belongs to the project."""
    found = []
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = parts[0].startswith(".") and parts[0] not in (".ci", ".gitignore")
        release = parts[0] == "models" and len(parts) > 2 and parts[1] != "example"
        generated = parts[0].startswith("mlflow.db") or path.suffix in {".pyc", ".parquet", ".xlsx", ".png", ".db"}
        if path.is_file() and not (hidden or release or generated or SKIPPED & set(parts)):
            found.append(path)
    return found


def modules():
    """Return the Python files of the library and the jobs."""
    return [path for name in ("icp_ml", "pipelines") for path in sorted((ROOT / name).rglob("*.py"))]


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine paths", "registry hosts"])
def test_no_file_carries_a_path_of_one_machine_or_a_registry_host(pattern):
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in project_files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_the_patterns_catch_what_they_are_for():
    assert MACHINE_PATH.search("folder: /" + "home/jane/crm")
    assert REGISTRY.search("https://files.python" + "hosted.org/packages")
    assert not MACHINE_PATH.search("docs/work/a and ${ROOT}/work/b")


def test_no_python_file_is_longer_than_400_lines():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in project_files()
        if path.suffix == ".py" and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}


def test_no_function_body_of_the_library_or_the_jobs_is_longer_than_50_lines():
    long = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[1 if ast.get_docstring(node) and len(node.body) > 1 else 0]
                if (lines := node.end_lineno - first.lineno + 1) > 50:
                    long.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {lines}")
    assert long == []


def test_no_module_is_named_for_nothing_in_particular():
    names = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
    assert [str(path.relative_to(ROOT)) for path in modules() if path.stem in names] == []
