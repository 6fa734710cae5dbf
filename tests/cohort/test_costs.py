from __future__ import annotations

import numpy as np
import pytest

COSTS = {"economics": {"signal_costs": {"support_hours": 60.0}}}


def test_cost_to_serve_is_a_year_at_risk_within_the_horizon(make_cohort):
    periods = [("A", "2024-01-01", None, 1.0), ("B", "2024-01-01", "2024-07-01", 1.0), ("C", "2024-01-01", None, 1.0)]
    signals = [
        ("A", "2023-12-31", "support_hours", 99.0),  # before the start
        ("A", "2024-01-01", "support_hours", 2.0),
        ("A", "2025-01-01", "support_hours", 3.0),  # the anniversary is included
        ("A", "2025-01-02", "support_hours", 99.0),
        ("A", "2024-02-01", "usage", 50.0),  # costs nothing
        ("A", "2024-02-01", "support_hours", None),
        ("B", "2024-03-01", "support_hours", 1.0),
        ("B", "2024-08-01", "support_hours", 99.0),  # after the churn
    ]
    accounts = make_cohort(["A", "B", "C", "N"], None, periods, signals, **COSTS).accounts
    assert accounts["service_cost"].tolist() == pytest.approx([300, 60, 0, np.nan], nan_ok=True)
    assert accounts["years_at_risk"].tolist() == pytest.approx([1, 0.5, 1, np.nan], nan_ok=True)
    assert accounts["cost_to_serve"].tolist() == pytest.approx([300, 120, 0, np.nan], nan_ok=True)


def test_a_late_entrant_costs_only_from_its_entry(make_cohort):
    signals = [("A", "2020-12-31", "support_hours", 99.0), ("A", "2021-03-01", "support_hours", 1.0)]
    cohort = make_cohort(["A"], None, [("A", "2020-07-01", None, 1.0)], signals, covers_from="2021-01-01", **COSTS)
    assert cohort.accounts.loc["A", ["service_cost", "years_at_risk", "cost_to_serve"]].tolist() == [60.0, 0.5, 120.0]


def test_without_a_priced_signal_the_cost_is_unknown_not_zero(make_cohort):
    periods, signals = [("A", "2024-01-01", None, 1.0)], [("A", "2024-02-01", "support_hours", 1.0)]
    assert make_cohort(["A"], None, periods, signals).accounts["cost_to_serve"].isna().all()
    assert make_cohort(["A"], None, periods, None, **COSTS).accounts["cost_to_serve"].isna().all()
    assert make_cohort(["A"], None, periods, None, **COSTS).signals is None


def test_signals_are_summarised_by_account_within_the_time_at_risk(make_cohort):
    signals = [
        ("A", "2024-02-01", "feature_request", None),
        ("A", "2024-03-01", "feature_request", 4.0),
        ("A", "2024-03-01", "usage", 5.0),
        ("A", "2026-03-01", "usage", 9.0),  # after the horizon
        ("N", "2024-03-01", "usage", 9.0),  # no customer
        ("unknown", "2024-03-01", "usage", 9.0),
    ]
    summary = make_cohort(["N", "A"], None, [("A", "2024-01-01", None, 1.0)], signals).signals
    assert summary.index.tolist() == [("A", "feature_request"), ("A", "usage")]
    assert summary.to_numpy().tolist() == [[2.0, 4.0, 4.0], [1.0, 5.0, 5.0]]
