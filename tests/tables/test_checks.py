from __future__ import annotations

from typing import Any

import pytest

ROW = "{0},{1},2024-01-01,2024-02-01,lost".format
HEADER = "opportunity_id,account_id,created_at,closed_at,outcome\n"


def test_a_missing_accounts_table(company: Any) -> None:
    (company.folder / "accounts.csv").unlink()
    issue = company.issue("missing_file")
    assert issue.level == "stop"
    assert issue.message.startswith("accounts: this table must be there; source.folder '.' has none")


def test_neither_deals_nor_periods(company: Any) -> None:
    (company.folder / "subscriptions.csv").unlink()
    assert "one of these tables must be there" in company.issue("missing_file").message


def test_a_missing_source_folder(company: Any) -> None:
    found = company.check("source: {folder: nowhere}\n")
    assert [issue.code for issue in found.stops] == ["missing_file"]
    assert "source.folder: 'nowhere' must be a folder; there is nothing at" in found.stops[0].message


def test_two_files_for_one_table(company: Any) -> None:
    company.write(Accounts_tsv="account_id\tindustry\n")
    assert "Accounts.tsv and accounts.csv could both be this table" in company.issue("unreadable_file").message


def test_a_missing_required_column_names_the_nearest(company: Any) -> None:
    company.write(accounts_csv="acount_id,industry\nA1,x\n")
    issue = company.issue("missing_column")
    assert (issue.level, issue.column) == ("stop", "account_id")
    assert "(did you mean 'acount_id'?); found: acount_id, industry" in issue.message


def test_a_declared_attribute_that_is_not_there_names_the_nearest(company: Any) -> None:
    issue = company.issue("missing_column", attributes="{industri: {type: category}}")
    assert "accounts.csv: an attribute, 'industri', must be there as column 'industri'; it is not" in issue.message
    assert "(did you mean 'industry'?)" in issue.message


def test_an_unparsable_date_names_rows_and_examples(company: Any) -> None:
    company.write(subscriptions_csv="account_id,started_at,ended_at,arr\nA1,2024-01-01,,1\nA2,31.12.2024,,1\n")
    issue = company.issue("unparsable_date")
    assert (issue.level, issue.rows, issue.examples) == ("stop", 1, ({"row": 3, "value": "31.12.2024"},))
    assert issue.message == (
        "subscriptions.csv, column 'started_at': every filled cell must be a date; 1 of 2 rows does not: row 3 "
        "('31.12.2024'); write ISO dates (2026-06-30), or set tables.subscriptions.date_format"
    )


def test_at_most_five_examples_are_shown(company: Any) -> None:
    rows = "".join(f"A{i},bad{i},,1\n" for i in range(1, 7))
    company.write(subscriptions_csv="account_id,started_at,ended_at,arr\n" + rows)
    issue = company.issue("unparsable_date")
    assert (issue.rows, len(issue.examples)) == (6, 5)
    assert "bad6" not in issue.message


def test_an_unparsable_required_number_stops(company: Any) -> None:
    company.write(subscriptions_csv="account_id,started_at,ended_at,arr\nA1,2024-01-01,,lots\n")
    assert company.issue("unparsable_number").level == "stop"


def test_an_empty_required_cell_stops(company: Any) -> None:
    company.write(subscriptions_csv="account_id,started_at,ended_at,arr\nA1,,,1\n")
    issue = company.issue("missing_value")
    assert "column 'started_at': no cell may be empty; 1 of 1 rows does not: row 2" in issue.message


def test_an_unparsable_attribute_is_missing_and_counted(company: Any) -> None:
    company.write(accounts_csv="account_id,n\n" + "".join(f"A{i},{i}\n" for i in range(1, 6)) + "A6,many\n")
    issue = company.issue("unparsable_number", attributes="{n: {type: number}}")
    assert (issue.level, issue.rows, issue.of) == ("handled", 1, 6)
    assert "declare attributes.n.type: category" in issue.message


def test_a_duplicate_deal_stops(deals: Any) -> None:
    company = deals(ROW("O1", "A1"), ROW("O1", "A2"))
    issue = company.issue("duplicate_key")
    assert (issue.level, issue.rows) == ("stop", 2)
    assert (
        "column 'opportunity_id': every opportunity id must stand once; 2 of 2 rows do not: row 2 ('O1')"
        in issue.message
    )


def test_account_rows_that_contradict_one_another_stop(company: Any) -> None:
    company.write(accounts_csv="account_id,industry\nA1,x\nA1,y\n")
    issue = company.issue("duplicate_key")
    assert issue.level == "stop"
    assert "add observed_at, the day each became known" in issue.message


def test_a_repeated_account_row_is_left_out_and_counted(company: Any) -> None:
    company.write(accounts_csv="account_id,industry\nA1,x\nA1,x\n" + "".join(f"B{i},y\n" for i in range(5)))
    issue = company.issue("duplicate_key")
    assert (issue.level, issue.rows, issue.of) == ("handled", 1, 7)
    assert company.read().accounts["account_id"].tolist() == ["A1", "B0", "B1", "B2", "B3", "B4"]


def test_an_unknown_outcome_stops(deals: Any) -> None:
    company = deals(ROW("O1", "A1"), "O2,A2,2024-01-01,2024-02-01,Wonn")
    issue = company.issue("unknown_outcome")
    assert issue.level == "stop"
    assert (
        "every outcome must be one of won, lost, refused, open; 1 of 2 rows does not: row 3 ('Wonn')" in issue.message
    )
    assert "tables.opportunities.values.outcome (did you mean 'won'?)" in issue.message


def test_an_unknown_kind_stops(deals: Any) -> None:
    company = deals(ROW("O1", "A1") + ",Upsell", header=HEADER.replace("\n", ",kind\n"))
    assert "every kind must be one of new, expansion, renewal" in company.issue("unknown_kind").message


def test_closed_before_created_is_handled(deals: Any) -> None:
    company = deals(*(ROW(f"O{i}", "A1") for i in range(5)), "O6,A2,2024-03-01,2024-02-01,lost")
    issue = company.issue("closed_before_created")
    assert (issue.level, issue.rows, issue.examples) == (
        "handled",
        1,
        ({"row": 7, "value": "2024-03-01 to 2024-02-01"},),
    )


def test_closing_on_the_day_of_creation_is_sound_whatever_the_hour(deals: Any) -> None:
    company = deals("O1,A1,2024-02-01T10:00:00Z,2024-02-01,lost")
    assert company.read().issues == ()


def test_an_open_deals_closing_date_is_not_read(deals: Any) -> None:
    company = deals("O1,A1,2024-02-01,when ready,open", "O2,A1,2024-02-01,,open")
    assert company.read().opportunities["closed_at"].isna().all()


def test_a_closed_deals_closing_date_must_be_there_and_readable(deals: Any) -> None:
    company = deals("O1,A1,2024-02-01,when ready,lost", "O2,A1,2024-02-01,,won")
    assert company.issue("unparsable_date").examples == ({"row": 2, "value": "when ready"},)
    assert company.issue("missing_value").examples == ({"row": 3, "value": "won"},)


def test_a_period_that_ends_before_it_starts_stops(company: Any) -> None:
    company.write(subscriptions_csv="account_id,started_at,ended_at,arr\nA1,2024-02-01,2024-01-01,1\n")
    issue = company.issue("ended_before_started")
    assert issue.level == "stop"
    assert "row 2 ('2024-02-01 to 2024-01-01')" in issue.message


def test_overlapping_periods_are_a_warning(company: Any) -> None:
    rows = "A1,2024-01-01,2024-12-31,1\nA1,2024-06-01,,1\nA2,2024-01-01,2024-06-01,1\nA2,2024-06-01,,1\n"
    company.write(subscriptions_csv="account_id,started_at,ended_at,arr\n" + rows)
    issue = company.issue("overlapping_periods")
    assert (issue.level, issue.rows, issue.examples) == ("warning", 1, ({"row": 3, "value": "2024-06-01"},))


def test_rows_of_unknown_accounts_are_left_out_and_counted(deals: Any) -> None:
    company = deals(*(ROW(f"O{i}", "A1") for i in range(5)), ROW("O6", "Z9"))
    issue = company.issue("orphan_account")
    assert (issue.level, issue.rows, issue.of) == ("handled", 1, 6)
    assert len(company.read().opportunities) == 5


def test_a_negative_amount_is_missing_and_counted(deals: Any) -> None:
    rows = [ROW(f"O{i}", "A1") + ",100" for i in range(5)]
    company = deals(*rows, ROW("O6", "A2") + ",-100", header=HEADER.replace("\n", ",amount\n"))
    assert company.issue("negative_amount").level == "handled"
    assert company.read().opportunities["amount"].isna().tolist() == [False] * 5 + [True]


def test_more_than_a_fifth_handled_in_one_way_stops(deals: Any) -> None:
    company = deals(*(ROW(f"O{i}", "A1") for i in range(3)), ROW("O6", "Z9"))
    issue = company.issue("too_many_handled")
    assert (issue.level, issue.rows, issue.of) == ("stop", 1, 4)
    assert "at most 20% of a table may be handled in one way; it is 1 of 4 of opportunities" in issue.message


def test_exactly_a_fifth_handled_does_not_stop(deals: Any) -> None:
    company = deals(*(ROW(f"O{i}", "A1") for i in range(4)), ROW("O6", "Z9"))
    assert company.check().stops == ()


def test_a_currency_without_a_rate_stops(company: Any) -> None:
    header = "account_id,started_at,ended_at,arr,currency\n"
    company.write(subscriptions_csv=header + "A1,2024-01-01,,100,EUR\nA2,2024-01-01,,100,USD\n")
    issue = company.issue("currency_without_rate", "money: {currency: EUR}\n")
    assert (issue.level, issue.examples) == ("stop", ({"row": 3, "value": "USD"},))
    assert "say money.currency" in company.issue("currency_without_rate").message


def test_a_constant_and_an_all_missing_attribute_are_warnings(company: Any) -> None:
    company.write(accounts_csv="account_id,same,none\nA1,x,\nA2,x,\n")
    report = company.check(attributes="{same: {type: category}, none: {type: number}}")
    assert [(i.code, i.column, i.level) for i in report.issues] == [
        ("constant_attribute", "same", "warning"),
        ("all_missing", "none", "warning"),
    ]


def test_levels_that_differ_only_by_case_or_spaces_are_a_warning(company: Any) -> None:
    company.write(accounts_csv="account_id,industry\nA1,Retail\nA2,retail \nA3,media\n")
    assert "'Retail', 'retail '" in company.issue("similar_levels").message


def test_a_level_outside_the_order_is_a_warning(company: Any) -> None:
    company.write(accounts_csv="account_id,size\nA1,small\nA2,huge\n")
    issue = company.issue("level_outside_order", attributes="{size: {type: category, order: [small, large]}}")
    assert "levels outside attributes.size.order: 'huge'" in issue.message


def test_ragged_rows_and_another_encoding_are_warnings(company: Any) -> None:
    company.write(accounts_csv="account_id,industry\nA1,Möbel\nA2\n".encode("latin-1"))
    codes = [issue.code for issue in company.check().issues]
    assert codes[:2] == ["ragged_rows", "encoding"]


def test_mixed_decimal_marks_of_an_attribute_are_a_warning(company: Any) -> None:
    company.write(accounts_csv="account_id;n\nA1;1.234\nA2;12,5\n")
    issue = company.issue("ambiguous_number", attributes="{n: {type: number}}")
    assert (issue.level, issue.examples) == ("warning", ({"row": 2, "value": "1.234"},))
    found = company.read(attributes="{n: {type: number, decimal: ','}}").accounts["n"].tolist()
    assert found == [1234.0, 12.5]


@pytest.mark.parametrize("where", ["no such column = 1", "Missing = 'x'"])
def test_a_wrong_where_names_the_key_and_the_columns(company: Any, where: str) -> None:
    issue = company.issue("wrong_where", f'tables: {{accounts: {{where: "{where}"}}}}\n')
    assert issue.level == "stop"
    assert "tables.accounts.where:" in issue.message
    assert '("account_id", "industry")' in issue.message


def test_a_wrong_date_format_names_the_key(company: Any) -> None:
    issue = company.issue("wrong_date_format", "tables: {subscriptions: {date_format: '%Q'}}\n")
    assert "tables.subscriptions.date_format: '%Q' must be a strptime format" in issue.message


def test_no_date_at_all_stops(deals: Any) -> None:
    assert "at least one row must hold a date" in deals().issue("no_date").message


def test_examples_name_the_file_where_a_table_has_several(company: Any) -> None:
    company.write(
        a_csv="account_id,started_at,ended_at,arr\nA1,2024-01-01,,1\n",
        b_csv="account_id,started_at,ended_at,arr\nA2,soon,,2\n",
    )
    issue = company.issue("unparsable_date", "tables: {subscriptions: {file: [a.csv, b.csv]}}\n")
    assert issue.examples == ({"row": 2, "file": "b.csv", "value": "soon"},)
    assert "a.csv, b.csv, column 'started_at'" in issue.message
    assert "b.csv row 2 ('soon')" in issue.message


@pytest.mark.parametrize("content", [bytes(range(256)) * 4, b"PK\x03\x04\x14\x00\x00\x00", "a,b\n".encode("utf-16-le")])
def test_a_file_that_is_no_text_says_so_and_nothing_else(company: Any, content: bytes) -> None:
    company.write(accounts_csv=content)
    (stop,) = company.check().stops
    assert stop.code == "unreadable_file"
    assert "accounts.csv: the first row must be column names as text" in stop.message


def test_a_file_without_line_breaks_is_no_table(company: Any) -> None:
    company.write(accounts_csv="x" * 200_000)
    (stop,) = company.check().stops
    assert "the first row must be column names; it is 200,000 characters long" in stop.message


def test_accounts_without_rows_are_one_complaint_and_not_one_of_each_orphan(company: Any) -> None:
    company.write(accounts_csv="account_id,industry\n")
    (stop,) = company.check().stops
    assert stop.code == "no_rows"
    assert stop.message.startswith("accounts.csv: at least one row must be there")


def test_accounts_without_an_id_column_are_not_complained_of_as_orphans_too(company: Any) -> None:
    company.write(accounts_csv="id,industry\nA1,retail\n")
    assert [issue.code for issue in company.check().stops] == ["missing_column"]


def test_amounts_beyond_any_contract_count_as_missing(company: Any) -> None:
    rows = [f"A{1 + i % 6},2024-0{1 + i % 6}-01,2024-12-01,100" for i in range(9)]
    company.write(subscriptions_csv="\n".join(["account_id,started_at,ended_at,arr", *rows, "A1,2024-01-01,,1e300\n"]))
    issue = company.issue("huge_amount")
    assert (issue.level, issue.rows) == ("handled", 1)
    assert "an amount must be at most 1,000,000,000,000,000; 1 of 10 rows does not: row 11 ('1e+300')" in issue.message
    assert company.read().subscriptions["arr"].isna().sum() == 1
