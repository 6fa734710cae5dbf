from __future__ import annotations

import pandas as pd

from icp_ml.models.types import Metric, ModelReport, Models
from icp_ml.report.metrics import kept_figures, model_figures, standing_figures, with_rules

Documents = dict[str, dict]


class _Logistic:
    kind, outcome = "logistic", "churn"

    def predict(self, frame: pd.DataFrame) -> None: ...

    def explain(self, frame: pd.DataFrame) -> None: ...


def _report() -> ModelReport:
    empty = pd.DataFrame()
    metrics = (
        Metric("auc", "boosted", 0.7, 0.6, 0.8, 90),
        Metric("auc", "logistic", 0.72, 0.65, 0.8, 90),
        Metric("brier", "base_rate", float("nan"), n=90, split="cross_validated"),
        Metric("events", "base_rate", 30.0, n=90),
    )
    return ModelReport("churn", _Logistic(), "logistic ships", metrics, empty, empty, empty, empty, empty)


def test_a_name_without_suffix_is_the_model_that_ships() -> None:
    figures = model_figures(_report())
    assert figures["churn_auc_out_of_time"] == {"value": 0.72, "low": 0.65, "high": 0.8, "n": 90}
    assert figures["churn_auc_out_of_time_boosted"]["value"] == 0.7
    assert figures["churn_events_out_of_time"] == {"value": 30.0, "n": 90}, "a count is of no model"
    assert "churn_brier_cross_validated" not in figures, "the base rate does not ship here"


def test_every_part_of_a_release_has_figures_and_none_is_undefined(documents: Documents) -> None:
    models = Models(_report(), None, {"win": "no deals"})
    standing = standing_figures(models, documents["segments"], documents["metrics"]["counted"])
    found = with_rules(standing, documents["criteria"])
    values = {name: entry["value"] for name, entry in found.items()}
    assert values["criteria_proposed"] == 2
    assert values["exclusions_proposed"] == 1
    assert values["criteria_X1_risk_difference"] == 0.37
    assert values["criteria_X1_arr_won"] == 1_250_000.0
    assert values["exclusions_revenue_to_be_replaced"] == 600_000.0
    assert values["segments_S2_pull"] == 4.26
    assert values["scorecard_green_rate"] == 0.5
    assert found["scorecard_green_rate"] == {"value": 0.5, "low": 0.4, "high": 0.6, "n": 80}
    assert not [name for name in values if name.startswith("scorecard_red")], "no decided account is in the red tier"
    assert values["everybody_win_rate"] == 0.5
    assert values["accounts_total"] == 6
    assert not [name for name in values if name.startswith("churn_brier")], "a figure that is not defined is left out"


def test_what_each_tier_holds_follows_from_the_rules(documents: Documents) -> None:
    green = {"accounts": 2, "open_pipeline": 45_000.0, "arr_now": 9_000.0, "with_open_deals": 1}
    found = with_rules({"accounts_total": {"value": 6.0}}, documents["criteria"], {"green": green})
    values = {name: entry["value"] for name, entry in found.items()}
    assert {name: value for name, value in values.items() if name.startswith("tiers/")} == {
        "tiers/green_accounts": 2.0,
        "tiers/green_open_pipeline": 45_000.0,
        "tiers/green_arr_now": 9_000.0,
    }
    assert kept_figures({"metrics": values, "intervals": {}}) == {"accounts_total": {"value": 6.0}}
