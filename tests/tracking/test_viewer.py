"""The report inside MLflow's own artifact viewer: its scripts run, and the registry's links lead to it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

import pytest

from icp_ml.tracking.discoveries import Discovery, track_discovery
from icp_ml.tracking.recording import ui_command, ui_environment
from tests.report.browsing import BROWSER

sync_api = pytest.importorskip("playwright.sync_api")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # what MLflow deprecates in itself is not ours to mend
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is here"),
]


@pytest.fixture(scope="module")
def viewer(discovered: Path, tmp_path_factory: pytest.TempPathFactory):
    """MLflow's pages on a store that holds one release; gives their address."""
    folder = tmp_path_factory.mktemp("viewer")
    release = Path(shutil.copytree(discovered, folder / "release"))
    uri = f"sqlite:///{(folder / 'mlflow.db').as_posix()}"
    discovery = Discovery("sample", "2026-06-30-aaaa", "2026-06-30", "A discovery", {}, {}, {}, release)
    track_discovery(discovery, uri, "icp-sample", folder / "artifacts")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", *ui_command(uri, folder / "artifacts", "127.0.0.1", port)]
    with subprocess.Popen(command, env={**os.environ, **ui_environment()}, cwd=folder) as server:
        address = f"http://127.0.0.1:{port}"
        _wait(address, server)
        yield address
        server.terminate()


def _wait(address: str, server: subprocess.Popen) -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except (URLError, ConnectionError, TimeoutError):
            assert server.poll() is None, "MLflow's pages did not start"
            time.sleep(0.5)
        else:
            return
    raise AssertionError("MLflow's pages did not answer")


def test_the_registry_leads_to_a_report_that_works_inside_the_viewer(browser, viewer):
    page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    wrong: list[str] = []
    page.goto(f"{viewer}/#/models/icp-sample/versions/1")
    with page.context.expect_page() as leading:
        page.get_by_role("link", name="report", exact=True).click(timeout=60_000)
    shown = leading.value
    shown.on("pageerror", lambda error: wrong.append(str(error)))
    frame = shown.frame_locator("iframe")
    frame.locator("#lookup tbody tr").first.wait_for(timeout=60_000)
    frame.get_by_label("Name or id").fill("A000001")
    assert frame.locator("#lookup tbody tr").count() == 1
    before = frame.locator("#what-if-table tbody tr").first.inner_text()
    frame.locator("input[name=rule]").first.uncheck()
    assert frame.locator("#what-if-table tbody tr").first.inner_text() != before
    page.context.close()
    assert wrong == []
