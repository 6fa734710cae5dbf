"""Checks a ``criteria.json`` against its JSON Schema and against itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from icp_ml.conditions import Condition, Rule
from icp_ml.config.schema import Attribute
from icp_ml.errors import ConfigError, DataError, nearest
from icp_ml.release.document import attributes_from

_SHOWN = 5


def criteria_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``criteria.json`` that ships with the package."""
    text = resources.files("icp_ml.release").joinpath("criteria.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def validate_document(document: Any, where: str = "criteria.json") -> None:
    """Check that a document is one this version reads, in shape and in meaning.

    Beyond the schema: ids are unique, every rule can be read back, names only declared attributes and fits their
    types, every scorecard item belongs to a criterion, and the tier edges are in order.

    Raises
    ------
    DataError
        With the path of each of the first five faults, or, for a later schema, with its version alone.
    """
    _check_version(document, where)
    broken = sorted(_validator().iter_errors(document), key=lambda e: [str(p) for p in e.absolute_path])
    faults = [f"{_path(e)}: {_reason(e)}" for e in broken] or list(_meaning(document))
    if faults:
        more = f"\n  and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        listed = "\n  ".join(faults[:_SHOWN])
        raise DataError(f"{where} is not a criteria document this version can use:\n  {listed}{more}")


def validate_segments(document: Any, where: str = "segments.json") -> None:
    """Check that a segments document names each segment and gives a rule this version can read.

    Raises
    ------
    DataError
        With the path of the first fault, or, for a later schema, with its version alone.
    """
    _check_version(document, where)
    entries = document.get("segments") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise DataError(f"{where} must hold an object with a list 'segments'; write the release again")
    for i, entry in enumerate(entries):
        rule = entry.get("rule") if isinstance(entry, dict) else None
        if not isinstance(rule, dict) or "when" not in rule or not isinstance(entry.get("id"), str):
            raise DataError(f"{where}: segments[{i}] must have an 'id' and a 'rule' with 'when'; found {_short(entry)}")
        try:
            Rule.from_jsonlogic(rule["when"])
        except ConfigError as err:
            raise DataError(f"{where}: segments[{i}].rule.when: {err}") from err


def _check_version(document: Any, where: str) -> None:
    """Refuse a document that says itself to be of another schema than 1.x: what else it lacks would only confuse."""
    found = document.get("schema_version") if isinstance(document, dict) else None
    if isinstance(found, str) and not found.startswith("1."):
        raise DataError(
            f"{where} is of schema version {found}; this version of icp-ml reads 1.x: use the version that wrote the "
            "release, or write the release again with this one"
        )


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(criteria_schema())


def _path(error: ValidationError) -> str:
    path = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path)
    return path.lstrip(".") or "the document"


def _reason(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    if error.validator == "additionalProperties" and isinstance(error.schema, Mapping):
        known = sorted(error.schema.get("properties", {}))
        return f"only {', '.join(known)} may stand here; found {_short(error.instance)}"
    if error.validator == "enum":
        return f"must be one of {', '.join(map(str, wanted))}; found {error.instance!r}"
    if error.validator == "type":
        return f"must be {_words(wanted)}; found {_short(error.instance)}"
    if error.validator == "oneOf" and error.context:
        return f"{error.context[0].message[:200]}; found {_short(error.instance)}"
    return error.message[:200]


def _words(types: str | list[str]) -> str:
    return types if isinstance(types, str) else " or ".join(types)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 120 else text[:117] + "..."


def _meaning(document: Mapping[str, Any]) -> Iterator[str]:
    attributes = attributes_from(document)
    ids: set[str] = set()
    for i, entry in enumerate(document["criteria"]):
        if entry["id"] in ids:
            yield f"criteria[{i}].id: {entry['id']!r} stands twice; every id must be unique"
        ids.add(entry["id"])
        yield from _rule_faults(entry["when"], attributes, f"criteria[{i}].when")
    for i, item in enumerate(document["scorecard"]["items"]):
        if item["criterion"] not in ids:
            found = nearest(item["criterion"], ids)
            yield f"scorecard.items[{i}].criterion: no criterion is called {item['criterion']!r}{found}"
        yield from _rule_faults(item["when"], attributes, f"scorecard.items[{i}].when")
    tiers = document["tiers"]
    if tiers["red"] > tiers["green"]:
        yield f"tiers: red ({tiers['red']}) must not exceed green ({tiers['green']})"


def _rule_faults(logic: dict[str, Any], attributes: Mapping[str, Attribute], where: str) -> Iterator[str]:
    try:
        rule = Rule.from_jsonlogic(logic)
    except ConfigError as err:
        yield f"{where}: {err}"
        return
    for condition in rule.conditions:
        yield from _condition_faults(condition, attributes, where)


def _condition_faults(condition: Condition, attributes: Mapping[str, Attribute], where: str) -> Iterator[str]:
    """Read the condition again as the config would, since that is where types are checked."""
    try:
        Condition.parse(condition.to_config(), attributes, where)
    except ConfigError as err:
        yield str(err)
