"""MLflow's own pages: the report works inside the artifact viewer, and the charts lay releases over one another."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote

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
    """MLflow's pages on a store that holds two releases; gives their address, and the runs of the releases."""
    folder = tmp_path_factory.mktemp("viewer")
    release = Path(shutil.copytree(discovered, folder / "release"))
    uri = f"sqlite:///{(folder / 'mlflow.db').as_posix()}"
    runs = [
        track_discovery(_discovery(release, *told), uri, "icp-sample", folder / "artifacts").run_id
        for told in (("2026-06-30-aaaa", 1.0), ("2026-06-30-bbbb", 0.5))
    ]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", *ui_command(uri, folder / "artifacts", "127.0.0.1", port)]
    with subprocess.Popen(command, env={**os.environ, **ui_environment()}, cwd=folder) as server:
        address = f"http://127.0.0.1:{port}"
        _wait(address, server)
        yield address, runs
        server.terminate()


def _discovery(release: Path, release_id: str, times: float) -> Discovery:
    """Return a discovery with the release's figures, the second's lines being half as high."""
    told = json.loads((release / "metrics.json").read_text(encoding="utf-8"))
    series = {n: [p | {"value": times * p["value"]} for p in points] for n, points in told["series"].items()}
    tags = {"verdict": f"Verdict of {release_id}"}
    return Discovery(
        "sample", release_id, "2026-06-30", "A discovery", {"seed": times}, told["metrics"], {}, release, tags=tags,
        series=series,
    )  # fmt: skip


def _opened(browser: Any, wrong: list[str]) -> Any:
    page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    return page


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
    wrong: list[str] = []
    page = _opened(browser, [])
    page.goto(f"{viewer[0]}/#/models/icp-sample/versions/1")
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


def _drawn(page: Any) -> dict[str, list[float]]:
    """Return what the page's first chart draws, by run."""
    plot = ".js-plotly-plot"
    runs = f"new Set(document.querySelector('{plot}')?.data?.map(line => line.name)).size"
    page.wait_for_function(f"{runs} > 1", timeout=60_000)
    lines = page.eval_on_selector(plot, "chart => chart.data.map(line => [line.name, [...line.y]])")
    return {name: values for name, values in lines}


def _expected(release: Path, name: str) -> dict[str, Any]:
    told = json.loads((release / "metrics.json").read_text(encoding="utf-8"))["series"][name]
    values = [point["value"] for point in told]
    return {"2026-06-30-aaaa": pytest.approx(values), "2026-06-30-bbbb": pytest.approx([0.5 * v for v in values])}


def test_the_view_of_releases_opens_from_the_description_and_draws_a_line_a_release(browser, viewer, discovered):
    address, _ = viewer
    wrong: list[str] = []
    start = _opened(browser, wrong)
    start.goto(f"{address}/#/experiments/1/runs")
    with start.context.expect_page() as leading:
        start.get_by_role("link", name="Releases side by side").click(timeout=60_000)
    page = leading.value
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.get_by_text("Who stays: share still there, by month").wait_for(timeout=60_000)
    assert _drawn(page) == _expected(discovered, "kept_by_month/green")
    for title in ("kept_by_month/green", "kept_by_month/red"):
        assert page.get_by_text(title, exact=True).count() == 1, title
    assert page.get_by_role("link", name="2026-06-30-").all_inner_texts() == ["2026-06-30-bbbb", "2026-06-30-aaaa"]
    assert page.get_by_text("invalid").count() == 0
    page.context.close()
    assert wrong == []


def test_two_releases_compare_with_their_verdicts_and_their_lines(browser, viewer, discovered):
    address, runs = viewer
    wrong: list[str] = []
    page = _opened(browser, wrong)
    chosen = f"runs={quote(json.dumps(runs))}&experiments={quote(json.dumps(['1']))}"
    page.goto(f"{address}/#/compare-runs?{chosen}")
    page.get_by_text("Comparing 2 Runs from 1 Experiment").wait_for(timeout=60_000)
    for release in ("2026-06-30-aaaa", "2026-06-30-bbbb"):
        page.get_by_text(f"Verdict of {release}").first.wait_for(timeout=60_000)
    name = "kept_by_month/red"
    shown = f"metric={quote(json.dumps(name))}&plot_metric_keys={quote(json.dumps([name]))}"
    page.goto(f"{address}/#/metric?{chosen}&{shown}")
    page.get_by_role("columnheader", name="Latest").wait_for(timeout=60_000)
    assert _drawn(page) == _expected(discovered, name)
    page.context.close()
    assert wrong == []
