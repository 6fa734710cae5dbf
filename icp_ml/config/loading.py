"""Read a config file: YAML, preset, overrides and environment in, one frozen :class:`Config` or every mistake out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.compat import StringIO

from icp_ml.config.meaning import meaning_problems
from icp_ml.config.presets import merge_preset, preset_values
from icp_ml.config.problems import schema_problems
from icp_ml.config.schema import Config, TableName
from icp_ml.config.spelling import apply_override, key_lines, parse_yaml, substitute
from icp_ml.errors import ConfigError

_URL_PASSWORD = re.compile(r"(://[^:/@\s]*):([^@\s]+)@")


def load_config(path: Path, overrides: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> Config:
    """Read and check a config file.

    Parameters
    ----------
    path : Path
        YAML 1.2 file.
    overrides : sequence of str
        ``key.path=value``, applied last; the value is YAML.
    environ : mapping, optional
        Where ``${NAME}`` is looked up; the process's environment if not given.

    Returns
    -------
    Config
        With ``${NAME}`` replaced; what was written stays known to :func:`resolved_yaml`.

    Raises
    ------
    ConfigError
        If the file is missing, empty or no mapping, or with every wrong key and value at once.
    """
    text = _read(path)
    own = parse_yaml(text, path.name)
    if not isinstance(own, dict):
        found = "nothing" if own is None else f"a {'list' if isinstance(own, list) else 'single value'}"
        raise ConfigError(
            f"{path.name}: a config must be a mapping of keys such as name, source, attributes; found {found}"
        )
    for override in overrides:
        own = apply_override(own, override)
    preset = own.get("preset")
    if preset is not None:
        own = merge_preset(own, _preset(path, preset))
    values, placeholders, unset = substitute(as_text(own), os.environ if environ is None else environ)
    lines = key_lines(text)
    problems = list(unset)
    try:
        config = Config.model_validate(values)
    except ValidationError as err:
        _raise(path, [*problems, *schema_problems(err, lines, placeholders)])
    problems += meaning_problems(config, lines)
    if problems:
        _raise(path, problems)
    config.remember_placeholders(placeholders)
    return config


def resolved_yaml(config: Config) -> str:
    """Return the config as resolved, in YAML, with ``${NAME}`` where the environment gave the value.

    A password written into a URL itself is masked: nothing secret is ever written.
    """
    values = config.model_dump(mode="json", by_alias=True, exclude_none=True)
    for place, written in config.placeholders.items():
        _restore(values, place, written)
    for section, key in (("source", "url"), ("tracking", "uri")):
        if key in values[section]:
            values[section][key] = _URL_PASSWORD.sub(_masked, values[section][key])
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # keep the order of the schema
    yaml.allow_unicode = True
    yaml.width = 4096
    stream = StringIO()
    yaml.dump(values, stream)
    return str(stream.getvalue())


def config_folder(path: Path) -> Path:
    """Return the folder that a config's relative paths start from."""
    return path.resolve().parent


def absolute_uri(uri: str, base: Path) -> str:
    """Return a tracking URI or database URL with a relative path made absolute from the config's folder.

    >>> absolute_uri("sqlite:///mlflow.db", Path("/data/acme"))
    'sqlite:////data/acme/mlflow.db'
    >>> absolute_uri("https://mlflow.example.com", Path("/data/acme"))
    'https://mlflow.example.com'
    """
    sqlite = re.match(r"^(sqlite(?:\+\w+)?:///)(.*)$", uri)
    if sqlite:
        file, question, query = sqlite[2].partition("?")
        return uri if file in ("", ":memory:") else f"{sqlite[1]}{(base / file).as_posix()}{question}{query}"
    return uri if "://" in uri or uri.startswith(("file:", "databricks")) else (base / uri).as_posix()


def as_text(values: Any) -> Any:
    """Return the values with numbers and truth values as text where the schema wants words: orders, names, values."""
    if not isinstance(values, dict):
        return values
    values = _without_empty(values, Config.model_fields)
    attributes = values.get("attributes")
    if isinstance(attributes, dict):
        values["attributes"] = {
            str(name): _texts(spec, ("order", "column", "unit")) for name, spec in attributes.items()
        }
    tables = values.get("tables")
    if isinstance(tables, dict):
        tables = _without_empty(tables, get_args(TableName))
        values["tables"] = {name: _texts(table, ("columns", "values", "aliases")) for name, table in tables.items()}
    if isinstance(values.get("outcomes"), dict):
        values["outcomes"] = _texts(values["outcomes"], ("refused_reasons",))
    if isinstance(values.get("segments"), dict):
        values["segments"] = _texts(values["segments"], ("channels", "competitor_reasons"))
    return _texts(values, ("name",))


def _without_empty(section: dict[Any, Any], known: Iterable[str]) -> dict[Any, Any]:
    """Return the section without known keys that stand empty, all below them being commented out for instance."""
    empty = {key for key in known if section.get(key, "") is None}
    return {str(key): value for key, value in section.items() if key not in empty}


def _texts(section: Any, keys: Sequence[str]) -> Any:
    if not isinstance(section, dict):
        return section
    return {key: _text(value) if key in keys else value for key, value in section.items()}


def _text(value: Any) -> Any:
    if isinstance(value, dict):
        return {_text(key): _text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_text(inner) for inner in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError as err:
        raise ConfigError(
            f"{path}: there is no such config file; 'icp init FOLDER --out {path.name}' drafts one"
        ) from err
    except IsADirectoryError as err:
        raise ConfigError(f"{path}: a config file is needed; this is a folder") from err
    except UnicodeDecodeError as err:
        raise ConfigError(
            f"{path}: a config must be UTF-8 text; byte {err.start} is not; save it again as UTF-8"
        ) from err
    except OSError as err:
        raise ConfigError(f"{path}: cannot be read ({err.strerror})") from err


def _preset(path: Path, name: Any) -> dict[str, Any]:
    """Return a preset's keys; ConfigError with the config's name where there is none such."""
    try:
        return preset_values(str(name))
    except ConfigError as err:
        raise ConfigError(f"{path.name}: {err}") from err


def _raise(path: Path, problems: Sequence[str]) -> None:
    listed = list(dict.fromkeys(problems))
    if len(listed) == 1:
        raise ConfigError(f"{path.name}: {listed[0]}")
    raise ConfigError(f"{path.name}: {len(listed)} things need mending:\n" + "\n".join(f"  - {p}" for p in listed))


def _restore(values: Any, place: Sequence[Any], written: str) -> None:
    """Put the text as written back in its place, where that place is still there."""
    *above, last = place
    for key in above:
        if isinstance(values, dict) and key not in values:
            return
        values = values[key]
    if isinstance(values, list) or last in values:
        values[last] = written


def _masked(found: re.Match[str]) -> str:
    return found[0] if found[2].startswith("${") else f"{found[1]}:***@"
