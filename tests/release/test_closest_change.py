"""The closest change is one that does alter the tier, and nothing smaller does."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from icp_ml.config.schema import Attribute
from icp_ml.release.closest_change import closest_change
from icp_ml.release.rules import ActiveRules
from tests.conftest import CRITERIA

ATTRIBUTES = {
    "employee_count": Attribute(type="number", unit="people"),
    "industry": Attribute(type="category"),
    "has_revops": Attribute(type="boolean"),
    "tech_stack": Attribute(type="tags"),
}
# X1 refuses under 40 people and takes 40 points; C1 gives saas or O'Neil with RevOps 25; base 52, green 70, red 50.
RULES = ActiveRules.from_document(CRITERIA)


def account(people, industry, revops, tags=()) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "employee_count": [np.nan if people is None else float(people)],
            "industry": pd.array([industry], dtype="str"),
            "has_revops": pd.array([revops], dtype="boolean"),
            "tech_stack": pd.Series([tags], dtype=object),
        }
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (account(30, "retail", True), "it would be yellow with 40 employees (now 30 people)."),
        (account(100, "saas", False), "it would be green with has revops (now no)."),
        (account(100, "retail", True), "it would be green with industry is O'Neil (now retail)."),
        (account(100, "saas", True), "it would be red with under 40 employees (now 100 people)."),
        (account(None, "retail", None), "it would be red with under 40 employees (now unknown)."),
        (account(39, "saas", True), "it would be green with 40 employees (now 39 people)."),
    ],
)
def test_it_is_said_in_words(row, said):
    assert closest_change(row, RULES, ATTRIBUTES).text == said


def _applied(row: pd.DataFrame, **values) -> str:
    changed = {name: pd.Series([value], dtype=row[name].dtype) for name, value in values.items()}
    return str(RULES.score_frame(row.assign(**changed))["icp_tier"].iloc[0])


GRID = {
    "employee_count": [1.0, 39.999, 40.0, 41.0, 1000.0],
    "industry": ["saas", "O'Neil", "retail", "anything"],
    "has_revops": [True, False],
}


KINDS = list(itertools.product([10, 40, 500, None], ["saas", "retail", None], [True, False, None]))


@pytest.mark.parametrize("row", KINDS)
def test_no_smaller_change_alters_the_tier(row):
    frame = account(*row)
    now, found = _applied(frame), closest_change(frame, RULES, ATTRIBUTES)
    single = {(name, v) for name, values in GRID.items() for v in values if _applied(frame, **{name: v}) != now}
    assert found is not None
    assert found.tier != now
    assert len(found.changes) == (1 if single else 2)
    better = {"red": 0, "yellow": 1, "green": 2}
    ups = {_applied(frame, **{name: v}) for name, v in single if better[_applied(frame, **{name: v})] > better[now]}
    if ups:
        assert found.tier == max(ups, key=better.get), "a change for the better is told, the one that leads furthest"


def test_where_nothing_alters_the_tier_there_is_none():
    silent = ActiveRules.from_document(
        {**CRITERIA, "criteria": [], "scorecard": {**CRITERIA["scorecard"], "items": []}}
    )
    assert closest_change(account(30, "saas", True), silent, ATTRIBUTES) is None
