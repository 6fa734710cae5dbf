import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from worlds import world

from icp_ml.conditions import Condition, Rule
from icp_ml.criteria.matching import (
    audited_groups,
    failing_conditions,
    failing_together,
    match_rates,
    match_rates_by_quarter,
)

RULE = Rule((Condition("employee_count", "at_least", 50.0), Condition("has_revops", "is", True)))


def _cohort(n=6, **columns):
    cohort, _ = world(1, n)
    frame = cohort.attributes.assign(
        employee_count=[60.0, 10.0, 60.0, np.nan, 10.0, 60.0][:n],
        has_revops=pd.array([True, True, False, True, False, None][:n], dtype="boolean"),
    )
    told = {
        "outcome": ["won", "won", "won", "won", "lost", None], "is_customer": [True] * 4 + [False] * 2,
        "follow_up_months": [30.0, 12.0, 20.0, 12.0, np.nan, np.nan],
        "churned": [False, True, True, False, False, False], "open_pipeline": [0.0] * 5 + [9.0],
    }  # fmt: skip
    return replace(cohort, attributes=frame, accounts=cohort.accounts.assign(**told, **columns))


def test_who_left_after_the_horizon_was_kept_and_who_left_on_the_anniversary_was_not():
    groups = audited_groups(_cohort(), 12)
    assert groups["pursued"].tolist() == [True] * 6
    assert groups["won"].tolist() == [True] * 4 + [False] * 2
    assert groups["kept"].tolist() == [True, False, True, True, False, False]


def test_match_rates_stand_side_by_side():
    cohort = _cohort()
    rates = match_rates(audited_groups(cohort, 12), RULE.mask(cohort.attributes))
    assert {name: (f["estimate"], f["n"]) for name, f in rates.items()} == {
        "match_rate_pursued": (1 / 6, 6),
        "match_rate_won": (1 / 4, 4),
        "match_rate_kept": (1 / 3, 3),
    }


def test_each_condition_is_counted_with_how_often_it_alone_fails():
    cohort = _cohort()
    size, revops = failing_conditions(cohort, RULE, audited_groups(cohort, 12), {})
    # Of four won: one small, one of unknown size, one without revops; none fails both.
    assert (size["attribute"], size["fails"], size["unknown"], size["fails_only"]) == ("employee_count", 2, 1, 2)
    assert (size["share"], size["share_pursued"], size["share_kept"]) == (0.5, 0.5, pytest.approx(1 / 3))
    assert (revops["fails"], revops["fails_only"], revops["share_pursued"]) == (1, 1, 0.5)


def test_the_rest_falls_into_combinations_that_add_up():
    cohort = _cohort()
    cohort = replace(cohort, accounts=cohort.accounts.assign(outcome="won"))
    together = failing_together(cohort, RULE, audited_groups(cohort, 12), {})
    assert sum(row["won"] for row in together) == 5, "all but the one that fits"
    assert sum(row["share"] for row in together) == pytest.approx(1)
    assert {len(row["fails"]): row["won"] for row in together if len(row["fails"]) == 2} == {2: 1}


def _dated(months_ago):
    cohort, _ = world(4, 40)
    dates = [pd.Timestamp("2026-02-10")] * 3 + [pd.Timestamp("2024-08-10")] * 25 + [pd.Timestamp("2024-02-10")] * 12
    table = cohort.accounts.assign(
        decided_at=dates, outcome="won", is_customer=True, churned=False, follow_up_months=months_ago
    )
    return replace(cohort, accounts=table, follow_up_until=dt.date(2026, 5, 31))


def test_quarters_with_too_few_accounts_and_quarters_too_young_are_named_as_such():
    cohort = _dated([3.0] * 3 + [21.0] * 25 + [27.0] * 12)
    fits = np.arange(40) % 2 == 0
    rows = {row["quarter"]: row for row in match_rates_by_quarter(cohort, audited_groups(cohort, 12), fits, 12)}
    assert list(rows) == [f"{y}-Q{q}" for y in (2024, 2025) for q in (1, 2, 3, 4)] + ["2026-Q1"]
    assert rows["2024-Q1"]["won"]["n"] == 12
    assert rows["2024-Q3"]["kept"]["estimate"] == pytest.approx(12 / 25)
    assert rows["2024-Q2"]["pursued"] == {"absent": "only 0 accounts pursued", "n": 0}
    assert rows["2026-Q1"]["won"]["absent"] == "only 3 accounts won"
    assert rows["2025-Q4"]["kept"]["absent"] == "12 months have not passed for all of them"


def test_without_any_decision_there_is_no_quarter():
    cohort = _cohort(decided_at=pd.NaT)
    cohort = replace(cohort, accounts=cohort.accounts.assign(decided_at=pd.to_datetime(cohort.accounts["decided_at"])))
    assert match_rates_by_quarter(cohort, audited_groups(cohort, 12), np.ones(6, bool), 12) == []
