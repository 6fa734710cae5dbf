from __future__ import annotations

import json

import pytest

from icp_ml.errors import DataError
from icp_ml.release.explaining import explain_account


def test_points_add_up_to_the_score(release, predictors):
    told = explain_account("a2", release, predictors=predictors)
    assert told.base + sum(line["points"] for line in told.lines) == told.points == told.score == 77
    assert told.because == "Green because the score of 77 reaches 70 and no exclusion holds."
    assert [m["id"] for m in told.matched] == ["C1", "C2"]
    assert told.segment == "S1"


def test_a_clipped_score_shows_what_it_was_before(release, predictors):
    told = explain_account("a1", release, predictors=predictors)
    assert (told.points, told.score, told.tier) == (-18, 0, "red")
    assert told.because == "Red because an exclusion holds: Fewer than 40 employees (X1)."
    assert "clipped to 0" in told.as_text()


def test_evidence_is_told_in_words(release, predictors):
    matched = explain_account("a1", release, predictors=predictors).matched
    assert matched[0]["evidence"] == (
        "churn within 12 months 48% against 11% elsewhere (212 accounts; difference 37 points, 90% interval 29 to 45)"
    )


def test_the_models_reasons_name_the_value_and_leave_out_what_does_not_count(release, predictors):
    told = explain_account("a1", release, predictors=predictors)
    assert told.p_win == 0.2
    assert told.p_churn == 0.123457
    assert [(r["attribute"], r["value"], round(r["effect"], 3)) for r in told.models["win"]["reasons"]] == [
        ("employee_count", "30 people", -0.693)
    ]
    assert "lowers it by 50% in odds: employee count: 30 people" in told.as_text()
    assert told.models["churn"]["reasons"] == []


def test_without_models_the_chances_are_not_measured(release):
    told = explain_account("a4", release, predictors={})
    assert (told.p_win, told.p_churn) == (None, None)
    assert "Chance of winning: not measured (the release has no such model)" in told.as_text()
    assert told.name == ""


def test_an_explanation_is_json(release, predictors):
    told = explain_account("a3", release, predictors=predictors).as_dict()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["name"] == "Three"


def test_an_unknown_account_is_an_error_that_names_the_nearest(release):
    with pytest.raises(DataError, match=r"account 'a22' is not among the 6 accounts.*did you mean 'a2'"):
        explain_account("a22", release, predictors={})
