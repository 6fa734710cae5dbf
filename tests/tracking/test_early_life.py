"""The early-life model in MLflow: a nested run of its own, and nothing anybody could promote."""

from __future__ import annotations

from icp_ml.tracking.discoveries import _PREFIXES, _REGISTERED, PARTS


def test_figures_of_early_life_are_in_no_other_part() -> None:
    name = "early_churn_auc_out_of_time"
    assert [part for part in PARTS if name.startswith(_PREFIXES[part])] == ["early_churn"]


def test_the_early_life_model_is_not_registered() -> None:
    assert "early_churn" in PARTS
    assert "early_churn" not in _REGISTERED
