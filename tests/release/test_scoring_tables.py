from __future__ import annotations

import csv
import os
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest
from psycopg import sql

from icp_ml.errors import DataError
from icp_ml.release.folder import Release
from icp_ml.release.reading import read_accounts
from icp_ml.release.scoring import score_file
from icp_ml.tables.database_address import Address, parse_address
from icp_ml.tables.sources import engine
from tests.tables.databases import plain_url

FROZEN = Path(__file__).parents[1] / "fixtures" / "releases" / "1.0"
PLAIN = {"number": "text", "boolean": "text", "tags": "text", "category": "text"}
TYPED = {
    "all text": PLAIN,
    "numeric, boolean, lists": {"number": "numeric", "boolean": "boolean", "tags": "text[]", "category": "varchar"},
    "double": {**PLAIN, "number": "double precision", "boolean": "boolean"},
}


@pytest.fixture(scope="module")
def frozen() -> Release:
    return Release.load(FROZEN / "release")


@pytest.fixture
def schema(postgres_url: str) -> Iterator[str]:
    name = f"Sales {uuid.uuid4().hex[:8]}"
    run(postgres_url, sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
    yield name
    run(postgres_url, sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


def run(url: str, *statements: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(plain_url(url)) as connection:
        for statement in statements:
            answer = connection.execute(statement)
        return answer.fetchall() if answer.description else []


def place(url: str, schema: str, table: str) -> Address:
    return parse_address(f"{url}#{schema}.{table}", {})


def fill(url: str, schema: str, release: Release, kinds: dict[str, str], scratch: Path) -> None:
    """Write the accounts of the file into a table, its cells as they stand, or typed as reading the file types them."""
    with (FROZEN / "accounts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with engine() as (connection, _):
        read = read_accounts(connection, FROZEN / "accounts.csv", scratch, release)
        typed = connection.sql(read.sql).to_arrow_table().to_pylist()
    columns = {"account_id": "text"}
    cells = [[row["account_id"]] for row in rows]
    for name, attribute in release.attributes.items():
        spelled = release.criteria["attributes"][name]["column"]
        if name in read.missing:
            continue
        kind = columns[spelled] = kinds[attribute.type]
        for cell, raw, values in zip(cells, rows, typed, strict=True):
            value = raw[spelled] or None if kind == "text" else values[read.columns[name]]
            cell.append(Decimal(repr(value)) if kind == "numeric" and value is not None else value)
    named = sql.SQL(", ").join(sql.SQL("{} " + kind).format(sql.Identifier(c)) for c, kind in columns.items())
    table = sql.Identifier(schema, "accounts")
    with psycopg.connect(plain_url(url)) as connection:
        connection.execute(sql.SQL("CREATE TABLE {} ({}, notes text)").format(table, named))
        with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
            for cell in cells:
                copy.write_row([*cell, "nobody's"])


@pytest.mark.parametrize("kinds", TYPED.values(), ids=list(TYPED))
def test_a_table_scored_into_a_table_has_the_scores_that_the_file_has(
    postgres_url: str, schema: str, frozen: Release, tmp_path: Path, kinds: dict[str, str]
) -> None:
    fill(postgres_url, schema, frozen, kinds, tmp_path)
    file = score_file(FROZEN / "accounts.csv", frozen, tmp_path / "scores.parquet")
    expected = [tuple(row.values()) for row in pq.read_table(tmp_path / "scores.parquet").to_pylist()]
    table = score_file(place(postgres_url, schema, "accounts"), frozen, place(postgres_url, schema, "scores"))
    assert run(postgres_url, sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, "scores"))) == expected
    assert (table.accounts, table.tiers) == (file.accounts, file.tiers)
    assert (table.missing_in_rules, table.missing_elsewhere) == (file.missing_in_rules, file.missing_elsewhere)


def test_a_query_is_scored_into_a_file_in_its_order(
    postgres_url: str, schema: str, frozen: Release, tmp_path: Path
) -> None:
    fill(postgres_url, schema, frozen, PLAIN, tmp_path)
    query = f'SELECT * FROM "{schema}".accounts ORDER BY account_id DESC LIMIT 5; -- the last'
    score_file(parse_address(f"{postgres_url}#{query}", {}), frozen, tmp_path / "some.parquet")
    score_file(FROZEN / "accounts.csv", frozen, tmp_path / "all.parquet")
    every = {row["account_id"]: row for row in pq.read_table(tmp_path / "all.parquet").to_pylist()}
    last = sorted(every, key=str.encode, reverse=True)[:5]
    assert pq.read_table(tmp_path / "some.parquet").to_pylist() == [every[account] for account in last]


def test_sqlite_is_scored_and_written_to(frozen: Release, tmp_path: Path) -> None:
    with (FROZEN / "accounts.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    database = sqlite3.connect(tmp_path / "crm.db")
    database.execute(f"CREATE TABLE accounts ({', '.join(header)})")
    database.executemany(f"INSERT INTO accounts VALUES ({', '.join('?' * len(header))})", rows)
    database.commit()
    at = f"sqlite:///{tmp_path}/crm.db"
    score_file(parse_address(f"{at}#accounts", {}), frozen, parse_address(f"{at}#scores", {}))
    score_file(FROZEN / "accounts.csv", frozen, tmp_path / "scores.parquet")
    expected = [tuple(row.values()) for row in pq.read_table(tmp_path / "scores.parquet").to_pylist()]
    assert database.execute("SELECT * FROM scores").fetchall() == expected
    database.close()


def test_a_row_without_an_id_is_refused_and_the_old_scores_stay(
    postgres_url: str, schema: str, frozen: Release, tmp_path: Path
) -> None:
    fill(postgres_url, schema, frozen, PLAIN, tmp_path)
    accounts, scores = place(postgres_url, schema, "accounts"), place(postgres_url, schema, "scores")
    score_file(accounts, frozen, scores)
    counted = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, "scores"))
    before = run(postgres_url, counted)
    run(postgres_url, sql.SQL("INSERT INTO {} VALUES (NULL)").format(sql.Identifier(schema, "accounts")))
    with pytest.raises(DataError, match=r"accounts: every row must have an account id; 1 have none \(row \d+\)"):
        score_file(accounts, frozen, scores)
    assert run(postgres_url, counted) == before


def test_the_table_of_accounts_is_never_written_over_nor_is_one_nobody_could_write_to_scored(
    postgres_url: str, schema: str, frozen: Release, tmp_path: Path
) -> None:
    fill(postgres_url, schema, frozen, PLAIN, tmp_path)
    accounts = place(postgres_url, schema, "accounts")
    with pytest.raises(
        DataError, match=r"accounts: a table that is replaced must have exactly the columns account_id, "
    ):
        score_file(accounts, frozen, accounts)
    with pytest.raises(DataError, match=r"scores are written to a table; name one behind '#', not a query"):
        score_file(accounts, frozen, parse_address(f"{postgres_url}#SELECT 1", {}))
    with pytest.raises(DataError, match="has no schema 'nowhere'"):
        score_file(Path("never looked for"), frozen, parse_address(f"{postgres_url}#nowhere.scores", {}))


def test_a_column_that_rules_use_is_missed_and_the_nearest_one_of_all_is_named(
    postgres_url: str, schema: str, frozen: Release, tmp_path: Path
) -> None:
    fill(postgres_url, schema, frozen, PLAIN, tmp_path)
    table = sql.Identifier(schema, "accounts")
    run(postgres_url, sql.SQL("ALTER TABLE {} RENAME region TO regions").format(table))
    with pytest.raises(DataError, match=r"missing: 'region' \(did you mean 'regions'\?\)"):
        score_file(place(postgres_url, schema, "accounts"), frozen, tmp_path / "scores.csv")
    assert not (tmp_path / "scores.csv").exists()


KILLED = """
import sys, time
from pathlib import Path
from icp_ml.release import places
from icp_ml.release.folder import Release
from icp_ml.release.scoring import score_file
from icp_ml.tables.database_address import parse_address

class Endless:
    def __init__(self, path): ...
    def __enter__(self): return self
    def __exit__(self, *raised): ...
    def iter_batches(self, size):
        import pyarrow.parquet as pq
        yield from pq.read_table(scored).to_batches()
        print("half", flush=True)
        time.sleep(600)

url, release, accounts, scored = sys.argv[1:]
places.pq.ParquetFile, whole = Endless, places.pq.ParquetFile
score_file(Path(accounts), Release.load(Path(release)), parse_address(url, {}))
"""


def test_scoring_killed_while_it_writes_leaves_the_table_as_it_was(
    postgres_url: str, schema: str, frozen: Release, tmp_path: Path
) -> None:
    scores = place(postgres_url, schema, "scores")
    score_file(FROZEN / "accounts.csv", frozen, scores)
    score_file(FROZEN / "accounts.csv", frozen, tmp_path / "scored.parquet")
    listed = sql.SQL("SELECT *, xmin::text FROM {}").format(sql.Identifier(schema, "scores"))
    before = run(postgres_url, listed)
    given = [
        f"{postgres_url}#{schema}.scores",
        FROZEN / "release",
        FROZEN / "accounts.csv",
        tmp_path / "scored.parquet",
    ]
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, *map(str, given)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        os.kill(process.pid, signal.SIGKILL)
    assert before
    assert run(postgres_url, listed) == before


def test_columns_that_the_release_does_not_read_are_not_even_computed(
    postgres_url: str, schema: str, frozen: Release, tmp_path: Path
) -> None:
    fill(postgres_url, schema, frozen, PLAIN, tmp_path)
    query = f'SELECT *, 1 / length(left(account_id, 0)) AS broken FROM "{schema}".accounts'
    score_file(parse_address(f"{postgres_url}#{query}", {}), frozen, tmp_path / "some.csv")
    score_file(FROZEN / "accounts.csv", frozen, tmp_path / "all.csv")
    assert (tmp_path / "some.csv").read_bytes() == (tmp_path / "all.csv").read_bytes()
