from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from icp_ml.cohort import build_cohort

CONFIG = {
    "attributes": {"employees": {"type": "number"}, "use_case": {"type": "category", "from": "opportunities"}},
    "pull": [{"signal": "usage", "window_days": 90}, {"opportunity": "sales_cycle_days", "direction": "lower"}],
    "economics": {"signal_costs": {"support_hours": 60.0}},
}


def random_tables(make_tables, seed, n=40):
    """A small random CRM with repeated observations, deals, periods and signals from 2022 to mid 2026."""
    rng = np.random.default_rng(seed)
    ids = [f"A{i:02d}" for i in rng.permutation(n)]

    def days(size):
        return np.datetime64("2022-01-01") + rng.integers(0, 1600, size).astype("timedelta64[D]")

    def day_text(day):
        return str(day)

    accounts = [(a, {"observed_at": "2021-12-01", "employees": 1.0}) for a in ids]
    accounts += [
        (a, {"observed_at": day_text(d), "employees": float(rng.integers(1, 99))})
        for a, d in zip(rng.choice(ids, 60), days(60), strict=True)
    ]
    deals = []
    for i, (a, d) in enumerate(zip(rng.choice(ids, 90), days(90), strict=True)):
        closed = day_text(d + np.timedelta64(int(rng.integers(0, 120)), "D"))
        outcome = str(rng.choice(["won", "lost", "refused"]))
        deals.append((f"D{i}", a, day_text(d), closed, outcome, {"use_case": f"u{i % 3}", "amount": float(i)}))
    periods = []
    for a, d in zip(rng.choice(ids, 60), days(60), strict=True):
        ended = day_text(d + np.timedelta64(int(rng.integers(30, 900)), "D")) if rng.random() < 0.7 else None
        periods.append((a, day_text(d), ended, float(rng.integers(0, 5))))
    names = rng.choice(["usage", "support_hours"], 200)
    signals = [
        (a, day_text(d), str(s), float(rng.integers(0, 9)))
        for a, d, s in zip(rng.choice(ids, 200), days(200), names, strict=True)
    ]
    return make_tables(accounts, deals, periods, signals)


def truncated(tables, as_of):
    """What an export made on ``as_of`` would have held: later rows absent, later closes and ends still open."""
    stamp = pd.Timestamp(as_of)
    deals, periods = tables.opportunities, tables.subscriptions
    deals = deals[deals["created_at"] <= stamp]
    later = deals["closed_at"] > stamp
    deals = deals.assign(outcome=deals["outcome"].mask(later, "open"), closed_at=deals["closed_at"].mask(later))
    periods = periods[periods["started_at"] <= stamp]
    periods = periods.assign(ended_at=periods["ended_at"].mask(periods["ended_at"] > stamp))
    return replace(
        tables,
        accounts=tables.accounts[tables.accounts["observed_at"] <= stamp],
        opportunities=deals,
        subscriptions=periods,
        signals=tables.signals[tables.signals["occurred_at"] <= stamp],
        as_of=as_of,
    )


@pytest.mark.parametrize("seed", range(4))
def test_setting_as_of_back_equals_an_export_made_then(make_tables, make_config, seed):
    tables, config, as_of = random_tables(make_tables, seed), make_config(**CONFIG), dt.date(2024, 6, 30)
    back = build_cohort(replace(tables, as_of=as_of), config)
    then = build_cohort(truncated(tables, as_of), config)
    # The end of a running period is the one thing planned ahead; it is shown, and never evidence.
    pd.testing.assert_frame_equal(back.accounts.drop(columns="period_end"), then.accounts.drop(columns="period_end"))
    pd.testing.assert_frame_equal(back.attributes, then.attributes)
    pd.testing.assert_frame_equal(back.latest, then.latest)
    pd.testing.assert_frame_equal(back.signals, then.signals)
    assert (back.counts, back.notes) == (then.counts, then.notes)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_observed_after_a_decision_changes_nothing_of_what_was_known_at_it(make_tables, make_config, seed):
    tables, config = random_tables(make_tables, seed), make_config(**CONFIG)
    before = build_cohort(tables, config)
    decided = before.accounts["decided_at"].dropna()
    later = pd.DataFrame(
        {"account_id": decided.index, "observed_at": decided.to_numpy() + np.timedelta64(1, "D"), "employees": -1.0}
    )
    after = build_cohort(replace(tables, accounts=pd.concat([tables.accounts, later])), config)
    pd.testing.assert_frame_equal(before.attributes.loc[decided.index], after.attributes.loc[decided.index])
    assert (after.latest["employees"] == -1).any()


def test_accounts_keep_their_input_order_whatever_the_order_of_the_other_tables(make_tables, make_config):
    tables, config = random_tables(make_tables, 1), make_config(**CONFIG)
    shuffled = replace(
        tables,
        opportunities=tables.opportunities.sample(frac=1, random_state=1),
        subscriptions=tables.subscriptions.sample(frac=1, random_state=2),
        signals=tables.signals.sample(frac=1, random_state=3),
    )
    cohort, other = build_cohort(tables, config), build_cohort(shuffled, config)
    assert cohort.accounts.index.tolist() == tables.accounts["account_id"].unique().tolist()
    pd.testing.assert_frame_equal(cohort.accounts, other.accounts)
    pd.testing.assert_frame_equal(cohort.attributes, other.attributes)


def test_each_account_is_one_row_and_the_counts_add_up(make_tables, make_config):
    cohort = build_cohort(random_tables(make_tables, 2), make_config(**CONFIG))
    counts = cohort.counts
    assert cohort.accounts.index.is_unique
    decided = counts["won"] + counts["lost"]
    undecided = cohort.accounts.loc[~cohort.decided, "status"].value_counts().sum()
    assert decided + undecided == counts["accounts"] == 40
    assert counts["churned"] == int((cohort.accounts["churned"] & cohort.customers).sum())


def test_the_tables_are_left_as_they_were(make_tables, make_config):
    tables = random_tables(make_tables, 3)
    copies = [f.copy() for f in (tables.accounts, tables.opportunities, tables.subscriptions, tables.signals)]
    build_cohort(tables, make_config(**CONFIG))
    for copy, now in zip(
        copies, (tables.accounts, tables.opportunities, tables.subscriptions, tables.signals), strict=True
    ):
        pd.testing.assert_frame_equal(copy, now)


def test_early_customers_without_endings_raise_a_warning_that_covers_from_answers(make_cohort):
    early = [(f"E{i}", "2020-01-01", None, 1.0) for i in range(60)]
    late = [(f"L{i}", "2024-01-01", "2024-07-01" if i < 8 else None, 1.0) for i in range(20)]
    ids = [row[0] for row in early + late]
    warning = (
        "of 60 customers started up to 2020 only 0 churned within 12 months, where later ones lead one to expect 24"
    )
    assert any(note.startswith(warning) for note in make_cohort(ids, None, early + late).notes)
    answered = make_cohort(ids, None, early + late, covers_from="2021-01-01")
    assert not any("survivors of that time" in note for note in answered.notes)


def test_rows_of_unknown_accounts_are_left_out(make_cohort):
    deals = [("D1", "ghost", "2024-01-01", "2024-02-01", "won"), ("D2", "A", "2024-01-01", "2024-02-01", "lost")]
    cohort = make_cohort(["A"], deals, [("ghost", "2024-01-01", None, 1.0)])
    assert cohort.accounts.index.tolist() == ["A"]
    assert (cohort.counts["won"], cohort.counts["customers"]) == (0, 0)


def test_an_account_first_heard_of_after_as_of_is_not_there(make_cohort):
    accounts = [
        ("A", {"observed_at": "2026-01-01"}),
        ("B", {"observed_at": "2025-01-01"}),
        ("C", {"observed_at": "2026-01-01"}),
    ]
    deals = [("D1", "C", "2024-01-01", "2024-02-01", "lost")]
    assert make_cohort(accounts, deals, as_of="2025-06-30").accounts.index.tolist() == ["B", "C"]


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_the_unit_of_dates_does_not_matter(make_tables, make_config, unit):
    tables = make_tables(["A"], [("D1", "A", "2024-01-01", "2024-02-01", "won")], [("A", "2024-02-01", None, 1.0)])
    deals = tables.opportunities.astype({"created_at": f"datetime64[{unit}]", "closed_at": f"datetime64[{unit}]"})
    cohort = build_cohort(replace(tables, opportunities=deals), make_config())
    dates = cohort.accounts[["decided_at", "closed_at", "started_at", "ended_at", "period_end"]]
    assert set(dates.dtypes.astype(str)) == {"datetime64[ns]"}
    assert cohort.accounts.loc["A", "decided_at"] == pd.Timestamp("2024-01-01")


def test_columns_have_the_same_types_whichever_tables_are_missing(make_cohort):
    deals, periods = [("D1", "A", "2024-01-01", "2024-02-01", "won")], [("A", "2024-02-01", None, 1.0)]
    whole = make_cohort(["A"], deals, periods).accounts.dtypes
    assert make_cohort(["A"], deals, None).accounts.dtypes.equals(whole)
    assert make_cohort(["A"], None, periods).accounts.dtypes.equals(whole)
    assert make_cohort(["A"], [], []).accounts.dtypes.equals(whole)
