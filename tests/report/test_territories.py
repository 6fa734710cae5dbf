from __future__ import annotations

import datetime as dt
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort.cohort import Cohort
from icp_ml.release.kept_cohort import KeptCohort
from icp_ml.report.territories import present_groups, territories_document
from icp_ml.tables.tables import Tables

NAN = float("nan")
CRITERIA: dict[str, Any] = {
    "name": "acme", "release_id": "2026-06-30-aa", "as_of": "2026-06-30", "currency": "EUR",
    "criteria": [{"id": "X1", "kind": "exclude", "status": "proposed", "text": "Small"},
                 {"id": "X2", "kind": "exclude", "status": "rejected", "text": "Odd"}],
}  # fmt: skip
INTERVAL = {"estimate": 0.0, "low": -0.1, "high": 0.1, "level": 0.9}
GROUPS = [{"name": "North", "n": 40, "inside": 10, "observed": 0.0, "effect": INTERVAL, "gap": INTERVAL,
           "verdict": "no effect shown"},
          {"name": "South", "n": 40, "inside": 10, "observed": 0.3, "effect": INTERVAL, "gap": INTERVAL,
           "verdict": "as elsewhere"}]  # fmt: skip
DIFFERS = {"rule": "X1", "by": "territory", "outcome": "won", "differs": True, "groups": GROUPS}
EFFECTS = {
    "error_rate": 0.05,
    "absent": {"owner": "no owner is known of any decided account or customer"},
    "effects": [DIFFERS],
}


def _cohort() -> Cohort:
    """Five decided accounts and one nobody worked."""
    columns = ["name", "status", "outcome", "is_customer", "churned", "arr_now", "open_pipeline", "territory"]
    rows = {
        "A": ("Ash", "customer", "won", True, False, 900.0, 0.0, "North"),
        "B": ("Birch", "lost", "lost", False, False, NAN, 500.0, "North"),
        "C": ("Cedar", "customer", "won", True, False, 100.0, 70.0, "South"),
        "D": ("Dogwood", "lost", "lost", False, False, NAN, 0.0, "South"),
        "E": ("=Elm", "lost", "lost", False, False, NAN, 0.0, "South"),
        "F": ("Fir", "never worked", None, False, False, NAN, 0.0, None),
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    day = pd.Timestamp("2025-01-01")
    table = table.assign(
        owner=pd.Series(index=table.index, dtype="str"), decided_at=day, started_at=day, period_end=pd.NaT,
        follow_up_months=np.where(table["is_customer"], 17.0, NAN), entry_months=0.0,
    )  # fmt: skip
    frame = pd.DataFrame(index=table.index)
    return Cohort(table, frame, frame, 12, dt.date(2026, 6, 30), dt.date(2026, 5, 31), True, True, "EUR")


def _tables(extra: pd.DataFrame | None = None) -> Tables:
    """Birch moved to South with a later deal; the deal of Dogwood names no territory."""
    deals = pd.DataFrame(
        [("1", "A", "North"), ("2", "B", "North"), ("3", "C", "South"), ("4", "E", "South"), ("5", "B", "South"),
         ("6", "D", None)],
        columns=["opportunity_id", "account_id", "territory"],
    )  # fmt: skip
    deals["created_at"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(range(6), unit="D")
    deals["territory"] = deals["territory"].astype("str")
    accounts = pd.DataFrame({"account_id": list("ABCDEF")})
    return Tables(accounts, deals, None, None, dt.date(2026, 6, 30), "EUR", extra=extra)


def _scored() -> pd.DataFrame:
    tiers = ["green", "red", "red", "yellow", "yellow", "green"]
    matched = ["", "X1", "X1;X2", "", "X2", ""]
    reasons = json.dumps([{"text": "Small", "points": 0}])
    return pd.DataFrame(
        {"account_id": list("ABCDEF"), "icp_tier": tiers, "icp_score": 50, "matched_criteria": matched,
         "reasons": reasons}
    )  # fmt: skip


def _kept(cohort: Cohort, tables: Tables) -> KeptCohort:
    now = {by: present_groups(cohort, tables, by) for by in ("territory", "owner")}
    return KeptCohort(cohort, pd.Series(dtype="str"), now)


def _document(extra: pd.DataFrame | None = None) -> dict[str, Any]:
    return territories_document(_kept(_cohort(), _tables(extra)), _scored(), CRITERIA, EFFECTS)


def test_an_account_belongs_to_the_territory_of_its_latest_deal_that_names_one() -> None:
    found = present_groups(_cohort(), _tables(), "territory")
    assert found.dropna().to_dict() == {"A": "North", "B": "South", "C": "South", "E": "South"}


def test_without_a_deal_it_is_what_the_accounts_file_says() -> None:
    extra = pd.DataFrame({" Territory": ["East", "East", "East", "West", "East", " "]})
    found = present_groups(_cohort(), _tables(extra), "territory")
    assert found.dropna().to_dict() == {"A": "North", "B": "South", "C": "South", "D": "West", "E": "South"}


def test_views_count_decisions_where_they_were_made_and_holdings_where_they_are_now() -> None:
    south, north = _document()["territories"]
    assert (south["name"], south["accounts"], south["decided"], south["won"], south["customers"]) == (
        "South",
        3,
        3,
        1,
        1,
    )
    assert (north["name"], north["accounts"], north["decided"], north["won"], north["customers"]) == (
        "North",
        1,
        2,
        1,
        1,
    )
    assert [south["tiers"][t]["accounts"] for t in ("green", "yellow", "red")] == [0, 1, 2]


def test_a_view_counts_what_active_exclusions_hit_and_not_rejected_ones() -> None:
    south = _document()["territories"][0]
    assert south["excluded"] == {"accounts": 2, "present_customers": 1, "arr_now": 100.0, "open_pipeline": 570.0}


def test_a_small_territory_has_no_rates_of_its_own_but_the_reason() -> None:
    south = _document()["territories"][0]
    assert south["win_rate"] == {"absent": "3 decided accounts are fewer than 20"}
    assert south["churn"] == {"absent": "churn was not measured"}


def test_only_rules_that_depart_there_are_named_in_a_view() -> None:
    south, north = _document()["territories"]
    assert south["rules_that_differ"] == []
    assert [(r["rule"], r["verdict"]) for r in north["rules_that_differ"]] == [("X1", "no effect shown")]


def test_accounts_are_named_by_territory_and_apart_where_they_have_none() -> None:
    document = _document()
    south = document["territories"][0]["named"]
    assert [row["id"] for row in south["refuse"]["rows"]] == ["B", "C"]
    assert [(row["id"], row["arr"]) for row in south["customers"]["rows"]] == [("C", "EUR 100")]
    assert document["no_territory"]["accounts"] == 2
    assert [row["id"] for row in document["no_territory"]["named"]["pursue"]["rows"]] == ["F"]
    assert document["owners"] == []


def test_each_list_is_cut_to_ten_and_keeps_its_total() -> None:
    cohort, scored = _cohort(), _scored()
    ids = [f"F{i}" for i in range(14)]
    many = pd.concat([cohort.accounts.iloc[[1]]] * 14).set_axis(ids)
    deals = pd.DataFrame({"opportunity_id": ids, "account_id": ids, "territory": "East",
                          "created_at": pd.Timestamp("2025-01-01")})  # fmt: skip
    tables = Tables(pd.DataFrame({"account_id": ids}), deals, None, None, cohort.as_of, "EUR")
    wide = Cohort(many, pd.DataFrame(index=ids), pd.DataFrame(index=ids), 12, cohort.as_of, cohort.as_of, True, False)
    red = pd.concat([scored.iloc[[1]]] * 14).assign(account_id=ids)
    (east, north) = territories_document(_kept(wide, tables), red, CRITERIA, EFFECTS)["territories"]
    assert (east["named"]["refuse"]["total"], len(east["named"]["refuse"]["rows"])) == (14, 10)
    assert (north["name"], north["accounts"], north["decided"]) == ("North", 0, 14)


@pytest.mark.parametrize(("won", "expected"), [((20, 10), {"North": 0.5, "South": 0.25})])
def test_rates_of_large_territories_lie_between_their_own_and_the_whole(
    won: tuple[int, int], expected: dict[str, float]
) -> None:
    base = _cohort().accounts
    outcomes = ["won"] * won[0] + ["lost"] * (40 - won[0]) + ["won"] * won[1] + ["lost"] * (40 - won[1])
    ids = [f"A{i}" for i in range(80)]
    table = pd.concat([base.iloc[[1]]] * 80).set_axis(ids)
    table = table.assign(outcome=outcomes, territory=["North"] * 40 + ["South"] * 40)
    frame = pd.DataFrame(index=ids)
    cohort = Cohort(table, frame, frame, 12, dt.date(2026, 6, 30), dt.date(2026, 5, 31), True, False, "EUR")
    tables = Tables(pd.DataFrame({"account_id": ids}), None, None, None, cohort.as_of, "EUR")
    scored = pd.concat([_scored().iloc[[1]]] * 80).assign(account_id=ids)
    views = territories_document(_kept(cohort, tables), scored, CRITERIA, EFFECTS)["territories"]
    for view in views:
        rate, own = view["win_rate"], expected[view["name"]]
        assert (rate["observed"], rate["n"]) == (own, 40)
        assert min(own, 0.375) < rate["estimate"] < max(own, 0.375)
        assert rate["low"] < rate["estimate"] < rate["high"]
