"""How a command of ``icp`` ends: the user's own mistakes as one message, a stop as a stop, a bug with its traceback."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from icp_ml.errors import IcpError

REFUSED, USER_INPUT, INTERRUPTED = 1, 2, 130


@contextmanager
def _stopped_like_the_keyboard() -> Iterator[None]:
    """Let a request to end, as a scheduler sends it, clean up as a stop from the keyboard does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stop(number: int, frame: object) -> None:
    raise KeyboardInterrupt


class IcpGroup(TyperGroup):
    """Commands whose expected errors end as one message on standard error and exit status 2."""

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # typer's own context, vendored or click's
        """Run a command; a bug keeps its traceback and exit status 1."""
        try:
            with _stopped_like_the_keyboard():
                return super().invoke(ctx)
        except IcpError as err:
            typer.echo(f"icp: {err}", err=True)
            raise typer.Exit(USER_INPUT) from err
        except PermissionError as err:
            typer.echo(f"icp: {err.filename} may not be read or written here; change its permissions", err=True)
            raise typer.Exit(USER_INPUT) from err
        except KeyboardInterrupt as err:
            typer.echo("\nicp: stopped; a release is written whole or not at all, so none was left half done", err=True)
            raise typer.Exit(INTERRUPTED) from err
