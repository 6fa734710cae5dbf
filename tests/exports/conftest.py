"""A small release in memory, with one rule of every kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from icp_ml.conditions import Condition, Rule
from icp_ml.release.folder import Release

ATTRIBUTES = {
    "size": {"type": "number", "unit": "people", "column": "NumberOfEmployees"},
    "industry": {"type": "category", "column": "Industry"},
    "b2b": {"type": "boolean", "column": "Is_B2B__c"},
    "stack": {"type": "tags", "separator": ";", "column": "Tech Stack"},
}
SMALL = Rule((Condition("size", "below", 40.0),))
MIDDLE = Rule((Condition("size", "between", (50.0, 500.0)), Condition("b2b", "is", True)))
NOT_RETAIL = Rule((Condition("industry", "not_in", ("retail", "O'Neil")),))
ZENDESK = Rule((Condition("stack", "has_any", ("zendesk", "jira")),))


def criterion(name, rule, status="proposed", text=None):
    kind = "exclude" if name.startswith("X") else "include"
    said = {"id": name, "key": rule.key(), "kind": kind, "status": status, "text": text or rule.text()}
    return {**said, "when": rule.jsonlogic(), "evidence": None, "receipt": None}


def item(name, rule, points):
    said = {"criterion": name, "attribute": rule.attributes[0], "when": rule.jsonlogic(), "points": points}
    return {**said, "text": rule.text()}


@pytest.fixture
def release() -> Release:
    document = {
        "schema_version": "1.0",
        "name": "acme",
        "release_id": "r1",
        "as_of": "2026-06-30",
        "churn_horizon_months": 12,
        "currency": "EUR",
        "attributes": ATTRIBUTES,
        "review": None,
        "criteria": [
            criterion("X1", SMALL),
            criterion("X2", ZENDESK, "rejected"),
            criterion("C1", MIDDLE, "accepted"),
            criterion("C2", NOT_RETAIL),
        ],
        "scorecard": {
            "target": "won_and_kept",
            "base": 52,
            "items": [item("X1", SMALL, -70), item("X2", ZENDESK, -30), item("C1", MIDDLE, 25)],
        },
        "tiers": {"green": 70, "red": 50, "actions": {"green": "pursue", "yellow": "wait", "red": "decline"}},
        "not_proposed": None,
        "columns": {"account_id": ["Id", "account_id"], "observed_at": ["observed_at"]},
    }
    segments = {"segments": [{"id": "S1", "name": "B2B", "rule": {"when": ZENDESK.jsonlogic()}}]}
    return Release(Path("."), document, segments)
