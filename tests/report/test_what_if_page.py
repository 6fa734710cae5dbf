"""What if in a browser: the system's own Chromium, from a file and inside MLflow's kind of frame."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path

import pytest

from icp_ml.release.what_if import TIERS, what_if
from icp_ml.release.what_if_document import what_if_document
from icp_ml.report.html import html_report
from icp_ml.report.summary import summarise
from icp_ml.report.words import count, money, percent, span
from tests.release.what_if_cases import criteria, world
from tests.report.browsing import FRAME, opened
from tests.report.conftest import CHECKS, CRITERIA, METRICS, SEGMENTS

RULES = criteria()
COHORT = world(n=2000, seed=5)
OWN = {"active": ["X1", "X2", "C1"], "green": 70, "red": 50}
FIGURES = {"accounts": count, "open_pipeline": money, "arr_now": money, "decided": count, "arr_signed": money,
           "win_rate": percent, "churn": percent, "nrr": percent}  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    told = copy.deepcopy({"criteria": CRITERIA, "segments": SEGMENTS, "checks": CHECKS, "metrics": METRICS})
    page = html_report(summarise(**told), what_if=what_if_document(COHORT, RULES))
    folder = tmp_path_factory.mktemp("report")
    (folder / "report.html").write_text(page, encoding="utf-8")
    (folder / "frame.html").write_text(FRAME.format('src="report.html"'), encoding="utf-8")
    as_text = page.replace("&", "&amp;").replace('"', "&quot;")
    (folder / "text.html").write_text(FRAME.format(f'srcdoc="{as_text}"'), encoding="utf-8")
    return folder / "report.html"


@pytest.fixture
def page(browser, report):
    """The report opened from its file; nothing may go wrong, and nothing may be fetched."""
    page, wrong = opened(browser, report)
    yield page
    page.context.close()
    assert wrong == []


def shown(page) -> dict[str, dict[str, tuple[str, str]]]:
    """Return the value and the range of each figure by tier, as the page words them."""
    read = """rows => rows.map(row => [row.dataset.figure, [...row.cells].slice(1).map(cell =>
        [cell.children[0].textContent, cell.querySelector(".range")?.textContent ?? ""])])"""
    rows = page.locator("#what-if-table tbody tr").evaluate_all(read)
    return {name: dict(zip(TIERS, map(tuple, cells), strict=True)) for name, cells in rows}


def expected(active, green, red) -> dict[str, dict[str, tuple[str, str]]]:
    figures = what_if(COHORT, RULES, active, green, red)
    return {name: {tier: _worded(name, figures[tier][name]) for tier in TIERS} for name in FIGURES}


def _worded(name, figure) -> tuple[str, str]:
    write = FIGURES[name]
    if write is money:
        return money(figure, "EUR"), ""
    if write is count:
        return f"{figure:,}", ""
    if "absent" in figure:
        return "not measured", figure["absent"]
    return percent(figure["estimate"]), span(percent(figure["low"]), percent(figure["high"]))


def choose(page, active, green, red):
    for box in page.locator("input[name=rule]").all():
        box.set_checked(box.input_value() in active)
    # The lower edge first where both go down, so that neither takes the other along.
    page.locator("#what-if-red-number").fill("0")
    for name, value in (("green", green), ("red", red)):
        page.locator(f"#what-if-{name}-number").fill(str(value))
        page.locator(f"#what-if-{name}-number").dispatch_event("change")


@pytest.mark.parametrize(
    "choice",
    [OWN, {"active": [], "green": 70, "red": 50}, {"active": ["X1", "X2", "C1", "C2"], "green": 70, "red": 50},
     {"active": ["C1", "C2"], "green": 86, "red": 62}, {"active": ["X2"], "green": 100, "red": 99},
     {"active": ["C1"], "green": 1, "red": 0}],
)  # fmt: skip
def test_the_page_shows_what_the_library_gives(page, choice):
    choose(page, **choice)
    assert shown(page) == expected(**choice)


def test_what_changed_stands_beside_what_it_was(page):
    before, after = (what_if(COHORT, RULES, active, 70, 50) for active in (OWN["active"], ["X2", "C1"]))
    page.locator("input[value=X1]").uncheck()
    cell = page.locator("tr[data-figure=accounts] td").nth(2)
    was, now = before["red"]["accounts"], after["red"]["accounts"]
    assert now < was
    assert cell.locator(".was").text_content() == f"was {was:,}: {was - now:,} less"
    total = page.locator("#what-if-said").text_content()
    assert total.startswith(f"{was - now:,} accounts change tier: ")
    refused = page.locator("#what-if-refused p").all_text_contents()
    assert refused[0].startswith(f"{money(after['red']['arr_signed'], 'EUR')}ARR refused")
    assert refused[1].startswith(f"{money(after['red']['open_pipeline'], 'EUR')}open pipeline hit: ")


def test_reset_goes_back_to_the_release(page):
    choose(page, ["C2"], 90, 20)
    assert shown(page) != expected(**OWN)
    page.get_by_role("button", name="Back to the release").click()
    assert shown(page) == expected(**OWN)
    assert page.locator("#what-if-said").text_content() == "As released: nothing is changed."
    assert json.loads(page.locator("#what-if-decisions").input_value())["reject"] == []


def test_decisions_leave_as_a_file(page):
    choose(page, ["X1", "C1", "C2"], 80, 50)
    page.get_by_label("Your name").fill(' Ann "CRO" Lee ')
    page.get_by_label("Why").fill("QBR <3>")
    page.get_by_label("I have looked at").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download decisions").click()
    assert download.value.suggested_filename == "decisions-2026-06-30-aa.json"
    assert json.loads(Path(download.value.path()).read_text(encoding="utf-8")) == {
        "schema_version": "1.0", "release_id": "2026-06-30-aa", "by": 'Ann "CRO" Lee', "note": "QBR <3>",
        "accept": ["X1", "C1", "C2"], "reject": ["X2"], "tiers": {"green": 80, "red": 50},
    }  # fmt: skip


def test_only_what_was_decided_stands_in_the_decisions(page):
    assert json.loads(page.locator("#what-if-decisions").input_value()) == {
        "schema_version": "1.0", "release_id": "2026-06-30-aa", "by": "", "note": "", "accept": [], "reject": [],
    }  # fmt: skip
    page.locator("input[value=C2]").check()
    page.locator("input[value=C1]").uncheck()
    decided = json.loads(page.locator("#what-if-decisions").input_value())
    assert (decided["accept"], decided["reject"]) == (["C2"], ["C1"]), "what was rejected and is on again is accepted"


def test_the_keyboard_alone_is_enough(page):
    keys = page.keyboard
    page.locator("input[value=X1]").focus()
    keys.press("Space")
    assert not page.locator("input[value=X1]").is_checked()
    for _ in range(3):
        keys.press("Tab")
    keys.press("Space")  # C2, which was rejected
    keys.press("Tab")
    for _ in range(4):
        keys.press("ArrowRight")
    assert page.locator("#what-if-green-number").input_value() == "74"
    assert shown(page) == expected(["X2", "C1", "C2"], 74, 50)
    for _ in range(4):
        keys.press("Tab")
    assert page.evaluate("document.activeElement.id") == "what-if-reset"
    keys.press("Enter")
    assert shown(page) == expected(**OWN)


def test_one_edge_takes_the_other_along(page):
    page.locator("#what-if-red").fill("80")
    assert page.locator("#what-if-green").input_value() == "81"
    page.locator("#what-if-green-number").fill("30")
    assert page.locator("#what-if-red").input_value() == "80", "30 may be on its way to 300"
    page.locator("#what-if-green-number").press("Tab")
    assert (page.locator("#what-if-red").input_value(), page.locator("#what-if-green").input_value()) == ("29", "30")
    page.locator("#what-if-green-number").fill("")
    page.locator("#what-if-green-number").press("Tab")
    assert page.locator("#what-if-green-number").input_value() == "30"


def test_every_control_has_a_name_that_can_be_spoken(page):
    spoken = """all => all.map(e => (e.getAttribute("aria-label")
        || [...(e.labels || [])].map(label => label.textContent).join(" ") || e.textContent).trim())"""
    names = page.locator("#what-if-panel").locator("input, button, textarea").evaluate_all(spoken)
    assert names == [
        "X1 Size below 40", "X2 Industry is shop and size at least 20", "C1 Industry is saas",
        "C2 Size at least 70 (rejected)", "Green from", "Green from, as a number", "Red under",
        "Red under, as a number", "Back to the release", "Your name", "Why",
        "I have looked at the rules that are left on: accept them", "Decisions", "Copy decisions", "Download decisions",
    ]  # fmt: skip
    assert page.locator("#what-if-said").get_attribute("role") == "status"


@pytest.mark.parametrize("viewer", ["frame.html", "text.html"])
def test_in_the_viewers_sandbox_decisions_can_be_copied_but_not_downloaded(browser, report, viewer):
    page, wrong = opened(browser, report.with_name(viewer))
    inside = page.frame_locator("iframe")
    inside.locator("input[value=X1]").uncheck()
    rows = inside.locator("tr[data-figure=decided] td").all_text_contents()
    figures = what_if(COHORT, RULES, ["X2", "C1"], 70, 50)
    assert [row.split("was")[0] for row in rows] == [f"{figures[tier]['decided']:,}" for tier in TIERS]
    assert inside.get_by_role("button", name="Download decisions").is_disabled()
    assert inside.locator("#what-if-no-download").is_visible()
    inside.get_by_role("button", name="Copy decisions").click()
    assert inside.locator("#what-if-done").text_content() in ("Copied.", "Selected: press Ctrl+C, or Cmd+C, to copy.")
    chosen = inside.locator("#what-if-decisions")
    assert chosen.evaluate("e => e.value.slice(e.selectionStart, e.selectionEnd)") == chosen.input_value()
    page.context.close()
    assert wrong == []


def test_where_copying_is_refused_the_text_is_selected(page):
    page.evaluate("() => { document.execCommand = () => { throw new Error('refused'); }; }")
    page.evaluate("() => { Object.defineProperty(navigator, 'clipboard', { value: undefined }); }")
    page.get_by_role("button", name="Copy decisions").click()
    assert page.locator("#what-if-done").text_content().startswith("Selected: press Ctrl+C")


def test_figures_are_worded_as_in_the_rest_of_the_report(page):
    rates = [0.0, 0.0001, 0.0004999, 0.001, 0.034, 0.0999, 0.125, 0.135, 0.484, 0.5, 0.985, 0.9971, 0.9999, 1.0, 1.107]
    assert page.evaluate("rates => rates.map(WhatIfPage.percent)", rates) == [percent(rate) for rate in rates]
    sums = [0, 3, 999.5, 1234.5, 999_999.4, 1_000_000, 2_329_940, 9_994_999, 9_995_000, 23_456_000, 1.5e9, 0.5, 2.5]
    told = page.evaluate("sums => sums.map(sum => WhatIfPage.money(sum, 'EUR'))", sums)
    assert told == [money(amount, "EUR") for amount in sums]


def test_nothing_is_wider_than_a_phone(browser, report):
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(report.as_uri())
    page.locator("input[value=X1]").uncheck()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_where_no_amount_is_recorded_none_is_shown(browser, tmp_path):
    """Nought would say that refusing costs nothing."""
    accounts = COHORT.accounts.assign(
        arr_start=float("nan"), arr_now=float("nan"), amount=float("nan"), open_pipeline=0.0
    )
    told = copy.deepcopy({"criteria": CRITERIA, "segments": SEGMENTS, "checks": CHECKS, "metrics": METRICS})
    document = what_if_document(replace(COHORT, accounts=accounts), RULES)
    (tmp_path / "report.html").write_text(html_report(summarise(**told), what_if=document), encoding="utf-8")
    page, wrong = opened(browser, tmp_path / "report.html")
    assert page.locator("#what-if-refused p").count() == 0
    assert "arr_signed" not in shown(page)
    page.context.close()
    assert wrong == []
