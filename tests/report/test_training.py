"""What a trial says: the verdict first, every figure with its interval, and that nothing of it ships."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from icp_ml.models.comparison import Pairs, compare
from icp_ml.models.settings import BUILT_IN, BoosterSettings
from icp_ml.models.tuning_result import Trial, Tuning
from icp_ml.models.types import Explained, Interaction, Metric, ModelReport, Models
from icp_ml.report.training import (
    outcome_note,
    print_training,
    told_champion,
    training_document,
    training_note,
    tuning_figures,
)

FOUND = BoosterSettings(max_depth=5, tuned_until="2025-03-31")


class _Predictor:
    kind, outcome = "boosted", "win"

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        return np.zeros(len(frame))

    def explain(self, frame: pd.DataFrame) -> pd.DataFrame:
        return frame


def _report() -> ModelReport:
    metrics = (
        Metric("events", "base_rate", 120.0, n=400),
        Metric("auc", "boosted", 0.71, 0.66, 0.76, 400),
        Metric("auc", "logistic", 0.68, 0.63, 0.73, 400),
        Metric("auc", "base_rate", 0.5, 0.5, 0.5, 400),
        Metric("log_loss", "boosted", 0.61, 0.58, 0.64, 400),
    )
    empty = pd.DataFrame()
    levels = pd.DataFrame(columns=["attribute", "level", "mean_shap", "n"])
    importance = pd.DataFrame(columns=["attribute", "mean_abs_shap"])
    return ModelReport(
        "win", _Predictor(), "The boosted model ships.", metrics, importance, levels, empty, empty, empty
    )


def _models() -> Models:
    return Models(None, _report(), {"churn": "churn was not measured: there are no customers to follow"})


def _tuning(found: bool) -> Tuning:
    """Four accounts whose forecasts are worked out by hand: errors 0.04 and 0.01 everywhere."""
    case = np.array([1.0, 1.0, 0.0, 0.0])
    pairs = Pairs("win", np.abs(case - 0.2), np.abs(case - 0.1), case, 1 - case, np.zeros(4, dtype=int))
    tried = (Trial(0, BUILT_IN, 0.6, 3, True), Trial(1, FOUND, 0.5, 3, True))
    verdict = "Settings found by tuning are used." if found else "The built-in settings stay."
    return Tuning(
        "win", FOUND if found else BUILT_IN, found, verdict, tried, "2025-03-31", FOUND, compare(pairs, 7, 50)
    )


def _printed(document: dict[str, Any]) -> str:
    stream = io.StringIO()
    print_training(document, Console(file=stream, width=110), {"To look at it": "icp ui a.yaml"})
    return stream.getvalue()


@pytest.mark.parametrize(
    ("tunings", "said"),
    [
        ({"win": _tuning(True)}, "Tuning found better settings for the model of who is won; 'icp discover' uses them"),
        ({"win": _tuning(False)}, "Tuning found nothing that beats the built-in settings on later accounts"),
        ({}, "The models have the built-in settings."),
        ({"win": Tuning("win", BUILT_IN, False, "Too few.")}, "The models have the built-in settings."),
    ],
)
def test_the_verdict_comes_first(tunings: dict[str, Tuning], said: str) -> None:
    document = training_document("acme", "2026-06-30", _models(), tunings)
    assert said in _printed(document).splitlines()[1]
    assert training_note(document).startswith(f"**{document['headline']}**")


def test_a_terminal_shows_each_kind_with_its_interval_and_the_rest_is_in_the_document() -> None:
    document = training_document("acme", "2026-06-30", _models(), {"win": _tuning(False)})
    page = _printed(document)
    row = next(line for line in page.splitlines() if line.startswith("AUC"))
    assert [cell in row for cell in ("0.710 (0.660 to 0.760)", "0.680 (0.630 to 0.730)", "0.500")] == [True] * 3
    assert "Log loss" not in page
    logged = next(m for m in document["models"]["win"]["metrics"] if m["name"] == "log_loss")
    assert (logged["value"], logged["low"], logged["high"], logged["n"]) == (0.61, 0.58, 0.64, 400)


def test_it_is_said_that_a_trial_ships_nothing_and_why_a_model_is_missing() -> None:
    page = " ".join(_printed(training_document("acme", "2026-06-30", _models(), {})).split())
    assert "This was a trial: nothing of it ships" in page
    assert "never saw the accounts they are judged on" in page
    assert "No model of who leaves: churn was not measured" in page
    assert page.endswith("To look at it: icp ui a.yaml")


def test_a_model_with_interactions_is_told_too() -> None:
    pair = Interaction("size", "region", 0.2, 0.01, ("10 to 50", "north"), 40, 0.3, 0.05, 4, 5)
    explained = Explained(chance=0.3, interactions=(pair,), additivity={"gap": 0.0, "accounts": 400, "tolerance": 1e-4})
    models = Models(None, replace(_report(), explained=explained))
    assert "Who is won" in _printed(training_document("acme", "2026-06-30", models, {}))


def test_what_tuning_brought_is_told_with_its_interval() -> None:
    figures = tuning_figures(_tuning(True))
    assert figures["tuning_brier_built_in"] == pytest.approx(0.04)
    assert figures["tuning_brier_found"] == pytest.approx(0.01)
    assert figures["tuning_gain"] == pytest.approx(0.03)
    assert figures["tuning_gain_low"] <= figures["tuning_gain"] <= figures["tuning_gain_high"]
    assert (figures["tuning_support"], figures["tuning_later_accounts"], figures["tuning_later_events"]) == (1.0, 4, 2)
    later = training_document("acme", "2026-06-30", _models(), {"win": _tuning(True)})["models"]["win"]["tuning"]
    assert later["later"]["gain"]["estimate"] == pytest.approx(0.03)
    assert later["settings"]["max_depth"] == 5


def test_where_nothing_was_tried_there_are_no_figures_of_tuning() -> None:
    assert tuning_figures(None) == {}
    assert tuning_figures(replace(_tuning(False), comparison=None)) == {}


def test_an_outcome_s_note_holds_both_verdicts() -> None:
    document = training_document("acme", "2026-06-30", _models(), {"win": _tuning(True)})
    note = outcome_note(document, "win")
    assert "The boosted model ships." in note
    assert "Settings found by tuning are used." in note


def test_a_champion_that_no_longer_holds_is_told_before_the_models() -> None:
    sentences = ["Retrain: the forecasts no longer hold (churn).", "40 customers left where 21 were forecast."]
    looked = {"champion": {"release_id": "2026-03-31-a", "verdict": "retrain", "sentences": sentences}}
    page = _printed(training_document("acme", "2026-06-30", _models(), {}) | looked)
    assert page.splitlines()[2] == f"The champion 2026-03-31-a. {sentences[0]}"
    assert page.index(sentences[1]) < page.index("This was a trial")
    assert told_champion(training_document("acme", "2026-06-30", _models(), {})) == []
