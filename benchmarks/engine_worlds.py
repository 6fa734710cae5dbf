"""Random accounts with hostile values, and random rules over them, for showing that every engine gives one answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from icp_ml.conditions import Condition, Rule
from icp_ml.release.folder import Release

LEVELS = [
    "retail", "Retail", " retail", "retail ", "RETAIL", "retail\u00a0", "b2b_saas", "O'Neil \"x\"", "a\\b",
    "a\\'b", "it's; DROP TABLE accounts; --", "{{ x }}", "{% raw %}", "%s", ":x", "$1", "日本語",
    "İstanbul", "istanbul", "ß", "ss", "é", "e\u0301", "NULL", "NA", "-", "true", "1", "0", "01", "1.0",
    "x" * 300, "line\nbreak", "tab\tin", "שלום", "😀", "/* c */", "`tick`", "[x]", "|", "retail|",
    "unicode\u2028sep", "2024-01-31",
]  # fmt: skip
TAGS = [
    "zendesk", "Zendesk", "zen desk", "jira", "a'b", 'q"q', "b\\c", "ß", "日本", "x|y", "a,b", "100%", "_",
    "z\u00a0z", "😀", "spreadsheets", "[t]", "zendes",
]  # fmt: skip
NUMBERS = [
    "1e300", "1E-307", "1e308", "12e300", "1e400",
    "", "NA", "n/a", "N/A", "null", "none", "-", "49.999999", "50", "50.0", "050", "5e1", "5E+1", " 50", "50 ",
    "50\u00a0", "(12)", "( 12 )", "$49", "49 EUR", "EUR 50", "US$1,200.50", "1 234", "1'234", "1,234", "1.234",
    "1.234,5", "1,234.5", "1.234.567", "12,5", "abc", "50abc", "inf", "-inf", "nan", "NaN", "Infinity",
    "−5", ".5", "5.", "+5", "0x10", "1_000", "५०", "50\n", "\t50", "5%", "-0", "0", "0.1",
    "0.30000000000000004", "1e-300", "1d", "123456789012345678", "--5", "5-", "1e5", "50.000000000000001",
    "49.99999999999999999999", "1,23", "1,2345", "12,345,67",
]  # fmt: skip
BOOLEANS = [
    "true", "True", "TRUE", "yes", "Yes", "no", "NO", "1", "0", "t", "F", "", "NA", "-", "maybe", " yes ",
    "yes\u00a0", "1.0", "on", "truee", "ye s", "false\n",
]  # fmt: skip
ATTRIBUTES: dict[str, dict[str, Any]] = {
    "employee_count": {"type": "number", "unit": "people", "column": 'Number of "Employees"'},
    "growth": {"type": "number", "column": "growth"},
    "price": {"type": "number", "decimal": ",", "column": "price"},
    "industry": {"type": "category", "column": "Industry'; DROP TABLE accounts; --"},
    "region": {"type": "category", "column": "région"},
    "has_revops": {"type": "boolean", "column": "Has`RevOps]"},
    "is_b2b": {"type": "boolean", "column": "is_b2b"},
    "tech_stack": {"type": "tags", "separator": ";", "column": "tech\\stack"},
    "channels": {"type": "tags", "separator": ", ", "column": "channels"},
    "words": {"type": "tags", "separator": " ", "column": "words"},
}
EDGES = (49.999999, 50.0, 0.1, 12.5, 1234.0, -12.0, 0.0, 5.0, 1e5)
KINDS = ("text", "typed")


def random_accounts(rows: int, seed: int, kind: str = "text") -> pa.Table:
    """Return accounts under their source names.

    Parameters
    ----------
    rows : int
        How many.
    seed : int
        Of the generator.
    kind : {"text", "typed"}
        All cells text, as a CSV gives them; or numbers as doubles and booleans as booleans, with NULLs.
    """
    rng = np.random.default_rng(seed)
    columns: dict[str, pa.Array] = {"Account ID": pa.array([f"a{i}" for i in range(rows)])}
    for spec in ATTRIBUTES.values():
        make = {"number": _numbers, "boolean": _booleans, "category": _levels}.get(spec["type"])
        column = make(rng, rows, kind) if make else _tags(rng, rows, spec["separator"])
        columns[spec["column"]] = column
    return pa.table(columns)


def random_release(seed: int, rules: int = 8) -> Release:
    """Return a release in memory with random rules of every operator, some with several conditions."""
    rng = np.random.default_rng(seed)
    criteria, items = [], []
    for number in range(1, rules + 1):
        rule = Rule(tuple(_condition(rng) for _ in range(int(rng.integers(1, 4)))))
        exclude = bool(rng.random() < 0.4)
        name = f"{'X' if exclude else 'C'}{number}"
        status = str(rng.choice(["proposed", "accepted", "rejected", "manual"], p=[0.6, 0.2, 0.1, 0.1]))
        said = {"id": name, "key": rule.key(), "kind": "exclude" if exclude else "include", "status": status}
        criteria.append(
            {**said, "text": f"rule {number} -- */ '", "when": rule.jsonlogic(), "evidence": None, "receipt": None}
        )
        if rng.random() < 0.8:
            line = rule if rng.random() < 0.7 else Rule((_condition(rng),))
            points = int(rng.integers(-60, 61))
            item = {"criterion": name, "attribute": line.attributes[0], "when": line.jsonlogic(), "points": points}
            items.append({**item, "text": f"line {number}"})
    segments = [
        {"id": f"S{i}", "name": f"seg {i}", "rule": {"when": Rule((_condition(rng),)).jsonlogic()}} for i in (1, 2)
    ]
    document = {
        "schema_version": "1.0", "name": "worlds", "release_id": f"r{seed}", "as_of": "2026-06-30",
        "churn_horizon_months": 12, "currency": "EUR", "attributes": ATTRIBUTES, "review": None, "criteria": criteria,
        "scorecard": {"target": "won_and_kept", "base": int(rng.integers(30, 80)), "items": items},
        "tiers": {"green": 70, "red": 50, "actions": {"green": "g", "yellow": "y", "red": "r"}}, "not_proposed": None,
        "columns": {"account_id": ["Account ID", "account_id"]},
    }  # fmt: skip
    return Release(Path("."), document, {"segments": segments})


def _condition(rng: np.random.Generator) -> Condition:
    name = str(rng.choice(list(ATTRIBUTES)))
    spec = ATTRIBUTES[name]
    unknown = bool(rng.random() < 0.15)
    if spec["type"] == "number":
        number = float(rng.choice([*EDGES, 0.3, 1234.5, round(float(rng.normal(50, 30)), 3)]))
        op = str(rng.choice(["between", "at_least", "at_most", "above", "below"]))
        value: Any = (number, number + float(rng.choice([0.0, 10.0, 1000.0]))) if op == "between" else number
        return Condition(name, op, value, unknown)
    if spec["type"] == "boolean":
        return Condition(name, "is", bool(rng.random() < 0.5), unknown)
    pool, ops = (LEVELS, ["in", "not_in"]) if spec["type"] == "category" else (TAGS, ["has", "has_any", "has_none"])
    op = str(rng.choice(ops))
    chosen = tuple(
        str(x) for x in rng.choice([*pool, "never seen", "a;b"], size=int(rng.integers(1, 5)), replace=False)
    )
    # "has (or unknown)" has a JsonLogic shape of its own only for lists and numbers.
    return Condition(name, op, chosen[0] if op == "has" else chosen, unknown)


def _numbers(rng: np.random.Generator, rows: int, kind: str) -> pa.Array:
    drawn = np.round(rng.normal(50, 40, rows), 3)
    edges = rng.choice([*EDGES, 0.1 + 0.2, 1e20, np.nan, np.inf, -np.inf], rows)
    values = np.where(rng.random(rows) < 0.5, drawn, edges)
    if kind == "typed":
        return pa.array(values, mask=rng.random(rows) < 0.1)
    texts = rng.choice(np.array(NUMBERS, dtype=object), rows)
    return _some_missing(
        rng, np.where(rng.random(rows) < 0.4, np.array([repr(float(v)) for v in drawn], dtype=object), texts)
    )


def _booleans(rng: np.random.Generator, rows: int, kind: str) -> pa.Array:
    if kind == "typed":
        return pa.array(rng.random(rows) < 0.5, mask=rng.random(rows) < 0.1)
    return _some_missing(rng, rng.choice(np.array(BOOLEANS, dtype=object), rows))


def _levels(rng: np.random.Generator, rows: int, kind: str) -> pa.Array:
    return _some_missing(rng, rng.choice(np.array([*LEVELS, "unseen", "", " "], dtype=object), rows))


def _tags(rng: np.random.Generator, rows: int, separator: str) -> pa.Array:
    pool = np.array([*TAGS, "", " ", "  zendesk", "jira\u00a0", "unseen"], dtype=object)
    between = np.array([separator, f" {separator}", f"{separator}  ", f"{separator}{separator}"], dtype=object)
    text = rng.choice(pool, rows)
    for _ in range(3):
        text = np.where(rng.random(rows) < 0.6, text + rng.choice(between, rows) + rng.choice(pool, rows), text)
    return _some_missing(rng, text)


def _some_missing(rng: np.random.Generator, values: np.ndarray) -> pa.Array:
    return pa.array(values, type=pa.string(), mask=rng.random(len(values)) < 0.05)
