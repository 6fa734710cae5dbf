from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icp_ml.config.loading import load_config
from icp_ml.errors import DataError
from icp_ml.tables.reading import check_tables, read_tables

SHARED = Path(__file__).parents[3] / "shared" / "data"


def test_attributes_are_typed_as_conditions_expect(company: Any) -> None:
    company.write(
        accounts_csv="account_id,n,level,flag,tags,Note\nA1,12,0,yes,a;b,hello\nA2,NA,NA,NO,,\n",
    )
    types = "{n: {type: number}, level: {type: category}, flag: {type: boolean}, tags: {type: tags}}"
    tables = company.read(attributes=types)
    accounts = tables.accounts
    assert list(accounts.columns) == ["account_id", "n", "level", "flag", "tags"]
    assert accounts["n"].tolist() == [12.0, pytest.approx(float("nan"), nan_ok=True)]
    assert accounts["level"].tolist() == ["0", "NA"]
    assert accounts["flag"].dtype == "boolean"
    assert accounts["flag"].tolist() == [True, False]
    assert accounts["tags"].tolist() == [("a", "b"), ()]
    assert tables.extra is not None
    assert tables.extra["Note"].iloc[0] == "hello"
    assert tables.extra["Note"].isna().tolist() == [False, True]


def test_periods_are_typed_and_absent_optional_columns_are_missing(company: Any) -> None:
    company.write(subscriptions_csv='account_id,started_at,ended_at,arr\nA1,2024-01-05T08:00:00Z,,"1,200.50"\n')
    periods = company.read().subscriptions
    assert periods["started_at"].tolist() == [pd.Timestamp("2024-01-05")]
    assert str(periods["started_at"].dtype) == "datetime64[ns]"
    assert periods["ended_at"].isna().all()
    assert periods["arr"].tolist() == [1200.5]
    assert periods["currency"].isna().all()


def test_an_amount_column_with_decimal_commas_reads_its_thousands_so_too(company: Any) -> None:
    company.write(subscriptions_csv="account_id;started_at;ended_at;arr\nA1;2024-01-01;;1.200\nA2;2024-01-01;;900,50\n")
    assert company.read().subscriptions["arr"].tolist() == [1200.0, 900.5]


def test_columns_values_where_and_a_date_format_map_the_users_own_file(deals: Any) -> None:
    company = deals(
        "1,A1,01.02.2024,01.03.2024,Closed Won,Sales",
        "2,A2,01.02.2024,01.03.2024,Closed Lost,Sales",
        "3,A3,01.02.2024,01.01.2030,Demo,Sales",
        "4,A4,never,never,?,Service",
        header="Deal,account_id,created_at,closed_at,StageName,RecordType\n",
    )
    tables = company.read(
        "tables:\n  opportunities:\n    columns: {opportunity_id: Deal, outcome: StageName}\n"
        '    values: {outcome: {won: [Closed Won], lost: [Closed Lost], open: "*"}}\n'
        "    where: \"RecordType = 'Sales'\"\n    date_format: '%d.%m.%Y'\n"
    )
    found = tables.opportunities
    assert found["outcome"].tolist() == ["won", "lost", "open"]
    assert found["created_at"].tolist() == [pd.Timestamp("2024-02-01")] * 3
    assert found["kind"].tolist() == ["new"] * 3


def test_where_compares_numbers_as_numbers(deals: Any) -> None:
    header = "opportunity_id,account_id,created_at,closed_at,outcome,Size\n"
    row = "{0},A1,2024-01-01,2024-02-01,lost,{1}".format
    company = deals(row(1, 900), row(2, 1000), header=header)
    found = company.read("tables: {opportunities: {where: 'Size > 950'}}\n").opportunities
    assert found["opportunity_id"].tolist() == ["2"]


def test_a_list_of_files_is_one_table(company: Any) -> None:
    company.write(
        a_csv="account_id,started_at,ended_at,arr\nA1,2024-01-01,,1\n",
        b_csv="account_id,arr,started_at,ended_at\nA2,2,2024-01-02,\n",
    )
    tables = company.read("tables: {subscriptions: {file: [a.csv, b.csv]}}\n")
    assert tables.subscriptions["arr"].tolist() == [1.0, 2.0]
    assert tables.sources["subscriptions"]["path"] == "a.csv, b.csv"


def test_a_lost_deal_with_a_refused_reason_was_refused(deals: Any) -> None:
    company = deals(
        "1,A1,2024-01-01,2024-02-01,lost,Not ICP",
        "2,A2,2024-01-01,2024-02-01,lost,Price",
        header="opportunity_id,account_id,created_at,closed_at,outcome,loss_reason\n",
    )
    found = company.read("outcomes: {refused_reasons: [Not ICP]}\n").opportunities
    assert found["outcome"].tolist() == ["refused", "lost"]


def test_a_second_currency_is_converted(company: Any) -> None:
    header = "account_id,started_at,ended_at,arr,currency\n"
    company.write(subscriptions_csv=header + "A1,2024-01-01,,100,EUR\nA2,2024-01-01,,100,usd\nA3,2024-01-01,,100,\n")
    tables = company.read("money: {currency: EUR, rates: {USD: 0.9}}\n")
    assert tables.subscriptions["arr"].tolist() == [100.0, 90.0, 100.0]
    assert tables.currency == "EUR"


def test_the_only_currency_of_the_data_is_reported(company: Any) -> None:
    company.write(subscriptions_csv="account_id,started_at,ended_at,arr,currency\nA1,2024-01-01,,100,GBP\n")
    assert company.read().currency == "GBP"


def test_the_default_as_of_leaves_out_forecasts_and_future_ends(company: Any) -> None:
    company.write(
        opportunities_csv="opportunity_id,account_id,created_at,closed_at,outcome\n"
        "1,A1,2024-01-01,2024-02-01,won\n2,A2,2024-03-05,2027-01-01,open\n",
        subscriptions_csv="account_id,started_at,ended_at,arr\nA1,2024-02-01,2025-01-31,10\n",
    )
    tables = company.read()
    assert tables.as_of == dt.date(2024, 3, 5)
    assert tables.subscriptions["ended_at"].isna().all()
    assert tables.subscriptions["term_ends_at"].tolist() == [pd.Timestamp("2025-01-31")]


def test_endings_of_a_last_week_without_a_start_count_for_the_default_as_of(company: Any) -> None:
    company.write(subscriptions_csv="account_id,started_at,ended_at,arr\nA1,2024-02-01,2024-02-05,10\n")
    assert company.read().as_of == dt.date(2024, 2, 5)


def test_rows_after_as_of_are_unknown_and_no_defect(company: Any) -> None:
    company.write(
        accounts_csv="account_id,observed_at,industry\nA1,2023-01-01,x\nA1,2025-01-01,y\nA2,2025-01-01,z\nA3,2025-01-01,z\n",
        opportunities_csv="opportunity_id,account_id,created_at,closed_at,outcome,loss_reason\n"
        "1,A1,2024-01-01,2024-09-01,lost,Price\n2,A2,2024-01-01,2024-02-01,won,\n2,A1,2024-08-01,2024-08-02,won,\n",
        subscriptions_csv="account_id,started_at,ended_at,arr\nA2,2024-02-01,2024-07-01,10\nA2,2024-07-01,,20\n",
        signals_csv="account_id,occurred_at,signal,value\nA2,2024-06-30,login,1\nA2,2024-07-01,login,1\n",
    )
    tables = company.read("as_of: 2024-06-30\n")
    assert tables.accounts["account_id"].tolist() == ["A1", "A2"]
    assert tables.accounts["industry"].isna().tolist() == [False, True]
    assert tables.accounts["observed_at"].isna().tolist() == [False, True]
    assert tables.opportunities["outcome"].tolist() == ["open", "won"]
    assert tables.opportunities["closed_at"].isna().tolist() == [True, False]
    assert tables.opportunities["loss_reason"].isna().all()
    assert tables.subscriptions["ended_at"].isna().tolist() == [True]
    assert len(tables.signals) == 1
    assert [i.code for i in tables.issues if i.level == "handled"] == []


def test_attributes_of_a_deal_stay_with_the_deal(deals: Any) -> None:
    company = deals(
        "1,A1,2024-01-01,2024-02-01,won,billing,Web",
        header="opportunity_id,account_id,created_at,closed_at,outcome,use_case,source\n",
    )
    types = "{use_case: {type: category, from: opportunities}, source: {type: category, from: opportunities}}"
    found = company.read(attributes=types).opportunities
    assert (found["use_case"].tolist(), found["source"].tolist()) == (["billing"], ["Web"])


def test_an_ignored_attribute_need_not_be_there(company: Any) -> None:
    tables = company.read(attributes="{industry: {type: category}, gone: {type: tags, use: ignore}}")
    assert tables.accounts["gone"].tolist() == [None] * 6


def test_of_several_observations_of_one_day_the_latest_counts(company: Any) -> None:
    company.write(accounts_csv="account_id,observed_at,industry\nA1,2024-01-01 18:00,late\nA1,2024-01-01 08:00,early\n")
    tables = company.read()
    assert tables.accounts["industry"].tolist() == ["late"]


def test_sources_name_the_file_without_its_folder(company: Any, tmp_path: Path) -> None:
    source = company.read().sources["accounts"]
    assert (source["path"], source["rows"], len(source["sha256"])) == ("accounts.csv", 6, 64)


def test_parquet_and_excel_read_as_the_same_csv(company: Any, tmp_path: Path) -> None:
    frame = pd.DataFrame({"account_id": ["A1", "A2"], "n": [1.0, 2.5], "level": [0, 1], "flag": [True, False]})
    types = "{n: {type: number}, level: {type: category}, flag: {type: boolean}}"
    frame.to_csv(tmp_path / "accounts.csv", index=False)
    from_csv = company.read(attributes=types).accounts
    (tmp_path / "accounts.csv").unlink()
    frame.to_parquet(tmp_path / "Accounts.parquet")
    pd.testing.assert_frame_equal(company.read(attributes=types).accounts, from_csv)
    (tmp_path / "Accounts.parquet").unlink()
    frame.to_excel(tmp_path / "accounts.xlsx", index=False)
    pd.testing.assert_frame_equal(company.read(attributes=types).accounts, from_csv)


def test_every_stop_is_in_one_message(company: Any) -> None:
    company.write(
        accounts_csv="account_id\nA1\n",
        subscriptions_csv="account_id,started_at,ended_at,arr\nA1,soon,,x\n",
    )
    with pytest.raises(DataError) as error:
        company.read()
    message = str(error.value)
    assert message.startswith("3 things in the tables need mending:\n")
    for part in (
        "'industry', must be there",
        "'started_at': every filled cell must be a date",
        "'arr': every filled cell",
    ):
        assert part in message


def test_reading_twice_gives_the_same_tables(company: Any) -> None:
    first, second = company.read(), company.read()
    pd.testing.assert_frame_equal(first.accounts, second.accounts)
    assert first.issues == second.issues


@pytest.mark.parametrize(("name", "rows"), [("telco", 7043), ("saas_churn", 2000), ("b2b_deals", 365)])
def test_the_shared_folders_read_without_a_stop(name: str, rows: int) -> None:
    if not SHARED.is_dir():
        pytest.skip("the shared data sets are not part of the project")
    report = check_tables(load_config(SHARED / name / "icp.yaml"), SHARED / name)
    assert report.stops == ()
    assert report.counts["accounts"]["kept"] == rows


def test_numbers_keep_float64_and_nan(company: Any) -> None:
    company.write(accounts_csv="account_id,n\nA1,\nA2,\n")
    values = company.read(attributes="{n: {type: number}}").accounts["n"]
    assert values.dtype == np.float64
    assert values.isna().all()


def test_a_table_that_is_only_configured_must_be_there(company: Any, tmp_path: Path) -> None:
    config = "tables: {signals: {file: signal.csv}}\n"
    company.write(signals_csv="account_id,occurred_at,signal,value\n")
    with pytest.raises(
        DataError, match=r"tables\.signals\.file names 'signal\.csv', which is not in .*did you mean 'signals\.csv'"
    ):
        company.read(config)


def test_read_tables_is_what_check_tables_found(company: Any, tmp_path: Path) -> None:
    report = company.check()
    config = load_config(tmp_path / "icp.yaml")
    pd.testing.assert_frame_equal(read_tables(config, tmp_path).accounts, report.tables.accounts)
