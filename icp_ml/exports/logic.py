"""Score, tier and criteria as JsonLogic, and the contract's own document. Contract, sections 3 and 5."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from icp_ml.conditions import Logic, Rule
from icp_ml.exports.scope import Scope
from icp_ml.release.rules import GREEN, RED, YELLOW

LOGIC_LIMITS = (
    "an account is one object of typed values under the standard names: numbers, true or false, lists of texts for "
    "tags, text, and null where nothing is known; an evaluator reads no raw cells",
    "reasons and chances (p_win, p_churn) need icp score",
)
JSON_LIMITS = (
    "the rules' conditions are JsonLogic over typed values; reading raw cells is left to whoever evaluates them",
)


def logic_document(scope: Scope) -> dict[str, Any]:
    """Return one object with ``score``, ``tier`` and ``criteria`` (id to rule), each evaluable on one account.

    ``matched_criteria`` gives the ids joined by ``;`` and ``segment`` the segment's id, or an empty text.
    """
    rules = scope.rules
    score = _score(scope)
    refused: list[Any] = [rule.rule.jsonlogic() for rule in rules.rules if rule.excludes]
    red = {"or": [*refused, {"<": [score, rules.red]}]}
    return {
        **_about(scope, LOGIC_LIMITS),
        "attributes": {name: scope.document["attributes"][name] for name in scope.attributes},
        "score": score,
        "tier": {"if": [red, RED, {">=": [score, rules.green]}, GREEN, YELLOW]},
        "criteria": {rule.id: rule.rule.jsonlogic() for rule in rules.rules},
        "matched_criteria": _matched({rule.id: rule.rule for rule in rules.rules}),
        "segment": _first([(name, rule) for name, rule in scope.segments.rules]),
    }


def json_document(scope: Scope) -> dict[str, Any]:
    """Return ``criteria.json`` with the rules that count alone, and the segments' rules."""
    segments = {
        s["id"]: {"name": s["name"], "when": s["rule"]["when"]} for s in scope.release.segments.get("segments", [])
    }
    return {**_about(scope, JSON_LIMITS), **scope.document, "segments": segments}


def _about(scope: Scope, limits: tuple[str, ...]) -> dict[str, Any]:
    """Return what stands first: whether a person has reviewed this, and what it cannot say."""
    return {
        "reviewed": scope.document["review"] is not None,
        "about": [*scope.heading()],
        "cannot_say": list(limits),
        **{key: scope.document[key] for key in ("schema_version", "name", "release_id")},
    }


def _score(scope: Scope) -> Logic:
    lines: list[Any] = [{"if": [x.rule.jsonlogic(), x.points, 0]} for x in scope.rules.reasons if x.points]
    return {"max": [0, {"min": [100, {"+": [scope.rules.base, *lines]}]}]}


def _matched(rules: Mapping[str, Rule]) -> Logic:
    """Return the ids joined by ``;``: each with one before it, the first one cut off."""
    parts: list[Any] = [{"if": [rule.jsonlogic(), f";{rule_id}", ""]} for rule_id, rule in rules.items()]
    return {"substr": [{"cat": ["", *parts]}, 1]}


def _first(rules: list[tuple[str, Rule]]) -> Any:
    """Return the name of the first rule that holds, else an empty text."""
    if not rules:
        return ""
    branches: list[Any] = [part for name, rule in rules for part in (rule.jsonlogic(), name)]
    return {"if": [*branches, ""]}
