"""What stands behind a model's figures, in words."""

from __future__ import annotations

from typing import Any

import pytest

from icp_ml.report.html import html_report
from icp_ml.report.model_details import told_breakdowns, told_learning, told_profit
from icp_ml.report.summary import summarise

Documents = dict[str, dict]


def metric(name: str, model: str, value: float, low: float, high: float) -> dict[str, Any]:
    return {"name": name, "model": model, "value": value, "low": low, "high": high, "n": 90, "split": "out_of_time"}


def profits(refused: float = 0.1, over: tuple[float, float, float] = (40.0, 10.0, 70.0)) -> dict[str, Any]:
    return {
        "ships": "boosted",
        "tested": {"n": 90, "from": "2025-01-01", "to": "2025-12-31", "splits": ["2024-12-31"], "months": 12.0},
        "metrics": [
            metric("profit_of_all", "base_rate", 500, 400, 600),
            metric("profit_gain", "boosted", 100, 50, 150),
            metric("profit_over_base_rate", "boosted", *over),
            metric("refused_share", "boosted", refused, refused, refused),
        ],
    }


def test_money_is_told_beside_taking_everybody_and_beside_the_average_chance() -> None:
    assert told_profit("churn", profits(), "EUR") == (
        "In money: taking everybody earned EUR 500 (EUR 400 to 600) per customer (margin on the revenue still there "
        "after 12 months, less what winning and serving them cost). Refusing those it expects to lose money on (10 %) "
        "would have added EUR 100 (EUR 50 to 150) per customer, EUR 40 (EUR 10 to 70) more than going by deal size and "
        "the average chance."
    )


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ((-3.0, -48.0, 41.0), "the average chance would have brought about as much (difference EUR -48 to 41)."),
        ((-20.0, -30.0, -10.0), "EUR 20 (EUR 10 to 30) less than going by deal size and the average chance."),
    ],
)
def test_a_gain_that_is_not_the_models_own_is_said_to_be_none(over: tuple[float, float, float], says: str) -> None:
    assert told_profit("win", profits(over=over), "EUR").endswith(says)


def test_a_model_that_refuses_nobody_adds_nothing() -> None:
    assert told_profit("win", profits(refused=0.0), None).endswith("so the model would refuse nobody.")


def test_money_that_is_not_known_has_its_reason() -> None:
    assert told_profit("churn", {"no_profit": "no cost is known"}, "EUR") == (
        "What acting on it would earn is not known: no cost is known."
    )


def test_the_curve_is_told_with_its_figures_or_its_reason() -> None:
    row = {"learned_from": 300, "auc": 0.7, "auc_low": 0.6, "auc_high": 0.8, "brier": 0.12, "brier_low": None,
           "brier_high": None, "n": 90}  # fmt: skip
    told = told_learning({"learning": {"sentence": "More would help.", "curve": [row]}})
    assert told["rows"] == [{"learned_from": "300", "auc": "0.700 (0.600 to 0.800)", "brier": "0.1200"}]
    assert told["n"] == "90"
    assert told_learning({"learning": {"absent": "too few"}})["sentence"].endswith("was not measured: too few.")
    assert told_learning({})["sentence"] == ""


def figure(value: float) -> dict[str, Any]:
    return {"estimate": value, "low": value - 0.05, "high": value + 0.05, "level": 0.9, "n": 40}


def groups() -> dict[str, Any]:
    few = {"absent": "fewer than 10 with, or without, the outcome"}
    green = {"group": "green", "n": 40, "events": 3, "predicted": 0.1, "observed": figure(0.08), "auc": few,
             "brier": few, "brier_base_rate": few, "brier_skill": few}  # fmt: skip
    red = green | {"group": "red", "events": 20, "auc": figure(0.7), "brier": figure(0.2),
                   "brier_base_rate": figure(0.25), "brier_skill": figure(0.2)}  # fmt: skip
    return {"tier": [green, red], "period": [], "segment": []}


def test_a_group_shows_promised_beside_observed_and_says_what_is_missing() -> None:
    (tiers,) = told_breakdowns({"breakdown": groups()})
    green, red = tiers["rows"]
    assert (green["predicted"], green["observed"]["value"], green["observed"]["between"]) == (
        "10 %",
        "8 %",
        "3 to 13 %",
    )
    assert (red["auc"]["value"], red["auc"]["between"]) == ("0.70", "0.65 to 0.75")
    assert tiers["absent"] == ["AUC and Brier not measured: fewer than 10 with, or without, the outcome (green)."]


def test_the_report_shows_the_verdict_before_all_figures_and_each_part(documents: Documents) -> None:
    churn = documents["metrics"]["models"]["churn"]
    churn |= {"breakdown": groups(), "learning": {"absent": "too few"}, "no_profit": "no cost is known"}
    churn["tested"] = profits()["tested"]
    churn["metrics"] = [*churn["metrics"], metric("uno_c", "boosted", 0.74, 0.7, 0.78)]
    page = html_report(summarise(**documents))
    section = page[page.index('id="models"') :]
    order = ["The boosted model ships.", "no cost is known", "too few", "By tier", "For data scientists", "Uno&#39;s C"]
    positions = [section.index(words) for words in order]
    assert positions == sorted(positions)
    assert "the forecasts were made without these accounts" in section
    assert "On 90 later accounts (started 2025-01-01 to 2025-12-31), churn within 12 months, with 90 %" in section
