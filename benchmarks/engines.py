"""One answer everywhere: random accounts with hostile values scored by every engine here, differences counted.

``ACCOUNTS`` accounts (1,000,000 by default) are split over ``WORLDS`` random sets of rules: half of the accounts as
text, as a CSV gives them, half with typed numbers and booleans. The reference is the pandas view of the rules.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from shutil import which

import pandas as pd
import pyarrow as pa

from benchmarks.engine_answers import (
    differences,
    duckdb_answers,
    file_answers,
    node_answers,
    node_is_here,
    postgres_answers,
    python_answers,
    spark_answers,
    typed_accounts,
)
from benchmarks.engine_worlds import KINDS, random_accounts, random_release
from icp_ml.release.folder import Release
from icp_ml.spark.session import spark_session
from tests.engines.postgres import postgres_programs, private_postgres

Answer = Callable[[pa.Table, pd.DataFrame, Release], pd.DataFrame]


def engines(stack: ExitStack) -> Iterator[tuple[str, Answer | None]]:
    """Give each engine by name, with what answers; None where it is not here."""
    yield "icp score, a file", lambda accounts, typed, release: file_answers(accounts, release)
    yield "exported SQL, DuckDB", lambda accounts, typed, release: duckdb_answers(accounts, release)
    if postgres_programs() is None:
        yield "exported SQL, PostgreSQL", None
    else:
        url = stack.enter_context(private_postgres()).replace("+psycopg", "")
        yield "exported SQL, PostgreSQL", lambda accounts, typed, release: postgres_answers(accounts, release, url)
    if find_spec("pyspark") is None or which("java") is None:
        yield "exported SQL, Spark", None
    else:
        session = stack.enter_context(spark_session("local[2]"))
        yield "exported SQL, Spark", lambda accounts, typed, release: spark_answers(accounts, release, session)
    if node_is_here():
        yield "JsonLogic, Node", lambda accounts, typed, release: node_answers(typed, release)
    else:
        yield "JsonLogic, Node", None


def main() -> None:
    """Print the table; exit 1 where an engine differs."""
    accounts = int(os.environ.get("ACCOUNTS") or 1_000_000)
    worlds = int(os.environ.get("WORLDS") or 5)
    rows = accounts // (worlds * len(KINDS))
    counted: dict[str, list[float]] = {}
    with ExitStack() as stack:
        running = dict(engines(stack))
        for seed in range(worlds):
            for kind in KINDS:
                release, made = random_release(seed), random_accounts(rows, seed, kind)
                typed = typed_accounts(made, release)
                reference = python_answers(typed, release)
                for name, answer in running.items():
                    if answer is None:
                        continue
                    begun = time.perf_counter()
                    different = differences(reference, answer(made, typed, release))
                    found = counted.setdefault(name, [0, 0, 0.0])
                    found[0] += len(reference)
                    found[1] += len(different)
                    found[2] += time.perf_counter() - begun
    print(f"{'engine':<28}{'accounts':>12}{'differences':>13}{'limit':>7}{'seconds':>10}")
    for name in running:
        if name not in counted:
            print(f"{name:<28}{'not here':>12}")
            continue
        scored, different, seconds = counted[name]
        print(f"{name:<28}{scored:>12,}{different:>13,}{0:>7}{seconds:>10.0f}")
    if any(different for _, different, _ in counted.values()):
        raise SystemExit("an engine gives another answer")


if __name__ == "__main__":
    main()
