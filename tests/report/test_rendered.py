from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from icp_ml.report.description import run_description
from icp_ml.report.glossary import glossary
from icp_ml.report.html import html_report
from icp_ml.report.memo import memo
from icp_ml.report.summary import summarise

Documents = dict[str, dict]
HOSTILE = "<script>alert(1)</script> [x](https://evil.example) <https://evil.example> **bold** | `code`"


class _Reader(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [v or "" for k, v in attrs if k in ("src", "href", "srcset", "action")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    return reader


def test_the_report_opens_with_the_verdict_and_needs_no_network(documents: Documents) -> None:
    page = html_report(summarise(**documents))
    reader = _read(page)
    assert reader.links
    assert [link for link in reader.links if not link.startswith("#")] == [], "it links only within itself"
    assert {link[1:] for link in reader.links} <= set(re.findall(r'id="(\w+)"', page))
    assert not {"script", "link", "iframe", "img"} & set(reader.tags)
    assert "@import" not in page
    assert "url(" not in page
    titles = re.findall(r"<h2[^>]*>([^<]+)</h2>", page)
    assert titles == [
        "Refuse", "Pursue", "Whom to refuse", "Whom to pursue", "What the stated ICP gets right and wrong", "Segments",
        "Score and tiers", "How far the models can be trusted", "What to know of the data",
        "How this was found, and what it cannot say", "Words used here",
    ]  # fmt: skip
    assert len(page.encode()) < 500_000


def test_the_report_is_readable_in_the_dark_and_on_a_phone(documents: Documents) -> None:
    page = html_report(summarise(**documents))
    assert "prefers-color-scheme: dark" in page
    assert 'name="viewport" content="width=device-width' in page


def test_markup_in_names_reaches_the_report_as_text(documents: Documents) -> None:
    _poison(documents)
    reader = _read(html_report(summarise(**documents)))
    assert "script" not in reader.tags
    assert any(HOSTILE in words for words in reader.words)


def test_the_reliability_plot_marks_every_bin(documents: Documents) -> None:
    page = html_report(summarise(**documents))
    assert page.count('<circle class="dot"') == 2
    assert "promised 10 %, observed 12 %, n = 40" in page


def test_churn_by_month_is_drawn_and_a_month_nobody_was_followed_for_says_so(documents: Documents) -> None:
    seen = {"group": "all", "month": 1, "n": 90, "forecast": 0.02, "observed": 0.03, "low": 0.01, "high": 0.07}
    # metrics.json leaves out what is not known.
    later = {"group": "all", "month": 2, "n": 90, "forecast": 0.05}
    documents["metrics"]["models"]["churn"]["by_month"] = [seen, later]
    page = html_report(summarise(**documents))
    assert "all, by month 1: forecast 2 %, observed 3 %" in page
    assert page.count("not followed so long") == 1
    assert 'class="curve"' in page


def test_the_memo_has_its_eight_sections_in_order(documents: Documents) -> None:
    titles = re.findall(r"^## (\d)\. (.+)$", memo(summarise(**documents)), flags=re.MULTILINE)
    assert titles == [
        ("1", "Segment selected"),
        ("2", "Problem and urgency"),
        ("3", "Buyer and committee"),
        ("4", "Why we can win"),
        ("5", "Economics"),
        ("6", "Proof plan"),
        ("7", "Exclusions"),
        ("8", "Review trigger"),
    ]


def test_the_memo_asks_for_the_columns_that_are_missing(documents: Documents) -> None:
    text = memo(summarise(**documents))
    for column in ("use_case", "buyer_role", "loss_reason", "economics.signal_costs", "economics.acquisition_cost"):
        assert column in text


def test_the_memo_does_not_ask_for_what_is_known(documents: Documents) -> None:
    documents["metrics"]["counted"]["known"] |= {"loss_reason": 4, "cost_to_serve": 3, "pull": 3}
    documents["metrics"]["settings"]["economics.acquisition_cost"] = 2500
    text = memo(summarise(**documents))
    for column in ("loss_reason", "economics.signal_costs", "economics.acquisition_cost", "signals table"):
        assert column not in text


def test_the_memo_selects_the_segment_with_pull_and_names_the_others(documents: Documents) -> None:
    text = memo(summarise(**documents))
    assert "S2 Mid-size SaaS: high pull." in text
    assert "Not selected: S1 Small shops: avoid. Fewer than 40 employees." in text
    assert "On 2026-12-31: look at X1 again." in text


def test_without_segment_and_rules_the_memo_says_so_and_asks(documents: Documents) -> None:
    documents["criteria"] |= {"criteria": [], "not_proposed": "Too few customers left.", "totals": {}}
    documents["segments"] = {"segments": [], "none_because": "No segment differs on later accounts."}
    text = memo(summarise(**documents))
    assert "No segment differs on later accounts." in text
    assert "Too few customers left." in text
    assert "Which kinds of accounts do you believe in" in text
    assert "refuse nothing on this data's account" in text


@pytest.mark.parametrize("render", [memo, run_description])
def test_markup_in_names_reaches_markdown_as_text(documents: Documents, render) -> None:
    _poison(documents)
    text = render(summarise(**documents))
    page = _read(MarkdownIt().render(text))
    assert not {"script", "a"} & set(page.tags)
    assert page.links == []
    assert any("**bold**" in words for words in page.words)


def test_the_description_of_a_run_holds_verdict_rules_and_segments(documents: Documents) -> None:
    text = run_description(summarise(**documents))
    assert text.startswith("**Refuse “Fewer than 40 employees”. Pursue “50 to 500 employees”.**")
    assert "- **X1 Fewer than 40 employees**: 48 % of them left within 12 months" in text
    assert "- **S2 Mid-size SaaS**: high pull" in text
    assert "- **green** (pursue): 50 % of 80 past accounts" in text


def test_the_report_names_accounts_as_text_and_says_how_many_more_there_are(documents: Documents) -> None:
    row = {"id": "A1", "name": HOSTILE, "state": "deal open", "score": 80, "why": HOSTILE, "pipeline": "EUR 5",
           "arr": "", "until": ""}  # fmt: skip
    none = {"total": 0, "rows": []}
    lists = {"pursue": {"total": 90, "rows": [row] * 9}, "refuse": none, "customers": none}
    page = html_report(summarise(**documents), lists)
    reader = _read(page)
    assert "script" not in reader.tags
    assert sum(words == HOSTILE for words in reader.words) == 18, "name and reason in each of nine rows"
    assert "Whom to pursue (90)" in page
    assert "The first 9 are here, all in accounts.csv." in page
    assert "Show 1 more" in page
    assert "Contract ends" not in page, "no end of contract is known"


def test_a_table_in_the_report_has_heads_and_a_reader_can_scroll_to_it(documents: Documents) -> None:
    page = html_report(summarise(**documents))
    assert page.count("<table") == page.count("<thead>")
    assert "<th>" not in page, "each head says whether it is of a row or of a column"
    assert page.count('class="scroll"') == page.count('tabindex="0" role="region"')


def test_the_glossary_has_at_most_15_words_and_none_of_what_was_not_measured(documents: Documents) -> None:
    summary = summarise(**documents)
    words = [word for word, _ in glossary(summary)]
    assert len(words) <= 15
    assert "Decided account" in words
    assert "Left" not in words, "churn was not measured here"
    assert "Earned per opportunity" not in words


def _poison(documents: Documents) -> None:
    documents["criteria"]["criteria"][0]["text"] = HOSTILE
    documents["criteria"]["stated"]["exclusions"][0]["owner"] = HOSTILE
    documents["segments"]["segments"][1]["name"] = HOSTILE
    documents["checks"]["issues"][0]["message"] = HOSTILE
    documents["metrics"]["models"]["churn"]["levels"][0]["level"] = HOSTILE
