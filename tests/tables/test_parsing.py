from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from icp_ml.config.schema import Attribute
from icp_ml.tables import parsing
from icp_ml.tables.sources import connect


@pytest.fixture(scope="module")
def value() -> Iterator[Any]:
    connection = connect()

    def evaluate(sql: str, cell: Any, kind: str = "VARCHAR") -> Any:
        return connection.execute(f"SELECT {sql} FROM (SELECT CAST(? AS {kind}) AS c)", [cell]).fetchall()[0][0]

    yield evaluate
    connection.close()


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("1234", 1234.0),
        ("1,234.50", 1234.5),
        ("1.234,50", 1234.5),
        ("1 234,50", 1234.5),
        ("1\u00a0234,50", 1234.5),
        ("1'234.50", 1234.5),
        ("1,234", 1234.0),
        ("1,234,567", 1234567.0),
        ("1.234.567", 1234567.0),
        ("1.234", 1.234),
        ("12,5", 12.5),
        ("0,123", 0.123),
        ("€ 1.234,50", 1234.5),
        ("$1,000", 1000.0),
        ("1000 USD", 1000.0),
        ("US$ 5", 5.0),
        ("R$1.000,00", 1000.0),
        ("12%", 12.0),
        ("(1,234.50)", -1234.5),
        ("−5", -5.0),
        ("1e3", 1000.0),
        ("  7 ", 7.0),
        (" (7) ", -7.0),
        ("EUR 5\u00a0", 5.0),
        ("1e300", 1e300),
        ("-9.5E-307", -9.5e-307),
        ("9" * 200, float("9" * 200)),
        ("1" + ",000" * 60, 1e180),
    ],
)
def test_a_number_is_read_through_separators_and_signs(value: Any, cell: str, number: float) -> None:
    assert value(parsing.number_sql("c"), cell) == number


@pytest.mark.parametrize(
    "cell",
    [
        "abc",
        "A5",
        "SKU123",
        "12 34",
        "1,23,4",
        "nan",
        "inf",
        "1_000",
        "0x10",
        "1e400",
        "1e308",
        "12e300",
        "9" * 201,
        "12 people",
    ],
)
def test_a_cell_that_is_no_number_is_missing_and_known_to_be_unreadable(value: Any, cell: str) -> None:
    sql = parsing.number_sql("c")
    assert value(sql, cell) is None
    assert value(parsing.unreadable_sql("c", sql), cell) is True


@pytest.mark.parametrize("cell", ["", None, "NA", "n/a", "NULL", "None", "-", "  "])
@pytest.mark.parametrize("sql", [parsing.number_sql("c"), parsing.boolean_sql("c"), parsing.date_sql("c")])
def test_words_for_missing_are_missing_and_not_unreadable(value: Any, cell: str | None, sql: str) -> None:
    assert value(sql, cell) is None
    assert value(parsing.unreadable_sql("c", sql), cell) is False


def test_the_decimal_mark_can_be_said(value: Any) -> None:
    assert value(parsing.number_sql("c", decimal=","), "1.234") == 1234.0
    assert value(parsing.number_sql("c", decimal="."), "1.234") == 1.234
    assert value(parsing.number_sql("c", decimal=","), "1,234") == 1.234


def test_only_an_empty_cell_of_a_category_is_missing(value: Any) -> None:
    sql = parsing.text_sql("c")
    assert [value(sql, cell) for cell in ("NA", "None", "-", " a ", "", None)] == ["NA", "None", "-", " a ", None, None]


@pytest.mark.parametrize(
    ("cell", "kind", "text"),
    [
        (0.0, "DOUBLE", "0"),
        (1.5, "DOUBLE", "1.5"),
        (2, "INTEGER", "2"),
        (3, "DECIMAL(10,2)", "3"),
        (True, "BOOLEAN", "true"),
        ("2024-01-05", "DATE", "2024-01-05"),
        ("2024-01-05 00:00:00", "TIMESTAMP", "2024-01-05"),
        (float("nan"), "DOUBLE", None),
    ],
)
def test_a_typed_column_read_as_category_is_spelled_as_its_csv_would_be(
    value: Any, cell: Any, kind: str, text: str | None
) -> None:
    assert value(parsing.typed_sql("c", Attribute(type="category"), kind), cell, kind) == text


@pytest.mark.parametrize("cell", ["true", "YES", "1", "T", " yes "])
def test_words_for_true_in_any_case(value: Any, cell: str) -> None:
    assert value(parsing.boolean_sql("c"), cell) is True


@pytest.mark.parametrize("cell", ["False", "no", "0", "f"])
def test_words_for_false_in_any_case(value: Any, cell: str) -> None:
    assert value(parsing.boolean_sql("c"), cell) is False


def test_another_word_is_no_truth_value(value: Any) -> None:
    sql = parsing.boolean_sql("c")
    assert value(sql, "maybe") is None
    assert value(parsing.unreadable_sql("c", sql), "maybe") is True


def test_a_number_column_serves_as_boolean(value: Any) -> None:
    assert value(parsing.boolean_sql("c", "DOUBLE"), 1.0, "DOUBLE") is True


def test_tags_are_split_stripped_and_never_missing(value: Any) -> None:
    tags = Attribute(type="tags", separator="|")
    sql = parsing.typed_sql("c", tags)
    assert [value(sql, cell) for cell in ("a| b |", "", None)] == [["a", "b"], [], []]
    assert value(parsing.typed_sql("c", tags, "VARCHAR[]"), ["a", "b|c"], "VARCHAR[]") == ["a", "b|c"]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2024-01-05", dt.datetime(2024, 1, 5)),
        ("2024-1-5", dt.datetime(2024, 1, 5)),
        ("2024-01-05 10:12", dt.datetime(2024, 1, 5)),
        ("2024-01-05T23:30:00-08:00", dt.datetime(2024, 1, 6)),
        ("2024-01-05T23:30:00.000-0800", dt.datetime(2024, 1, 6)),
        ("2024-01-05T23:30:00Z", dt.datetime(2024, 1, 5)),
        ("2024-01-05 01:00 UTC", dt.datetime(2024, 1, 5)),
        ("9999-12-31", dt.datetime(2262, 1, 1)),
        ("2024-02-30", None),
        ("05.01.2024", None),
        ("soon", None),
    ],
)
def test_a_date_is_iso_and_its_zone_is_converted_to_utc(value: Any, cell: str, day: dt.datetime | None) -> None:
    assert value(parsing.date_sql("c"), cell) == day


def test_a_given_date_format_is_followed_and_a_workbooks_iso_dates_still_are_dates(value: Any) -> None:
    sql = parsing.date_sql("c", date_format="%d.%m.%Y")
    assert value(sql, "31.12.2024") == dt.datetime(2024, 12, 31)
    assert value(sql, "2024-12-31") == dt.datetime(2024, 12, 31)
    assert value(sql, "12/31/2024") is None


def test_a_format_that_starts_with_the_year_stands_alone(value: Any) -> None:
    sql = parsing.date_sql("c", date_format="%Y-%d-%m")
    assert value(sql, "2024-05-01") == dt.datetime(2024, 1, 5)
    assert value(sql, "2024-01-31") is None


def test_typed_dates_need_no_format(value: Any) -> None:
    assert value(parsing.date_sql("c", "DATE", "%d.%m.%Y"), "2024-03-02", "DATE") == dt.datetime(2024, 3, 2)
    zoned = parsing.date_sql("c", "TIMESTAMP WITH TIME ZONE")
    assert value(zoned, "2024-01-05 23:30:00-08:00", "TIMESTAMPTZ") == dt.datetime(2024, 1, 6)
