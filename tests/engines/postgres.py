"""A private PostgreSQL, for tests and benchmarks: on loopback, in a temporary folder, gone at the end."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

NO_POSTGRES = "there is no PostgreSQL here; scripts/install-engines.sh installs it"
USER = "icp"
# Nothing here outlives the cluster, so nothing needs to reach the disk; one waiter is enough for tests.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=20", "shared_buffers=64MB")


def postgres_programs() -> Path | None:
    """Return the folder of initdb and pg_ctl, the newest version's, or None where there is none."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which("initdb")
    return None if found is None else Path(found).resolve().parent


@contextmanager
def private_postgres() -> Iterator[str]:
    """Start a PostgreSQL of one's own and give the SQLAlchemy URL of an empty database in it; stop it at the end.

    Raises
    ------
    FileNotFoundError
        If PostgreSQL is not installed.
    RuntimeError
        If it does not start; the message ends with its log.
    """
    programs = postgres_programs()
    if programs is None:
        raise FileNotFoundError(NO_POSTGRES)
    # Not pytest's own folder: that is closed to the user that the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="icp-postgres-"))
    try:
        yield from _running(programs, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _running(programs: Path, folder: Path) -> Iterator[str]:
    password, port, data = secrets.token_hex(12), _free_port(), folder / "data"
    secret, log = folder / "password", folder / "log"
    secret.write_text(password + "\n", encoding="ascii")
    user = _server_user()
    if user is not None:
        for path in (folder, secret):
            shutil.chown(path, user)
    locale = ("--locale=C", "--encoding=UTF8")
    as_user = ("--username", USER, "--auth=scram-sha-256", "--pwfile", str(secret))
    _run([str(programs / "initdb"), "--pgdata", str(data), "--no-sync", *locale, *as_user], user, folder)
    settings = [*FAST, f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}"]
    options = " ".join(f"-c {setting}" for setting in settings)
    control = [str(programs / "pg_ctl"), "--pgdata", str(data), "--wait", "--silent"]
    try:
        _run([*control, "--log", str(log), "--options", options, "start"], user, folder)
    except RuntimeError as err:
        raise RuntimeError(f"{err}\n{log.read_text() if log.is_file() else ''}") from err
    try:
        yield f"postgresql+psycopg://{USER}:{password}@127.0.0.1:{port}/postgres"
    finally:
        _run([*control, "--mode=immediate", "stop"], user, folder)


def _server_user() -> str | None:
    """Return whom to run the server as: PostgreSQL refuses root."""
    if os.name == "nt" or os.geteuid() != 0:
        return None
    import pwd  # not on every system

    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _run(command: Sequence[str], user: str | None, folder: Path) -> None:
    """Run a program of PostgreSQL's to its end, as another user where one is given."""
    changed = [] if user is None else ["runuser", "-u", user, "--"]
    # The server keeps what it inherits open, so its output must not be a pipe that somebody waits for.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run([*changed, *command], stdout=output, stderr=output, cwd=folder, check=False)
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{Path(command[0]).name} failed: {output.read().decode(errors='replace')}")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
