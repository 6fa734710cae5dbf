"""Takes the pictures of docs/tour.md from a release of the sample: python scripts/make_tour.py (two minutes)."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "tour"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDTH = 1000


def main() -> None:
    """Discover, review and compare in a temporary folder, and take the pictures."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("make_tour: no Chromium is here; install one")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="icp-tour-") as folder, sync_playwright() as playwright:
        release, comparison = _made(Path(folder))
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": WIDTH, "height": 760}, color_scheme="light")
        page.goto((release / "report.html").as_uri())
        page.wait_for_selector("#lookup tbody tr")
        _take(page, "verdict")
        _at(page, "refuse", "exclusion")
        page.locator("input[name=rule]").first.uncheck()
        _at(page, "what-if", "what-if")
        page.locator("select[name=which]").select_option("customers")
        page.locator("select[name=order]").select_option("margin")
        page.locator("#lookup .opener").first.click()
        _at(page, "look-up", "account")
        page.goto((release / "memo.html").as_uri())
        _take(page, "memo")
        page.goto(comparison.as_uri())
        _take(page, "comparison")
        chromium.close()
    print(f"wrote {len(list(PICTURES.glob('*.png')))} pictures to {PICTURES.relative_to(ROOT)}/")


def _made(folder: Path) -> tuple[Path, Path]:
    """Return a release of the sample, and its comparison with itself after a review."""
    config = (ROOT / "configs" / "sample.yaml").read_text(encoding="utf-8")
    data = (ROOT / "data" / "sample").as_posix()
    (folder / "icp.yaml").write_text(config.replace("../data/sample", data), encoding="utf-8")
    _icp(folder, "discover", "icp.yaml", "--out", "release", "--previous", "none", "--quiet")
    shutil.copytree(folder / "release", folder / "reviewed")
    _icp(folder, "review", "reviewed", "--reject", "X2", "--accept", "X1,C1", "--by", "Ann Meier", "--quiet")
    page = folder / "comparison.html"
    _icp(folder, "compare", "release", "reviewed", "--out", str(page), "--no-track", "--quiet")
    return folder / "release", page


def _icp(folder: Path, *arguments: str) -> None:
    program = "from pipelines.cli import main; main()"
    subprocess.run([sys.executable, "-c", program, *arguments], cwd=folder, check=True)


def _at(page: Page, section: str, name: str) -> None:
    page.evaluate(f"document.getElementById('{section}').scrollIntoView()")
    _take(page, name)


def _take(page: Page, name: str) -> None:
    page.screenshot(path=str(PICTURES / f"{name}.png"))


if __name__ == "__main__":
    main()
