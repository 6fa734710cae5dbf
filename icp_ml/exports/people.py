"""The rules as a table for people: CSV, and a workbook of several sheets."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd

from icp_ml.errors import DataError
from icp_ml.exports.scope import Scope
from icp_ml.release.people import csv_text

PEOPLE_LIMITS = (
    "this is for reading: no engine evaluates it; the conditions themselves are in the json, jsonlogic and sql exports",
)
_MEANING = {"include": "pursue", "exclude": "refuse"}
_INTERVAL = ("estimate", "low", "high")


def rules_table(scope: Scope) -> pd.DataFrame:
    """Return one row a rule: what it says, its points, evidence and receipt, what is not known being empty."""
    points: dict[str, int] = {}
    for line in scope.rules.reasons:
        points[line.criterion] = points.get(line.criterion, 0) + line.points
    rows = [_row(criterion, points.get(criterion["id"], 0)) for criterion in scope.document["criteria"]]
    return pd.DataFrame(rows, columns=[*_row(None, 0)])


def csv_of_rules(scope: Scope) -> str:
    """Return the table as CSV that no spreadsheet takes for formulas, behind lines that say what it is."""
    about = pd.DataFrame({"": [*scope.heading(), *PEOPLE_LIMITS, ""]})
    return csv_text(about).split("\n", 1)[1] + csv_text(rules_table(scope))


def workbook_of_rules(scope: Scope) -> bytes:
    """Return a workbook with the rules, the scorecard and the segments.

    Raises
    ------
    DataError
        If the library that writes workbooks is not installed.
    """
    try:
        from openpyxl import Workbook
    except ModuleNotFoundError as err:
        raise DataError("--to xlsx: workbooks need openpyxl; install icp-ml[excel], or export to csv") from err
    book = Workbook()
    book.remove(book.active)
    about = pd.DataFrame({"About": [*scope.heading(), *PEOPLE_LIMITS]})
    sheets = {"About": about, "Rules": rules_table(scope), "Scorecard": _scorecard(scope), "Segments": _segments(scope)}
    for name, frame in sheets.items():
        _fill(book.create_sheet(name), frame)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _row(criterion: dict[str, Any] | None, points: int) -> dict[str, Any]:
    """Return a rule's cells; of no rule, the columns."""
    said = criterion or {"id": "", "kind": "include", "status": "", "text": "", "evidence": None, "receipt": None}
    evidence, receipt = said.get("evidence") or {}, said.get("receipt") or {}
    difference = evidence.get("risk_difference") or {}
    return {
        "id": said["id"],
        "meaning": _MEANING[said["kind"]],
        "rule": said["text"],
        "status": said["status"],
        "points": points,
        "outcome": evidence.get("outcome"),
        "accounts": evidence.get("n"),
        "events": evidence.get("events"),
        "rate": evidence.get("rate"),
        "rate_elsewhere": evidence.get("rate_elsewhere"),
        **{f"difference_{part}": difference.get(part) for part in _INTERVAL},
        "arr_won": receipt.get("arr_won"),
        "arr_lost_to_churn": receipt.get("arr_lost_to_churn"),
        "open_pipeline": receipt.get("open_pipeline"),
        "review_on": receipt.get("review_on"),
    }


def _scorecard(scope: Scope) -> pd.DataFrame:
    rules = scope.rules
    rows = [
        ("base", rules.base, "every account"),
        *((x.criterion, x.points, x.text) for x in rules.reasons if x.points),
    ]
    rows += [("green", rules.green, "this score and more, and no exclusion"), ("red", rules.red, "under this score")]
    return pd.DataFrame(rows, columns=["what", "points", "words"])


def _segments(scope: Scope) -> pd.DataFrame:
    found = scope.release.segments.get("segments", [])
    rows = [(s["id"], s["name"], s["rule"].get("text", ""), s.get("verdict", "")) for s in found]
    return pd.DataFrame(rows, columns=["id", "name", "rule", "verdict"])


def _fill(sheet: Any, frame: pd.DataFrame) -> None:
    """Write a frame; text stays text, whatever sign it starts with."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    sheet.append(list(frame.columns))
    for number, row in enumerate(frame.astype(object).itertuples(index=False, name=None), 2):
        for place, value in enumerate(row, 1):
            if value is None or (not isinstance(value, str) and pd.isna(value)):
                continue
            cell = sheet.cell(number, place)
            cell.value = ILLEGAL_CHARACTERS_RE.sub(" ", value) if isinstance(value, str) else value
            if isinstance(value, str):
                cell.data_type = "s"
    sheet.freeze_panes = "A2"
