"""Time and peak memory of `icp score` on millions of accounts, beside limits and beside a plain copy of the file.

Writes random accounts as one Parquet file (numbers with gaps, levels no rule or model has seen, yes and no, tags as
text) and runs `icp score` on it as a user does: the rules of models/example alone, then with the models of a release
found on the sample. The copy is DuckDB's, of the same file, with the same threads. ROWS=1000000 for fewer accounts;
RELEASE=DIR for a release that is there already.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.scoring_accounts import write_accounts
from benchmarks.stages import ROOT, Sampler
from icp_ml.tables.parsing import literal
from icp_ml.tables.sources import engine

ROWS = 10_000_000
SECONDS, MEGABYTES, COPIES, RATE = 10, 1000, 3, 200_000
ICP = (sys.executable, "-c", "from pipelines.cli import main; main()")


@dataclass(frozen=True)
class Measured:
    """One run of a command: seconds from start to end, and the most resident memory it had, in megabytes."""

    seconds: float
    megabytes: float


def measured(*arguments: str) -> Measured:
    """Run `icp` with some arguments."""
    begun = time.perf_counter()
    process = subprocess.Popen([*ICP, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
    sampler = Sampler(process.pid)
    sampler.start()
    if status := process.wait():
        raise SystemExit(f"icp {arguments[0]} ended with exit status {status}")
    seconds = time.perf_counter() - begun
    sampler.join()
    return Measured(seconds, max(sampler.peaks.values()))


def copy_seconds(path: Path, to: Path) -> float:
    """Return how long the engine takes to read every column of a Parquet file and write it again."""
    with engine() as (connection, _):
        begun = time.perf_counter()
        copied = f"SELECT * FROM read_parquet({literal(str(path))})"
        connection.execute(f"COPY ({copied}) TO {literal(str(to))} (FORMAT parquet)").fetchall()
        return time.perf_counter() - begun


def example_release(folder: Path) -> Path:
    """Return a release of the rules and segments of models/example, without models."""
    folder.mkdir()
    for name in ("criteria.json", "segments.json"):
        shutil.copy(ROOT / "models" / "example" / name, folder / name)
    return folder


def sample_release(folder: Path) -> Path:
    """Return a release with models, made on the sample unless RELEASE names one."""
    if given := os.environ.get("RELEASE"):
        return Path(given).resolve()
    tracked = f"tracking.uri=sqlite:///{folder.parent.as_posix()}/mlflow.db"
    config = str(ROOT / "configs" / "sample.yaml")
    measured("discover", config, "--out", str(folder), "--previous", "none", "--set", tracked, "--quiet")
    return folder


def checked(out: Path, rows: int) -> None:
    """Stop where the output is not one row an account."""
    if (found := pq.read_metadata(out).num_rows) != rows:
        raise SystemExit(f"{rows:,} accounts went in, {found:,} came out")


def line(name: str, seconds: float, limit: str, rate: float, megabytes: float | None) -> str:
    """Write one line of the table."""
    memory = "" if megabytes is None else f"{megabytes:,.0f} MB"
    bound = "" if megabytes is None else f"{MEGABYTES:,} MB"
    return f"{name:<26}{seconds:>8.1f} s{limit:>24}{rate:>14,.0f}/s{memory:>11}{bound:>11}"


def main() -> None:
    """Print the table; exit 1 where a limit does not hold."""
    rows = int(os.environ.get("ROWS") or ROWS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        accounts, out = write_accounts(folder / "accounts.parquet", rows), folder / "scored.parquet"
        with_models = sample_release(folder / "release")
        copied = copy_seconds(accounts, folder / "copy.parquet")
        common = ("score", str(accounts), "--out", str(out), "--quiet", "--release")
        rules = measured(*common, str(example_release(folder / "rules")), "--no-models")
        checked(out, rows)
        models = measured(*common, str(with_models))
        checked(out, rows)
    # A start of Python is no part of what grows with the accounts: limits are for the full number.
    limit = min(SECONDS, COPIES * copied) if rows >= ROWS else SECONDS
    print(f"{rows:,} accounts, {os.cpu_count()} cores")
    print(f"{'':<26}{'time':>10}{'limit':>24}{'accounts':>16}{'peak':>11}{'limit':>11}")
    print(line("copied by DuckDB", copied, "", rows / copied, None))
    least = f"{SECONDS} s, {COPIES} copies ({COPIES * copied:.1f} s)"
    print(line("icp score --no-models", rules.seconds, least, rows / rules.seconds, rules.megabytes))
    print(line("icp score", models.seconds, f"{RATE:,}/s", rows / models.seconds, models.megabytes))
    failed = ["time without models"] * (rules.seconds > limit)
    failed += ["time with models"] * (rows / models.seconds < RATE and rows >= ROWS)
    failed += ["memory"] * (max(rules.megabytes, models.megabytes) > MEGABYTES)
    if failed:
        raise SystemExit(f"over the limit: {', '.join(failed)}")


if __name__ == "__main__":
    main()
