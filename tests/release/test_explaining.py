from __future__ import annotations

import json
import math
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from icp_ml.errors import DataError
from icp_ml.models.hazard import BaselineHazard
from icp_ml.models.predictors import FittedPredictor
from icp_ml.models.targets import ChurnLink
from icp_ml.release.explaining import explain_account
from icp_ml.survival import StepFunction


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
    assert told.models["churn"]["reasons"] == []
    assert "the same for every account" in told.as_text()


def test_reasons_in_points_add_up_from_where_every_account_starts(release, predictors):
    told = explain_account("a1", release, predictors=predictors)
    # Odds of one half, 33.3 percent, halved: 20 percent.
    assert told.as_text().split("Chance of winning: ")[1].splitlines()[:4] == [
        "20.0%",
        "    33.3  where every account starts",
        "   -13.3  30 employees",
        "    20.0  percent; points are the model's own, associated with the value named",
    ]
    win = told.models["win"]
    assert win["start"] + sum(r["points"] for r in win["reasons"]) + win["others"] == pytest.approx(told.p_win)


class Several:
    """A model of churn in which three attributes count, one of them a little."""

    kind, outcome = "boosted", "churn"
    effects: ClassVar = {"employee_count": 0.9, "has_revops": -0.4, "industry": 0.2, "tech_stack": 0.003}

    def predict(self, frame):
        return 1 - np.exp(-np.exp(self.explain(frame).sum(axis=1).to_numpy()))

    def explain(self, frame):
        silent = pd.DataFrame(0.0, index=frame.index, columns=list(frame.columns))
        return silent.assign(**self.effects, base=-1.5)


def test_the_lines_shown_add_up_to_the_last_digit_and_keep_the_sign_of_each_effect(release, predictors):
    told = explain_account("a4", release, predictors={"churn": Several()})
    lines = told.as_text().split("Chance to churn")[1].split("\n\n")[0].strip().splitlines()[1:]
    start, *moves, end = (float(line.split()[0]) for line in lines)
    assert round(start + sum(moves), 1) == end
    assert start == round(100 * (1 - math.exp(-math.exp(-1.5))), 1)
    assert end == round(100 * (1 - math.exp(-math.exp(-1.5 + 0.703))), 1)
    assert [line.split(maxsplit=1)[1] for line in lines[1:4]] == [
        "employee count not known",
        "has revops not known",
        'industry is O\'Neil "x"',
    ]
    assert [m > 0 for m in moves[:3]] == [True, False, True]


class Little(Several):
    """As above, but one of the attributes moves the chance by less than a point."""

    effects: ClassVar = {"employee_count": 0.9, "has_revops": 0.02}


class Least(Several):
    """Nothing moves the chance by a point."""

    effects: ClassVar = {"employee_count": 0.01, "has_revops": 0.02}


def test_what_moves_a_chance_by_less_than_a_point_is_told_with_everything_else(release):
    def attributes(model: Several) -> list[str]:
        told = explain_account("a4", release, predictors={"churn": model})
        return [reason["attribute"] for reason in told.models["churn"]["reasons"]]

    assert attributes(Little()) == ["employee_count"]
    assert attributes(Least()) == ["has_revops"]


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


def fitted_churn() -> FittedPredictor:
    """Everybody has the same churn: a hazard of 0.02 a month."""
    months = np.arange(1.0, 13.0)
    return FittedPredictor(
        "base_rate", "churn", (), ChurnLink(1.0, BaselineHazard(StepFunction(months, 0.02 * months), 12.0), 12.0)
    )


def test_churn_is_told_on_the_way_to_the_horizon_too(release):
    told = explain_account("a1", release, predictors={"churn": fitted_churn()})
    assert told.models["churn"]["by_month"] == pytest.approx({m: 1 - math.exp(-0.02 * int(m)) for m in ("3", "6", "9")})
    # 1 - exp(-0.06) = 5.8 %, 1 - exp(-0.12) = 11.3 %, 1 - exp(-0.18) = 16.5 %
    assert "  by month 3: 5.8%, 6: 11.3%, 9: 16.5%\n" in told.as_text()


def test_a_chance_not_shown_to_be_a_probability_says_so(release):
    metrics = release.folder / "metrics.json"
    for shown, said in ((True, False), (False, True)):
        metrics.write_text(json.dumps({"models": {"churn": {"calibration": {"probabilities": shown}}}}))
        text = explain_account("a1", release, predictors={"churn": fitted_churn()}).as_text()
        assert ("21.3%, which ranks accounts and is not shown to be a probability" in text) == said
