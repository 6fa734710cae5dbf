from __future__ import annotations

from typing import Any

import pytest

from icp_ml.report.html import html_report
from icp_ml.report.summary import summarise
from icp_ml.report.territory_words import told_territories

RULES: dict[str, Any] = {"criteria": [{"id": "X1", "text": "Fewer than 40 employees"}]}
TIER = {"accounts": 3, "open_pipeline": 1000.0}
ROW = {"id": "A1", "name": "<b>Ash</b>", "state": "deal open", "score": 80, "why": "Has revops", "pipeline": "EUR 500",
       "arr": "", "until": ""}  # fmt: skip
NAMED = {"pursue": {"total": 12, "rows": [ROW]}, "refuse": {"total": 0, "rows": []},
         "customers": {"total": 0, "rows": []}}  # fmt: skip
RATE = {"estimate": 0.4, "low": 0.35, "high": 0.45, "level": 0.9, "n": 200, "observed": 0.42}


def _view(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "accounts": 300, "decided": 200, "won": 84, "customers": 80, "win_rate": RATE,
        "churn": {**RATE, "estimate": 0.2, "low": 0.1, "high": 0.3, "months": 12, "n": 80},
        "tiers": {tier: TIER for tier in ("green", "yellow", "red")},
        "excluded": {"accounts": 9, "present_customers": 2, "arr_now": 5000.0, "open_pipeline": 800.0},
        "rules_that_differ": [], "named": NAMED, **more,
    }  # fmt: skip


def _tested(verdict: str = "as elsewhere", by: str = "territory", differs: bool = False) -> dict[str, Any]:
    groups = [{"name": "North", "verdict": verdict}, {"name": "South", "verdict": "as elsewhere"}]
    return {"rule": "X1", "by": by, "outcome": "churn_12m", "p_value": 0.2, "differs": differs, "would_show": 0.28,
            "groups": groups}  # fmt: skip


def _document(**more: Any) -> dict[str, Any]:
    return {"currency": "EUR", "error_rate": 0.05, "absent": {}, "effects": [_tested()], "territories": [],
            "owners": [], **more}  # fmt: skip


def test_no_difference_is_said_with_what_could_have_been_seen() -> None:
    told = told_territories(_document(), RULES)
    assert told["verdict"].startswith("No credible difference between territories:")
    assert told["more"] == [
        "1 comparison of a rule's effect between territories or owners; the chance that any of them claims a "
        "difference where there is none is 5 %.",
        "To be seen, a rule's effect in the largest territory would have had to be off by about 28 points (X1).",
    ]


@pytest.mark.parametrize(
    ("verdict", "by", "expected"),
    [
        (
            "weaker",
            "territory",
            "X1 (Fewer than 40 employees) does not work alike everywhere: a weaker effect in North.",
        ),
        ("reversed", "owner", "X1 (Fewer than 40 employees) does not work alike everywhere: the reverse with North."),
        (
            "as elsewhere",
            "territory",
            "X1 (Fewer than 40 employees) works differently between territories, but no single one stands out.",
        ),
    ],
)
def test_a_difference_names_the_rule_and_where(verdict: str, by: str, expected: str) -> None:
    assert told_territories(_document(effects=[_tested(verdict, by, True)]), RULES)["verdict"] == expected


def test_what_could_not_be_asked_is_said_with_its_reason() -> None:
    absent = {by: f"no {by} is known of any decided account or customer" for by in ("territory", "owner")}
    nothing = told_territories(_document(effects=[], absent=absent), RULES)
    assert nothing["verdict"].startswith("Neither territory nor owner is known")
    assert nothing["more"] == []
    assert told_territories(_document(effects=[]), {"criteria": []})["verdict"].startswith("No rule was proposed")
    few = told_territories(
        _document(effects=[{"rule": "X1", "by": "territory", "outcome": "won", "absent": "few"}]), RULES
    )
    assert few["verdict"].startswith("Too few accounts on both sides of the rules")
    assert few["more"] == ["Not compared between territories, for too few accounts on both sides: X1."]


def test_small_groups_are_listed_with_counts_and_have_no_row() -> None:
    small = _view("Tiny", accounts=5, win_rate={"absent": "3"}, churn={"absent": "1"})
    told = told_territories(_document(territories=[_view("North"), small]), RULES)
    assert [row["name"] for row in told["territories"]] == ["North"]
    assert told["small"] == [
        "Without figures of their own, for too few decided accounts or for their number: territories Tiny (5). "
        "In brackets, accounts now."
    ]


def test_a_view_tells_what_differs_and_what_exclusions_hit_there() -> None:
    effect = {"estimate": 0.0, "low": -0.05, "high": 0.06}
    entry = {"rule": "X1", "verdict": "no effect shown", "effect": effect, "gap": effect}
    (row,) = told_territories(_document(territories=[_view("North", rules_that_differ=[entry])]), RULES)["territories"]
    assert row["differs"] == [
        "X1 (Fewer than 40 employees): no effect shown here, 5 points less to 6 points more than the rest."
    ]
    assert row["excluded"] == (
        "The exclusions hit 9 accounts, among them 2 customers of now, paying EUR 5,000 a year and open deals worth "
        "EUR 800."
    )
    assert (row["win_rate"]["value"], row["win_rate"]["between"], row["win_rate"]["of"]) == (
        "40 %",
        "35 to 45 %",
        "200 decided",
    )


def test_the_report_shows_territories_escaped_and_each_in_its_own_fold(documents: dict[str, Any]) -> None:
    nobody = {k: v for k, v in _view("x").items() if k in ("accounts", "tiers", "excluded", "named")}
    document = _document(territories=[_view("R&D <North>")], owners=[_view("Ann", named=None)], no_territory=nobody)
    page = html_report(summarise(**documents), None, told_territories(document, RULES))
    part = page[page.index('id="territories"') :]
    part = part[: part.index('id="models"')]
    assert "R&amp;D &lt;North&gt;" in part
    assert "&lt;b&gt;Ash&lt;/b&gt;" in part
    assert "<b>Ash" not in part
    assert "Whom to pursue (12, the first 1)" in part
    assert part.count("<details>") == part.count("</details>") == 3
    assert 'href="#territories"' in page


def test_a_report_without_territories_has_no_such_section(documents: dict[str, Any]) -> None:
    assert "territories" not in html_report(summarise(**documents))
