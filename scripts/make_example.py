"""Write models/example/ again: criteria.json, segments.json and memo.md of a discovery on the sample."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "models" / "example"
FILES = ("criteria.json", "segments.json", "memo.md")
LIMIT_BYTES = 200_000


def discover_sample(release: Path) -> None:
    """Run the discovery on the sample into a folder, with nothing carried over from earlier runs."""
    tracking = release.parent / "mlflow.db"
    command = [
        *(sys.executable, "-c", "from pipelines.cli import main; main()"),
        *("discover", str(ROOT / "configs" / "sample.yaml"), "--out", str(release), "--previous", "none", "--quiet"),
        *("--set", f"tracking.uri=sqlite:///{tracking.as_posix()}"),
    ]
    subprocess.run(command, cwd=release.parent, check=True)


def main() -> None:
    """Write the files and say how large they are."""
    with tempfile.TemporaryDirectory() as folder:
        release = Path(folder) / "release"
        discover_sample(release)
        EXAMPLE.mkdir(exist_ok=True)
        for name in FILES:
            shutil.copyfile(release / name, EXAMPLE / name)
    size = sum((EXAMPLE / name).stat().st_size for name in FILES)
    if size > LIMIT_BYTES:
        raise SystemExit(f"models/example/ must stay under {LIMIT_BYTES:,} bytes; it has {size:,}")
    print(f"wrote {', '.join(FILES)} to models/example/ ({size:,} bytes)")


if __name__ == "__main__":
    main()
