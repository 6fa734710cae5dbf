"""Results kept by the code that made them, so that an interrupted run goes on and changed code measures afresh."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "worlds"
_LIBRARIES = ("numpy", "pandas", "scipy", "scikit-learn")


def checksum(modules: Iterable[str], within: Sequence[str], beside: str = "", root: Path = ROOT) -> str:
    """Return a checksum of modules, of what they import of the project, directly or not, and of the numeric libraries.

    Parameters
    ----------
    modules : iterable of str
        Dotted names, for instance ``icp_ml.criteria.discovery``.
    within : sequence of str
        Packages whose modules count.
    beside : str
        What else the results depend on.
    root : Path
        Folder of the packages.
    """
    found: dict[str, bytes] = {}
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        counts = any(module == name or module.startswith(f"{name}.") for name in within)
        for path in _files_of(module, root) if counts else []:
            name = path.relative_to(root).as_posix()
            if name not in found:
                found[name] = path.read_bytes()
                waiting += _imports(path)
    told = [f"{name} {hashlib.sha256(code).hexdigest()}" for name, code in sorted(found.items())]
    libraries = [f"{name} {version(name)}" for name in _LIBRARIES]
    return hashlib.sha256("\n".join([*told, *libraries, beside]).encode()).hexdigest()[:12]


def kept(path: Path, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the result in ``path``, measured now if there is none; written whole or not at all."""
    if path.exists():
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return result
    result = measure()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(result), encoding="utf-8")
    part.replace(path)
    return result


def _imports(path: Path) -> list[str]:
    """Return the modules that a file imports, inside functions too, with the packages above them."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [".".join(name.split(".")[:k]) for name in names for k in range(1, name.count(".") + 2)]


def _files_of(module: str, root: Path) -> list[Path]:
    """Return the file of a module, none for a name that is no module (a class, a package without a file)."""
    base = root.joinpath(*module.split("."))
    return [path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()]
