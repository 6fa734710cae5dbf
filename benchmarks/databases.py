"""What is gained by letting a database count the signals that no result depends on: rows fetched, seconds, peak memory.

A PostgreSQL of its own holds many accounts, of which few ever bought, and the product events of them all. Each reading
runs in a process of its own; seconds include its checks. EVENTS sets their number.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import sqlalchemy as sa

from icp_ml.config.schema import Config
from icp_ml.tables import database_source
from icp_ml.tables.reading import check_tables
from tests.engines.postgres import NO_POSTGRES, postgres_programs, private_postgres

ROWS = int(os.environ.get("EVENTS") or 5_000_000)
ACCOUNTS, CUSTOMERS = 100_000, 5_000
# Of the reading that leaves rows in the database, against the one that fetches them all.
MOST_TIME, MOST_MEMORY = 0.5, 0.5

FILL = (
    "CREATE TABLE accounts AS SELECT 'A' || i AS account_id, (i * 37) % 900 AS employees, i % 2 = 0 AS is_b2b "
    "FROM generate_series(1, {accounts}) i",
    "CREATE TABLE subscriptions AS SELECT 'A' || i AS account_id, date '2024-01-01' + i % 300 AS started_at, "
    "CAST(NULL AS date) AS ended_at, 100 + i % 50 AS arr FROM generate_series(1, {customers}) i",
    "CREATE TABLE signals AS SELECT 'A' || 1 + (i * 7919) % {accounts} AS account_id, "
    "timestamptz '2024-01-01' + i % 700 * interval '1 day' AS occurred_at, 'event ' || i % 6 AS signal, "
    "(i % 97) / 4.0 AS value FROM generate_series(1, CAST({rows} AS bigint)) i",
)


def fill(url: str) -> None:
    """Write the tables."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in FILL:
            connection.execute(sa.text(statement.format(accounts=ACCOUNTS, customers=CUSTOMERS, rows=ROWS)))
    engine.dispose()


def read(url: str, everything: bool) -> dict[str, float]:
    """Read the tables in this process and return what it took."""
    if everything:
        database_source.set_aside = lambda *given: None
    attributes = {"employees": {"type": "number"}, "is_b2b": {"type": "boolean"}}
    config = Config.model_validate({"name": "bench", "source": {"url": url}, "attributes": attributes})
    begun = time.perf_counter()
    report = check_tables(config, Path())
    seconds = time.perf_counter() - begun
    if report.tables is None or report.tables.signals is None:
        raise SystemExit("\n".join(issue.message for issue in report.stops))
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    counted = report.counts["signals"]["kept"]
    return {"fetched": len(report.tables.signals), "counted": counted, "seconds": seconds, "megabytes": megabytes}


def measure(url: str, everything: bool) -> dict[str, float]:
    """Read the tables in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.databases", url, str(int(everything))]
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    return {name: float(value) for name, value in json.loads(answer).items()}


def main() -> None:
    """Print both readings side by side; exit status 1 where the gain is less than promised."""
    if postgres_programs() is None:
        print(f"Nothing measured: {NO_POSTGRES}.")
        return
    with private_postgres() as url:
        fill(url)
        readings = {name: measure(url, name == "all rows fetched") for name in ("all rows fetched", "rows set aside")}
    print(f"{ROWS:,} signals of {ACCOUNTS:,} accounts, {CUSTOMERS:,} of them customers; PostgreSQL on this machine")
    print(f"{'':18}{'fetched':>12}{'counted':>12}{'seconds':>10}{'peak MB':>10}")
    for name, r in readings.items():
        print(f"{name:18}{r['fetched']:12,.0f}{r['counted']:12,.0f}{r['seconds']:10.1f}{r['megabytes']:10,.0f}")
    whole, less = readings.values()
    held = less["counted"] == whole["counted"] and less["seconds"] <= MOST_TIME * whole["seconds"]
    if not held or less["megabytes"] > MOST_MEMORY * whole["megabytes"]:
        raise SystemExit(
            f"Limits: the same counts, at most {MOST_TIME:.0%} of the time and {MOST_MEMORY:.0%} of the memory"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(read(sys.argv[1], sys.argv[2] == "1")))
    else:
        main()
