"""What several packages of tests share: a small release, a private PostgreSQL.

The release has four attributes, as little as other programs need: rules, a segment and a model of winning.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icp_ml.conditions import Condition, Rule
from icp_ml.config.schema import Attribute
from icp_ml.features.encoding import AttributeEncoder
from icp_ml.models.learners import LinearScorer
from icp_ml.models.predictors import FittedPredictor
from icp_ml.models.targets import WinLink
from tests.discovered import discover_release
from tests.engines.postgres import NO_POSTGRES, postgres_programs, private_postgres
from tests.report.browsing import BROWSER

SMALL = Rule((Condition("employee_count", "below", 40.0),))
SAAS = Rule((Condition("industry", "in", ("saas", "O'Neil")), Condition("has_revops", "is", True)))
ZENDESK = Rule((Condition("tech_stack", "has", "zendesk"),))


def _criterion(identity: str, kind: str, status: str, rule: Rule) -> dict:
    difference = {"estimate": 0.2, "low": 0.1, "high": 0.3, "level": 0.9}
    evidence = {"outcome": "won", "n": 10, "events": 5, "rate": 0.5, "rate_elsewhere": 0.3}
    evidence |= {"risk_difference": difference, "q_value": 0.01}
    entry = {"id": identity, "key": rule.key(), "kind": kind, "status": status, "text": rule.text()}
    return {**entry, "when": rule.jsonlogic(), "evidence": evidence, "receipt": {}}


def _item(identity: str, rule: Rule, points: int) -> dict:
    named = {"criterion": identity, "attribute": rule.attributes[0], "text": rule.text()}
    return {**named, "when": rule.jsonlogic(), "points": points}


CRITERIA = {
    "schema_version": "1.0",
    "name": "acme",
    "release_id": "2026-06-30-aa",
    "as_of": "2026-06-30",
    "churn_horizon_months": 12,
    "currency": "EUR",
    "attributes": {
        "employee_count": {"type": "number", "unit": "people", "column": "Headcount"},
        "industry": {"type": "category", "column": "industry"},
        "has_revops": {"type": "boolean", "column": "RevOps?"},
        "tech_stack": {"type": "tags", "separator": "|", "column": "tech_stack"},
    },
    "review": {"by": "Ann"},
    "criteria": [
        _criterion("X1", "exclude", "proposed", SMALL),
        _criterion("C1", "include", "accepted", SAAS),
        _criterion("C2", "include", "rejected", ZENDESK),
    ],
    "scorecard": {"target": "won", "base": 52, "items": [_item("X1", SMALL, -40), _item("C1", SAAS, 25)]},
    "tiers": {"green": 70, "red": 50, "actions": {"green": "pursue", "yellow": "ask", "red": "decline"}},
    "not_proposed": None,
    "columns": {"account_id": ["Account ID", "account_id"], "observed_at": ["observed_at"]},
}
SEGMENTS = {"segments": [{"id": "S1", "rule": {"when": ZENDESK.jsonlogic()}}]}


def write_small_release(folder: Path) -> Path:
    """Write criteria, segments and a model in which winning depends on headcount."""
    spec = {"employee_count": Attribute(type="number")}
    encoder = AttributeEncoder(spec).fit(pd.DataFrame({"employee_count": [10.0, 100.0, 400.0]}))
    scorer = LinearScorer(encoder, np.array([0.7]), 0.1)
    predictor = FittedPredictor("logistic", "win", tuple(spec), WinLink(-0.2, 0.9), scorer)
    (folder / "boosters").mkdir(parents=True, exist_ok=True)
    (folder / "criteria.json").write_text(json.dumps(CRITERIA))
    (folder / "segments.json").write_text(json.dumps(SEGMENTS))
    (folder / "boosters" / "win.json").write_text(json.dumps(predictor.state()))
    (folder / "report.html").write_text("<h1>acme</h1>")
    return folder


@pytest.fixture(scope="session")
def small_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_release(tmp_path_factory.mktemp("acme") / "release")


@pytest.fixture(scope="session")
def discovered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole release of 2,200 accounts; not to be changed, but to be copied."""
    return discover_release(tmp_path_factory.mktemp("discovered"))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Give the SQLAlchemy URL of a PostgreSQL started for this process; each test makes a schema of its own in it."""
    if postgres_programs() is None:
        pytest.skip(NO_POSTGRES)
    with private_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium; tests are skipped where it or Playwright is missing."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if BROWSER is None:
        pytest.skip("no Chromium is here")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield started
        started.close()
