from __future__ import annotations

import pandas as pd

from icp_ml.sample.plan import PULL_TRIGGER_SHIFT, REGIONS, REST, assign_regions, true_probabilities


def _account(industry: str, employees: float, revops: bool, tools: tuple[str, ...]) -> dict[str, object]:
    return {"industry": industry, "employee_count": employees, "has_revops": revops, "tech_stack": tools}


def _frame(*accounts: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(list(accounts)).astype({"has_revops": "boolean"})


def test_each_planted_region_holds_exactly_where_its_words_say() -> None:
    frame = _frame(
        _account("agencies", 19, True, ()),
        _account("agencies", 20, True, ()),
        _account("media", 300, False, ("sap", "spreadsheets")),
        _account("media", 300, True, ("spreadsheets",)),
        _account("fintech", 500, True, ()),
        _account("fintech", 501, True, ()),
        _account("healthtech", 100, True, ()),
        _account("healthtech", 99, True, ()),
    )
    assert assign_regions(frame).tolist() == [0, 4, 1, 4, 2, 4, 3, 4]


def test_the_first_region_that_holds_counts() -> None:
    frame = _frame(
        _account("consumer_apps", 5, False, ("spreadsheets",)), _account("healthtech", 900, False, ("spreadsheets",))
    )
    assert assign_regions(frame).tolist() == [0, 1]
    assert true_probabilities(frame)["churn"].tolist() == [REGIONS[0].churn, REGIONS[1].churn]


def test_zendesk_adds_pull_and_nothing_else() -> None:
    without, with_it = _account("media", 300, True, ("jira",)), _account("media", 300, True, ("jira", "zendesk"))
    planted = true_probabilities(_frame(without, with_it))
    assert planted["pull"].tolist() == [REST.pull, REST.pull + PULL_TRIGGER_SHIFT]
    assert planted.drop(columns="pull").nunique().tolist() == [1] * 5
