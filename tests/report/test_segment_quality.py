from __future__ import annotations

from typing import Any

import pytest

from icp_ml.report.html import html_report
from icp_ml.report.memo import memo
from icp_ml.report.segment_quality import told_quality_table, told_questions
from icp_ml.report.summary import summarise

Documents = dict[str, dict]


def figure(estimate: float, low: float, high: float, n: int = 40, **more: Any) -> dict[str, Any]:
    return {"estimate": estimate, "low": low, "high": high, "level": 0.9, "n": n, **more}


PULL = {"figure": "pull", "direction": "higher", "unit": "score", "of": "customers", "standing": "better",
        "here": figure(3.9, 3.7, 4.1), "elsewhere": figure(2.8, 2.7, 2.9, 900)}  # fmt: skip
DISCOUNT = {"opportunity": "discount_pct", "direction": "lower", "unit": "percent", "of": "won deals",
            "standing": "worse", "here": figure(11.1, 9.9, 12.4), "elsewhere": figure(7.8, 7.4, 8.2, 900)}  # fmt: skip
WORKED = {"share": "worked", "direction": None, "unit": "share", "of": "accounts", "standing": "same",
          "here": figure(0.8, 0.7, 0.9), "elsewhere": figure(0.82, 0.81, 0.83, 900)}  # fmt: skip
CHANNELS = {"share": "through_channels", "direction": "higher", "unit": "share", "standing": "unmeasured",
            "here": {"absent": "no deal says where it came from"},
            "elsewhere": {"absent": "no deal says where it came from"},
            "needs": "opportunities.source: which channel"}  # fmt: skip
KEPT = {"share": "kept_customers", "direction": "higher", "unit": "share", "of": "decided accounts",
        "standing": "same", "here": figure(0.38, 0.34, 0.42, 386, count=147),
        "elsewhere": figure(0.36, 0.33, 0.4, 900, count=320)}  # fmt: skip
VALUE = {"figure": "opportunity_value", "direction": "higher", "unit": "money", "of": "decided accounts",
         "standing": "better", "here": figure(5034.0, 4249, 5820),
         "elsewhere": figure(729.0, 473, 985, 900)}  # fmt: skip


def segment(answer: str, because: str, standing: str, *measures: dict[str, Any]) -> dict[str, Any]:
    question = {"id": "act", "question": "Do they act?", "decided_by": ["urgency"], "beside": [], "answer": answer,
                "because": because}  # fmt: skip
    table = {"dimension": "urgency", "standing": standing, "measures": list(measures)}
    return {"quality": [table], "questions": [question]}


def told(*of: Any) -> str:
    return str(told_questions(segment(*of), "EUR", 12)[0]["answer"])


@pytest.mark.parametrize(
    ("entry", "answer"),
    [
        (("yes", "better", "better", PULL),
         "Yes, so far: pull (from 1 to 5) is 3.9 (3.7 to 4.1), against 2.8 (2.7 to 2.9) elsewhere."),
        (("no", "worse", "worse", DISCOUNT),
         "No: the discount on won deals is 11.1 % (9.9 to 12.4 %), against 7.8 % (7.4 to 8.2 %) elsewhere."),
        (("unclear", "mixed", "mixed", PULL, DISCOUNT),
         "Can't tell: for it, pull (from 1 to 5) is 3.9 (3.7 to 4.1), against 2.8 (2.7 to 2.9) elsewhere; against it, "
         "the discount on won deals is 11.1 % (9.9 to 12.4 %), against 7.8 % (7.4 to 8.2 %) elsewhere."),
        (("unclear", "unmeasured", "unmeasured", WORKED, CHANNELS),
         "Can't tell: urgency is not measured. What would tell: opportunities.source: which channel."),
        (("unclear", "same", "same", KEPT),
         "Can't tell: no clear difference; the share of decided accounts that became customers and stayed 12 months is "
         "38 % (34 to 42 %), against 36 % (33 to 40 %) elsewhere."),
        (("yes", "earns", "better", VALUE),
         "Yes, so far: what an opportunity earns within 12 months is EUR 5,034 (EUR 4,249 to 5,820), against EUR 729 "
         "(EUR 473 to 985) elsewhere, and nothing measured is worse."),
    ],
)  # fmt: skip
def test_an_answer_is_one_sentence_with_figures_or_what_would_tell(entry, answer):
    assert told(*entry) == answer


def test_where_a_segment_is_too_small_the_answer_says_of_what():
    few = {**PULL, "standing": "unmeasured", "here": {"absent": "4 customers are fewer than 10"}}
    answer = told("unclear", "unmeasured", "unmeasured", few)
    assert answer == "Can't tell: not measured: pull (from 1 to 5) (4 customers are fewer than 10)."


def test_a_line_of_the_table_holds_figures_with_ranges_and_how_many_were_measured():
    (line,) = told_quality_table(segment("unclear", "same", "mixed", PULL, WORKED, KEPT, CHANNELS), "EUR", 12)
    assert (line["name"], line["standing"]) == ("Urgency", "better in part, worse in part")
    assert line["measures"][0] == {
        "label": "Pull (from 1 to 5)",
        "here": "3.9 (3.7 to 4.1) from 40 customers",
        "elsewhere": "2.8 (2.7 to 2.9) from 900",
        "standing": "better",
    }
    assert line["measures"][1]["standing"] == "for information"
    assert line["measures"][2]["here"] == "38 % (34 to 42 %) from 386 decided accounts; 147 such customers"
    assert line["missing"] == [
        "Share of deals that came through channels that you can use: not measured, no deal says where it came from. "
        "What would measure it: opportunities.source: which channel."
    ]


def test_a_release_from_before_the_table_is_told_without_it(documents: Documents) -> None:
    summary = summarise(**documents)
    assert [(s["quality"], s["questions"]) for s in summary["segments"]] == [([], []), ([], [])]
    assert "Does it earn focus?" not in html_report(summary)


def test_the_report_and_the_memo_answer_for_the_chosen_segment(documents: Documents) -> None:
    documents["segments"]["segments"][1] |= segment("yes", "better", "better", PULL)
    page = html_report(summarise(**documents))
    assert page.count("Does it earn focus?") == 1
    assert '<th scope="row">Urgency</th><td data-head="Against other accounts">better than elsewhere</td>' in page
    assert "Do they act? Yes, so far: pull (from 1 to 5) is 3.9" in memo(summarise(**documents))
