from __future__ import annotations

from typing import Any

from icp_ml.report.html import html_report
from icp_ml.report.left_out import told_left_out
from icp_ml.report.summary import summarise

UNSTABLE = {"rule": "Has <no> revops", "stability": 0.4561, "instead": "Industry is media"}
UNCONFIRMED = {"rule": "Fewer than 20 employees", "p_value": 0.31}


def document(*published: str, **looked_at: Any) -> dict[str, Any]:
    return {"segments": [{"rule": {"text": text}} for text in published], "looked_at": looked_at}


def test_groups_that_did_not_hold_up_are_told_with_the_reason():
    told = told_left_out(document(unstable=[UNSTABLE, UNSTABLE | {"rule": "B"}], not_confirmed=[UNCONFIRMED]))
    assert [entry["rule"] for entry in told] == ["Has <no> revops", "B", "Fewer than 20 employees"]
    assert told[0]["because"].startswith("With a fifth of the accounts left out at random")
    assert "46 % of its accounts" in told[0]["because"]
    assert told[0]["because"].endswith("Tried in its place: Industry is media.")
    assert "did not confirm" in told[2]["because"]


def test_a_rule_is_told_once_and_not_where_it_is_published_after_all():
    twice = UNCONFIRMED | {"rule": UNSTABLE["rule"]}
    told = told_left_out(document("Fewer than 20 employees", unstable=[UNSTABLE], not_confirmed=[UNCONFIRMED, twice]))
    assert [entry["rule"] for entry in told] == [UNSTABLE["rule"]]


def test_what_the_other_way_found_and_lost_is_told_too():
    told = told_left_out(document(not_confirmed=[UNCONFIRMED], given_up={"hdbscan": {"unstable": [UNSTABLE]}}))
    assert [entry["rule"] for entry in told] == [UNCONFIRMED["rule"], UNSTABLE["rule"]]


def test_releases_that_did_not_tell_have_nothing_left_out():
    assert told_left_out({"segments": []}) == []
    assert told_left_out(document("A")) == []


def test_the_report_lists_them_below_the_segments(documents: dict[str, dict]) -> None:
    documents["segments"] = documents["segments"] | {
        "looked_at": (documents["segments"].get("looked_at") or {}) | {"unstable": [UNSTABLE], "not_confirmed": []}
    }
    page = html_report(summarise(**documents))
    assert "Found in these accounts, but not published: 1" in page
    assert "Has &lt;no&gt; revops." in page
    documents["segments"]["looked_at"]["unstable"] = []
    assert "but not published" not in html_report(summarise(**documents))
