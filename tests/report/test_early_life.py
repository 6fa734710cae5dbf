"""Customers to look after: who is listed, why, and how it is told."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Attribute
from icp_ml.features.early_life import EarlyLife, Seen
from icp_ml.models.comparison import Pairs, compare
from icp_ml.models.early_life import EarlyChurn
from icp_ml.models.predictors import FittedPredictor
from icp_ml.models.targets import ChurnTarget
from icp_ml.models.types import Calibration, Metric, ModelReport
from icp_ml.release.people import csv_text
from icp_ml.report.early_life import AtRisk, customers_at_risk, early_life_document, early_life_figures
from icp_ml.report.early_life_words import told_early_life
from icp_ml.report.html import html_report
from icp_ml.report.summary import summarise

AS_OF = dt.date(2026, 6, 30)
ATTRIBUTES = {
    "industry": Attribute(type="category"),
    "employees": Attribute(type="number", unit="people"),
    "calls, times": Attribute(type="number"),
    "use, times": Attribute(type="number"),
    "use, average": Attribute(type="number"),
}
COLUMNS = {
    "calls, times": Seen("calls", "count"),
    "use, times": Seen("use", "count"),
    "use, average": Seen("use", "mean"),
}
DAY = np.timedelta64(1, "D")


class Listed:
    """A scorer whose margins and contributions a test gives by account."""

    def __init__(self, effects: pd.DataFrame) -> None:
        self.effects = effects

    def margin(self, frame: pd.DataFrame) -> np.ndarray:
        return self.effects.loc[frame.index].sum(axis=1).to_numpy()

    def contributions(self, frame: pd.DataFrame) -> pd.DataFrame:
        return self.effects.loc[frame.index].assign(base=0.0)

    def state(self) -> dict[str, Any]:
        return {}


def customers(**changes: Any) -> pd.DataFrame:
    """Five customers of 1 January 2026, six months ago; a test may change columns."""
    ids = pd.Index(["a", "b", "c", "d", "e"], name="account_id", dtype="str")
    columns = {
        "name": ["=Alpha()", "Beta", "<b>Gamma</b>", None, "Epsilon"],
        "status": "customer",
        "started_at": pd.Timestamp("2026-01-01"),
        "churned": False,
        "arr_now": [100.0, 400.0, 400.0, np.nan, 50.0],
        "period_end": pd.to_datetime([None, "2026-12-31", None, "2026-12-01", None]),
    }
    return pd.DataFrame(columns | changes, index=ids)


def early_of(accounts: pd.DataFrame, kind: str = "logistic", verdict: str = "It ships.") -> EarlyChurn:
    """A model in which a customer's effects are given, with half of all leaving at month 12 and none before."""
    frame = pd.DataFrame(
        {
            "industry": ["retail", "saas", None, "saas", "saas"],
            "employees": [10.0, 20.0, 20.0, 30.0, 40.0],
            "calls, times": [0.0, 2.0, 1.0, 2.0, 3.0],
            "use, times": [1.0, 1.0, 0.0, 1.0, 1.0],
            "use, average": [5.0, 50.0, np.nan, 60.0, 70.0],
        },
        index=accounts.index,
    )
    effects = pd.DataFrame(0.0, index=accounts.index, columns=list(ATTRIBUTES))
    effects.loc["a"] = [0.1, -0.2, 0.3, 0.2, 0.4]
    effects.loc["b", "employees"] = 0.5
    effects.loc["c", ["industry", "use, average"]] = [0.2, 0.3]
    effects.loc["d"] = [0.5, 0.04, 0.0, 0.0, -0.6]
    time, event = np.full(40, 12.0), np.arange(40) < 20
    link = replace(ChurnTarget(time, event, np.zeros(40), 12.0).link(np.zeros(40)), slope=1.0)
    scorer = None if kind == "base_rate" else Listed(effects)
    predictor = FittedPredictor(kind, "early_churn", tuple(ATTRIBUTES), link, scorer)
    metrics = (Metric("events", "base_rate", 90, n=300), Metric("auc", kind, 0.8, 0.7, 0.9, 300))
    empty = pd.DataFrame()
    report = ModelReport(
        "early_churn", predictor, verdict, metrics,
        pd.DataFrame({"attribute": ["employees"], "mean_abs_shap": [0.4]}),
        pd.DataFrame(columns=["attribute", "level", "mean_shap", "n"]), empty, pd.DataFrame(index=range(40)), empty,
    )  # fmt: skip
    start = accounts["started_at"].to_numpy().astype("datetime64[D]")
    seen = EarlyLife(frame[list(COLUMNS)], COLUMNS, np.arange(len(accounts)), start + 90 * DAY, np.full(5, 3.0),
                     {"calls": 1.0, "use": 0.2})  # fmt: skip
    rng = np.random.default_rng(0)
    case = (rng.random(300) < 0.3).astype(float)
    with_it = np.clip(0.3 + 0.3 * (case - 0.3) + rng.normal(0, 0.1, 300), 0.01, 0.99)
    pairs = Pairs("early_churn", np.full(300, 0.3), with_it, case, 1 - case, np.zeros(300, dtype=int), 12.0)
    return EarlyChurn(90, report, "", seen, frame, ATTRIBUTES, compare(pairs, 1))


def listed(early: EarlyChurn, accounts: pd.DataFrame) -> AtRisk | None:
    cohort = Cohort(accounts, early.frame, early.frame, 12, AS_OF, AS_OF, False, True, currency="EUR")
    return customers_at_risk(early, cohort)


def told(early: EarlyChurn, accounts: pd.DataFrame | None = None) -> dict[str, Any]:
    at_risk = None if accounts is None else listed(early, accounts)
    return told_early_life(early_life_document(early), at_risk, 12, "EUR")


def test_the_likeliest_to_leave_come_first_with_what_they_pay_and_when_they_may_go() -> None:
    accounts = customers()
    frame = listed(early_of(accounts), accounts).frame
    assert frame["account_id"].tolist() == ["a", "b", "c", "e", "d"]
    assert frame["rank"].tolist() == [1, 2, 3, 4, 5]
    first = frame.iloc[0]
    expected = 1 - 0.5 ** np.exp(0.8)  # half leave at relative risk 1
    assert first["chance_to_leave"] == pytest.approx(expected, abs=5e-5)
    assert first["arr_at_risk"] == pytest.approx(100 * expected, abs=0.01)
    assert frame["leaves_by"].unique().tolist() == ["2027-01-01"]
    assert frame["contract_ends"].tolist()[1] == "2026-12-31"


@pytest.mark.parametrize(
    ("who", "changes"),
    [
        ("has left", {"churned": [True, *[False] * 4]}),
        ("pays nothing any more", {"arr_now": [0.0, 1.0, 1.0, 1.0, 1.0]}),
        ("has been there for a year", {"started_at": pd.to_datetime(["2025-06-30", *["2026-01-01"] * 4])}),
        ("is bound for longer", {"period_end": pd.to_datetime(["2027-01-02", *["2026-12-01"] * 4])}),
    ],
)
def test_nobody_is_listed_who(who: str, changes: dict[str, Any]) -> None:
    accounts = customers(**changes)
    at_risk = listed(early_of(accounts), accounts)
    assert sorted(at_risk.frame["account_id"]) == ["b", "c", "d", "e"]
    assert at_risk.bound_longer == (who == "is bound for longer")


def test_reasons_are_the_three_that_raise_the_chance_most_a_signal_counted_once() -> None:
    accounts = customers()
    reasons = listed(early_of(accounts), accounts).frame.set_index("account_id")["reasons"]
    assert reasons["a"] == "use 5 (typically 55); no calls (typically 2); industry is retail"
    assert reasons["b"] == "employees 20 people"
    assert reasons["c"] == "no use seen; industry unknown"
    assert reasons["d"] == "industry is saas"
    assert reasons["e"] == ""


def test_a_model_that_tells_nobody_apart_gives_no_list() -> None:
    accounts = customers()
    early = early_of(accounts, kind="base_rate")
    assert listed(early, accounts) is None
    assert told(early)["silent"]
    assert told(early)["total"] == 0


def test_chances_that_were_off_on_later_customers_are_not_given_only_their_order() -> None:
    accounts = customers()
    early = early_of(accounts)
    off = Calibration(level_off=True, sentence="Its level was off (57% forecast on average, 14% came about).")
    early = replace(early, report=replace(early.report, calibration=off))
    frame = listed(early, accounts).frame
    assert frame["account_id"].tolist() == ["a", "b", "c", "e", "d"]
    assert frame[["chance_to_leave", "arr_at_risk"]].isna().all(axis=None)
    said = told(early, accounts)
    assert said["rows"][0]["chance"] == ""
    assert any("14% came about). So the list gives an order" in caution for caution in said["cautions"])


def test_the_verdict_says_whether_the_first_days_tell_more() -> None:
    early = early_of(customers())
    assert told(early)["verdict"] == (
        "What happens in the first 90 days tells more about who leaves than what was known at the sale."
    )
    same = replace(early.comparison, gains={k: np.zeros(10) for k in ("auc", "brier", "log_loss")}, errors={})
    assert "is not shown to tell more" in told(replace(early, comparison=same))["verdict"]
    assert "is not shown to tell more" in told(replace(early, comparison=None))["verdict"]
    assert "too few of the tested customers" in told(replace(early, comparison=None))["more"][0].lower()


def test_the_figures_stand_beside_those_without_signals_with_their_range() -> None:
    early = early_of(customers())
    auc, without = early.comparison.challenger["auc"], early.comparison.champion["auc"]
    low, high = early.comparison.interval("auc")
    sentence = told(early)["more"][0]
    assert f"the right one {100 * auc:.0f} times in 100 with what was seen, and {100 * without:.0f} without" in sentence
    assert f"range {100 * low:+.0f} to {100 * high:+.0f}" in sentence
    assert f"Tested on 300 customers that came later, {early.comparison.pairs.events} of them" in sentence
    figure = early_life_figures(early)["early_churn_auc_gained_by_signals_out_of_time"]
    assert figure == {"value": auc - without, "low": low, "high": high, "n": 300}


def test_signals_dated_on_the_day_of_the_start_are_doubted() -> None:
    cautions = told(early_of(customers()))["cautions"]
    assert len(cautions) == 1
    assert cautions[0].startswith("Dated on the very day of the start for nearly every customer: calls.")


def test_without_a_model_the_reason_is_told() -> None:
    absent = EarlyChurn(90, absent="early life was not measured: there is no signals table")
    assert early_life_document(absent) == {"absent": absent.absent, "window_days": 90}
    assert told(absent) == {"absent": "Early life was not measured: there is no signals table."}
    assert early_life_figures(absent) == {}


def test_the_report_names_them_and_what_is_in_the_data_is_text(documents) -> None:
    accounts = customers()
    summary = summarise(**documents)
    page = html_report(summary, early_life=told(early_of(accounts), accounts))
    assert '<a href="#early-life">' in page
    assert "Customers to look after" in page
    assert "&lt;b&gt;Gamma&lt;/b&gt;" in page
    assert "<b>Gamma</b>" not in page
    assert "nothing here enters a criterion" in page
    assert "Customers to look after" not in html_report(summary)
    assert "there is no signals table" in html_report(summary, early_life={"absent": "there is no signals table."})


def test_the_file_is_no_formula_in_a_spreadsheet() -> None:
    accounts = customers(name=["=Alpha()", "+1", "-5", "@x", "\t=y"])
    rows = list(csv.DictReader(io.StringIO(csv_text(listed(early_of(accounts), accounts).frame))))
    assert sorted(row["name"] for row in rows) == ["'\t=y", "'+1", "'-5", "'=Alpha()", "'@x"]
    assert float(rows[0]["arr"]) == 100.0
