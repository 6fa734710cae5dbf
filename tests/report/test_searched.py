from __future__ import annotations

from icp_ml.report.searched import told_no_evidence, told_searched

SEARCHES = [
    {"outcome": "churn_12m", "looking_for": "more", "accounts": 1203, "conditions": 310, "rules": 0,
     "smallest_difference": 0.14},
    {"outcome": "won_and_kept_12m", "looking_for": "more", "accounts": 40, "skipped": "fewer than 60 accounts"},
    {"outcome": "won", "looking_for": "less", "accounts": 900, "conditions": 310, "rules": 1},
]  # fmt: skip


def _criteria(rules: int = 0) -> dict:
    return {"criteria": [{}] * rules, "searched": {"searches": SEARCHES}}


def test_each_search_says_what_it_looked_for_and_what_would_have_shown() -> None:
    assert told_searched(_criteria()) == [
        "Looked for groups that leave more often within 12 months, among 1,203 accounts, 310 conditions and what they "
        "give together: none stood out. A group of a quarter of them would have had to differ from the rest by about "
        "14 points to be seen.",
        "Not searched for groups that are won and stay 12 months more often: fewer than 60 accounts.",
        "Looked for groups that are won less often, among 900 accounts, 310 conditions and what they give together: 1 "
        "group stood out.",
    ]


def test_searches_for_exclusions_are_told_apart_from_those_for_criteria() -> None:
    assert [s.split(",")[0] for s in told_searched(_criteria(), "exclude")] == [
        "Looked for groups that leave more often within 12 months",
        "Looked for groups that are won less often",
    ]
    assert len(told_searched(_criteria(), "include")) == 1


def test_only_where_nothing_is_proposed_the_reader_is_told_what_follows() -> None:
    assert told_no_evidence(_criteria(1)) == []
    assert any("every account is yellow" in s for s in told_no_evidence(_criteria()))
    assert told_no_evidence({"criteria": []})[-1].startswith("What would change this: ")
