"""YAML text and ``key.path=value`` overrides as plain values, with the line where each key stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from icp_ml.errors import ConfigError

Path = tuple[Any, ...]
# More than any config holds; aliases of aliases grow beyond it at once.
_MOST_NODES = 100_000
_PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def parse_yaml(text: str, where: str) -> Any:
    """Read YAML 1.2: ``NO`` stays text, a repeated key is an error.

    Raises
    ------
    ConfigError
        If the text is no YAML, or what no tree of keys and values can be: a cycle, a key that is a list.
    """
    try:
        _check_tree(YAML(typ="safe", pure=True).compose(text), where)
        return YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as err:
        line = f", line {err.problem_mark.line + 1}" if err.problem_mark else ""
        raise ConfigError(f"{where}{line}: not readable as YAML: {err.problem or err.context}") from err
    except (YAMLError, ValueError) as err:
        raise ConfigError(f"{where}: not readable as YAML: {str(err).splitlines()[0]}") from err


def _check_tree(root: Node | None, where: str) -> None:
    """Raise ConfigError where an alias leads back to itself, or aliases or keys could be no config's."""
    visited = 0
    stack: list[tuple[Node, frozenset[int]]] = [] if root is None else [(root, frozenset())]
    while stack:
        node, above = stack.pop()
        visited += 1
        at = f"{where}, line {node.start_mark.line + 1}"
        if id(node) in above or visited > _MOST_NODES:
            raise ConfigError(f"{at}: an alias (*name) must not lead back to itself; write the values out")
        inside = above | {id(node)}
        if isinstance(node, MappingNode):
            if any(not isinstance(key, ScalarNode) for key, _ in node.value):
                raise ConfigError(f"{at}: a key must be one text; found a list or mapping as a key; quote it")
            stack += [(value, inside) for _, value in node.value]
        elif isinstance(node, SequenceNode):
            stack += [(item, inside) for item in node.value]


def key_lines(text: str) -> dict[Path, int]:
    r"""Return the line, counted from 1, of every key and list item.

    >>> key_lines("a: 1\nb:\n  c: [2]\n")
    {('a',): 1, ('b',): 2, ('b', 'c'): 3, ('b', 'c', 0): 3}
    """
    root = YAML(typ="safe", pure=True).compose(text)
    return dict(_lines(root, ())) if root is not None else {}


def _lines(node: Node, at: Path) -> Iterator[tuple[Path, int]]:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield (*at, key.value), key.start_mark.line + 1
            yield from _lines(value, (*at, key.value))
    elif isinstance(node, SequenceNode):
        for position, item in enumerate(node.value):
            yield (*at, position), item.start_mark.line + 1
            yield from _lines(item, (*at, position))


def apply_override(values: dict[str, Any], override: str) -> dict[str, Any]:
    """Return the values with one ``key.path=value`` set; the value is YAML, a number in the path is a list position.

    Raises
    ------
    ConfigError
        If the override has no ``=`` or its path leads through something that has no keys.

    >>> apply_override({"outcomes": {"grace_days": 30}}, "outcomes.grace_days=0")
    {'outcomes': {'grace_days': 0}}
    """
    path, equals, text = override.partition("=")
    keys = [key.strip() for key in path.split(".")]
    if not equals or not all(keys):
        raise ConfigError(f"--set {override!r}: write key.path=value, for instance outcomes.grace_days=0")
    value = parse_yaml(text, f"--set {path}") if text.strip() else None
    return _set(values, keys, value, f"--set {path}")


def _set(node: Any, keys: Sequence[str], value: Any, where: str) -> Any:
    key, rest = keys[0], keys[1:]
    if isinstance(node, list):
        if not key.isdecimal() or int(key) >= len(node):
            raise ConfigError(f"{where}: {key!r} must be a position from 0 to {len(node) - 1} in a list")
        at = int(key)
        return [*node[:at], _set(node[at], rest, value, where) if rest else value, *node[at + 1 :]]
    if node is not None and not isinstance(node, dict):
        raise ConfigError(f"{where}: {key!r} cannot be set, since what stands above it is the value {node!r}")
    inner = node or {}
    return {**inner, key: _set(inner.get(key), rest, value, where) if rest else value}


def substitute(values: Any, environ: Mapping[str, str]) -> tuple[Any, dict[Path, str], list[str]]:
    """Replace ``${NAME}`` in every text.

    Returns
    -------
    values : object
        With the environment's values in place.
    placeholders : dict
        Path: text as it was written, for whatever must not show the value.
    unset : list of str
        Names the environment does not hold, each with its path.
    """
    placeholders: dict[Path, str] = {}
    unset: list[str] = []

    def walk(node: Any, at: Path) -> Any:
        if isinstance(node, dict):
            return {key: walk(value, (*at, key)) for key, value in node.items()}
        if isinstance(node, list):
            return [walk(value, (*at, position)) for position, value in enumerate(node)]
        if not isinstance(node, str) or not _PLACEHOLDER.search(node):
            return node
        placeholders[at] = node
        unset.extend(
            f"{path_words(at)}: ${{{name}}} is not set in the environment; set it, or write the value"
            for name in _PLACEHOLDER.findall(node)
            if name not in environ
        )
        return _PLACEHOLDER.sub(lambda found: environ.get(found[1], found[0]), node)

    return walk(values, ()), placeholders, unset


def path_words(path: Sequence[Any]) -> str:
    """Write a key path as a person would.

    >>> path_words(("pull", 0, "signal"))
    'pull[0].signal'
    """
    words = ""
    for key in path:
        words += f"[{key}]" if isinstance(key, int) else f".{key}" if words else str(key)
    return words
