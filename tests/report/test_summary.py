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
        "211 accounts in it became customers, at EUR 1.25 million a year; EUR 600,000 of it was lost to churn within "
        "12 months. What 1 more customer paid is unknown and not in this sum.",
        "Open pipeline it touches now: 3 accounts with open deals, worth EUR 45,000.",
        "Cost to serve one customer a year: EUR 900, against EUR 400 elsewhere.",
        "Owners it touches most: Ann (12 accounts, 25 % of theirs).",
    ]
    assert exclusion["mind"] == ["On the later half of the accounts alone: 20 to 40 points more than the rest."]


def test_a_rule_that_only_just_passed_says_so_unless_a_person_chose_it(documents: Documents) -> None:
    entry = documents["criteria"]["criteria"][0]
    assert not [m for m in summarise(**documents)["exclusions"][0]["mind"] if "only just" in m]
    entry["evidence"]["risk_difference"] |= {"low": -0.1, "high": 0.2}
    assert "only just" in summarise(**documents)["exclusions"][0]["mind"][0]
    entry["chosen_by"] = {"by": "Ann", "on": "2026-07-01"}
    assert not [m for m in summarise(**documents)["exclusions"][0]["mind"] if "only just" in m]


def test_an_exclusion_that_hits_nothing_is_said_to_create_no_tension(documents: Documents) -> None:
    documents["criteria"]["criteria"][0]["receipt"] = {"no_tension": True, "review_on": "2026-12-31"}
    assert "creates no tension" in summarise(**documents)["exclusions"][0]["mind"][-1]


def test_totals_say_what_was_taken_and_what_of_it_was_lost_again(documents: Documents) -> None:
    told = summarise(**documents)
    assert told["totals"] == [
        "Revenue taken now: the exclusions together would have refused EUR 1.25 million of yearly revenue that was "
        "signed.",
        "Revenue to be replaced later: EUR 600,000 of it (48 %) was lost again within 12 months of the start, as far "
        "as these customers have been followed.",
    ]
    assert [n["value"] for n in told["two_numbers"]] == ["EUR 1.25 million", "EUR 600,000"]


def test_where_churn_was_not_measured_only_the_revenue_taken_now_is_told(documents: Documents) -> None:
    documents["criteria"]["totals"] = {"revenue_taken_now": 1_000.0, "accounts_excluded": 3}
    told = summarise(**documents)
    assert len(told["totals"]) == len(told["two_numbers"]) == 1


def test_what_was_not_measured_is_said_and_never_zero(documents: Documents) -> None:
    sentences = summarise(**documents)["data"]["sentences"]
    assert "2 customers followed. They pay EUR 24,000 a year now." in sentences
    assert "Not measured: 2 customers do not carry a churn rate." in sentences


def test_tiers_carry_their_measured_rate_with_its_range(documents: Documents) -> None:
    green, _, red = summarise(**documents)["scorecard"]["tiers"]
    assert green["sentence"] == "50 % of 80 past accounts were won and still a customer 12 months later (40 to 60 %)"
    assert green["edge"] == "70 points or more, and no exclusion"
    assert red["sentence"] == "no past account to measure it on"


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
    assert stated["matches"] == ["60 % of 90 accounts won fit it (50 to 70 %)."]
    assert stated["exclusions"][0]["verdict"] == (
        "Not supported by the data: the share that left within 12 months could be anything from 6 points lower to "
        "13 points higher than elsewhere."
    )


def test_the_best_segment_comes_first_and_keeps_its_place_in_the_order_of_rules(documents: Documents) -> None:
    first, second = summarise(**documents)["segments"]
    assert (first["id"], first["order"], second["id"]) == ("S2", 2, "S1")
    assert {f["name"]: f.get("value") or f["absent"] for f in first["figures"]} == {
        "win_rate": "50 %",
        "pull": "4.3",
        "cost_to_serve": "no customers with measured cost",
    }


def test_a_model_is_explained_without_a_statistics_name(documents: Documents) -> None:
    (churn,) = summarise(**documents)["models"]
    assert churn["plain"] == (
        "on later accounts, given one that left and one that stayed, the model picks the right one 76 times in 100 "
        "(70 to 80); guessing gives 50."
    )
    assert churn["figures"][0]["cells"] == ["0.760 (0.700 to 0.800)", "0.500 (0.500 to 0.500)"]


def test_a_model_that_failed_on_a_measured_side_says_why(documents: Documents) -> None:
    documents["metrics"]["models"]["win"] = {"absent": "12 decided accounts are too few"}
    assert summarise(**documents)["models"][1]["absent"] == "12 decided accounts are too few"


def test_an_extrapolated_model_is_a_limit(documents: Documents) -> None:
    assert any("extrapolation" in limit for limit in summarise(**documents)["limits"])


def test_a_warning_that_is_an_issue_is_not_told_twice(documents: Documents) -> None:
    quality = summarise(**documents)["quality"]
    assert quality["notes"] == ["a snapshot"]
    assert quality["left_out"] == ["Accounts in no rate: never worked (2)."]
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


def test_a_side_that_was_not_measured_is_said_once(documents: Documents) -> None:
    documents["metrics"]["counted"]["everybody"]["win_rate"] = {"absent": "no deals: winning was not measured"}
    documents["checks"]["warnings"].append("there are no opportunities: winning was not measured")
    page = _printed(documents)
    assert "Winning was not measured: there are no deals." in page
    assert page.count("not measured: there are no deals") == 1
    assert "there are no opportunities" not in page
    assert "won and one that was lost" not in page


def test_without_a_table_of_deals_nothing_is_said_of_open_ones(documents: Documents) -> None:
    documents["metrics"]["inputs"] = {"accounts": {}, "subscriptions": {}}
    told = summarise(**documents)
    assert not [s for s in told["exclusions"][0]["receipt"] if "open" in s.lower()]
    assert not [s for s in told["tension"] if "open" in s]


def test_accounts_in_no_churn_rate_are_told_apart_from_those_in_no_rate(documents: Documents) -> None:
    documents["checks"]["left_out"] = {
        "never worked": 1200,
        "no follow-up yet: started within the grace days before as_of; in no churn rate": 3,
    }
    assert summarise(**documents)["data"]["left_out"] == [
        "Accounts in no rate: never worked (1,200).",
        "Accounts in no churn rate: no follow-up yet, started within the grace days before 2026-06-30 (3).",
    ]


def test_the_tiers_say_whom_to_pursue_refuse_and_watch_today(documents: Documents) -> None:
    documents["metrics"]["tiers"] = {
        "green": {"accounts": 9, "open_pipeline": 0.0, "no_customers_now": 4, "customers_before": 1},
        "red": {"accounts": 5, "open_pipeline": 9_000.0, "with_open_deals": 2, "present_customers": 3,
                "arr_now": 12_000.0},
    }  # fmt: skip
    assert summarise(**documents)["tension"] == [
        "To pursue: 3 green accounts that never were a customer.",
        "To win back: 1 green account that was a customer before.",
        "To refuse: 2 red accounts have open deals, worth EUR 9,000.",
        "To watch: 3 red accounts are customers now, paying EUR 12,000 a year.",
    ]


def test_revenue_kept_is_told_once_where_nothing_expanded(documents: Documents) -> None:
    kept = {"estimate": 0.8, "low": 0.7, "high": 0.9, "level": 0.9, "n": 20}
    documents["segments"]["segments"][1]["figures"] |= {"grr": kept, "nrr": dict(kept)}
    figures = {f["name"]: f for f in summarise(**documents)["segments"][0]["figures"]}
    assert "nrr" not in figures
    assert figures["grr"]["label"] == "Revenue kept after 12 months, no expansion was recorded"
    assert (figures["grr"]["value"], figures["grr"]["between"]) == ("80 %", "70 to 90 %")


def test_a_good_segment_that_an_exclusion_hits_is_told_so_and_comes_last(documents: Documents) -> None:
    documents["metrics"]["target"] = {"segments": {"S2": {"accounts": 40, "in_target": 0, "refused": 40}}}
    avoid, refused = summarise(**documents)["segments"]
    assert (avoid["id"], avoid["but"]) == ("S1", "")
    assert (refused["id"], refused["but"]) == ("S2", "but an exclusion hits all of it")


def test_a_rule_that_stands_in_for_another_says_so(documents: Documents) -> None:
    documents["criteria"]["criteria"][0]["evidence"]["adjustment"] = {"verdict": "stands in for owner"}
    assert summarise(**documents)["exclusions"][0]["mind"][-1] == (
        "It may only stand in for owner: beside that, little of it remains."
    )
