from __future__ import annotations

import re
from typing import Any

from markupsafe import escape

from icp_ml.report.memo import memo, memo_html, memo_sections
from icp_ml.report.summary import summarise

Documents = dict[str, dict]

TARGET: dict[str, Any] = {
    "accounts": 60,
    "figures": {"win_rate": {"estimate": 0.58, "low": 0.54, "high": 0.62, "level": 0.9, "n": 90}},
    "segments": {"S1": {"accounts": 30, "in_target": 0, "refused": 30},
                 "S2": {"accounts": 40, "in_target": 4, "refused": 0}},
}  # fmt: skip


def _section(documents: Documents, number: int) -> str:
    text = memo(summarise(**documents))
    found = re.search(rf"^## {number}\. .*?(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL)
    assert found
    return found[0]


def test_where_no_segment_coincides_with_the_criteria_the_memo_is_about_the_criteria(documents: Documents) -> None:
    documents["metrics"]["target"] = TARGET
    first = _section(documents, 1)
    assert "Selected: what the criteria describe and no exclusion hits, 60 accounts now." in first
    assert "No segment that was found coincides with them." in first
    assert "Won, of those decided: 58 % (54 to 62 %), from 90 decided accounts." in first
    assert "Not selected: S2 Mid-size SaaS: high pull." in first
    assert "the target of C1" in _section(documents, 6)


def test_a_good_segment_that_the_criteria_describe_is_selected(documents: Documents) -> None:
    documents["metrics"]["target"] = TARGET | {"segments": {"S2": {"accounts": 40, "in_target": 30, "refused": 0}}}
    first = _section(documents, 1)
    assert "Selected: S2 Mid-size SaaS: high pull." in first
    assert "C1 50 to 500 employees: 50 % of them were won and stayed 12 months" in first


def test_without_criteria_a_good_segment_is_a_lead_and_no_rule(documents: Documents) -> None:
    documents["criteria"]["criteria"] = documents["criteria"]["criteria"][:1]
    first = _section(documents, 1)
    assert "Selected: S2 Mid-size SaaS: high pull." in first
    assert "a lead to try, not a rule" in first


def test_a_segment_that_keeps_worse_than_average_is_not_selected(documents: Documents) -> None:
    documents["criteria"]["criteria"] = documents["criteria"]["criteria"][:1]
    churn = {"estimate": 0.2, "low": 0.15, "high": 0.25, "level": 0.9, "n": 200, "months": 12}
    documents["metrics"]["counted"]["everybody"]["churn"] = churn
    worse = {"estimate": 0.5, "low": 0.4, "high": 0.6, "level": 0.9, "n": 40, "months": 12}
    documents["segments"]["segments"][1]["figures"]["churn"] = worse
    first = _section(documents, 1)
    assert "No segment is selected. Those that were found do worse than average in some respect." in first
    assert "S2 Mid-size SaaS: high pull. Worse than average: left within 12 months: 50 %." in first


def test_a_segment_that_an_exclusion_hits_is_not_selected(documents: Documents) -> None:
    documents["criteria"]["criteria"] = documents["criteria"]["criteria"][:1]
    documents["metrics"]["target"] = {"segments": {"S2": {"accounts": 40, "in_target": 0, "refused": 30}}}
    first = _section(documents, 1)
    assert "No segment is selected. None that was found does better than average." in first
    assert "high pull, but an exclusion hits 75 % of it." in first


def test_no_sentence_stands_in_the_memo_twice(documents: Documents) -> None:
    documents["metrics"]["target"] = TARGET
    lines = [line for line in memo(summarise(**documents)).splitlines() if len(line) > 20]
    assert sorted(lines) == sorted(set(lines))


def test_the_reasons_of_lost_deals_are_told_where_they_are_known(documents: Documents) -> None:
    documents["metrics"]["counted"]["loss_reasons"] = [{"reason": "price", "n": 3, "share": 0.75}]
    assert "by the reasons named on lost deals: price (75 %)." in _section(documents, 4)


def test_a_question_names_the_figure_that_prompts_it_what_is_missing_and_whom_to_ask(documents: Documents) -> None:
    counted = documents["metrics"]["counted"] = {**documents["metrics"]["counted"], "lost": 1818, "won": 1244}
    counted["known"] = {**counted["known"], "loss_reason": False, "cost_to_serve": False}
    losing = _section(documents, 4)
    assert "**A question to the head of sales:** Why do we lose, and to whom?" in losing
    assert "What prompts it: 1,818 accounts were lost, and no reason is recorded." in losing
    assert "What is missing: the loss_reason and competitor columns of opportunities." in losing
    costs = _section(documents, 5)
    assert "economics.acquisition_cost in the config" in costs
    assert "3,062 opportunities were worked, and each counts as free of cost." in costs
    for number in range(1, 9):
        section = _section(documents, number)
        assert section.count("A question to") == section.count("What prompts it:") == section.count("What is missing:")


def test_the_page_says_what_the_memo_says_and_names_do_no_harm(documents: Documents) -> None:
    nasty = '<script>alert(1)</script>"\u202e=1+1'
    documents["criteria"]["criteria"][0]["text"] = nasty
    summary = summarise(**documents)
    page = memo_html(summary)
    assert "<script>" not in page
    assert page.count("<h2>") == 8
    for section in memo_sections(summary):
        assert section.title in page
        for question in section.questions:
            assert str(escape(question.ask)) in page
            assert str(escape(question.seen)) in page
