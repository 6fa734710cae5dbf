from __future__ import annotations

import datetime as dt

import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Economics
from icp_ml.report.target import target_document


def _rule(below: int) -> dict:
    return {"and": [{"!=": [{"var": "size"}, None]}, {"<": [{"var": "size"}, below]}]}


def _criteria(*kinds: str) -> dict:
    rules = {"include": ("C1", 100), "exclude": ("X1", 10)}
    return {
        "criteria": [
            {"id": rules[k][0], "kind": k, "status": "proposed", "text": k, "when": _rule(rules[k][1])} for k in kinds
        ],
        "scorecard": {"base": 60, "items": []},
        "tiers": {"green": 70, "red": 50},
        "review": None,
    }


def _cohort() -> Cohort:
    """Twelve decided accounts of size 50, of which nine were won; one of size 5 and one of size 500, both lost."""
    n = 14
    sizes = pd.DataFrame({"size": [50.0] * 12 + [5.0, 500.0]}, index=[f"A{i}" for i in range(n)])
    nan = float("nan")
    accounts = pd.DataFrame(
        {"outcome": ["won"] * 9 + ["lost"] * 5, "is_customer": False, "grr": nan, "nrr": nan, "entry_months": nan,
         "arr_start": nan, "follow_up_months": nan, "churned": False, "pull": nan, "cycle_days": nan,
         "cost_to_serve": nan, "service_cost": nan, "years_at_risk": nan}, index=sizes.index,
    )  # fmt: skip
    day = dt.date(2026, 6, 30)
    return Cohort(accounts, sizes, sizes, 12, day, day, has_wins=True, has_churn=False)


def _scored() -> pd.DataFrame:
    return pd.DataFrame(
        {"matched_criteria": ["C1"] * 12 + ["X1;C1", ""], "segment": ["S1"] * 3 + [""] * 9 + ["S1", "S2"]}
    )


def test_the_target_is_what_a_criterion_describes_and_no_exclusion_hits() -> None:
    told = target_document(_cohort(), _criteria("include", "exclude"), _scored(), Economics())
    assert told["accounts"] == 12
    assert (told["figures"]["win_rate"]["estimate"], told["figures"]["win_rate"]["n"]) == (0.75, 12)


def test_segments_say_how_much_of_them_is_in_the_target_and_how_much_is_refused() -> None:
    told = target_document(_cohort(), _criteria("include", "exclude"), _scored(), Economics())
    assert told["segments"] == {
        "S1": {"accounts": 4, "in_target": 3, "refused": 1},
        "S2": {"accounts": 1, "in_target": 0, "refused": 0},
    }


def test_without_an_active_criterion_there_is_no_target_but_refused_accounts_are_known() -> None:
    criteria = _criteria("include", "exclude")
    criteria["criteria"][0]["status"] = "rejected"
    told = target_document(_cohort(), criteria, _scored(), Economics())
    assert "figures" not in told
    assert told["segments"]["S1"] == {"accounts": 4, "in_target": 0, "refused": 1}
