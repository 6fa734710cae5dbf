from __future__ import annotations

from typing import Any

import pytest

from icp_ml.config.segment_quality import DIMENSIONS
from icp_ml.segments.questions import QUESTIONS, five_questions

EARNS = {"estimate": 50.0, "low": 10.0, "high": 90.0, "level": 0.9, "n": 40}


def answers(value: dict[str, Any] | None = None, **standings: str) -> dict[str, tuple[str, str]]:
    """Return the answers where every dimension but those named is the same as elsewhere."""
    measure = {"figure": "opportunity_value", "here": value or EARNS}
    table = [
        {"dimension": d, "standing": standings.get(d, "same"), "measures": [measure] if d == "economics" else []}
        for d in DIMENSIONS
    ]
    return {q["id"]: (q["answer"], q["because"]) for q in five_questions(table)}


def test_the_questions_stand_in_their_order():
    assert [q.id for q in QUESTIONS] == ["act", "reach", "win", "serve", "spread"]


@pytest.mark.parametrize(
    ("standing", "answer"),
    [
        ("better", ("yes", "better")),
        ("worse", ("no", "worse")),
        ("same", ("unclear", "same")),
        ("mixed", ("unclear", "mixed")),
        ("unmeasured", ("unclear", "unmeasured")),
    ],
)
def test_urgency_answers_whether_they_act(standing, answer):
    assert answers(urgency=standing)["act"] == answer


def test_what_is_not_measured_allows_no_yes():
    assert answers(competitive_path="better", proof="unmeasured")["win"] == ("unclear", "unmeasured")
    assert answers(competitive_path="better", proof="same")["win"] == ("yes", "better")


def test_what_stands_beside_a_question_does_not_decide_it():
    assert answers(proof="better")["win"] == ("unclear", "same")
    assert answers(proof="worse")["win"] == ("unclear", "same")
    assert answers(competitive_path="better", proof="worse")["win"] == ("unclear", "mixed")
    assert answers(competitive_path="worse", proof="better")["win"] == ("unclear", "mixed")


def test_winning_less_through_our_channels_does_not_say_that_nobody_is_reached():
    assert answers(access="worse")["reach"] == ("unclear", "worse")


def test_who_surely_earns_money_is_served_without_losing_margin():
    assert answers()["serve"] == ("yes", "earns")
    assert answers({**EARNS, "low": -10.0})["serve"] == ("unclear", "may_lose")
    assert answers({**EARNS, "low": -90.0, "high": -10.0}, economics="better")["serve"] == ("no", "loses")
    assert answers({**EARNS, "without": ["cost to serve"]})["serve"] == ("unclear", "cost_unknown")
    assert answers({"absent": "why"}, economics="better")["serve"] == ("unclear", "unmeasured")


def test_customers_whom_the_product_fits_worse_take_focus():
    assert answers(product_fit="worse")["serve"] == ("no", "worse")
    assert answers(economics="worse")["serve"] == ("unclear", "mixed")
    assert answers(product_fit="unmeasured")["serve"] == ("unclear", "unmeasured")
