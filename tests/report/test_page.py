"""The whole report in a browser: accounts are found, names do no harm, nobody is shut out."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from icp_ml.release.explaining import Explanation, explain_account
from icp_ml.release.folder import Release
from icp_ml.release.people import csv_text
from icp_ml.release.similar import GROUPS
from icp_ml.report.counting import present_customers
from icp_ml.report.retelling import standing_of
from icp_ml.report.telling import tell
from tests.report.browsing import FRAME, assert_nobody_is_shut_out, every_screen, needs_axe, opened

pytestmark = pytest.mark.slow
NASTY = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    '=HYPERLINK("http://x","y")',
    "{{ 7 * 7 }} {% raw %}",
    "\u202egnp.exe",
    "שלום & عالم",
    "`'\"\\",
)


@pytest.fixture(scope="module")
def standing(discovered):
    """A release whose first accounts, and an owner and a territory, have names that would do harm."""
    whole = standing_of(Release.load(discovered))
    accounts = whole.kept.cohort.accounts
    open_deals = accounts.index[accounts["open_pipeline"] > 0][: len(NASTY)]
    named = accounts.assign(name=accounts["name"].mask(accounts.index.isin(open_deals)))
    named.loc[open_deals, "name"] = list(NASTY)
    now = {by: values.mask(values.index.isin(open_deals), NASTY[0]) for by, values in whole.kept.now.items()}
    return replace(whole, kept=replace(whole.kept, cohort=replace(whole.kept.cohort, accounts=named), now=now))


@pytest.fixture(scope="module")
def told(standing, discovered):
    return tell(standing, Release.load(discovered).criteria)


@pytest.fixture(scope="module")
def report(told, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    (folder / "report.html").write_text(told.report_html, encoding="utf-8")
    (folder / "memo.html").write_text(told.memo_html, encoding="utf-8")
    (folder / "frame.html").write_text(FRAME.format('src="report.html"'), encoding="utf-8")
    return folder / "report.html"


@pytest.fixture
def page(browser, report):
    page, wrong = opened(browser, report)
    page.wait_for_selector("#lookup tbody tr")
    yield page
    page.context.close()
    assert wrong == []


def _found(page) -> list[dict[str, str]]:
    read = """rows => rows.map(row => Object.fromEntries([["Account", row.cells[0].innerText],
        ...[...row.cells].slice(1).map(cell => [cell.dataset.head, cell.textContent])]))"""
    found: list[dict[str, str]] = page.locator("#lookup tbody tr:not(.opened)").evaluate_all(read)
    return found


def test_an_account_is_found_by_a_part_of_its_name_or_id_and_its_points_add_up(page, told):
    scored = told.scored[told.scored["matched_criteria"].fillna("").str.contains("X")].iloc[0]
    page.get_by_label("Name or id").fill(scored["account_id"].lower())
    (row,) = _found(page)
    assert (row["Tier"], row["Score"]) == (scored["icp_tier"], str(scored["icp_score"]))
    page.locator("#lookup .opener").press("Enter")
    lines = page.locator("#lookup .sum li").all_inner_texts()
    points = [int(line.split("\n")[-1]) for line in lines]
    assert sum(points[:-1]) == points[-1] == scored["icp_score"]
    assert page.locator("#lookup .opener").get_attribute("aria-expanded") == "true"
    assert "Red, since an exclusion holds" in page.locator("#lookup .opened").inner_text()
    page.get_by_label("Name or id").fill("no such account at all")
    assert page.get_by_text("No account fits.").is_visible()


def _card(page, identity: str):
    page.get_by_label("Name or id").fill(identity)
    page.locator("#lookup .opener").first.press("Enter")
    return page.locator("#lookup .opened")


def _past(explained: Explanation, called, currency: str) -> dict[str, list[str]]:
    """Return by title what `icp explain` says of past accounts, with what each paid."""
    return {
        title: [
            f"{called[one['account_id']]}: {one['likeness']:.0%} alike, {verb} {one['months']:.0f} months"
            + ("" if one["arr"] is None else f", {currency} {one['arr']:,.0f} a year at first")
            for one in explained.similar[group]
        ]
        for group, (title, verb) in GROUPS.items()
        if explained.similar[group]
    }


def test_the_card_says_what_explain_says(page, standing, told, discovered):
    release, accounts = Release.load(discovered), standing.kept.cohort.accounts
    called = accounts["name"].where(accounts["name"].notna(), accounts.index.to_series())
    by_tier = [told.scored.index[told.scored["icp_tier"] == tier] for tier in ("green", "yellow", "red")]
    looked_at = accounts.index[[rows[n * len(rows) // 4] for rows in by_tier for n in range(4)]]
    explained = [explain_account(identity, release) for identity in looked_at]
    assert {one.tier for one in explained} == {"green", "yellow", "red"}
    for one in explained:
        card = _card(page, one.account_id)
        assert card.locator("li.total").inner_text().split("\n") == ["Score", str(one.score)]
        said = [text for text in card.locator("p").all_text_contents() if text.startswith("Closest change")]
        assert said == ([] if one.change is None else [f"Closest change: {one.change['text']}"])
        groups = {
            group.locator("strong").inner_text().rstrip(":"): group.locator("li").all_text_contents()
            for group in card.locator(".alike > div").all()
        }
        assert groups == _past(one, called, standing.kept.cohort.currency)


def test_the_card_of_a_past_account_opens_from_where_it_is_named(page):
    card = _card(page, page.locator("#lookup tbody th .range").first.inner_text())
    names = card.locator(".alike button > bdi")
    assert names.count() == card.locator(".alike button").count() == 6
    name = names.nth(4).inner_text()
    page.locator("select[name=which]").focus()
    card.locator(".alike button").nth(4).press("Enter")
    assert page.evaluate("document.activeElement.innerText") == name
    assert page.locator("#lookup tr:has([aria-expanded=true]) .opener").inner_text() == name
    assert page.locator("#lookup .opened .sum").is_visible()


def test_where_there_is_no_room_the_card_says_how_to_ask(browser, standing, discovered, tmp_path, monkeypatch):
    monkeypatch.setattr("icp_ml.report.account_cards.MOST_ALIKE", 3)
    (tmp_path / "report.html").write_text(tell(standing, Release.load(discovered).criteria).report_html, "utf-8")
    page, wrong = opened(browser, tmp_path / "report.html")
    page.wait_for_selector("#lookup tbody tr")
    never = standing.kept.cohort.accounts.query("status == 'never worked'").index[0]
    assert f"Which past accounts are like it, icp explain {never} tells" in _card(page, never).inner_text()
    assert page.locator("#lookup .alike").count() == 0
    page.context.close()
    assert wrong == []


@pytest.mark.parametrize(("order", "head"), [("arr", "Pays a year"), ("months", "Customer for")])
def test_customers_are_ranked_with_their_tier(page, standing, order, head):
    accounts = standing.kept.cohort.accounts
    page.locator("select[name=which]").select_option("customers")
    page.locator("select[name=order]").select_option(order)
    shown = [int("".join(filter(str.isdigit, row[head]))) for row in _found(page)]
    assert shown == sorted(shown, reverse=True)
    present = accounts[present_customers(accounts)]
    assert page.locator("[data-lookup=count]").inner_text() == f"{len(present):,} accounts"
    if order == "arr":
        assert shown[0] == round(present["arr_now"].max())
    assert {row["Tier"] for row in _found(page)} <= {"green", "yellow", "red"}
    assert {row["State"] for row in _found(page)} == {"customer"}


def test_a_territory_is_chosen_and_more_are_shown_on_demand(page, standing):
    now = standing.kept.now["territory"]
    largest = now.value_counts().index[0]
    page.locator("select[name=territory]").select_option(label=largest)
    assert page.locator("[data-lookup=count]").inner_text() == f"{(now == largest).sum():,} accounts"
    assert len(_found(page)) == 25
    page.get_by_role("button", name="Show more").click()
    assert len(_found(page)) == 50


def test_names_that_would_do_harm_are_shown_as_they_are(page):
    for name in NASTY:
        page.get_by_label("Name or id").fill(name)
        assert [row["Account"].split("\n")[0] for row in _found(page)] == [name]
    assert page.locator("img").count() == 0
    assert page.locator("select[name=owner]").locator("option", has_text=NASTY[0]).count() == 1


def test_no_name_is_a_formula_in_a_spreadsheet_or_markup_in_the_memo(told):
    rows = list(csv.DictReader(io.StringIO(csv_text(told.accounts))))
    cells = [cell for row in rows for column, cell in row.items() if column in ("name", "reasons", "segment")]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "@", "\t", "\r")]
    assert sum(row["name"].lstrip("'") in NASTY for row in rows) == len(NASTY)
    assert "<script" not in told.memo
    assert "<script" not in told.memo_html


def test_what_a_mark_stands_for_is_read_by_keyboard_and_by_touch(page):
    charts = page.locator("svg[role=img]:has(title)")
    assert charts.count() > 3
    assert page.locator(".pointed").count() == charts.count()
    chart = page.locator("svg.chart").first
    marks = chart.locator("title").all_text_contents()
    caption = page.locator("svg.chart + .pointed").first
    assert "left and right arrow keys" in caption.inner_text()
    for key, at in (("ArrowLeft", -1), ("ArrowRight", 0), ("ArrowRight", 1), ("ArrowLeft", 0)):
        chart.press(key)
        assert caption.inner_text() == marks[at]
    chart.scroll_into_view_if_needed()
    box = chart.locator("circle").nth(3).bounding_box()
    # A finger is less sure than a mouse: the nearest mark counts.
    page.mouse.click(box["x"] + box["width"] / 2 + 2, box["y"] + box["height"] / 2 - 2)
    assert caption.inner_text() == marks[3]
    assert chart.locator(".pointed-at").count() == 1


def test_inside_the_frame_of_mlflows_viewer_accounts_are_found_too(browser, report):
    page, wrong = opened(browser, report.parent / "frame.html")
    frame = page.frame_locator("iframe")
    frame.locator("#lookup tbody tr").first.wait_for()
    frame.locator("select[name=which]").select_option("refuse")
    assert frame.locator("#lookup tbody td[data-head=Tier]").first.inner_text() == "red"
    page.context.close()
    assert wrong == []


def test_without_scripts_the_report_says_where_accounts_stand(browser, report):
    page, wrong = opened(browser, report, java_script_enabled=False)
    assert "every account with its points stands in accounts.csv" in page.locator("#lookup").inner_text()
    assert page.get_by_role("heading", name="Whom to refuse", exact=True).is_visible()
    page.context.close()
    assert wrong == []


def _opened_account(page) -> None:
    page.wait_for_selector("#lookup tbody tr")
    page.locator("#lookup .opener").first.click()


@needs_axe
@every_screen
def test_nobody_is_shut_out_of_the_report(browser, report, width, scheme):
    assert_nobody_is_shut_out(browser, report, width, scheme, _opened_account)


@needs_axe
@every_screen
def test_nobody_is_shut_out_of_the_memo(browser, report, width, scheme):
    assert_nobody_is_shut_out(browser, report.with_name("memo.html"), width, scheme)


def test_the_report_of_a_release_stays_small(told):
    assert len(told.report_html.encode()) < 3_000_000
