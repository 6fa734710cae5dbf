"""The closest change is one that does alter the tier, and nothing smaller does."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from icp_ml.conditions import Condition, Rule
from icp_ml.config.schema import Attribute
from icp_ml.release.closest_change import closest_change, closest_changes
from icp_ml.release.rules import ActiveRules
from tests.conftest import CRITERIA, _criterion, _item

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
        (account(30, "retail", True), "it would be yellow if it had 40 employees (now 30 people)."),
        (account(100, "saas", False), "it would be green if it had revops (now no)."),
        (account(100, "retail", True), "it would be green if its industry was O'Neil (now retail)."),
        (account(100, "saas", True), "it would be red if it had under 40 employees (now 100 people)."),
        (account(None, "retail", None), "it would be red if it had under 40 employees (now unknown)."),
        (account(39, "saas", True), "it would be green if it had 40 employees (now 39 people)."),
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


def test_a_number_that_is_not_known_is_as_far_off_as_another_level():
    active, large = Rule((Condition("active", "is", True),)), Rule((Condition("employee_count", "at_least", 40.0),))
    either = [("C1", large), ("C2", active)]
    card = {**CRITERIA["scorecard"], "items": [_item(name, rule, 25) for name, rule in either]}
    listed = [_criterion(name, "include", "proposed", rule) for name, rule in either]
    rules = ActiveRules.from_document({**CRITERIA, "criteria": listed, "scorecard": card})
    row = account(None, "saas", True).assign(active=pd.array([False], dtype="boolean"))
    known = ATTRIBUTES | {"active": Attribute(type="boolean")}
    # Both lead to green at the same distance, so that the attribute named first in the alphabet counts.
    assert [c["attribute"] for c in closest_change(row, rules, known).changes] == ["active"]
    nearer = row.assign(employee_count=[39.0])
    assert [c["attribute"] for c in closest_change(nearer, rules, known).changes] == ["employee_count"]


PEOPLE = {20.0: "20 employees", 500.0: "500 employees"}
TRIED = {
    "employee_count": [
        (value, end, f"it had {side}{PEOPLE[end]}")
        for end in PEOPLE
        for value, side in ((end, ""), (end - 1e-9, "under "), (end + 1e-9, "over "))
    ],
    "industry": [(v, None, f"its industry was {v}") for v in ("retail", "saas")]
    + [("mining", None, "it had another industry")],
    "active": [(True, None, "its active was yes"), (False, None, "its active was no")],
    "has_revops": [(True, None, "it had revops"), (False, None, "it had no revops")],
    "tech_stack": [("crm", None, "crm in tech stack"), ("sheets", None, "sheets in tech stack")],
}


def _rules(seed: int) -> ActiveRules:
    """Return a few rules of every operator, put together at random."""
    rng = np.random.default_rng(seed)
    conditions = [
        Condition("employee_count", "below", 20.0),
        Condition("employee_count", "between", (20.0, 500.0), or_unknown=True),
        Condition("industry", "in", ("saas",)),
        Condition("industry", "not_in", ("retail", "saas")),
        Condition("active", "is", True),
        Condition("has_revops", "is", True),
        Condition("has_revops", "is", False, or_unknown=True),
        Condition("tech_stack", "has_none", ("crm", "sheets")),
        Condition("tech_stack", "has_any", ("crm", "sheets")),
        Condition("tech_stack", "has", "sheets"),
    ]
    criteria, items = [], []
    for at in range(5):
        rule = Rule(tuple(conditions[i] for i in rng.choice(len(conditions), rng.integers(1, 4), replace=False)))
        kind = "exclude" if at == 0 else "include"
        criteria.append(_criterion(f"C{at}", kind, "proposed", rule))
        items.append(_item(f"C{at}", rule, int(rng.integers(-25, 26))))
    card = {**CRITERIA["scorecard"], "items": items}
    return ActiveRules.from_document({**CRITERIA, "criteria": criteria, "scorecard": card})


def _attempt(row: pd.DataFrame, name: str, value) -> object:
    if name != "tech_stack":
        return value
    held = row[name].iloc[0] or ()
    return tuple(t for t in held if t != value) if value in held else (*held, value)


def _far(row: pd.DataFrame, name: str, end: float | None) -> float:
    now = row[name].iloc[0]
    return 1.0 if end is None or np.isnan(now) else abs(end - now) / max(abs(now), abs(end))


def _told(row: pd.DataFrame, name: str, value, words: str) -> str:
    held = name == "tech_stack" and value in (row[name].iloc[0] or ())
    return f"it had {'no ' if held else ''}{words}" if name == "tech_stack" else words


def _naive(row: pd.DataFrame, rules: ActiveRules) -> list[tuple]:
    """Return the closest changes, trying every one or two by itself: those equally close as to what is preferred."""
    order = ["red", "yellow", "green"]
    now = order.index(rules.score_frame(row)["icp_tier"].iloc[0])
    for size in (1, 2):
        found = []
        for names in itertools.combinations(rules.attributes, size):
            for steps in itertools.product(*(TRIED[name] for name in names)):
                values = {n: [_attempt(row, n, s[0])] for n, s in zip(names, steps, strict=True)}
                changed = row.assign(**{n: pd.Series(v, dtype=row[n].dtype) for n, v in values.items()})
                scored = rules.score_frame(changed).iloc[0]
                reach = order.index(scored["icp_tier"]) - now
                if reach:
                    far = sum(_far(row, n, s[1]) for n, s in zip(names, steps, strict=True))
                    words = [_told(row, n, s[0], s[2]) for n, s in zip(names, steps, strict=True)]
                    found.append(((-max(reach, 0), far, names), scored["icp_tier"], scored["icp_score"], words))
        if found:
            best = min(f[0] for f in found)
            return [f[1:] for f in found if f[0] == best]
    return []


@pytest.mark.parametrize("seed", range(12))
def test_many_accounts_at_once_are_told_what_trying_everything_finds(seed, monkeypatch):
    monkeypatch.setattr("icp_ml.release.small_changes._CELLS", 2_000)
    rules, rng = _rules(seed), np.random.default_rng(seed)
    known = ATTRIBUTES | {"active": Attribute(type="boolean")}
    rows = [
        account(
            rng.choice([None, 5, 19.5, 20, 300, 500, 501]),
            rng.choice(["saas", "retail", "mining", None]),
            rng.choice([True, False, None]),
            [(), ("crm",), ("sheets", "crm"), ("other",), None][rng.integers(5)],
        ).assign(active=pd.array([rng.choice([True, False, None])], dtype="boolean"))
        for _ in range(12)
    ]
    found = closest_changes(pd.concat(rows, ignore_index=True), rules, known)
    for row, change in zip(rows, found, strict=True):
        wanted = _naive(row, rules)
        if change is None:
            assert wanted == []
        else:
            assert (change.tier, change.score, [c["after"] for c in change.changes]) in wanted
        assert closest_change(row, rules, known) == change
