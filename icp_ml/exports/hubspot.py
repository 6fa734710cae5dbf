"""Rules as HubSpot calculation properties, in the body that its properties API takes for companies.

HubSpot imports no scoring rules: its score tool is filled in by hand. The nearest form is a calculation property a
rule, with a formula, and from them the score and the tier; syntax follows HubSpot's "Calculation property syntax".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from icp_ml.conditions import write_rule
from icp_ml.conditions.operators import plain_number
from icp_ml.config.schema import Attribute
from icp_ml.exports.formulas import Flags, field_names, flags_of, printable, readme, tiers_of
from icp_ml.exports.scope import Scope

_NAME = r"[a-z][a-z0-9_]*"
_TRUE, _FALSE = "1", "0"
HUBSPOT_LIMITS = (
    "HubSpot imports no scoring rules: these are calculation properties, one a rule, and score and tier made of them",
    "a category and tags are compared as HubSpot stores them (internal values, tags joined by ';'); whether its "
    "comparison minds upper and lower case is HubSpot's to say",
    "formulas were not run in HubSpot; its plans limit how many calculation properties there may be",
    "segments, chances and reasons: they need icp score",
)


@dataclass(frozen=True)
class HubspotWriter:
    """Writes conditions as boolean expressions of calculation properties."""

    properties: dict[str, str]
    attributes: dict[str, Attribute]

    def known(self, attribute: str) -> str:
        """Ask whether a value is there; tags always have one, if only the empty list."""
        if self.attributes[attribute].type == "tags":
            return self.always()
        return f"is_present({self.properties[attribute]})"

    def compare(self, attribute: str, symbol: str, number: float) -> str:
        """Compare a number that is there."""
        return f"({self.known(attribute)} and {self.properties[attribute]} {symbol} {plain_number(number)!r})"

    def one_of(self, attribute: str, levels: Sequence[str]) -> str:
        """Compare text that is there."""
        cell = f"string({self.properties[attribute]})"
        return f"({self.known(attribute)} and {self.some([f'{cell} = {_text(level)}' for level in levels])})"

    def is_value(self, attribute: str, value: bool) -> str:
        """Compare a boolean that is there."""
        wanted = "true" if value else "false"
        return f"({self.known(attribute)} and bool({self.properties[attribute]}) = {wanted})"

    def has_any(self, attribute: str, tags: Sequence[str]) -> str:
        """Look for a tag between two separators."""
        cell = f"concatenate(';', string({self.properties[attribute]}), ';')"
        found = self.some([f"contains({cell}, {_text(f';{tag};')})" for tag in tags])
        return f"(is_present({self.properties[attribute]}) and {found})"

    def every(self, parts: Sequence[str]) -> str:
        """Join with and."""
        return f"({' and '.join(parts)})"

    def some(self, parts: Sequence[str]) -> str:
        """Join with or."""
        return parts[0] if len(parts) == 1 else f"({' or '.join(parts)})"

    def negation(self, part: str) -> str:
        """Negate."""
        return f"!({part})"

    def always(self) -> str:
        """Hold for every company."""
        return "1 = 1"


def hubspot_files(scope: Scope) -> dict[str, str]:
    """Return the body for ``POST /crm/v3/properties/companies/batch/create``, and a README.

    Raises
    ------
    DataError
        If a value cannot stand in a formula, or two columns would have one property.
    """
    names = {a: name.lower() for a, name in field_names(scope, _NAME, "{}", "hubspot").items()}
    flags = flags_of(scope)
    writer = HubspotWriter(names, scope.attributes)
    about = scope.review_words()
    inputs = [
        _property(f"icp_{stem}", "number", f"if {write_rule(rule, writer)} then {_TRUE} else {_FALSE}",
                  f"{about} {flags.words[stem]}")
        for stem, rule in flags.rules.items()
    ]  # fmt: skip
    inputs += [_property(name, kind, formula, about) for name, (kind, formula) in _results(scope, flags).items()]
    body = json.dumps({"inputs": inputs}, ensure_ascii=False, indent=2) + "\n"
    return {
        "README.md": readme(
            scope,
            "`properties.json` is the body for `POST /crm/v3/properties/companies/batch/create`.",
            names,
            HUBSPOT_LIMITS,
        ),
        "properties.json": body,
    }


def _results(scope: Scope, flags: Flags) -> dict[str, tuple[str, str]]:
    """Return the score's, tier's and ids' formulas over the rules' properties."""
    points = "".join(f" + {points} * icp_{stem}" for stem, points in flags.points).replace("+ -", "- ")
    (red, under), (green, start), yellow = tiers_of(scope)
    refused = "".join(f"icp_{stem} = 1 or " for stem in flags.refused)
    tier = f"if ({refused}icp_score < {under}) then '{red}' elseif icp_score >= {start} then '{green}' else '{yellow}'"
    return {
        "icp_score": ("number", f"max(0, min(100, {scope.rules.base}{points}))"),
        "icp_tier": ("string", tier),
    }


def _property(name: str, kind: str, formula: str, about: str) -> dict[str, str]:
    return {
        "name": name,
        "label": name.replace("_", " ").replace("icp", "ICP", 1),
        "type": kind,
        "fieldType": "calculation_equation",
        "groupName": "companyinformation",
        "description": about.strip(),
        "calculationFormula": formula,
    }


def _text(text: str) -> str:
    """Return a text literal of a formula."""
    return "'" + printable(text, "hubspot").replace("\\", "\\\\").replace("'", "\\'") + "'"
