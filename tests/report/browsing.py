"""The system's own Chromium for tests of the report; no page may complain or reach outside its file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
FRAME = (
    '<!doctype html><html lang="en"><title>viewer</title>'
    '<iframe title="report" sandbox="allow-scripts" {} width="900" height="900"></iframe></html>'
)
"""How MLflow's viewer shows an artifact: scripts run, and nothing else is allowed."""


AXE = Path(__file__).parents[1] / "engines" / "node_modules" / "axe-core" / "axe.min.js"
needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not here; make engines installs it")
every_screen = pytest.mark.parametrize(
    ("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]
)


def assert_nobody_is_shut_out(
    browser: Any, file: Path, width: int, scheme: str, first: Callable[[Any], None] = lambda page: None
) -> None:
    """Open a page, do something with it first, unfold all of it, and let axe-core look; nothing may stick out."""
    page, wrong = opened(browser, file, viewport={"width": width, "height": 900}, color_scheme=scheme)
    first(page)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    page.add_script_tag(path=str(AXE))
    found = page.evaluate("axe.run()")["violations"]
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.context.close()
    serious = [
        (v["id"], v["nodes"][0]["html"][:200], len(v["nodes"])) for v in found if v["impact"] in ("serious", "critical")
    ]
    assert serious == []
    assert wide <= width
    assert wrong == []


def opened(browser: Any, file: Path, **context: Any) -> tuple[Any, list[str]]:
    """Open a file; returns the page, and what it complains of or asks for outside itself, which grows as it does."""
    page = browser.new_context(accept_downloads=True, **context).new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: (wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda r: None if r.url.startswith(("file:", "about:", "blob:")) else wrong.append(r.url))
    page.goto(file.as_uri())
    return page, wrong
