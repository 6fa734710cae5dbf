"""A small release built by hand: six accounts, two rules, a base-rate model."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Condition, Rule
from icp_ml.config.schema import Config
from icp_ml.criteria.types import CriteriaResult, Evidence, Interval, Proposal
from icp_ml.release.document import criteria_document, released_segments
from icp_ml.release.folder import Release, write_release
from icp_ml.release.kept_cohort import KeptCohort, cohort_arrow, signals_arrow
from icp_ml.release.parts import ReleaseParts, attributes_arrow
from icp_ml.release.people import accounts_for_people
from icp_ml.release.rules import ActiveRules, SegmentRules
from icp_ml.release.scored import score_accounts
from icp_ml.scorecard.types import Scorecard, ScoreItem
from icp_ml.segments.document import segments_document
from icp_ml.segments.types import Segment, SegmentsResult
from tests.release.scored_files import ROWS, write_csv

IDS = pd.Index(["a1", "a2", "a3", "a4", "a5", "a6"], name="account_id", dtype="str")
SMALL = Rule((Condition("employee_count", "below", 40.0),))
MIDDLE = Rule((Condition("employee_count", "between", (50.0, 500.0)), Condition("has_revops", "is", True)))
ZENDESK = Rule((Condition("tech_stack", "has", "zendesk"),))
NOT_RETAIL = Rule((Condition("industry", "not_in", ("retail",)),))


class BaseRate:
    """A model that forecasts the same for every account."""

    kind = "base_rate"

    def __init__(self, outcome: str, rate: float) -> None:
        self.outcome, self.rate = outcome, rate

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        return np.full(len(frame), self.rate)

    def explain(self, frame: pd.DataFrame) -> pd.DataFrame:
        effects = pd.DataFrame(0.0, index=frame.index, columns=list(frame.columns))
        # The scale of each outcome, so that rows add up to the forecast.
        odds = np.log(self.rate / (1 - self.rate))
        return effects.assign(base=odds if self.outcome == "win" else np.log(-np.log1p(-self.rate)))


class Sized(BaseRate):
    """A model in which headcount alone counts: halves the odds under 100 employees."""

    kind = "logistic"

    def predict(self, frame: pd.DataFrame) -> np.ndarray:
        return np.where(frame["employee_count"] < 100, 0.2, 1 / 3)

    def explain(self, frame: pd.DataFrame) -> pd.DataFrame:
        effects = super().explain(frame)
        halved = np.where(frame["employee_count"] < 100, -np.log(2), 0.0)
        return effects.assign(employee_count=halved, base=-np.log(2))


@pytest.fixture
def config() -> Config:
    return Config.model_validate(
        {
            "name": "acme",
            "source": {"folder": "data"},
            "tables": {"accounts": {"columns": {"account_id": "Account ID", "employee_count": "Headcount"}}},
            "attributes": {
                "employee_count": {"type": "number", "unit": "people"},
                "industry": {"type": "category"},
                "has_revops": {"type": "boolean"},
                "tech_stack": {"type": "tags", "separator": "|"},
                "lead_source": {"type": "category", "use": "adjust"},
                "colour": {"type": "category", "use": "ignore"},
            },
        }
    )


@pytest.fixture
def latest() -> pd.DataFrame:
    tags = pd.Series([("zendesk",), (), ("zendesk", "jira"), ("jira",), (), ()], index=IDS, dtype=object)
    return pd.DataFrame(
        {
            "employee_count": [30.0, 100.0, 500.0, np.nan, 40.0, 49.999999],
            "industry": pd.Series(["retail", "saas", None, 'O\'Neil "x"', "ähnlich", "retail"], index=IDS, dtype="str"),
            "has_revops": pd.Series([True, True, True, None, False, True], index=IDS, dtype="boolean"),
            "tech_stack": tags,
            "lead_source": pd.Series(["ad"] * 6, index=IDS, dtype="str"),
        },
        index=IDS,
    )


@pytest.fixture
def cohort(latest: pd.DataFrame) -> Cohort:
    day = pd.Timestamp("2025-01-31")
    accounts = pd.DataFrame(
        {
            "name": ["One", "=cmd()", "Three", None, "-5", "+6"],
            "status": ["customer", "customer", "lost", "open", "never worked", "refused"],
            "outcome": pd.Series(["won", "won", "lost", None, None, None], index=IDS, dtype="str"),
            "decided_at": [day, day, day, pd.NaT, pd.NaT, pd.NaT],
            "started_at": [day, day, pd.NaT, pd.NaT, pd.NaT, pd.NaT],
            "ended_at": [pd.Timestamp("2025-03-02"), pd.NaT, pd.NaT, pd.NaT, pd.NaT, pd.NaT],
            "is_customer": [True, True, False, False, False, False],
            "churned": [True, False, False, False, False, False],
            "follow_up_days": [30.0, 120.0, np.nan, np.nan, np.nan, np.nan],
            "follow_up_months": [1.0, 4.0, np.nan, np.nan, np.nan, np.nan],
            "arr_start": [1000.0, np.nan, np.nan, np.nan, np.nan, np.nan],
            "arr_now": [0.0, 2500.5, np.nan, np.nan, np.nan, np.nan],
            "pull": [1.0, 5.0, np.nan, np.nan, np.nan, np.nan],
            "open_pipeline": [0.0, 0.0, 0.0, 700.0, 0.0, 0.0],
            "left_out": pd.Series([None, None, None, "open", "never worked", "refused"], index=IDS, dtype="str"),
        },
        index=IDS,
    )
    as_of = dt.date(2026, 6, 30)
    return Cohort(accounts, latest, latest, 12, as_of, as_of - dt.timedelta(30), True, True, currency="EUR")


@pytest.fixture
def result() -> CriteriaResult:
    def evidence(outcome: str) -> Evidence:
        return Evidence(outcome, 212, 101, 0.48, 0.11, Interval(0.37, 0.29, 0.45), 0.0001, {"replicated": 1 / 3})

    return CriteriaResult(
        (
            Proposal("X1", "exclude", SMALL, "Fewer than 40 employees", evidence("churn_12m"), {"arr_won": 1000.0}),
            Proposal("X2", "exclude", ZENDESK, "Uses zendesk", evidence("churn_12m"), {"arr_won": 0.0}, "rejected"),
            Proposal("C1", "include", MIDDLE, "50 to 500 with RevOps", evidence("won_and_kept_12m")),
            Proposal("C2", "include", NOT_RETAIL, "Not retail", evidence("won")),
        ),
        None,
    )


@pytest.fixture
def scorecard() -> Scorecard:
    items = (
        ScoreItem("X1", "employee_count", SMALL, -70, "Fewer than 40 employees"),
        ScoreItem("X2", "tech_stack", ZENDESK, -30, "Uses zendesk"),
        ScoreItem("C1", "employee_count", MIDDLE, 25, "50 to 500 with RevOps"),
    )
    return Scorecard("won_and_kept", 52, items, 70, 50)


@pytest.fixture
def segments() -> SegmentsResult:
    figures = {
        "win_rate": {"estimate": 0.4, "low": 0.3, "high": 0.5, "level": 0.9, "n": 50},
        "nrr": {"absent": "no ARR"},
    }
    fidelity = {"of_cluster": 0.9, "of_rule": 0.8}
    first = Segment(
        "S1",
        "With RevOps",
        Rule((Condition("has_revops", "is", True),)),
        {"won": 2},
        figures,
        fidelity,
        0.7,
        "high pull",
    )
    second = Segment("S2", "Known industry", NOT_RETAIL, {"won": 1}, figures, fidelity, 0.6, "average")
    return SegmentsResult((first, second), None)


@pytest.fixture
def predictors() -> dict[str, BaseRate]:
    return {"win": Sized("win", 0.3), "churn": BaseRate("churn", 0.1234567)}


@pytest.fixture
def document(result, scorecard, config, cohort) -> dict:
    return criteria_document(result, scorecard, config, cohort, "2026-06-30-0a1b2c3d")


@pytest.fixture
def whole_cohort(cohort) -> KeptCohort:
    counted = cohort.accounts.index[cohort.decided | cohort.customers]
    now = {"owner": pd.Series("Kim", index=cohort.accounts.index[:1])}
    return KeptCohort(cohort, pd.Series("evidence", index=counted), now)


@pytest.fixture
def parts(document, segments, config, cohort, whole_cohort, predictors) -> ReleaseParts:
    described = released_segments(segments_document(segments, cohort, config), document["release_id"])
    rules, named = ActiveRules.from_document(document), SegmentRules.from_document(described)
    scored = score_accounts(cohort.latest, rules, named, config.attributes, predictors)
    names = {s.id: s.name for s in segments.segments}
    return ReleaseParts(
        criteria=document,
        segments=described,
        scored=scored,
        accounts=accounts_for_people(cohort.accounts, scored, names, cohort.currency),
        cohort=cohort_arrow(whole_cohort, config.attributes),
        signals=signals_arrow(cohort),
        attributes=attributes_arrow(cohort.latest, config.attributes),
        checks={"warnings": []},
        metrics={"auc": 0.7},
        config_yaml="name: acme\n",
        report_html="<!doctype html>",
        memo="# Memo\n",
        memo_html="<h1>Memo</h1>",
    )


@pytest.fixture
def release(parts: ReleaseParts, tmp_path: Path) -> Release:
    return Release.load(write_release(tmp_path / "release", parts))


@pytest.fixture
def accounts(tmp_path) -> Path:
    return write_csv(tmp_path / "accounts.csv", ROWS)
