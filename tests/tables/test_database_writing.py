from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from icp_ml.errors import DataError
from icp_ml.tables.database import open_database
from icp_ml.tables.database_writing import replace_rows

SCHEMA = pa.schema([("id", pa.string()), ("score", pa.int32()), ("chance", pa.float64())])
ROWS = [("A1", 70, 0.25), ('ü"\\.\t\n', 0, None), (None, None, 1e-300), ("", 100, 1.0)]


@dataclass(frozen=True)
class Target:
    """A database to write to, with names of its own."""

    url: str
    schema: str | None

    def write(self, *batches: list[tuple[Any, ...]], name: str = "scores", schema: pa.Schema = SCHEMA) -> int:
        with open_database(self.url, Path("/"), writing=True) as database:
            return replace_rows(database, name, self.schema, schema, (batch_of(rows, schema) for rows in batches))

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements, ``{}`` being the schema with its dot, and return the last one's rows."""
        engine = sa.create_engine(self.url)
        try:
            with engine.begin() as connection:
                for statement in statements:
                    dotted = f"{self.schema}." if self.schema else ""
                    answer = connection.exec_driver_sql(statement.replace("{}", dotted))
                return [tuple(row) for row in answer] if answer.returns_rows else []
        finally:
            engine.dispose()


def batch_of(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.RecordBatch:
    columns = [list(cells) for cells in zip(*rows, strict=True)]
    return pa.record_batch([pa.array(c, type=f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)


@pytest.fixture(params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    if request.param == "sqlite":
        (tmp_path / "crm.db").touch()
        yield Target(f"sqlite:///{tmp_path}/crm.db", None)
        return
    made = Target(request.getfixturevalue("postgres_url"), f"out_{uuid.uuid4().hex[:8]}")
    made.run(f"CREATE SCHEMA {made.schema}")
    yield made
    made.run(f"DROP SCHEMA {made.schema} CASCADE")


def test_a_table_that_is_not_there_is_made_and_holds_every_cell_as_it_was(target: Target) -> None:
    assert target.write(ROWS[:3], ROWS[3:]) == 4
    assert target.run("SELECT id, score, chance FROM {}scores") == ROWS


def test_old_rows_go_and_what_hangs_on_the_table_stays(target: Target) -> None:
    target.write(ROWS)
    target.run(
        "CREATE VIEW {}best AS SELECT id FROM {}scores WHERE score > 50", "CREATE INDEX by_score ON {}scores (score)"
    )
    target.write([("B1", 60, 0.5)])
    assert target.run("SELECT * FROM {}best") == [("B1",)]


def test_columns_may_stand_in_another_order(target: Target) -> None:
    target.run("CREATE TABLE {}scores (chance float, score int, id text)")
    target.write(ROWS[:1])
    assert target.run("SELECT * FROM {}scores") == [(0.25, 70, "A1")]


@pytest.mark.parametrize("columns", ["id text, score int", "id text, score int, chance float, owner text", "name text"])
def test_a_table_of_other_columns_is_refused_and_left_as_it_is(target: Target, columns: str) -> None:
    target.run(f"CREATE TABLE {{}}scores ({columns})")
    with pytest.raises(DataError, match=r"scores: a table that is replaced must have exactly the columns id, score, "):
        target.write(ROWS)
    assert target.run("SELECT count(*) FROM {}scores") == [(0,)]


def test_a_view_is_refused(target: Target) -> None:
    target.run("CREATE TABLE {}t (id text, score int, chance float)", "CREATE VIEW {}scores AS SELECT * FROM {}t")
    with pytest.raises(DataError, match=r"scores is a view or a foreign table"):
        target.write(ROWS)


def test_a_schema_that_is_not_there_is_named(target: Target) -> None:
    with (
        pytest.raises(DataError, match=r"nowhere\.scores: the database has no schema 'nowhere'"),
        open_database(target.url, Path("/"), writing=True) as database,
    ):
        replace_rows(database, "scores", "nowhere", SCHEMA, [])


def test_rows_that_fail_on_the_way_leave_the_old_ones(target: Target) -> None:
    target.write(ROWS)
    target.run("CREATE UNIQUE INDEX one ON {}scores (id)")
    with pytest.raises(DataError, match=r"the database answers: .*(one|scores\.id)"):
        target.write([("B1", 1, 0.1)], [("B2", 1, 0.1), ("B2", 2, 0.2)])
    assert target.run("SELECT id, score, chance FROM {}scores") == ROWS


def test_a_table_that_fails_on_the_way_was_never_made(target: Target) -> None:
    with pytest.raises(RuntimeError, match="broken"), open_database(target.url, Path("/"), writing=True) as database:
        replace_rows(database, "scores", target.schema, SCHEMA, broken())
    with pytest.raises(sa.exc.SQLAlchemyError, match=r"no such table|does not exist"):
        target.run("SELECT * FROM {}scores")


def broken() -> Iterator[pa.RecordBatch]:
    yield batch_of(ROWS, SCHEMA)
    raise RuntimeError("broken")


KILLED = """
import sys
from pathlib import Path
from tests.tables.test_database_writing import ROWS, Target, batch_of, SCHEMA
from icp_ml.tables.database import open_database
from icp_ml.tables.database_writing import replace_rows

def waiting():
    for number in range(8_000):
        yield batch_of([(f"new {number}", 1, 0.5)] * 5, SCHEMA)
    print("half", flush=True)
    sys.stdin.read()

with open_database(sys.argv[1], Path("/"), writing=True) as database:
    replace_rows(database, "scores", sys.argv[2] or None, SCHEMA, waiting())
"""


def test_a_process_killed_while_writing_leaves_the_old_rows(target: Target) -> None:
    target.write(ROWS)
    command = [sys.executable, "-c", KILLED, target.url, target.schema or ""]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        os.kill(process.pid, signal.SIGKILL)
    assert target.run("SELECT id, score, chance FROM {}scores") == ROWS
    target.write([("B1", 60, 0.5)])
    assert target.run("SELECT id FROM {}scores") == [("B1",)]


def test_of_two_that_replace_at_once_the_later_ones_rows_stay(postgres_url: str) -> None:
    target = Target(postgres_url, f"out_{uuid.uuid4().hex[:8]}")
    target.run(f"CREATE SCHEMA {target.schema}")
    target.write(ROWS)
    second = [sys.executable, "-c", KILLED.replace("sys.stdin.read()", "pass"), target.url, str(target.schema)]

    def slow() -> Iterator[pa.RecordBatch]:
        yield batch_of([("first", 1, 0.5)], SCHEMA)
        processes.append(subprocess.Popen(second, stdout=subprocess.DEVNULL))
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        while target.run(waiting) == [(0,)]:
            assert processes[0].poll() is None

    processes: list[subprocess.Popen[bytes]] = []
    with open_database(target.url, Path("/"), writing=True) as database:
        replace_rows(database, "scores", target.schema, SCHEMA, slow())
    assert processes[0].wait() == 0
    assert target.run("SELECT count(*), count(*) FILTER (WHERE left(id, 4) = 'new ') FROM {}scores") == [
        (40_000, 40_000)
    ]
    target.run(f"DROP SCHEMA {target.schema} CASCADE")
