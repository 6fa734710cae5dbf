"""Stages of a long job as they run: a spinner on a terminal, plain lines in a log, nothing when quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

Note = Callable[[str], None]


class Stages:
    """Announces a job's stages and keeps how long each took.

    Parameters
    ----------
    names : sequence of str
        The stages in their order, so that each can say which of how many it is.
    stream : TextIO, optional
        Where progress goes; standard error by default, since standard output is for results.
    quiet : bool, default False
        Say nothing; times are kept all the same.

    Attributes
    ----------
    seconds : dict
        Stage to seconds, for the stages that ended.
    """

    def __init__(self, names: Sequence[str], stream: TextIO | None = None, quiet: bool = False) -> None:
        self.names = tuple(names)
        self.stream = stream if stream is not None else sys.stderr
        self.quiet = quiet
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[Note]:
        """Run one stage; yields a function that takes a few words on how far it is.

        Raises
        ------
        ValueError
            If the stage was not announced.
        """
        label = f"[{self.names.index(name) + 1}/{len(self.names)}] {name}"
        start = time.perf_counter()
        with self._shown(label) as note:
            yield note
        self.seconds[name] = time.perf_counter() - start
        self._ended(label, self.seconds[name])

    @property
    def total_seconds(self) -> float:
        """Seconds of all stages that ended."""
        return sum(self.seconds.values())

    @contextmanager
    def _shown(self, label: str) -> Iterator[Note]:
        if self.quiet:
            yield _say_nothing
        elif self.stream.isatty():
            from rich.console import Console
            from rich.markup import escape

            with Console(file=self.stream).status(escape(label)) as status:
                yield lambda words: status.update(escape(f"{label}: {words}"))
        else:
            self._write(f"{label} ... ")
            went_well = False
            try:
                yield _say_nothing
                went_well = True
            finally:
                # What went wrong is said on a line of its own.
                self._write("" if went_well else "not done\n")

    def _ended(self, label: str, seconds: float) -> None:
        if self.quiet:
            return
        took = f"{seconds:5.1f} s\n"
        # On a terminal the spinner has erased its own line.
        self._write(f"{label:<22} {took}" if self.stream.isatty() else took)

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


def _say_nothing(words: str) -> None:
    """Take the words of a stage that shows none."""
