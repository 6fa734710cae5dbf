from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from icp_ml.conditions import Condition, Rule
from icp_ml.release.what_if import chosen, what_if
from icp_ml.release.what_if_document import THEN, what_if_document
from tests.release.what_if_cases import SAAS, SMALL, cohort, criteria, world

N = 70
INDEX = pd.Index([f"a{i}" for i in range(N)], name="account_id")


@pytest.fixture
def small_world():
    """Ten small shops, lost; forty saas customers, ten gone after 6 months; twenty farms with an open deal."""
    kind = np.repeat(["shop", "saas", "farm"], [10, 40, 20])
    customer, left = kind == "saas", np.isin(np.arange(N), range(10, 20))
    accounts = pd.DataFrame(
        {
            "status": np.select([customer, kind == "shop"], ["customer", "lost"], "open"),
            "outcome": pd.Series(np.where(customer, "won", "lost"), index=INDEX).where(kind != "farm"),
            "is_customer": customer,
            "churned": left,
            "follow_up_months": np.where(left, 6.0, np.where(customer, 24.0, np.nan)),
            "entry_months": np.where(customer, 0.0, np.nan),
            "arr_start": np.where(customer, 1000.0, np.nan),
            "nrr": np.where(left, 0.0, np.where(customer, 1.2, np.nan)),
            "grr": np.where(left, 0.0, np.where(customer, 1.0, np.nan)),
            "arr_now": np.where(customer, np.where(left, 0.0, 1200.0), np.nan),
            "open_pipeline": np.where(kind == "farm", 500.0, np.nan),
            "amount": np.nan,
        },
        index=INDEX,
    )
    attributes = pd.DataFrame({"size": np.where(kind == "shop", 10.0, 50.0), "industry": kind}, index=INDEX)
    return cohort(accounts, attributes, attributes.assign(size=50.0))


def rules_of(*rules):
    return criteria(rules=rules, base=60) | {"scorecard": {"base": 60, "items": [
        {"criterion": name, "when": rule.jsonlogic(), "points": points, "text": ""} for name, rule, points in rules
    ]}}  # fmt: skip


def test_figures_are_those_counted_by_hand(small_world):
    found = what_if(small_world, rules_of(("X1", SMALL, 0), ("C1", SAAS, 20)), ["X1", "C1"], 70, 50)
    green, yellow, red = (found[tier] for tier in ("green", "yellow", "red"))
    assert (green["accounts"], green["decided"], green["won"], green["paying"]) == (40, 40, 40, 30)
    assert (green["arr_now"], green["arr_signed"], green["open_pipeline"]) == (30 * 1200.0, 40 * 1000.0, 0.0)
    assert green["win_rate"]["estimate"] == 1.0
    assert green["churn"]["estimate"] == 0.25
    assert green["nrr"]["estimate"] == pytest.approx(30 * 1.2 / 40)
    # At their decision shops were small, and would have been refused; now none is.
    assert (red["accounts"], red["decided"], red["won"], red["win_rate"]["estimate"]) == (0, 10, 0, 0.0)
    assert (yellow["accounts"], yellow["with_open_deals"], yellow["open_pipeline"]) == (30, 20, 10_000.0)
    assert yellow["win_rate"] == {"absent": "0 decided accounts are fewer than 10"}


def test_a_rule_switched_off_takes_its_points_and_its_refusal_along(small_world):
    document = rules_of(("X1", SMALL, -5), ("C1", SAAS, 20))
    with_both, neither = (what_if(small_world, document, ids, 70, 58) for ids in (["X1", "C1"], []))
    assert with_both["red"]["decided"] == 10
    assert neither["yellow"]["decided"] == 50, "all stand at the base"
    assert what_if(small_world, document, ["C1"], 70, 58)["green"]["decided"] == 40


def test_edges_are_green_from_and_red_under(small_world):
    document = rules_of(("C1", SAAS, 20), ("C2", SMALL, -4))
    found = what_if(small_world, document, ["C1", "C2"], 80, 56)
    assert [found[tier]["decided"] for tier in ("green", "yellow", "red")] == [40, 10, 0], "56 is not under 56"
    moved = what_if(small_world, document, ["C1", "C2"], 81, 57)
    assert [moved[tier]["decided"] for tier in ("green", "yellow", "red")] == [0, 40, 10]


def test_a_rejected_rule_can_be_switched_on_and_an_active_one_off():
    document = criteria()
    again = chosen(document, ["C2"], 80, 40)
    assert [c["status"] for c in again["criteria"]] == ["rejected", "rejected", "rejected", "accepted"]
    assert (again["tiers"]["green"], again["tiers"]["red"]) == (80, 40)
    assert document["criteria"][-1]["status"] == "rejected", "what was given is left as it is"


def test_the_document_holds_a_group_for_each_way_rules_hold_and_its_sums(small_world):
    document = what_if_document(small_world, rules_of(("X1", SMALL, 0), ("C1", SAAS, 20)))
    assert [(rule["id"], rule["on"], rule["place"]) for rule in document["rules"]] == [
        ("X1", True, 0),
        ("C1", False, 1),
    ]
    assert document["items"] == [{"criterion": "C1", "points": 20, "place": 1}], "a line without points says nothing"
    assert document["now"] == [[[], 30, 20, 10_000, 0, 0], [[1], 40, 0, 0, 30, 36_000]]
    shops, saas = (dict(zip(THEN, group, strict=True)) for group in reversed(document["then"]))
    assert (shops["holds"], shops["decided"], shops["won"], shops["kept"]) == ([0], 10, 0, 0)
    assert saas["holds"] == [1]
    assert (saas["kept"], saas["left"], saas["left_arr"]) == (30, [1] + [0] * 9, [1000] * 10)
    assert (saas["started_with"], saas["grown_by"]) == ([1000] + [0] * 29, [200] * 30)
    assert document["at"] == {"horizon": 2, "months": 2, "last": 4}, "6 and 12 months, and two places beyond"
    assert document["unit"] == 1.0


def test_the_order_of_the_accounts_leaves_no_trace():
    one = world(n=200, seed=3, late=0.3)
    order = np.random.default_rng(1).permutation(200)
    other = cohort(one.accounts.iloc[order], one.attributes.iloc[order], one.latest.iloc[order])
    assert json.dumps(what_if_document(one, criteria())) == json.dumps(what_if_document(other, criteria()))


def test_without_rules_everybody_is_in_one_group(small_world):
    none = criteria() | {"criteria": [], "scorecard": {"base": 60, "items": []}}
    document = what_if_document(small_world, none)
    assert [len(document[part]) for part in ("rules", "now", "then")] == [0, 1, 1]
    assert what_if(small_world, none, [], 70, 50)["yellow"]["accounts"] == N


def test_revenue_with_cents_is_kept_to_the_cent(small_world):
    small_world.accounts["arr_start"] += 0.25
    document = what_if_document(small_world, rules_of(("C1", SAAS, 20)))
    assert document["unit"] == 0.01
    saas = dict(zip(THEN, document["then"][-1], strict=True))
    assert saas["left_arr"] == [100_025] * 10
    assert saas["grown_by"] == [20_005] * 30


def test_rules_that_say_the_same_share_a_place():
    document = rules_of(("X1", SMALL, 0), ("C1", Rule((Condition("size", "below", 40.0),)), 3))
    assert [rule["place"] for rule in what_if_document(world(n=50), document)["rules"]] == [0, 0]
