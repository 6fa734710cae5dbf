from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from icp_ml.errors import DataError
from icp_ml.tables.sources import Scan, engine, scan_file, stack

Rows = list[tuple[Any, ...]]


@pytest.fixture
def rows(tmp_path: Path) -> Callable[[str, bytes], tuple[Scan, Rows]]:
    def read(name: str, content: bytes) -> tuple[Scan, Rows]:
        (tmp_path / name).write_bytes(content)
        with engine() as (connection, scratch):
            scan = scan_file(connection, tmp_path / name, scratch)
            return scan, connection.execute(scan.sql).fetchall()

    return read


def test_a_byte_order_mark_and_semicolons_are_no_part_of_the_cells(rows: Any) -> None:
    scan, found = rows("a.csv", '\ufeff"id";name\r\n1;"a;b"\r\n'.encode())
    assert scan.columns == ("id", "name")
    assert found == [(2, "1", "a;b")]


def test_a_quoted_line_break_is_one_row(rows: Any) -> None:
    _, found = rows("a.csv", b'id,name\n1,"two\nlines"\n2,x\n')
    assert found == [(2, "1", "two\nlines"), (3, "2", "x")]


def test_cells_keep_their_spaces_and_words_for_missing(rows: Any) -> None:
    _, found = rows("a.csv", b"id,name,x\n1, a ,NA\n2,None,\n")
    assert found == [(2, "1", " a ", "NA"), (3, "2", "None", None)]


def test_windows_1252_is_read_where_the_bytes_are_not_utf_8(rows: Any) -> None:
    scan, found = rows("a.csv", "id,name\n1,Müller €\n".encode("cp1252"))
    assert (scan.encoding, found) == ("cp1252", [(2, "1", "Müller €")])


def test_utf_16_of_a_spreadsheet_is_read(rows: Any) -> None:
    _, found = rows("a.txt", "id\tname\n1\tÅ\n".encode("utf-16"))
    assert found == [(2, "1", "Å")]


def test_a_row_keeps_its_number_when_blank_rows_stand_above_it(rows: Any) -> None:
    _, found = rows("a.csv", b"id,name\n1,x\n\n2,y\n")
    assert found == [(2, "1", "x"), (4, "2", "y")]


def test_a_report_footer_is_left_out_and_a_sparse_last_account_is_not(rows: Any) -> None:
    text = b'"Id","Name"\n"1","x"\n"2",""\n\n"Grand Totals (2 records)"\n"Copyright (c) 2000-2026 salesforce.com"\n'
    scan, found = rows("a.csv", text)
    assert [row[:2] for row in found] == [(2, "1"), (3, "2")]
    assert scan.footer == ((5, "Grand Totals (2 records)"), (6, "Copyright (c) 2000-2026 salesforce.com"))


def test_ragged_rows_are_padded_cut_and_reported(rows: Any) -> None:
    scan, found = rows("a.csv", b"id,name\n1\n2,y,z\n3,w\n")
    assert found == [(2, "1", None), (3, "2", "y"), (4, "3", "w")]
    assert scan.ragged == ((2, 1), (3, 3))


def test_columns_that_differ_by_case_or_repeat_stay_apart(rows: Any) -> None:
    scan, found = rows("a.csv", b"id,ID,id\n1,2,3\n")
    assert scan.columns == ("id", "ID", "id (2)")
    assert found == [(2, "1", "2", "3")]


def test_an_excel_separator_line_is_followed(rows: Any) -> None:
    scan, found = rows("a.csv", b"sep=;\nid;name\n1;x\n")
    assert (scan.columns, found) == (("id", "name"), [(3, "1", "x")])


def test_a_workbook_reads_as_its_csv_would(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"id": [1, 2], "day": pd.to_datetime(["2024-01-05", None]), "n": [2.0, 2.5], "b": [True, False]}
    )
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    with engine() as (connection, scratch):
        scan = scan_file(connection, tmp_path / "a.xlsx", scratch)
        found = connection.execute(scan.sql).fetchall()
    assert found == [(2, "1", "2024-01-05", "2", "true"), (3, "2", None, "2.5", "false")]


def test_a_parquet_file_keeps_its_types_and_row_numbers(tmp_path: Path) -> None:
    pd.DataFrame({"id": ["a", "b"], "n": [1.0, 2.0]}).to_parquet(tmp_path / "a.parquet")
    with engine() as (connection, scratch):
        scan = scan_file(connection, tmp_path / "a.parquet", scratch)
        assert scan.column_type("n") == "DOUBLE"
        assert connection.execute(scan.sql).fetchall() == [(2, "a", 1.0), (3, "b", 2.0)]


def test_files_under_one_another_are_matched_by_column_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,x\n1,p\n")
    (tmp_path / "b.csv").write_text("x,id,y\nq,2,r\n")
    with engine() as (connection, scratch):
        scans = [scan_file(connection, tmp_path / name, scratch) for name in ("a.csv", "b.csv")]
        sql, columns, _ = stack(scans)
        found = connection.execute(sql).fetchall()
    assert columns == ("id", "x", "y")
    assert found == [(2, 0, "1", "p", None), (2, 1, "2", "q", "r")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "a.csv: the file is empty; it must hold a header row"),
        ("a.pdf", b"x", "a.pdf: files ending in .pdf are not read; save it as CSV, Parquet or xlsx"),
        ("a.parquet", b"x", "a.parquet: not a readable Parquet file"),
        ("a.xlsx", b"x", "a.xlsx: not a readable Excel workbook"),
    ],
)
def test_an_unreadable_file_says_so(rows: Any, name: str, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message.replace(".", r"\.")):
        rows(name, content)


def test_a_missing_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with engine() as (connection, scratch), pytest.raises(DataError, match=r"nope\.csv: no such file"):
        scan_file(connection, tmp_path / "nope.csv", scratch)
