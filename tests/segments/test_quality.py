from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Config
from icp_ml.config.segment_quality import DIMENSIONS, FIGURES
from icp_ml.segments.quality import SegmentQuality, standing

BASE = {"name": "acme", "source": {"folder": "."}, "attributes": {}}


def config_of(**sections: object) -> Config:
    return Config.model_validate({**BASE, **sections})


@pytest.fixture
def cohort() -> Cohort:
    """Ten customers for half a year each, with discounts of 0 to 9 and signals of the first two."""
    accounts = pd.DataFrame(
        {
            "status": "customer", "outcome": "won", "is_customer": True, "churned": False, "follow_up_months": 24.0,
            "discount_pct": np.arange(10.0), "cycle_days": np.nan, "pull": np.nan, "arr_start": 100.0, "nrr": 1.0,
            "grr": 1.0, "arr_horizon": 100.0, "service_cost": np.nan, "years_at_risk": 0.5,
            "source": None, "loss_reason": None, "competitor": None,
        },
        index=[f"A{i}" for i in range(10)],
    )  # fmt: skip
    signals = pd.DataFrame(
        {"count": [2, 1, 1], "sum": [2.0, 1.0, 40.0], "mean": [1.0, 1.0, 40.0]},
        index=pd.MultiIndex.from_tuples(
            [("A0", "referral"), ("A1", "referral"), ("A0", "usage")], names=["account_id", "signal"]
        ),
    )
    empty = accounts[[]]
    day = dt.date(2026, 6, 30)
    return Cohort(accounts, empty, empty, 12, day, day, False, True, "EUR", signals=signals)


def figure(estimate: float, half: float = 0.1) -> dict[str, float]:
    return {"estimate": estimate, "low": estimate - half, "high": estimate + half, "level": 0.9, "n": 50}


def with_status(cohort: Cohort, status: list[str]) -> Cohort:
    return Cohort(**{**vars(cohort), "accounts": cohort.accounts.assign(status=status)})


def only(cohort: Cohort, spec: dict[str, str], here: dict, elsewhere: dict) -> dict:
    """Return the one measure of urgency."""
    quality = SegmentQuality.of(
        cohort, config_of(segments={"quality": {d: [] for d in DIMENSIONS} | {"urgency": [spec]}})
    )
    table = quality.table(here, elsewhere)
    assert [entry["standing"] for entry in table[1:]] == ["unmeasured"] * 6
    return table[0]


def test_a_standing_needs_intervals_that_do_not_touch(cohort):
    nrr = {"figure": "nrr"}
    assert only(cohort, nrr, {"nrr": figure(1.3)}, {"nrr": figure(1.0)})["standing"] == "better"
    assert only(cohort, nrr, {"nrr": figure(1.2)}, {"nrr": figure(1.0)})["standing"] == "same"
    assert only(cohort, nrr, {"nrr": figure(0.7)}, {"nrr": figure(1.0)})["standing"] == "worse"
    assert only(cohort, nrr, {"nrr": {"absent": "why"}}, {"nrr": figure(1.0)})["standing"] == "unmeasured"


def test_less_churn_and_a_smaller_discount_are_better(cohort):
    assert only(cohort, {"figure": "churn"}, {"churn": figure(0.1)}, {"churn": figure(0.5)})["standing"] == "better"
    discount = {"opportunity": "discount_pct", "direction": "lower"}
    key = "opportunity discount_pct"
    assert only(cohort, discount, {key: figure(1)}, {key: figure(2)})["standing"] == "better"
    assert only(cohort, discount | {"direction": "higher"}, {key: figure(1)}, {key: figure(2)})["standing"] == "worse"


def test_a_share_moved_to_the_rule_s_boundary_stays_a_share_and_nrr_may_pass_one(cohort):
    some = with_status(cohort, ["never worked", "lost", *["customer"] * 8])
    entry = only(some, {"share": "worked"}, {"share worked": figure(0.98)}, {"share worked": figure(0.5)})
    assert entry["measures"][0]["here"]["high"] == 1.0
    moved = only(cohort, {"figure": "nrr"}, {"nrr": figure(1.3)}, {"nrr": figure(1.0)})
    assert moved["measures"][0]["here"] == figure(1.3)


def test_what_has_no_good_side_is_told_and_decides_nothing(cohort):
    some = with_status(cohort, ["never worked", "lost", *["customer"] * 8])
    entry = only(some, {"share": "worked"}, {"share worked": figure(0.9)}, {"share worked": figure(0.2)})
    assert (entry["standing"], entry["measures"][0]["direction"]) == ("unmeasured", None)


def test_a_dimension_follows_from_its_measures():
    assert standing(["better", "same", "unmeasured"]) == "better"
    assert standing(["worse", "same"]) == "worse"
    assert standing(["better", "worse"]) == "mixed"
    assert standing(["same", "unmeasured"]) == "same"
    assert standing(["unmeasured"]) == "unmeasured"


def test_signals_are_counted_a_customer_a_year_and_none_on_record_is_none(cohort):
    measures = [{"signal": "referral", "aggregate": "count"}, {"signal": "referal", "aggregate": "count"}]
    quality = SegmentQuality.of(cohort, config_of(segments={"quality": {"proof": measures}}))
    figures = quality.figures(np.ones(10, dtype=bool))
    assert figures["signal referral count"]["estimate"] == 3 / 5  # three in ten half years
    assert figures["signal referal count"] == {"absent": "no signal 'referal' occurs (did you mean 'referral'?)"}


def test_what_the_data_lacks_names_the_column_that_would_measure_it(cohort):
    quality = SegmentQuality.of(cohort, config_of())
    figures = {name: {"absent": "nothing"} for name in FIGURES} | quality.figures(np.ones(10, dtype=bool))
    table = quality.table(figures, figures)
    assert [entry["dimension"] for entry in table] == list(DIMENSIONS)
    needs = {m.get("share", m.get("signal")): m.get("needs") for entry in table for m in entry["measures"]}
    assert needs["won_against_competitor"] == "opportunities.competitor: who else was in the deal, on won deals too"
    assert needs["reference"] == "signals: reference"
    assert needs["referral"] is None


def test_by_itself_product_fit_takes_the_signals_of_use_that_pull_names():
    pull = [
        {"opportunity": "sales_cycle_days", "direction": "lower"},
        {"signal": "onboarding", "aggregate": "last", "direction": "lower"},
        {"signal": "referral", "aggregate": "count"},
        {"signal": "usage", "aggregate": "sum"},
    ]
    cohort = Cohort(pd.DataFrame({
        "status": ["customer"], "outcome": ["won"], "is_customer": [True], "churned": [False], "source": ["x"],
        "loss_reason": ["x"], "competitor": ["x"], "follow_up_months": [1.0], "service_cost": [1.0],
        "years_at_risk": [1.0], "arr_start": [1.0], "arr_horizon": [1.0], "discount_pct": [1.0], "pull": [1.0],
        "cycle_days": [1.0], "nrr": [1.0]}), pd.DataFrame(), pd.DataFrame(), 12, dt.date(2026, 6, 30),
        dt.date(2026, 6, 30), True, True)  # fmt: skip
    found = SegmentQuality.of(cohort, config_of(pull=pull)).measures["product_fit"]
    assert [(m.spec.figure or m.spec.signal, m.spec.aggregate, m.direction) for m in found] == [
        ("churn", None, "lower"),
        ("onboarding", "mean", "lower"),
        ("usage", "sum", "higher"),
    ]
