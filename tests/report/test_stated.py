from __future__ import annotations

from typing import Any

import pytest

from icp_ml.report.html import html_report
from icp_ml.report.stated import told_stated
from icp_ml.report.summary import summarise

Documents = dict[str, dict[str, Any]]
EVIDENCE = {"outcome": "churn_12m", "n": 120, "events": 30, "rate": 0.25, "rate_elsewhere": 0.2, "q_value": 0.2,
            "risk_difference": {"estimate": 0.05, "low": -0.02, "high": 0.12, "level": 0.9},
            "smallest_difference": 0.095}  # fmt: skip


def test_the_stated_icp_as_a_whole_has_a_verdict(documents: Documents) -> None:
    documents["criteria"]["stated"]["whole"] = {
        "standing": "not supported",
        "evidence": EVIDENCE | {"outcome": "won_and_kept_12m"},
    }
    assert told_stated(documents["criteria"])["whole"] == [
        "Taken as one criterion, the data does not support it: 25 % of them were won and stayed 12 months, against 20 "
        "% of the rest (difference -2 to +12 points; 120 decided accounts, 30 won and kept)."
    ]


def test_revenue_kept_and_cost_stand_in_and_out_with_their_difference(documents: Documents) -> None:
    sided = {"inside": 1.02, "outside": 0.91, "n_inside": 50, "n_outside": 60, "low_inside": 0.98, "high_inside": 1.06,
             "low_outside": 0.88, "high_outside": 0.94, "difference": {"low": 0.06, "high": 0.16}}  # fmt: skip
    cost = sided | {"inside": 800.0, "outside": 600.0, "low_inside": 700.0, "high_inside": 900.0, "low_outside": 590.0,
                    "high_outside": 610.0, "difference": {"low": 100.0, "high": 300.0}}  # fmt: skip
    documents["criteria"]["stated"]["figures"] |= {"nrr": sided, "cost_to_serve": cost}
    told = told_stated(documents["criteria"])
    assert told["outcomes"][1:] == [
        "After 12 months, customers that fit it pay 102 % of what they started with, expansion included, against 91 % "
        "for the rest (6 to 16 points more).",
        "Serving a customer that fits it costs EUR 800 a year, against EUR 600 for the rest (difference EUR 100 to "
        "300).",
    ]
    nrr = told["compared"][1]
    assert nrr["label"] == "Revenue kept after 12 months, with expansion"
    assert nrr["here"] == {"value": "102 %", "of": "50 customers", "between": "98 to 106 %"}


def test_a_quarter_with_too_few_accounts_says_so_in_its_cell(documents: Documents) -> None:
    rate = {"estimate": 0.5, "low": 0.4, "high": 0.6, "level": 0.9, "n": 60}
    documents["criteria"]["stated"]["quarters"] = [
        {"quarter": "2026-Q1", "pursued": rate, "won": {"absent": "only 3 accounts won", "n": 3}, "kept": {}}
    ]
    (row,) = told_stated(documents["criteria"])["quarters"]
    assert row["pursued"] == {"value": "50 %", "between": "40 to 60 %", "of": "of 60"}
    assert (row["quarter"], row["won"], row["kept"]) == (
        "2026 Q1",
        {"why": "only 3 accounts won"},
        {"why": "not measured"},
    )
    assert "only 3 accounts won" in html_report(summarise(**documents))


def test_where_the_rest_falls_names_what_fails_alone_and_what_fails_together(documents: Documents) -> None:
    row = documents["criteria"]["stated"]["failing"][0] | {"fails_only": 30, "unknown": 0}
    documents["criteria"]["stated"] |= {
        "failing": [row, row | {"text": "has revops", "fails": 9, "share": 0.1, "fails_only": 3}],
        "failing_together": [
            {"fails": ["20 to 1,000 employees"], "won": 30, "share": 0.77},
            {"fails": ["20 to 1,000 employees", "has revops"], "won": 6, "share": 0.15},
        ],
    }
    told = told_stated(documents["criteria"])
    assert told["failing"][0] == (
        "“20 to 1,000 employees” fails for 40 % of 90 won accounts; for 30 of these 36 nothing else fails."
    )
    assert told["together"] == [
        "“20 to 1,000 employees” and “has revops” fail together for 6 won accounts, 15 % of those that do not fit."
    ]


def test_the_pull_diagnosis_says_who_pulls_by_how_much_and_from_how_many(documents: Documents) -> None:
    fifth = {"estimate": 0.41, "low": 0.33, "high": 0.5, "level": 0.9, "n": 88}
    documents["criteria"]["stated"]["pull"] = {
        "n": 430,
        "rules": [
            {"text": "Tech stack with zendesk", "pull": "more", "n": 73, "rate": 0.62, "rate_elsewhere": 0.474,
             "difference": {"estimate": 0.14, "low": 0.09, "high": 0.2},
             "meets": {"5": fifth, "2": {"estimate": 0.12, "low": 0.08, "high": 0.19, "n": 90}}}
        ],
    }  # fmt: skip
    assert told_stated(documents["criteria"])["pull"] == [
        "Inside it, pull is stronger where: Tech stack with zendesk (73 customers): 0.62 on average on a scale from 0 "
        "to 1, against 0.47 for the rest of those that fit (difference 0.09 to 0.20). It holds for 41 % of the 88 "
        "customers with pull 5 of 5 (33 to 50 %), and for 12 % of the 90 with pull 2 of 5 (8 to 19 %)."
    ]


@pytest.mark.parametrize(
    ("supported", "why", "low", "high", "begins"),
    [
        (False, "chance", -0.02, 0.12, "Not supported by the data: the share that left within 12 months could be "
         "anything from 2 points lower to 12 points higher than elsewhere. A difference of 10 points or more would "
         "probably have shown."),
        (False, "too small", 0.02, 0.03, "Not supported by the data: the share that left within 12 months is 2 to 3 "
         "points higher than elsewhere, certain but too little to count as a finding."),
        (False, "other way", -0.12, -0.03, "Not supported by the data: the share that left within 12 months is 3 to 12 "
         "points lower than elsewhere, which is the other way round."),
        (True, "holds", 0.1, 0.2, "Supported by the data: the share that left within 12 months is 10 to 20 points "
         "higher than elsewhere."),
        (None, "too few", -0.2, 0.3, "Cannot be judged, too few accounts are in it: only a difference of 10 points or "
         "more would have shown. As far as seen, the share that left"),
    ],
)  # fmt: skip
def test_a_stated_exclusion_is_told_by_what_the_data_says_of_it(
    documents: Documents, supported: bool | None, why: str, low: float, high: float, begins: str
) -> None:
    entry = documents["criteria"]["stated"]["exclusions"][0]
    entry |= {"supported": supported, "why": why, "evidence": EVIDENCE}
    entry["difference"] = {"estimate": (low + high) / 2, "low": low, "high": high, "level": 0.9}
    verdict = told_stated(documents["criteria"])["exclusions"][0]["verdict"]
    assert verdict.startswith(begins)
    assert "25 % of them left within 12 months, against 20 % of the rest" in verdict


@pytest.mark.parametrize("supported", [True, False])
def test_a_stated_exclusion_has_its_receipt_and_what_to_mind_in_the_report(
    documents: Documents, supported: bool
) -> None:
    entry = documents["criteria"]["stated"]["exclusions"][0]
    entry |= {
        "supported": supported,
        "receipt": {"won": 0, "arr_won": 0.0, "no_tension": True},
        "evidence": EVIDENCE | {"adjustment": {"verdict": "stands in for X1"}},
    }
    page = html_report(summarise(**documents))
    assert "No account in it ever became a customer." in page
    assert page.count("it creates no tension") == 1
    stands_in = "It may only stand in for X1: beside that, little of it remains." in page
    assert stands_in == supported, "no effect, nothing that it could stand in for"
