"""The system's own Chromium for tests of the report; no page may complain or reach outside its file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
FRAME = (
    '<!doctype html><html lang="en"><title>viewer</title>'
    '<iframe title="report" sandbox="allow-scripts" {} width="900" height="900"></iframe></html>'
)
"""How MLflow's viewer shows an artifact: scripts run, and nothing else is allowed."""


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
