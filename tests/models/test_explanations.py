"""Explanations are checked, and a wrong one stops the run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from icp_ml.models import explanations, learners
from icp_ml.models.explanations import check_explanations, verify_additivity


def test_every_shipped_model_was_checked_on_up_to_a_thousand_accounts(world, fitted) -> None:
    for report, n in ((fitted.churn, world.cohort.customers.sum()), (fitted.win, 1000)):
        found = report.explained.additivity
        assert found["accounts"] == n
        assert found["gap"] < 1e-4
    assert fitted.churn.predictor.kind == "boosted"
    assert 0 < fitted.churn.explained.additivity["computed_apart"] < 1e-5


class _Off:
    """A scorer whose explanation leaves an attribute out."""

    def __init__(self, scorer: object) -> None:
        self.scorer = scorer

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        return self.scorer.margin(frame)

    def contributions(self, frame: pd.DataFrame) -> pd.DataFrame:
        return self.scorer.contributions(frame).assign(employees=0.0)


def test_an_explanation_that_does_not_add_up_is_an_error(world, fitted) -> None:
    broken = replace(fitted.churn.predictor, scorer=_Off(fitted.churn.predictor.scorer))
    with pytest.raises(ArithmeticError, match=r"must add up to the margin within 0\.001; found a gap of [0-9.]+"):
        check_explanations(broken, world.cohort.latest)


def test_customers_sure_to_leave_do_not_stop_a_run(world, fitted) -> None:
    predictor = fitted.churn.predictor
    certain = replace(predictor, link=replace(predictor.link, baseline=predictor.link.baseline.times(300.0)))
    forecast = certain.predict(world.cohort.latest)
    # A chance of exactly 1 has an infinite logarithm of its hazard.
    assert 1 - 1e-8 < forecast.max() < 1
    assert verify_additivity(certain, world.cohort.latest) < 1e-3


def test_values_that_another_algorithm_does_not_give_are_an_error(world, fitted, monkeypatch) -> None:
    monkeypatch.setattr(explanations, "tree_contributions", lambda trees, values, owner: np.zeros(values.shape))
    with pytest.raises(ArithmeticError, match="computed leaf by leaf"):
        check_explanations(fitted.churn.predictor, world.cohort.latest)


def test_many_accounts_are_explained_in_parts_that_make_the_whole(world, fitted, monkeypatch) -> None:
    scorer, frame = fitted.churn.predictor.scorer, world.cohort.latest.iloc[:50]
    whole = scorer.contributions(frame)
    monkeypatch.setattr(learners, "_CHUNK", 7)
    pd.testing.assert_frame_equal(scorer.contributions(frame), whole)
    assert scorer.contributions(frame.iloc[:0]).columns.tolist() == whole.columns.tolist()
