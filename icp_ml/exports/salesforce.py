"""Rules as Salesforce formula fields, ready for ``sf project deploy``.

One checkbox formula a rule, and from them the score, the tier and the matched ids. Length and syntax follow
Salesforce's "Formula Field Limits and Restrictions": at most 3,900 characters a formula, and a limit on its compiled
size, which counts the fields it refers to and cannot be measured here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from icp_ml.conditions import write_rule
from icp_ml.conditions.operators import plain_number
from icp_ml.config.schema import Attribute
from icp_ml.exports.formulas import Flags, check_length, field_names, flags_of, printable, readme, tiers_of
from icp_ml.exports.scope import Scope

_LONGEST = 3_900
_FOLDER = "force-app/main/default/objects/Account/fields"
# A field of Salesforce's own (NumberOfEmployees), or a custom one (Has_RevOps__c).
_NAME = r"[A-Z][A-Za-z0-9]*|[A-Za-z][A-Za-z0-9_]*__c"
SALESFORCE_LIMITS = (
    'a category must be a picklist: in a text field, write Field = "x" in place of ISPICKVAL(Field, "x")',
    "tags must be a multi-select picklist, a boolean a checkbox; a checkbox is never unknown: unchecked reads as no",
    "formulas were checked for length, not compiled: Salesforce also limits their compiled size",
    "segments, chances and reasons: they need icp score",
)


@dataclass(frozen=True)
class SalesforceWriter:
    """Writes conditions as formulas over Account's fields."""

    fields: dict[str, str]
    attributes: dict[str, Attribute]

    def known(self, attribute: str) -> str:
        """Ask whether a value is there; a checkbox and a multi-select picklist always have one."""
        field, kind = self.fields[attribute], self.attributes[attribute].type
        if kind == "number":
            return f"NOT(ISBLANK({field}))"
        return f'NOT(ISPICKVAL({field}, ""))' if kind == "category" else self.always()

    def compare(self, attribute: str, symbol: str, number: float) -> str:
        """Compare a number that is there: Salesforce reads a blank as 0 in some settings."""
        return f"AND({self.known(attribute)}, {self.fields[attribute]} {symbol} {plain_number(number)!r})"

    def one_of(self, attribute: str, levels: Sequence[str]) -> str:
        """Compare a picklist with values."""
        return self.some([f"ISPICKVAL({self.fields[attribute]}, {_text(level)})" for level in levels])

    def is_value(self, attribute: str, value: bool) -> str:
        """Ask a checkbox."""
        return self.fields[attribute] if value else f"NOT({self.fields[attribute]})"

    def has_any(self, attribute: str, tags: Sequence[str]) -> str:
        """Ask a multi-select picklist."""
        return self.some([f"INCLUDES({self.fields[attribute]}, {_text(tag)})" for tag in tags])

    def every(self, parts: Sequence[str]) -> str:
        """Join with AND."""
        return f"AND({', '.join(parts)})"

    def some(self, parts: Sequence[str]) -> str:
        """Join with OR."""
        return parts[0] if len(parts) == 1 else f"OR({', '.join(parts)})"

    def negation(self, part: str) -> str:
        """Negate."""
        return f"NOT({part})"

    def always(self) -> str:
        """Hold for every account."""
        return "TRUE"


def salesforce_files(scope: Scope) -> dict[str, str]:
    """Return the metadata files by path, and a README.

    Raises
    ------
    DataError
        If a formula is longer than Salesforce takes, a value cannot stand in one, or two columns have one field.
    """
    fields = field_names(scope, _NAME, "{}__c", "salesforce")
    flags = flags_of(scope)
    writer = SalesforceWriter(fields, scope.attributes)
    formulas = {f"ICP_{stem.title()}__c": write_rule(rule, writer) for stem, rule in flags.rules.items()}
    words = {f"ICP_{stem.title()}__c": text for stem, text in flags.words.items()}
    kinds = dict.fromkeys(formulas, "Checkbox")
    for name, (kind, formula) in _results(scope, flags).items():
        formulas[name], kinds[name] = formula, kind
    files = {
        "README.md": readme(
            scope, "Formula fields of Account, for `sf project deploy start`.", fields, SALESFORCE_LIMITS
        )
    }
    for name, formula in formulas.items():
        checked = check_length(formula, name, _LONGEST, "salesforce")
        about = f"{scope.review_words()} {words.get(name, '')}".strip()
        files[f"{_FOLDER}/{name}.field-meta.xml"] = _field(name, kinds[name], checked, about)
    return files


def _results(scope: Scope, flags: Flags) -> dict[str, tuple[str, str]]:
    """Return the score's, tier's and ids' formulas over the rules' checkboxes."""
    points = "".join(f" + IF(ICP_{stem.title()}__c, {points}, 0)" for stem, points in flags.points)
    (red, under), (green, start), yellow = tiers_of(scope)
    refused = "".join(f"ICP_{stem.title()}__c, " for stem in flags.refused)
    tier = f'IF(OR({refused}ICP_Score__c < {under}), "{red}", IF(ICP_Score__c >= {start}, "{green}", "{yellow}"))'
    ids = [f'IF(ICP_{rule.id.title()}__c, ";{rule.id}", "")' for rule in scope.rules.rules]
    matched = f"MID({' & '.join(ids)}, 2, 1300)" if ids else '""'
    return {
        "ICP_Score__c": ("Number", f"MAX(0, MIN(100, {scope.rules.base}{points}))"),
        "ICP_Tier__c": ("Text", tier),
        "ICP_Matched_Criteria__c": ("Text", matched),
    }


def _field(name: str, kind: str, formula: str, about: str) -> str:
    digits = "    <precision>18</precision>\n    <scale>0</scale>\n" if kind == "Number" else ""
    label = name.removesuffix("__c").replace("_", " ")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<!-- {escape(about)} -->\n"
        '<CustomField xmlns="http://soap.sforce.com/2006/04/metadata">\n'
        f"    <fullName>{name}</fullName>\n"
        f"    <description>{escape(about[:1000])}</description>\n"
        "    <externalId>false</externalId>\n"
        f"    <formula>{escape(formula)}</formula>\n"
        "    <formulaTreatBlanksAs>BlankAsBlank</formulaTreatBlanksAs>\n"
        f"    <label>{label}</label>\n"
        f"{digits}    <type>{kind}</type>\n"
        "</CustomField>\n"
    )


def _text(text: str) -> str:
    """Return a text literal of a formula."""
    return '"' + printable(text, "salesforce").replace("\\", "\\\\").replace('"', '\\"') + '"'
