from __future__ import annotations

import io
import re

import pytest

from pipelines.progress import Stages


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_one_plain_line_a_stage_with_its_time() -> None:
    log = io.StringIO()
    stages = Stages(("read", "models"), stream=log)
    with stages.stage("read"):
        pass
    with stages.stage("models") as note:
        note("fold 1 of 5")
    assert re.fullmatch(r"\[1/2\] read \.\.\. +\d+\.\d s\n\[2/2\] models \.\.\. +\d+\.\d s\n", log.getvalue())
    assert list(stages.seconds) == ["read", "models"]
    assert stages.total_seconds == sum(stages.seconds.values())


def test_quiet_says_nothing_and_keeps_the_times() -> None:
    log = io.StringIO()
    stages = Stages(("read",), stream=log, quiet=True)
    with stages.stage("read") as note:
        note("half way")
    assert log.getvalue() == ""
    assert "read" in stages.seconds


def test_a_terminal_keeps_a_line_for_each_stage_that_ended() -> None:
    screen = _Terminal()
    with Stages(("read",), stream=screen).stage("read") as note:
        note("[bold]not markup[/bold]")
    assert re.search(r"\[1/1\] read +\d+\.\d s\n$", screen.getvalue())


def test_a_stage_that_fails_has_no_time() -> None:
    stages = Stages(("read",), stream=io.StringIO())
    with pytest.raises(OSError, match="gone"), stages.stage("read"):
        raise OSError("gone")
    assert stages.seconds == {}


def test_a_stage_that_was_not_announced_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="not in tuple"), Stages(("read",), stream=io.StringIO()).stage("models"):
        pass


def test_a_stage_that_fails_ends_its_line_so_that_the_error_stands_on_its_own() -> None:
    log = io.StringIO()
    with pytest.raises(OSError, match="gone"), Stages(("read",), stream=log).stage("read"):
        raise OSError("gone")
    assert log.getvalue() == "[1/1] read ... not done\n"
