"""Rules as a CRM's formulas: what both CRMs' forms have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from icp_ml.conditions import Rule
from icp_ml.errors import DataError
from icp_ml.exports.scope import Scope, plain
from icp_ml.release.rules import GREEN, RED, YELLOW


@dataclass(frozen=True)
class Flags:
    """The yes-or-no fields a CRM needs: one a rule, and one a scorecard line whose rule is no criterion's own.

    Parameters
    ----------
    rules : dict
        Field stem (``c1``) to rule.
    words : dict
        Field stem to what it says.
    points : tuple of (str, int)
        Field stem and points, a scorecard line each.
    refused : tuple of str
        Stems of the exclusions.
    """

    rules: dict[str, Rule]
    words: dict[str, str]
    points: tuple[tuple[str, int], ...]
    refused: tuple[str, ...]


def flags_of(scope: Scope) -> Flags:
    """Return the fields that the rules which count need."""
    rules = {rule.id.lower(): rule.rule for rule in scope.rules.rules}
    words = {rule.id.lower(): plain(rule.text) for rule in scope.rules.rules}
    own = {rule: stem for stem, rule in rules.items()}
    points: list[tuple[str, int]] = []
    for number, line in enumerate(scope.rules.reasons, 1):
        if not line.points:
            continue
        stem = own.get(line.rule)
        if stem is None:
            stem = own[line.rule] = f"line{number}"
            rules[stem], words[stem] = line.rule, plain(line.text)
        points.append((stem, line.points))
    refused = tuple(rule.id.lower() for rule in scope.rules.rules if rule.excludes)
    return Flags(rules, words, tuple(points), refused)


def tiers_of(scope: Scope) -> tuple[tuple[str, int], tuple[str, int], str]:
    """Return the tiers in the order they are asked: red under, green from, else."""
    return (RED, scope.rules.red), (GREEN, scope.rules.green), YELLOW


def printable(text: str, where: str) -> str:
    """Return a level or tag as it stands.

    Raises
    ------
    DataError
        If it holds a line break or another character that a formula cannot hold.
    """
    if not all(c.isprintable() or c == "\u00a0" for c in text):
        raise DataError(
            f"--to {where}: a formula cannot hold the value {text[:60]!r}, which holds a line break or the like; "
            "reject the rule, or export to sql or json"
        )
    return text


def field_names(scope: Scope, pattern: str, otherwise: str, where: str) -> dict[str, str]:
    """Return each attribute's field: its column's name, or one like it where the CRM takes no such name.

    Raises
    ------
    DataError
        If two columns would have the same field.
    """
    names = {name: api_name(scope.column(name), pattern, otherwise) for name in scope.attributes}
    columns: dict[str, str] = {}
    for attribute, name in names.items():
        other = columns.setdefault(name.lower(), scope.column(attribute))
        if other != scope.column(attribute):
            raise DataError(
                f"--to {where}: the columns {other!r} and {scope.column(attribute)!r} would both be the field {name}; "
                "rename one of them in the data and in the config"
            )
    return names


def api_name(column: str, pattern: str, otherwise: str) -> str:
    r"""Return a column's name as the CRM can take it.

    >>> api_name("NumberOfEmployees", r"[A-Za-z]\w*", "{}__c"), api_name("Tech stack!", r"[A-Za-z]\w*", "{}__c")
    ('NumberOfEmployees', 'Tech_stack__c')
    """
    if re.fullmatch(pattern, column, flags=re.ASCII):
        return column
    slug = re.sub(r"[^A-Za-z0-9]+", "_", column).strip("_") or "attribute"
    return otherwise.format(slug if slug[0].isalpha() else f"f_{slug}")


def readme(scope: Scope, what: str, read: Mapping[str, str], limits: Sequence[str]) -> str:
    """Return the README of a folder of formulas: what it is, which fields it reads, what it cannot say, its rules."""
    lines = [
        *scope.heading(),
        "",
        f"{what} Read:",
        *(f"- {field} (column {scope.column(attribute)!r})" for attribute, field in read.items()),
        "",
        "What this form cannot say, or needs:",
        *(f"- {limit}" for limit in limits),
        "",
        "Rules:",
        *(f"- {line}" for line in scope.rule_lines()),
    ]
    return "\n".join(lines) + "\n"


def check_length(formula: str, field: str, longest: int, where: str) -> str:
    """Return the formula.

    Raises
    ------
    DataError
        If it is longer than the CRM takes.
    """
    if len(formula) > longest:
        raise DataError(
            f"--to {where}: the formula of {field} needs {len(formula):,} characters and {longest:,} are allowed; "
            "shorten the rule in a review (fewer levels), or export to sql or json and write the scores back"
        )
    return formula
