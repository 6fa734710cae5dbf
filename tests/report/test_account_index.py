"""Every account can be looked up in the report, in few bytes, those decided on most first."""

from __future__ import annotations

import base64
import json
import zlib

import pandas as pd
import pytest

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import Condition, Rule
from icp_ml.config.schema import Attribute, Economics
from icp_ml.release.kept_cohort import KeptCohort
from icp_ml.report.account_cards import within
from icp_ml.report.account_index import account_index, packed_index

IDS = ["lost", "never", "open", "paying", "left", "green"]
SMALL, LARGE = (Rule((Condition("employee_count", op, 40.0),)).jsonlogic() for op in ("below", "at_least"))
CRITERIA = {
    "review": None,
    "scorecard": {"base": 60, "items": [{"criterion": "X1", "when": SMALL, "text": "Small", "points": -20}]},
    "tiers": {"green": 70, "red": 50, "actions": {}},
    "criteria": [
        {"id": "X1", "kind": "exclude", "text": "Small", "status": "proposed", "when": SMALL},
        {"id": "C1", "kind": "include", "text": "Large", "status": "rejected", "when": LARGE},
    ],
}
ATTRIBUTES = {"employee_count": Attribute(type="number", unit="people")}
SEGMENTS = {"segments": [{"id": "S1", "name": "Software"}]}
NASTY = "</script><img src=x onerror=alert(1)>\u202e\"'=1+1"


def _cohort() -> Cohort:
    day = pd.Timestamp("2026-06-30")
    accounts = pd.DataFrame(
        {
            "name": ["lost", None, NASTY, "Paying", "Left", "Green"],
            "status": ["lost", "never worked", "lost", "customer", "customer", "never worked"],
            "open_pipeline": [0.0, None, 500.4, 0.0, 0.0, 0.0],
            "arr_now": [None, None, None, 1000.0, 0.0, None],
            "period_end": [pd.NaT] * 6,
            "churned": [False, False, False, False, True, False],
            "started_at": [
                pd.NaT,
                pd.NaT,
                pd.NaT,
                day - pd.DateOffset(months=14),
                day - pd.DateOffset(years=3),
                pd.NaT,
            ],
            "cost_to_serve": [None, None, None, 100.0, None, None],
            "is_customer": [False, False, False, True, True, False],
            "follow_up_months": [None, None, None, 14.0, 4.6, None],
            "arr_start": [None, None, None, 900.0, None, None],
        },
        index=pd.Index(IDS, name="account_id"),
    )
    people = pd.DataFrame({"employee_count": [90.0, 60.0, 10.0, 50.0, 20.0, 70.0]}, index=accounts.index)
    return Cohort(accounts, people, people, 12, day.date(), day.date(), True, True, "EUR")


def _scored() -> pd.DataFrame:
    small = json.dumps([{"text": "Small", "points": -20}])
    return pd.DataFrame(
        {
            "account_id": IDS,
            "icp_score": [60, 60, 40, 60, 40, 80],
            "icp_tier": ["yellow", "yellow", "red", "yellow", "red", "green"],
            "matched_criteria": ["", "", "X1", "", "X1", None],
            "reasons": ["[]", "[]", small, "[]", small, '[{"text": "Fit", "points": 20}]'],
            "segment": ["", "", "S1", "", "", ""],
        }
    )


def _index(economics: Economics | None = None) -> dict:
    now = {"territory": pd.Series(["North", "East"], index=["open", "paying"]).reindex(IDS)}
    kept = KeptCohort(_cohort(), pd.Series(dtype="str"), now)
    told = economics or Economics(gross_margin=0.5, signal_costs={"hours": 1.0})
    return account_index(kept, _scored(), CRITERIA, SEGMENTS, told, ATTRIBUTES, {})


def _row(index: dict, identity: str) -> dict:
    at = index["accounts"]["id"].index(identity)
    return {name: values[at] for name, values in index["accounts"].items()}


def test_open_deals_and_customers_come_first_then_green_ones() -> None:
    assert _index()["accounts"]["id"] == ["open", "paying", "green", "lost", "never", "left"]


def test_an_account_says_what_a_rep_asks() -> None:
    index = _index()
    paying, waiting, left = (_row(index, name) for name in ("paying", "open", "left"))
    assert (paying["arr"], paying["margin"], paying["months"]) == (1000, 400, 14)
    assert (left["arr"], left["margin"], left["months"]) == (None, None, None)
    assert index["states"][paying["state"]] == "customer"
    assert index["states"][left["state"]] == "customer before"
    assert index["states"][waiting["state"]] == "deal open"
    assert waiting["pipeline"] == 500
    assert (index["territories"][waiting["territory"]], waiting["owner"]) == ("North", -1)
    assert index["segments"][waiting["segment"]] == "S1 · Software"
    assert index["told"][waiting["told"]] == [40, "red", "X1", [["Small", -20]]]
    assert index["rules"] == {"X1": "Small"}
    assert (_row(index, "lost")["name"], _row(index, "never")["name"]) == ("", "")
    assert len(index["told"]) == 3


def _change(index: dict, identity: str) -> str:
    row = _row(index, identity)
    now = iter(index["values"][row["now"]])
    return "".join(next(now) if piece is None else piece for piece in index["changes"][row["change"]])


def test_an_account_says_what_would_change_its_tier() -> None:
    index = _index()
    assert _change(index, "open") == "it would be yellow if it had 40 employees (now 10 people)."
    assert _change(index, "green") == "it would be red if it had under 40 employees (now 70 people)."
    assert len(index["changes"]) == 2, "what is said of many accounts stands there once"


def test_an_account_names_past_ones_like_it() -> None:
    index = _index()
    alike, at = index["alike"], index["accounts"]["id"].index
    paying, left = at("paying"), at("left")
    assert (alike["stayed"][at("open")], alike["left"][at("open")]) == ([paying], [left])
    # Six accounts have known numbers: ten people rank 0, twenty 1/6, fifty 2/6.
    assert (alike["stayed_alike"][at("open")], alike["left_alike"][at("open")]) == ([67], [83])
    assert alike["stayed"][paying] == [], "no account is like itself"
    assert (alike["months"][paying], alike["arr"][paying]) == (14, 900)
    assert (alike["months"][left], alike["arr"][left]) == (5, None)


def test_only_accounts_first_in_line_name_others_and_those_named_follow_them(monkeypatch) -> None:
    monkeypatch.setattr("icp_ml.report.account_cards.MOST_ALIKE", 2)
    index = _index()
    assert index["accounts"]["id"] == ["open", "paying", "left", "green", "lost", "never"]
    assert index["alike"]["left"] == [[2], [2]]


def test_an_account_left_out_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    # Every past account is like enough to be named.
    monkeypatch.setattr("icp_ml.release.similar.LEAST_ALIKE", 0.0)
    alike = _index()["alike"]
    kept = within(alike, 5)
    assert (kept["stayed"], kept["left"]) == ([None] * 5, [None] * 5), "the one that left is the sixth in line"
    assert within(alike, 6) == alike


def test_without_costs_the_margin_is_that_on_what_is_paid() -> None:
    assert _row(_index(Economics(gross_margin=0.5)), "paying")["margin"] == 500


def _unpacked(packed: str) -> dict:
    return json.loads(zlib.decompress(base64.b64decode(packed)))


def test_what_is_packed_is_plain_and_comes_back_whole() -> None:
    packed = packed_index(_index())
    assert set(packed) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
    assert _unpacked(packed) == _index()
    assert _row(_unpacked(packed), "open")["name"] == NASTY


@pytest.mark.parametrize("most", [5_000, 20_000, 60_000])
def test_what_does_not_fit_is_left_out_from_the_end(most: int) -> None:
    index = _index()
    n = 10_000
    ids = [f"{i * 7919 % 100_003:x}-{i}" for i in range(n)]
    many = {name: [values[i % 6] for i in range(n)] for name, values in index["accounts"].items()}
    named = [[i if i % 2 else n - i] for i in range(50)]
    alike = {**index["alike"], "stayed": named, "left": named, "stayed_alike": [[50]] * 50, "left_alike": [[50]] * 50}
    packed = packed_index({**index, "accounts": {**many, "id": ids}, "alike": alike, "total": n}, most)
    found = _unpacked(packed)
    kept = len(found["accounts"]["id"])
    assert len(packed) <= most
    assert found["accounts"]["id"] == ids[:kept]
    assert {len(values) for values in found["accounts"].values()} == {kept}
    assert found["total"] == n
    assert found["alike"]["stayed"] == [[i] if i % 2 else None for i in range(50)]
    assert len(packed) > 0.6 * most
