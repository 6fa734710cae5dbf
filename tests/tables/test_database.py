from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from icp_ml.config.loading import load_config
from icp_ml.errors import DataError
from icp_ml.tables.reading import read_tables
from icp_ml.tables.tables import Tables

URL = 'source: {url: "${CRM}"}\n'


@pytest.fixture
def crm(tmp_path: Path) -> Path:
    connection = sqlite3.connect(tmp_path / "crm.db")
    connection.executescript(
        """
        CREATE TABLE accounts (account_id TEXT, employees REAL);
        INSERT INTO accounts VALUES ('A1', 12.0), ('A2', NULL);
        CREATE TABLE "Contract" (account TEXT, started_at DATE, ended_at DATE, arr REAL, deleted INTEGER);
        INSERT INTO "Contract" VALUES ('A1', '2024-01-01', NULL, 100.5, 0), ('A1', '2024-01-01', NULL, 7, 1);
        """
    )
    connection.close()
    return tmp_path


def read(folder: Path, config: str, url: str = "sqlite:///crm.db") -> Tables:
    path = folder / "icp.yaml"
    path.write_text(f"name: acme\nattributes: {{employees: {{type: number}}}}\n{URL}{config}", encoding="utf-8")
    return read_tables(load_config(path, environ={"CRM": url}), folder)


def test_a_table_is_read_under_its_own_name_or_the_configs(crm: Path) -> None:
    tables = read(
        crm, "tables: {subscriptions: {table: Contract, columns: {account_id: account}, where: deleted = 0}}\n"
    )
    assert tables.accounts["employees"].tolist()[0] == 12.0
    assert tables.subscriptions is not None
    assert tables.subscriptions["arr"].tolist() == [100.5]
    assert tables.opportunities is None


def test_a_query_is_run_as_it_stands(crm: Path) -> None:
    query = "SELECT account AS account_id, started_at, ended_at, arr FROM Contract WHERE deleted = 1 AND ':x' = ':x'"
    tables = read(crm, f'tables: {{subscriptions: {{query: "{query}"}}}}\n')
    assert tables.subscriptions is not None
    assert tables.subscriptions["arr"].tolist() == [7.0]


def test_a_missing_table_names_the_nearest(crm: Path) -> None:
    with pytest.raises(DataError, match=r"the database has no table 'Contracts' \(did you mean 'Contract'\?\)"):
        read(crm, "tables: {subscriptions: {table: Contracts}}\n")


def test_a_missing_database_is_not_created(crm: Path) -> None:
    with pytest.raises(DataError, match=r"there is no SQLite database 'nope\.db'"):
        read(crm, "", "sqlite:///nope.db")
    assert not (crm / "nope.db").exists()


@pytest.mark.parametrize("url", ["nonsense", "nosuchdb://u:hunter2@h/d"])
def test_an_unknown_url_is_never_shown(crm: Path, url: str) -> None:
    with pytest.raises(DataError, match=r"source\.url: not a database URL") as error:
        read(crm, "", url)
    assert url not in str(error.value)
    assert "hunter2" not in str(error.value)


def test_a_failing_query_shows_the_databases_answer(crm: Path) -> None:
    with pytest.raises(DataError, match=r"tables\.subscriptions\.query.*the database answers: no such column: nope"):
        read(crm, 'tables: {subscriptions: {query: "SELECT nope FROM Contract"}}\n')


def test_the_same_rows_have_the_same_fingerprint(crm: Path) -> None:
    config = "tables: {subscriptions: {table: Contract, columns: {account_id: account}}}\n"
    assert read(crm, config).sources == read(crm, config).sources


def test_what_one_table_is_refused_for_does_not_keep_the_others_from_being_read(
    postgres_url: str, tmp_path: Path
) -> None:
    config = (
        "tables: {accounts: {query: \"SELECT 'A1' AS account_id, 3 AS employees; \"}, "
        "subscriptions: {query: SELECT nope}, signals: {query: SELECT 1 AS account_id}}\n"
    )
    with pytest.raises(DataError) as error:
        read(tmp_path, config, postgres_url)
    assert 'column "nope" does not exist' in str(error.value)
    assert "'occurred_at', must be there" in str(error.value)
    assert "accounts" not in str(error.value).replace("add the accounts", "")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"password": "hunter2"}, r"source\.url: the database answers: .*password authentication failed"),
        ({"host": "127.0.0.1", "port": 1}, r"source\.url: the database answers: .*(refused|failed)"),
        ({"database": "nowhere"}, r'source\.url: the database answers: .*database "nowhere" does not exist'),
        ({"host": "hunter2@127.0.0.1"}, r"source\.url: in a URL, @ .* of a password are written as %40"),
    ],
)
def test_a_database_that_cannot_be_reached_is_one_message_without_the_password(
    postgres_url: str, tmp_path: Path, wrong: dict[str, Any], message: str
) -> None:
    url = sa.make_url(postgres_url).set(**wrong).render_as_string(hide_password=False)
    with pytest.raises(DataError, match=message) as error:
        read(tmp_path, "", url)
    assert len(str(error.value).splitlines()) == 1
    assert "hunter2" not in str(error.value)
    assert str(sa.make_url(postgres_url).password) not in str(error.value)


def test_lists_are_tags_whatever_their_separator_would_be(postgres_url: str, tmp_path: Path) -> None:
    accounts = "SELECT 'A1' AS account_id, ARRAY['a;b', ' c '] AS tools"
    periods = "SELECT 'A1' AS account_id, date '2024-01-01' AS started_at, CAST(NULL AS date) AS ended_at, 1 AS arr"
    path = tmp_path / "icp.yaml"
    path.write_text(
        f'name: acme\nattributes: {{tools: {{type: tags, separator: ","}}}}\n{URL}'
        f'tables: {{accounts: {{query: "{accounts}"}}, subscriptions: {{query: "{periods}"}}}}\n',
        encoding="utf-8",
    )
    tables = read_tables(load_config(path, environ={"CRM": postgres_url}), tmp_path)
    assert tables.accounts["tools"].tolist() == [("a;b", "c")]


def test_columns_that_nobody_asks_for_are_not_even_computed(postgres_url: str, tmp_path: Path) -> None:
    accounts = "SELECT 'A' || i AS account_id, 3 AS employees FROM generate_series(1, 9) i"
    periods = (
        "SELECT 'A1' AS account_id, date '2024-01-01' AS started_at, CAST(NULL AS date) AS ended_at, i AS arr, "
        "1 / (i - i) AS broken FROM generate_series(1, 1) i"
    )
    config = f'tables: {{accounts: {{query: "{accounts}"}}, subscriptions: {{query: "{periods}"'
    tables = read(tmp_path, f"{config}}}}}\n", postgres_url)
    assert tables.subscriptions is not None
    assert tables.subscriptions["arr"].tolist() == [1.0]
    with pytest.raises(DataError, match="the database answers: division by zero"):
        read(tmp_path, f"{config}, where: arr = 1}}}}\n", postgres_url)
