"""The documents of a small release, written by hand."""

from __future__ import annotations

import copy
from typing import Any

import pytest

CHURN = {"outcome": "churn_12m", "n": 212, "events": 101, "rate": 0.48, "rate_elsewhere": 0.11,
         "risk_difference": {"estimate": 0.37, "low": 0.29, "high": 0.45, "level": 0.9}, "q_value": 0.0001,
         "replication_later": {"n": 90, "estimate": 0.3, "low": 0.2, "high": 0.4, "level": 0.9}}  # fmt: skip
KEPT = {"outcome": "won_and_kept_12m", "n": 80, "events": 40, "rate": 0.5, "rate_elsewhere": 0.2,
        "risk_difference": {"estimate": 0.3, "low": 0.2, "high": 0.4, "level": 0.9}, "q_value": 0.01}  # fmt: skip
RECEIPT = {"won": 212, "arr_won": 1_250_000.0, "arr_lost_to_churn": 600_000.0, "arr_unknown": 1, "open_deals": 3,
           "open_pipeline": 45_000.0, "cost_to_serve_a_year": 900.0, "cost_to_serve_a_year_elsewhere": 400.0,
           "owners_hit_most": [{"name": "Ann", "accounts": 12, "share": 0.25}], "no_tension": False,
           "review_on": "2026-12-31"}  # fmt: skip

CRITERIA: dict[str, Any] = {
    "schema_version": "1.0", "name": "acme", "release_id": "2026-06-30-aa", "as_of": "2026-06-30",
    "churn_horizon_months": 12, "currency": "EUR", "attributes": {}, "review": None,
    "criteria": [
        {"id": "X1", "key": "k1", "kind": "exclude", "status": "proposed", "text": "Fewer than 40 employees",
         "when": {}, "evidence": CHURN, "receipt": RECEIPT},
        {"id": "C1", "key": "k2", "kind": "include", "status": "accepted", "text": "50 to 500 employees", "when": {},
         "evidence": KEPT, "receipt": {}},
        {"id": "C2", "key": "k3", "kind": "include", "status": "rejected", "text": "Has a dog", "when": {},
         "evidence": KEPT, "receipt": {}},
    ],
    "scorecard": {"target": "won_and_kept", "base": 52,
                  "items": [{"criterion": "C1", "attribute": "employee_count", "when": {}, "points": 18,
                             "text": "50 to 500 employees"}],
                  "figures": {"tiers": {"green": {"estimate": 0.5, "low": 0.4, "high": 0.6, "level": 0.9, "n": 80},
                                        "yellow": {"estimate": 0.2, "low": 0.1, "high": 0.3, "level": 0.9, "n": 300},
                                        "red": {"absent": "no decided account in this tier", "n": 0}},
                              "not_different": ["yellow and red do not differ"]}},
    "tiers": {"green": 70, "red": 50, "actions": {"green": "pursue", "yellow": "ask first", "red": "decline"}},
    "not_proposed": None,
    "totals": {"revenue_taken_now": 1_250_000.0, "revenue_to_be_replaced": 600_000.0, "months": 12},
    "stated": {
        "text": "20 to 1,000 employees",
        "figures": {"match_rate_won": {"estimate": 0.6, "low": 0.5, "high": 0.7, "level": 0.9, "n": 90},
                    "churn_12m": {"inside": 0.14, "outside": 0.23, "n_inside": 50, "n_outside": 60,
                                  "difference": {"estimate": -0.09, "low": -0.14, "high": -0.05, "level": 0.9}}},
        "failing": [{"text": "20 to 1,000 employees", "attribute": "employee_count", "won": 90, "fails": 36,
                     "unknown": 2, "share": 0.4}],
        "findings": ["Too broad: half of it is in X1."],
        "pull": {"none_because": "only 10 customers have pull measured"},
        "exclusions": [{"text": "Region is South", "reason": "too far", "owner": "VP Sales", "review_on": None,
                        "supported": False, "verdict": "no", "outcome": "churn_12m",
                        "difference": {"estimate": 0.04, "low": -0.06, "high": 0.13, "level": 0.9}}],
    },
    "searched": {"horizon_months": 12},
}  # fmt: skip

SEGMENTS: dict[str, Any] = {
    "segments": [
        {"id": "S1", "key": "m1", "name": "Small shops", "verdict": "avoid",
         "rule": {"text": "Fewer than 40 employees"},
         "sizes": {"won": 10, "all": 30}, "fidelity": {"recall": 0.9, "precision": 0.8}, "stability": 0.7,
         "figures": {"win_rate": {"estimate": 0.3, "low": 0.2, "high": 0.4, "level": 0.9, "n": 30}}},
        {"id": "S2", "key": "m2", "name": "Mid-size SaaS", "verdict": "high pull",
         "rule": {"text": "Mid-size SaaS"}, "sizes": {"won": 20, "all": 40},
         "fidelity": {"recall": 1.0, "precision": 1.0}, "stability": 0.95,
         "figures": {"win_rate": {"estimate": 0.5, "low": 0.4, "high": 0.6, "level": 0.9, "n": 40},
                     "pull": {"estimate": 4.26, "low": 4.0, "high": 4.5, "level": 0.9, "n": 20},
                     "cost_to_serve": {"absent": "0 customers with measured cost are fewer than 10"}}},
    ],
    "none_because": None,
}  # fmt: skip

CHECKS: dict[str, Any] = {
    "warnings": ["a snapshot", "two levels differ only in case"],
    "issues": [{"code": "levels", "table": "accounts", "level": "warning",
                "message": "two levels differ only in case"}],
    "leak_suspects": [{"attribute": "csm_health", "text": "csm_health was set aside: only customers have it.",
                       "overruled": False}],
    "counts": {"accounts": 6, "periods": 0},
    "left_out": {"never worked": 2},
}  # fmt: skip

METRICS: dict[str, Any] = {
    "counted": {
        "accounts": 6, "decided": 4, "won": 2, "lost": 2, "customers": 2, "churned": 1, "won_back": 0, "by_status": {},
        "first_decision": "2024-01-02", "last_decision": "2026-05-01", "arr_now": 24_000.0,
        "everybody": {"win_rate": {"estimate": 0.5, "low": 0.3, "high": 0.7, "level": 0.9, "n": 4},
                      "churn": {"absent": "2 customers do not carry a churn rate"}},
        "known": {"owner": 4, "loss_reason": 0, "pull": 0, "cost_to_serve": 0},
    },
    "models": {
        "churn": {"outcome": "churn", "ships": "boosted", "verdict": "The boosted model ships.", "extrapolated": True,
                  "metrics": [{"name": "auc", "model": "boosted", "value": 0.76, "low": 0.7, "high": 0.8, "n": 90,
                               "split": "out_of_time"},
                              {"name": "auc", "model": "base_rate", "value": 0.5, "low": 0.5, "high": 0.5, "n": 90,
                               "split": "out_of_time"}],
                  "reliability": [{"predicted": 0.1, "observed": 0.12, "low": 0.05, "high": 0.2, "n": 40},
                                  {"predicted": 0.4, "observed": 0.35, "low": 0.25, "high": 0.5, "n": 40}],
                  "importance": [{"attribute": "employee_count", "mean_abs_shap": 0.4}],
                  "levels": [{"attribute": "employee_count", "level": "under 40", "mean_shap": 0.3, "n": 50}]},
        "win": {"absent": "winning was not measured: there are no won and lost deals to compare"},
    },
    "tiers": {"green": {"accounts": 2, "open_pipeline": 45_000.0}, "yellow": {"accounts": 3, "open_pipeline": 0.0},
              "red": {"accounts": 1, "open_pipeline": 0.0}},
    "settings": {"criteria.max_false_discovery_rate": 0.05, "economics.gross_margin": 0.8,
                 "economics.acquisition_cost": None},
}  # fmt: skip

Documents = dict[str, dict[str, Any]]


@pytest.fixture
def documents() -> Documents:
    """The four documents a summary is made from; a test may change its own copy."""
    return copy.deepcopy({"criteria": CRITERIA, "segments": SEGMENTS, "checks": CHECKS, "metrics": METRICS})
