"""Time and peak memory of each stage of a discovery on the sample, beside their limits.

Runs `icp discover configs/sample.yaml` as a user does, and follows the stages it announces. Memory is the resident
memory of the whole process, sampled on Linux while it runs; elsewhere only its peak over the run is known.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS, MEGABYTES = 90, 1500
STAGE_SECONDS = {"mlflow": 15}  # what logging may add
HELP_SECONDS = 0.5
STAGE = re.compile(r"^\[\d+/\d+\] (.+?) \.\.\. (?: *([\d.]+) s)?")


class Sampler(threading.Thread):
    """Samples a process's resident memory and keeps the highest figure of each stage.

    Parameters
    ----------
    pid : int
        Process to follow.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.status = Path(f"/proc/{pid}/status")
        self.stage = "start"
        self.peaks: dict[str, float] = {}

    def run(self) -> None:
        """Sample until the process has gone."""
        while True:
            try:
                found = re.search(r"VmRSS:\s+(\d+) kB", self.status.read_text(encoding="ascii"))
            except (FileNotFoundError, ProcessLookupError):
                return
            if found is None:
                return
            self.peaks[self.stage] = max(self.peaks.get(self.stage, 0.0), int(found.group(1)) / 1000)
            time.sleep(0.02)


def run_discovery(folder: Path) -> tuple[dict[str, float], dict[str, float], float]:
    """Run a discovery; return seconds and peak megabytes by stage, and all seconds."""
    command = [
        *(sys.executable, "-c", "from pipelines.cli import main; main()"),
        *("discover", str(ROOT / "configs" / "sample.yaml"), "--out", str(folder / "release")),
        *("--previous", "none", "--set", f"tracking.uri=sqlite:///{folder.as_posix()}/mlflow.db"),
    ]
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    sampler = Sampler(process.pid)
    sampler.start()
    seconds: dict[str, float] = {}
    line = ""
    assert process.stderr is not None
    while piece := process.stderr.read1(4096):  # type: ignore[attr-defined]  # a buffered pipe has it
        *ended, line = (line + piece.decode(errors="replace")).split("\n")
        for text in [*ended, line]:
            if not (found := STAGE.match(text)):
                print(text, end="", file=sys.stderr)
            elif found.group(2):
                seconds[found.group(1)] = float(found.group(2))
            else:
                sampler.stage = found.group(1)
    if process.wait():
        raise SystemExit(f"icp discover ended with exit status {process.returncode}: {line}")
    return seconds, sampler.peaks, time.perf_counter() - begun


def help_seconds() -> float:
    """Return how long `icp --help` takes, the best of three."""
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", "from pipelines.cli import main; main()", "--help"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
        )
        times.append(time.perf_counter() - begun)
    return min(times)


def row(name: str, seconds: float | None, limit: float | None, megabytes: float | None) -> str:
    """Write one line of the table."""
    time_words = "" if seconds is None else f"{seconds:.1f} s"
    limit_words = "" if limit is None else f"{limit:g} s"
    memory_words = "" if megabytes is None else f"{megabytes:,.0f} MB"
    return f"{name:<26}{time_words:>10}{limit_words:>10}{memory_words:>12}{MEGABYTES:>9,} MB"


def main() -> None:
    """Print the table; exit 1 where a limit does not hold."""
    with tempfile.TemporaryDirectory() as folder:
        seconds, peaks, total = run_discovery(Path(folder))
    unit = 1e6 if sys.platform == "darwin" else 1e3
    peak = max([*peaks.values(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit])
    help_time = help_seconds()
    print(f"{'stage':<26}{'time':>10}{'limit':>10}{'peak':>12}{'limit':>12}")
    for name in seconds:
        print(row(name, seconds[name], STAGE_SECONDS.get(name), peaks.get(name)))
    print(row("all, imports included", total, SECONDS, peak))
    print(row("icp --help", help_time, HELP_SECONDS, None))
    failed = [name for name, limit in STAGE_SECONDS.items() if seconds.get(name, 0) > limit]
    failed += ["time"] * (total > SECONDS) + ["memory"] * (peak > MEGABYTES) + ["help"] * (help_time > HELP_SECONDS)
    if failed:
        raise SystemExit(f"over the limit: {', '.join(failed)}")


if __name__ == "__main__":
    main()
