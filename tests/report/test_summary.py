from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from icp_ml.report.summary import summarise
from icp_ml.report.terminal import print_summary

Documents = dict[str, dict]


def test_the_headline_says_whom_to_refuse_and_whom_to_pursue(documents: Documents) -> None:
    verdict = summarise(**documents)["verdict"]
    assert verdict["headline"] == "Refuse “Fewer than 40 employees”. Pursue “50 to 500 employees”."


def test_without_any_rule_the_verdict_is_the_reason(documents: Documents) -> None:
    documents["criteria"] |= {"criteria": [], "not_proposed": "Too few customers left.", "totals": {}}
    verdict = summarise(**documents)["verdict"]
    assert verdict["headline"] == "Not enough evidence to propose whom to pursue or to refuse."
    assert verdict["sentences"] == ["Too few customers left."]


def test_a_rejected_criterion_is_told_nowhere(documents: Documents) -> None:
    assert "Has a dog" not in json.dumps(summarise(**documents))


def test_a_receipt_names_revenue_pipeline_cost_and_owners_in_sentences(documents: Documents) -> None:
    (exclusion,) = summarise(**documents)["exclusions"]
    assert exclusion["receipt"] == [
        "Won from 211 accounts: EUR 1.25 million a year, of which EUR 600,000 was lost to churn. "
        "The revenue of 1 more account is unknown and not in this sum.",
        "Open pipeline it touches now: 3 open deals worth EUR 45,000.",
        "Cost to serve a year: EUR 900, against EUR 400 elsewhere.",
        "Owners it touches most: Ann (12 accounts, 25 % of theirs).",
    ]
    assert exclusion["mind"] == ["Among the later half of the accounts the difference was 20 to 40 points more."]


def test_an_exclusion_that_hits_nothing_is_said_to_create_no_tension(documents: Documents) -> None:
    documents["criteria"]["criteria"][0]["receipt"] = {"no_tension": True, "review_on": "2026-12-31"}
    assert "creates no tension" in summarise(**documents)["exclusions"][0]["mind"][-1]


def test_totals_say_what_was_taken_and_what_of_it_was_lost_again(documents: Documents) -> None:
    assert summarise(**documents)["totals"] == [
        "Together the exclusions would have refused EUR 1.25 million of yearly revenue that was won, of which "
        "EUR 600,000 (48 %) was lost again to churn within 12 months."
    ]


def test_what_was_not_measured_is_said_and_never_zero(documents: Documents) -> None:
    sentences = summarise(**documents)["data"]["sentences"]
    assert "2 customers followed. They pay EUR 24,000 a year now." in sentences
    assert "Not measured: 2 customers do not carry a churn rate." in sentences


def test_tiers_carry_their_measured_rate_with_its_range(documents: Documents) -> None:
    green, _, red = summarise(**documents)["scorecard"]["tiers"]
    assert green["sentence"] == "50 % of 80 past accounts were won and still a customer 12 months later (40 % to 60 %)"
    assert green["edge"] == "70 points or more, and no exclusion"
    assert red["sentence"] == "no decided account in this tier"


def test_a_shorter_supported_horizon_is_named_in_the_tiers(documents: Documents) -> None:
    documents["criteria"]["searched"]["horizon_months"] = 8
    assert "8 months later" in summarise(**documents)["scorecard"]["target"]


def test_the_stated_icp_is_told_without_operators_or_codes(documents: Documents) -> None:
    stated = summarise(**documents)["stated"]
    assert stated["outcomes"] == [
        "14 % of the customers that fit it left within 12 months, against 23 % of the rest (5 to 14 points less)."
    ]
    assert stated["failing"] == [
        "“20 to 1,000 employees” fails for 40 % of 90 won accounts (2 accounts with no value)."
    ]
    assert stated["matches"] == ["60 % of 90 accounts won fit it (50 % to 70 %)."]
    assert stated["exclusions"][0]["verdict"] == (
        "Not supported by the data: compared with all others, left within 12 months: 6 points less to 13 points more."
    )


def test_the_best_segment_comes_first_and_keeps_its_place_in_the_order_of_rules(documents: Documents) -> None:
    first, second = summarise(**documents)["segments"]
    assert (first["id"], first["order"], second["id"]) == ("S2", 2, "S1")
    assert {f["name"]: f.get("value") or f["absent"] for f in first["figures"]} == {
        "win_rate": "50 %",
        "pull": "4.3",
        "cost_to_serve": "0 customers with measured cost are fewer than 10",
    }


def test_a_model_is_explained_without_a_statistics_name(documents: Documents) -> None:
    churn, win = summarise(**documents)["models"]
    assert churn["plain"] == (
        "on later accounts, given one that left and one that stayed, the model picks the right one 76 times in 100 "
        "(70 to 80); guessing gives 50."
    )
    assert churn["figures"][0]["cells"] == ["0.760 (0.700 to 0.800)", "0.500 (0.500 to 0.500)"]
    assert win["absent"].startswith("winning was not measured")


def test_an_extrapolated_model_is_a_limit(documents: Documents) -> None:
    assert any("extrapolation" in limit for limit in summarise(**documents)["limits"])


def test_a_warning_that_is_an_issue_is_not_told_twice(documents: Documents) -> None:
    quality = summarise(**documents)["quality"]
    assert quality["notes"] == ["a snapshot"]
    assert quality["left_out"] == ["2 accounts are in no rate: never worked."]
    assert quality["counts"] == [{"label": "Accounts", "n": 6}]


def _printed(documents: Documents) -> str:
    page = io.StringIO()
    places = {"Whole report": "/a/very/long/path/" + "x" * 150}
    print_summary(summarise(**documents), Console(width=110, file=page), places)
    return page.getvalue()


def test_the_terminal_shows_verdict_receipts_segments_suspects_and_places(documents: Documents) -> None:
    page = _printed(documents)
    for words in (
        "Refuse “Fewer than 40 employees”",
        "48 % of them left within 12 months, against 11 % of the rest",
        "EUR 1.25 million a year",
        "Mid-size SaaS  high pull",
        "csm_health was set aside",
        "Not supported by the data",
    ):
        assert words in page
    assert "/a/very/long/path/" + "x" * 150 in page, "a path must stay in one piece to be copied"


def test_rich_markup_in_a_name_is_shown_as_text(documents: Documents) -> None:
    documents["criteria"]["criteria"][0]["text"] = "[bold red]Industry is [/link] x"
    assert "[bold red]Industry is [/link] x" in _printed(documents)


@pytest.mark.parametrize("part", ["stated", "totals"])
def test_what_a_release_does_not_have_is_left_out(documents: Documents, part: str) -> None:
    documents["criteria"][part] = None
    assert summarise(**documents)[part] in (None, [])
