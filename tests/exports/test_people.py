from __future__ import annotations

import csv
import io

from openpyxl import load_workbook

from icp_ml.exports.people import csv_of_rules, workbook_of_rules
from icp_ml.exports.scope import Scope

FORMULA = '=HYPERLINK("http://x")'


def with_hostile_words(release):
    release.criteria["criteria"][0]["text"] = FORMULA
    release.criteria["criteria"][2]["text"] = "tab\tbell\x07"
    return Scope(release)


def test_the_table_has_a_row_a_rule_behind_lines_that_say_what_it_is(release):
    lines = list(csv.reader(io.StringIO(csv_of_rules(with_hostile_words(release)))))
    assert lines[1] == ["Not reviewed: every rule is a proposal that no person has decided on."]
    header = next(i for i, line in enumerate(lines) if line[:1] == ["id"])
    found = [dict(zip(lines[header], line, strict=True)) for line in lines[header + 1 :]]
    assert [row["id"] for row in found] == ["X1", "C1", "C2"]
    assert [row["points"] for row in found] == ["-70", "25", "0"]
    assert [row["meaning"] for row in found] == ["refuse", "pursue", "pursue"]
    assert found[0]["rule"] == f"'{FORMULA}"


def test_the_workbook_holds_text_where_text_looks_like_a_formula(release):
    book = load_workbook(io.BytesIO(workbook_of_rules(with_hostile_words(release))))
    assert book.sheetnames == ["About", "Rules", "Scorecard", "Segments"]
    cell = book["Rules"]["C2"]
    assert (cell.value, cell.data_type) == (FORMULA, "s")
    assert [row[1].value for row in book["Scorecard"].iter_rows(min_row=2)] == [52, -70, 25, 70, 50]
    assert book["About"]["A3"].value.startswith("Not reviewed")
    assert book["Segments"]["B2"].value == "B2B"
