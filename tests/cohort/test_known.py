from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

ATTRIBUTES = {"employees": {"type": "number"}, "industry": {"type": "category"}}


def row(account, observed_at, employees, industry):
    return account, {"observed_at": observed_at, "employees": employees, "industry": industry, "name": f"{account} Ltd"}


def test_attributes_are_those_of_the_latest_row_on_or_before_the_decision(make_cohort):
    accounts = [
        row("A", "2024-05-01", 20.0, "retail"),
        row("A", "2024-01-01", 10.0, "media"),
        row("A", "2024-05-02", 30.0, "banking"),
    ]
    cohort = make_cohort(accounts, [("D1", "A", "2024-05-01", "2024-06-01", "won")], attributes=ATTRIBUTES)
    assert cohort.attributes.loc["A"].tolist() == [20.0, "retail"]
    assert cohort.latest.loc["A"].tolist() == [30.0, "banking"]
    assert cohort.accounts.loc["A", "name"] == "A Ltd"


def test_an_observation_later_on_the_day_of_the_decision_still_counts(make_cohort):
    accounts = [row("A", "2024-05-01 18:00", 20.0, "retail")]
    cohort = make_cohort(accounts, [("D1", "A", "2024-05-01 09:00", "2024-06-01", "won")], attributes=ATTRIBUTES)
    assert cohort.attributes.loc["A", "employees"] == 20.0


def test_nothing_known_by_the_decision_is_missing_and_counted(make_cohort):
    accounts = [row("A", "2024-05-02", 20.0, "retail"), row("B", "2024-04-01", 5.0, "media")]
    deals = [("D1", "A", "2024-05-01", "2024-06-01", "lost"), ("D2", "B", "2024-05-01", "2024-06-01", "won")]
    cohort = make_cohort(accounts, deals, attributes=ATTRIBUTES)
    assert cohort.attributes["employees"].isna().tolist() == [True, False]
    assert cohort.counts["unknown_at_decision"] == 1
    assert any(note.startswith("1 decided accounts had no row observed") for note in cohort.notes)
    assert cohort.latest.loc["A", "employees"] == 20.0


def test_a_row_without_a_date_is_only_known_last_where_others_have_dates(make_cohort):
    accounts = [row("A", None, 1.0, "x"), row("B", None, 2.0, "y"), row("B", "2024-01-01", 3.0, "z")]
    deals = [("D1", "A", "2024-05-01", "2024-06-01", "lost")]
    cohort = make_cohort(accounts, deals, attributes=ATTRIBUTES)
    assert np.isnan(cohort.attributes.loc["A", "employees"])
    assert cohort.latest["employees"].tolist() == [1.0, 3.0]


def test_without_observed_at_the_snapshot_serves_and_the_run_says_so(make_cohort):
    accounts = [("A", {"employees": 20.0, "industry": "retail"})]
    cohort = make_cohort(accounts, [("D1", "A", "2024-05-01", "2024-06-01", "won")], attributes=ATTRIBUTES)
    assert cohort.attributes.loc["A"].tolist() == [20.0, "retail"]
    assert cohort.counts["unknown_at_decision"] == 0
    assert any("attributes are a snapshot" in note for note in cohort.notes)


def test_dated_rows_give_no_note_on_snapshots(make_cohort):
    cohort = make_cohort([row("A", "2024-01-01", 1.0, "x")], [], attributes=ATTRIBUTES)
    assert not any("snapshot" in note for note in cohort.notes)


def test_prospects_have_what_is_known_last_in_both_frames(make_cohort):
    accounts = [row("A", "2024-01-01", 1.0, "x"), row("A", "2026-01-01", 2.0, "y")]
    cohort = make_cohort(accounts, [("D1", "A", "2025-05-01", None, "open")], attributes=ATTRIBUTES)
    assert cohort.attributes.loc["A"].tolist() == cohort.latest.loc["A"].tolist() == [2.0, "y"]


def test_attributes_of_the_deal_come_from_the_deciding_one_and_for_prospects_from_the_latest_open_one(make_cohort):
    deals = [
        ("D1", "A", "2024-01-01", "2024-02-01", "won", {"use_case": "billing"}),
        ("D2", "A", "2024-03-01", "2024-04-01", "won", {"use_case": "audit", "kind": "expansion"}),
        ("D3", "B", "2026-01-01", None, "open", {"use_case": "old"}),
        ("D4", "B", "2026-02-01", None, "open", {"use_case": "new"}),
        ("D5", "C", "2024-01-01", "2024-02-01", "lost", {"use_case": "then"}),
        ("D6", "C", "2026-01-01", None, "open", {"use_case": "now"}),
        ("D7", "D", "2024-01-01", "2024-02-01", "refused", {"use_case": "declined"}),
    ]
    attributes = {"use_case": {"type": "category", "from": "opportunities"}}
    cohort = make_cohort(list("ABCDE"), deals, attributes=attributes)
    assert cohort.attributes["use_case"].fillna("-").tolist() == ["billing", "new", "then", "declined", "-"]
    assert cohort.latest["use_case"].fillna("-").tolist() == ["billing", "new", "now", "declined", "-"]


def test_a_customer_decided_by_its_start_has_no_deciding_deal_to_read_from(make_cohort):
    deals = [("D1", "A", "2024-05-01", "2024-06-01", "won", {"use_case": "later"})]
    attributes = {"use_case": {"type": "category", "from": "opportunities"}}
    cohort = make_cohort(["A"], deals, [("A", "2023-01-01", None, 1.0)], attributes=attributes)
    assert cohort.attributes["use_case"].isna().all()


@pytest.mark.parametrize("attribute_from", ["accounts", "opportunities"])
def test_types_survive_missing_rows(make_cohort, attribute_from):
    known = {"n": 1.0, "c": "x", "b": True, "t": ("a", "b")}
    specs = {"n": "number", "c": "category", "b": "boolean", "t": "tags"}
    attributes = {name: {"type": kind, "from": attribute_from} for name, kind in specs.items()}
    deals = [
        ("D1", "A", "2024-05-01", "2024-06-01", "won", known),
        ("D2", "B", "2024-05-01", "2024-06-01", "won", known),
    ]
    accounts = [("A", {"observed_at": "2024-01-01", **known}), ("B", {"observed_at": "2025-01-01", **known}), "N"]
    if attribute_from == "accounts":
        accounts, unknown = accounts[:2], "B"
    else:
        accounts, unknown = ["A", "B", "N"], "N"
    attributes_then = make_cohort(accounts, deals, attributes=attributes).attributes
    assert attributes_then.loc["A", ["n", "c", "t"]].tolist() == [1.0, "x", ("a", "b")]
    assert attributes_then.loc[unknown, ["n", "c", "b"]].isna().all()
    # Conditions on tags tell missing by None.
    assert attributes_then.loc[unknown, "t"] is None
    assert pd.api.types.is_float_dtype(attributes_then["n"])


def test_without_opportunities_an_attribute_of_the_deal_is_missing(make_cohort):
    attributes = {"use_case": {"type": "category", "from": "opportunities"}}
    cohort = make_cohort(["A"], None, [("A", "2023-01-01", None, 1.0)], attributes=attributes)
    assert cohort.attributes["use_case"].isna().all()
    assert cohort.latest["use_case"].isna().all()
