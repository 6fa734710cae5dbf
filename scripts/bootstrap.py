"""Make .venv from requirements.lock, once: the only step that needs the network.

Runs under the Python found on a bare machine, so it uses the standard library alone. A stamp in .venv holds a checksum
of the lock and of the folder; while it matches, nothing is installed again. The folder counts because an environment
that was copied along with the project still runs the code of the old place.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
VENV = ROOT / ".venv"
STAMP = VENV / "icp-ml.stamp"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
SUPPORTED = ((3, 11), (3, 13))


def stamp_of(lock: bytes, root: str) -> str:
    """Return the checksum that an environment made from ``lock`` for the project in ``root`` carries."""
    return hashlib.sha256(lock + b"\0" + root.encode()).hexdigest()


def runs(python: Path) -> bool:
    """Return whether the interpreter exists, starts, and is of a supported version."""
    check = f"import sys; sys.exit(not {SUPPORTED[0]} <= sys.version_info[:2] <= {SUPPORTED[1]})"
    if not python.exists():
        return False
    return subprocess.run([str(python), "-c", check], capture_output=True, check=False).returncode == 0


def call(*command: str | Path) -> None:
    """Run one step; end the program with what failed and what to try."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, check=False)
    if done.returncode:
        raise SystemExit(
            f"\nThis step failed (exit {done.returncode}): {' '.join(map(str, command))}\n"
            "The lines above say why. Where it is the network or the disk, mend that and run the same command again;\n"
            "`make clean-environment` removes .venv, to start afresh."
        )


def make_environment(uv: str | None) -> None:
    """Create .venv unless a working one is there."""
    if runs(PYTHON):
        return
    if uv:
        call(uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV)
        return
    try:
        import ensurepip  # noqa: F401 - only asked whether it is there
    except ModuleNotFoundError:
        raise SystemExit(
            "This Python cannot make environments with pip (on Debian and Ubuntu: install python3-venv, "
            "or install uv), then run the same make command again."
        ) from None
    call(sys.executable, "-m", "venv", "--clear", VENV)


def install(uv: str | None) -> None:
    """Install exactly what the lock holds, checked by hash, then the project itself without the network."""
    pip: tuple[str | Path, ...]
    if uv:
        pip = (uv, "pip", "install", "--quiet", "--python", PYTHON)
    else:
        if subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True, check=False).returncode:
            call(PYTHON, "-m", "ensurepip", "--default-pip")
        pip = (PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input")
    call(*pip, "--require-hashes", "-r", LOCK)
    call(*pip, "--no-deps", "--no-build-isolation", "-e", ROOT)


def main() -> None:
    """Make or mend the environment, saying what is done."""
    wanted = stamp_of(LOCK.read_bytes(), str(ROOT))
    if runs(PYTHON) and STAMP.is_file() and STAMP.read_text(encoding="ascii") == wanted:
        print("The environment is up to date.", flush=True)
        return
    uv = shutil.which("uv")
    print(
        f"Making the environment .venv from requirements.lock with {'uv' if uv else 'pip'} "
        "(once; one to five minutes, about 1 GB on disk).",
        flush=True,
    )
    STAMP.unlink(missing_ok=True)
    make_environment(uv)
    install(uv)
    STAMP.write_text(wanted, encoding="ascii")
    print("The environment is ready.", flush=True)


if __name__ == "__main__":
    main()
