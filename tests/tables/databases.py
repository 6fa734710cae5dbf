"""The same CRM as CSV files, in SQLite and in PostgreSQL, its columns typed or all of them text."""

from __future__ import annotations

import csv
import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa

from icp_ml.sample.writing import write_sample

TABLES = ("accounts", "opportunities", "subscriptions", "signals")
TYPES = {
    "accounts": {
        "employee_count": "integer",
        "annual_revenue": "numeric",
        "has_revops": "boolean",
        "tech_stack": "text[]",
        "recent_funding": "boolean",
        "employee_growth_pct": "double precision",
        "hq_floor": "smallint",
        "domain_age_years": "bigint",
        "fiscal_year_end": "varchar(20)",
    },
    "opportunities": {
        "created_at": "date",
        "closed_at": "timestamp",
        "amount": "numeric(12,2)",
        "term_months": "integer",
        "services_amount": "numeric",
        "discount_pct": "double precision",
    },
    "subscriptions": {"started_at": "date", "ended_at": "timestamptz", "arr": "double precision"},
    "signals": {"occurred_at": "timestamptz", "value": "numeric"},
}
ALL_TEXT: dict[str, dict[str, str]] = {table: {} for table in TABLES}
# The types that a column of days and one of values may have besides.
DATED = {**TYPES, "signals": {"occurred_at": "date", "value": "double precision", "account_id": "varchar(9)"}}
STAMPED = {**TYPES, "signals": {"occurred_at": "timestamp", "value": "real"}}
KINDS = {"typed": TYPES, "text": ALL_TEXT, "dated": DATED, "stamped": STAMPED}


def write_crm(folder: Path) -> None:
    """Write a small sample, with signals of accounts that never bought, of unknown ones, later ones, odd spellings."""
    write_sample(folder, accounts=100, seed=3)
    bought = {row["account_id"] for row in rows_of(folder, "subscriptions")}
    never = never_bought(folder)
    draw = random.Random(5)
    more = [
        [draw.choice(never), f"2025-0{draw.randint(1, 9)}-11", "page_view", draw.randint(1, 90)] for _ in range(900)
    ]
    more += [[never[0], "2026-07-01", "page_view", 3], [sorted(bought)[0], "2026-08-01", "referral", 1]]
    more += [[f"Z{draw.randint(1, 9)}", "2025-03-04", "page_view", ""] for _ in range(20)]
    more += [["Z77", "2026-07-02", "page_view", 1], [f" {sorted(bought)[1]} ", "2025-03-04", "referral", 1]]
    with (folder / "signals.csv").open("a", encoding="utf-8", newline="") as file:
        draw.shuffle(more)
        csv.writer(file, lineterminator="\n").writerows(more)


def never_bought(folder: Path) -> list[str]:
    """Return the accounts without any contract period."""
    bought = {row["account_id"] for row in rows_of(folder, "subscriptions")}
    return [row["account_id"] for row in rows_of(folder, "accounts") if row["account_id"] not in bought]


@contextmanager
def with_signals(source: dict[str, str], rows: Sequence[tuple[object, ...]]) -> Iterator[None]:
    """Add rows at the end of a database's signals for a while."""
    names = ("account_id", "occurred_at", "signal", "value")
    engine = sa.create_engine(source["url"])
    signals = sa.table("signals", *map(sa.column, names), schema=source.get("schema"))
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE TABLE kept AS SELECT * FROM {signals.fullname}"))
        connection.execute(signals.insert(), [dict(zip(names, row, strict=True)) for row in rows])
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(signals.delete())
            connection.execute(sa.text(f"INSERT INTO {signals.fullname} SELECT * FROM kept"))
            connection.execute(sa.text("DROP TABLE kept"))
        engine.dispose()


def rows_of(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fill_sqlite(folder: Path, kind: str) -> str:
    """Load the CSV files into a SQLite database and return its URL."""
    path = folder / f"{kind}.db"
    with sqlite3.connect(path) as connection:
        for table in TABLES:
            rows = rows_of(folder, table)
            kinds = KINDS[kind][table]
            columns = ", ".join(f"{name} {_sqlite_type(kinds.get(name, 'text'))}" for name in rows[0])
            connection.execute(f"CREATE TABLE {table} ({columns})")
            marks = ", ".join("?" for _ in rows[0])
            cells = [[value or None for value in row.values()] for row in rows]
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", cells)
    connection.close()
    return f"sqlite:///{path}"


def _sqlite_type(kind: str) -> str:
    if kind in ("integer", "smallint", "bigint"):
        return "INTEGER"
    return "REAL" if kind.startswith(("numeric", "double")) else "TEXT"


@contextmanager
def filled_postgres(url: str, folder: Path, kind: str) -> Iterator[str]:
    """Load the CSV files into a schema of their own and give its name; it is gone afterwards."""
    schema = f"crm_{kind}"
    with psycopg.connect(plain_url(url)) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        for table in TABLES:
            kinds = KINDS[kind][table]
            header = list(rows_of(folder, table)[0])
            columns = ", ".join(f"{name} {_loaded(kinds.get(name, 'text'))}" for name in header)
            connection.execute(f"CREATE TABLE {schema}.{table} ({columns})")
            with connection.cursor().copy(f"COPY {schema}.{table} FROM STDIN (FORMAT csv, HEADER)") as copy:
                copy.write((folder / f"{table}.csv").read_bytes())
            for name in [name for name, found in kinds.items() if found == "text[]"]:
                listed = f"string_to_array({name}, ';')"
                connection.execute(f"ALTER TABLE {schema}.{table} ALTER {name} TYPE text[] USING {listed}")
    try:
        yield schema
    finally:
        with psycopg.connect(plain_url(url)) as connection:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


def _loaded(kind: str) -> str:
    return "text" if kind == "text[]" else kind


def plain_url(url: str) -> str:
    """Return a SQLAlchemy URL as the driver itself reads it."""
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
