from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from icp_ml.comparison.comparing import compare_releases
from icp_ml.report.comparison import comparison_note, told_comparison
from icp_ml.report.comparison_html import html_comparison
from icp_ml.report.comparison_terminal import print_comparison
from icp_ml.report.comparison_verdict import NOTHING_CHANGED
from tests.comparison.worlds import criterion, entry, population, region, release, settled, small

HOSTILE = ["<script>alert(1)</script>", "[red]=cmd()[/red]", "\u202eevil\u202c \x1b[2J", '"><img src=x onerror=y>']
FRAME = settled(400, 4).assign(name=lambda f: [HOSTILE[i % 4] for i in range(len(f))], arr_now=lambda f: f["size"])


def _told(*releases, frame=FRAME):
    entries = [entry(r, population(frame)) for r in releases]
    return told_comparison(entries, compare_releases(entries))


def _printed(told, width=120) -> str:
    out = io.StringIO()
    print_comparison(told, Console(file=out, width=width, force_terminal=False), {"Page": "x.html"})
    return out.getvalue()


BEFORE = release([criterion("X1", small(20))])
EARLIER = release([criterion("X1", small(20))], "2023-06-30", identity="earlier")
AFTER = release([criterion("X1", region("<b>South</b> [bold]"))], "2025-06-30", identity="<i>r2</i>")


def test_nothing_changed_is_one_sentence_and_no_table() -> None:
    told = _told(BEFORE, BEFORE)
    assert told["pairs"][0]["verdict"] == {"answer": "nothing_changed", "headline": NOTHING_CHANGED, "sentences": []}
    page, printed = html_comparison(told), _printed(told)
    assert NOTHING_CHANGED in page
    assert "<table" not in page
    assert "<h2" not in page
    assert printed.startswith(NOTHING_CHANGED)
    assert "Under" not in printed


def test_the_answer_comes_before_everything_else() -> None:
    told = _told(BEFORE, AFTER)
    headline = told["pairs"][0]["verdict"]["headline"]
    page = html_comparison(told)
    assert page.index(f"<h1>{headline}") < page.index("<table")
    assert _printed(told, 400).startswith(headline)


def test_hostile_names_do_nothing_in_the_page() -> None:
    page = html_comparison(_told(BEFORE, AFTER))
    for harmful in ("<script>alert", "<img", "<b>South", "<i>r2"):
        assert harmful not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<bdi>\u202eevil" in page, "an isolated name cannot turn the text around it"


def test_hostile_names_do_nothing_on_a_terminal() -> None:
    printed = _printed(_told(BEFORE, AFTER), 400)
    assert "[red]=cmd()[/red]" in printed, "markup is shown, not obeyed"
    assert "\x1b" not in printed
    assert "\u202e" not in printed


def test_every_range_is_in_words_and_none_is_without_them() -> None:
    worse = release([criterion("X1", small(1000))], identity="none")
    rows = _told(EARLIER, worse)["pairs"][0]["flattering"]["rows"]
    told = {row["name"]: row for row in rows}
    assert told["red"]["difference"].endswith("points more")
    assert told["net_margin"]["difference"].startswith("EUR ")
    assert "to" in told["net_margin"]["difference"]
    assert told["green"]["difference"] == "the same, account by account"
    assert "absent" in told["win_rate_green"]


def test_losing_on_its_own_accounts_is_said_with_the_money() -> None:
    told = _told(EARLIER, release([criterion("X1", small(1000))], identity="none"))["pairs"][0]["verdict"]
    assert told["headline"] == "Keep A: B earns less even on the newer accounts it was made from."
    assert "each opportunity that comes along earns EUR 0 under B" in told["sentences"][0]
    assert "A range holds the true figure nine times in ten." in told["sentences"]


def test_without_later_accounts_it_says_what_would_settle_it() -> None:
    told = _told(BEFORE, AFTER)["pairs"][0]["verdict"]
    assert told["answer"] == "cannot_tell"
    assert "data that reach past 2025-06-30, in which at least 30 new customers" in told["sentences"][0]


@pytest.mark.parametrize("jargon", ["bootstrap", "confidence", "p-value", "quantile", "IPCW", "Kaplan", "estimate"])
def test_the_page_holds_no_jargon(jargon: str) -> None:
    page = html_comparison(_told(BEFORE, AFTER)).split("<body>")[1]
    assert jargon.lower() not in page.lower().replace("not estimated", "")


def test_several_releases_stand_side_by_side() -> None:
    told = _told(BEFORE, AFTER, release([criterion("X1", small(60))], identity="third"))
    assert [r["letter"] for r in told["releases"]] == ["A", "B", "C"]
    rows = {row["label"]: row["cells"] for row in told["side_by_side"]}
    assert rows["Accounts that change tier"] == [f"{pair['tiers']['moved']:,}" for pair in told["pairs"]]
    assert "Each against A" in html_comparison(told)


def test_the_document_is_json() -> None:
    told = _told(BEFORE, AFTER)
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_the_note_for_mlflow_escapes_markup() -> None:
    note = comparison_note(_told(BEFORE, AFTER))
    assert "&lt;b&gt;South" in note
    assert "<b>" not in note
    assert "<i>" not in note


def test_a_rule_that_a_person_rejected_did_not_go_for_want_of_evidence() -> None:
    """The same difference still shows; that it was not enough is said only where the data let the rule go."""
    frame = settled(400, 4, keeps=0.9, keeps_small=0.4)
    rejected = release([criterion("X1", small(20), status="rejected")], "2025-06-30", identity="r2")
    gone = release([], "2025-06-30", identity="r3")
    for after, said in ((gone, True), (rejected, False)):
        (rule,) = [r for r in _told(BEFORE, after, frame=frame)["pairs"][0]["rules"] if r["what"] == "went"]
        assert any("not enough" in line for line in rule["evidence"]) == said
