from __future__ import annotations

import pytest

from icp_ml.drafting.values import guess_kind, guess_outcome, kind_values, outcome_values, tells_kinds


@pytest.mark.parametrize(
    ("level", "outcome"),
    [
        ("Closed Won", "won"), ("closedwon", "won"), ("6 - Won", "won"), ("WON", "won"), ("Gewonnen", "won"),
        ("Closed Lost", "lost"), ("closed_lost", "lost"), ("No Decision", "lost"), ("Not won", "lost"),
        ("Disqualified", "refused"), ("Closed - Disqualified", "refused"), ("Lost - Not ICP", "refused"),
        ("Prospecting", "open"), ("Negotiation/Review", "open"), ("Wonderland pilot", "open"),
        ("Contract sent", "open"),
    ],
)  # fmt: skip
def test_a_stage_s_words_tell_how_a_deal_ended(level, outcome):
    assert guess_outcome(level) == outcome


def test_marks_of_the_deals_overrule_words_but_cannot_tell_a_refusal():
    levels = ["Signature reçue", "Sans suite", "Devis", "Disqualified"]
    ended = {"Signature reçue": "won", "Sans suite": "lost", "Devis": "open", "Disqualified": "lost"}
    assert outcome_values(levels, ended) == {
        "won": ["Signature reçue"],
        "lost": ["Sans suite"],
        "refused": ["Disqualified"],
        "open": ["Devis"],
    }


def test_truth_values_are_won_and_lost():
    assert outcome_values(["1", "0"]) == {"won": ["1"], "lost": ["0"]}


@pytest.mark.parametrize(
    ("level", "kind"),
    [("Renewal", "renewal"), ("Existing Customer - Upgrade", "expansion"), ("existingbusiness", "expansion"),
     ("newbusiness", "new"), ("Pilot", "new")],
)  # fmt: skip
def test_a_type_s_words_tell_the_kind(level, kind):
    assert guess_kind(level) == kind
    assert kind_values([level]) == {kind: [level]}


def test_a_column_that_speaks_of_no_kind_is_none():
    assert tells_kinds(["New Business", "Renewal"])
    assert not tells_kinds(["Project", "Solution"])
