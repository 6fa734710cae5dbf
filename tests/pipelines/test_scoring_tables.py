"""``icp score`` between tables of a database, as a person types it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from pipelines import cli, command_group
from tests.tables.databases import plain_url

FROZEN = Path(__file__).parents[1] / "fixtures" / "releases" / "1.0"


def score(accounts: str, out: str, *options: str) -> Result:
    return CliRunner().invoke(
        cli.app, ["score", accounts, "--release", str(FROZEN / "release"), "--out", out, *options]
    )


@pytest.fixture
def url(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the URL as a person would write it, the password in the environment."""
    parsed = sa.make_url(postgres_url)
    monkeypatch.setenv("CRM_PASSWORD", str(parsed.password))
    monkeypatch.delenv("NOT_SET", raising=False)
    return f"postgresql://{parsed.username}:${{CRM_PASSWORD}}@{parsed.host}:{parsed.port}/{parsed.database}"


def test_a_file_is_scored_into_a_table_that_is_then_scored_from(url: str, postgres_url: str, tmp_path: Path) -> None:
    assert score(str(FROZEN / "accounts.csv"), f"{url}#icp_scores", "--quiet").output == ""
    done = score(str(FROZEN / "accounts.csv"), f"{url}#icp_scores", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["out"] == f"{url}#icp_scores"
    with psycopg.connect(plain_url(postgres_url)) as connection:
        written = connection.execute("SELECT account_id, icp_score FROM public.icp_scores").fetchall()
        connection.execute("DROP TABLE icp_scores")
    lines = (FROZEN / "scores.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert len(written) == json.loads(done.stdout)["accounts"] == len(lines)
    assert all(line.startswith((f"{a},{s},", f'"{a}",{s},')) for line, (a, s) in zip(lines, written, strict=True))


@pytest.mark.parametrize(
    ("accounts", "message"),
    [
        ("{url}", "a table must be named behind '#'; write {url}#schema.table"),
        ("{url}#acounts", "{url}#acounts: the database has no table 'acounts'"),
        ("{url}#nowhere.accounts", "the database has no table 'nowhere.accounts'"),
        ("{url}#SELECT nope", '{url}#SELECT nope: the database answers: column "nope" does not exist'),
        ("postgresql://icp:${CRM_PASSWORD}x@{host}#accounts", "password authentication failed"),
        ("postgresql://icp:hunter2@{host}#accounts", "postgresql://icp:***@{host}#accounts: the database answers: "),
        ("postgresql://icp:${CRM_PASSWORD}@127.0.0.1:1/crm#accounts", "the database answers: connection failed"),
        ("postgresql://icp:${NOT_SET}@{host}#accounts", "${NOT_SET} must be set in the environment; it is not"),
        ("nosuch://icp:hunter2@{host}#accounts", "not a database URL that SQLAlchemy knows"),
        ("sqlite:///nope.db#accounts", "there is no SQLite database 'nope.db'"),
    ],
)
def test_what_is_wrong_with_an_address_is_one_message_without_a_password(
    url: str, postgres_url: str, tmp_path: Path, accounts: str, message: str
) -> None:
    host = url.partition("@")[2]
    done = score(accounts.replace("{url}", url).replace("{host}", host), str(tmp_path / "out.csv"), "--quiet")
    assert done.exit_code == command_group.USER_INPUT
    assert message.replace("{url}", url).replace("{host}", host) in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "hunter2" not in done.stderr
    assert str(sa.make_url(postgres_url).password) not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_table_of_other_columns_is_refused_before_anything_is_scored(url: str, postgres_url: str) -> None:
    with psycopg.connect(plain_url(postgres_url)) as connection:
        connection.execute("CREATE TABLE accounts AS SELECT 'A1' AS account_id")
    done = score("never read.csv", f"{url}#accounts", "--quiet")
    with psycopg.connect(plain_url(postgres_url)) as connection:
        assert connection.execute("SELECT * FROM accounts").fetchall() == [("A1",)]
        connection.execute("DROP TABLE accounts")
    assert done.exit_code == command_group.USER_INPUT
    assert "icp: accounts: a table that is replaced must have exactly the columns account_id, icp_score" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_relative_sqlite_path_starts_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sqlite3.connect("crm.db").close()
    done = score(str(FROZEN / "accounts.csv"), "sqlite:///crm.db#scores")
    assert done.exit_code == 0
    assert "Written to sqlite:///crm.db#scores" in done.stdout


def test_a_table_to_explain_from_is_refused_without_its_password() -> None:
    wanted = [
        "explain",
        "a1",
        "--release",
        str(FROZEN / "release"),
        "--accounts",
        "postgresql://icp:hunter2@host/crm#a",
    ]
    told = CliRunner().invoke(cli.app, wanted)
    assert told.exit_code == 2
    assert "postgresql://icp:***@host/crm#a: --accounts reads a file" in told.output
    assert "hunter2" not in told.output
