from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from icp_ml.report.description import run_description
from icp_ml.report.html import html_report
from icp_ml.report.memo import memo
from icp_ml.report.segment_changes import told_changes
from icp_ml.report.summary import summarise
from icp_ml.report.terminal import print_summary

Documents = dict[str, dict]

SAME = {"change": "kept", "from": ["S1"], "to": ["S1"], "text": "S1 is the same."}
MOVED = {"change": "moved", "from": ["S2"], "to": ["S2"], "text": "S2 moved: <3> of its 40 accounts left."}


def changes(*entries: dict[str, Any], same: int = 980) -> dict[str, Any]:
    accounts = {"same": same, "of": 1000, "share": same / 1000}
    return {"since": "2026-03-31-bb", "accounts": accounts, "segments": list(entries)}


def headline(**document: Any) -> str:
    told = told_changes({"changes": changes() | document})
    assert told is not None
    return told["headline"]


def test_where_something_changed_the_headline_says_for_how_many_accounts_and_what_follows():
    told = told_changes({"changes": changes(SAME, MOVED)})
    assert told == {
        "headline": "Since release 2026-03-31-bb 980 of 1,000 accounts (98 %) stayed where they were, in their segment "
        "or in none. 1 segment stayed the same, and this changed:",
        "texts": [MOVED["text"]],
        "by_id": {"S2": MOVED["text"]},
    }


def test_where_nothing_changed_one_sentence_says_so():
    told = told_changes({"changes": changes(SAME, SAME | {"to": ["S2"]}, same=1000)})
    assert told is not None
    assert told["headline"] == (
        "Since release 2026-03-31-bb both segments are the same. All 1,000 accounts stayed where they were, in their "
        "segment or in none."
    )
    assert told["texts"] == []


def test_where_neither_release_has_segments_that_is_said():
    assert headline() == "Since release 2026-03-31-bb nothing changed: neither has any segment."


def test_a_share_that_cannot_be_told_is_told_as_such():
    words = headline(segments=[MOVED], accounts={"absent": "the rules cannot be tried"}, since=None)
    assert words == (
        "Since the release before it cannot be told how many accounts stayed where they were: the rules cannot be "
        "tried. This changed:"
    )


@pytest.mark.parametrize("document", [{}, {"changes": None}], ids=["before there were any", "no previous release"])
def test_a_release_with_nothing_to_compare_says_nothing(documents: Documents, document: dict[str, Any]) -> None:
    documents["segments"] |= document
    summary = summarise(**documents)
    assert summary["changes"] is None
    assert "Since release" not in html_report(summary) + memo(summary) + run_description(summary)


def test_every_report_tells_what_changed(documents: Documents) -> None:
    documents["segments"]["changes"] = changes(SAME, MOVED)
    summary = summarise(**documents)
    assert "<li>S2 moved: &lt;3&gt; of its 40 accounts left.</li>" in html_report(summary)
    assert "- S2 moved: &lt;3&gt; of its 40 accounts left." in run_description(summary)
    page = io.StringIO()
    print_summary(summary, Console(width=300, file=page), {})
    assert "Since release 2026-03-31-bb 980 of 1,000 accounts" in page.getvalue()
    assert MOVED["text"] in page.getvalue()
    assert SAME["text"] not in page.getvalue()


def test_the_memo_tells_only_what_became_of_the_segment_it_selects(documents: Documents) -> None:
    documents["criteria"]["criteria"] = documents["criteria"]["criteria"][:1]
    documents["segments"]["changes"] = changes(SAME, MOVED)
    assert "Since the release before: S2 moved: &lt;3&gt; of its 40 accounts left." in memo(summarise(**documents))
    documents["segments"]["changes"] = changes(MOVED | {"from": ["S1"], "to": ["S1"]})
    assert "Since the release before" not in memo(summarise(**documents))
