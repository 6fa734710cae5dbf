from __future__ import annotations

import numpy as np
import pytest

from icp_ml.errors import ConfigError

IDS = list("ABCDE")
# All started within the 12 months 2024-07-01 to 2025-06-30, so their windows of 365 days have passed.
PERIODS = [(a, "2025-01-01", None, 1.0) for a in IDS]


def pull_of(cohort):
    return cohort.accounts["pull_score"].tolist(), cohort.accounts["pull"].tolist()


def deals_with(**values):
    rows = []
    for i, account in enumerate(IDS):
        optional = {name: column[i] for name, column in values.items()}
        rows.append((f"D{i}", account, "2024-12-01", f"2024-12-{10 + i}", "won", optional))
    return rows


def test_a_percentile_is_turned_by_direction_and_cut_into_fifths(make_cohort):
    part = [{"opportunity": "sales_cycle_days", "direction": "lower"}]
    score, pull = pull_of(make_cohort(IDS, deals_with(), PERIODS, pull=part))
    assert score == pytest.approx([0.9, 0.7, 0.5, 0.3, 0.1])
    assert pull == [5, 4, 3, 2, 1]


def test_ties_share_their_middle_rank(make_cohort):
    part = [{"opportunity": "discount_pct", "direction": "lower"}]
    score, pull = pull_of(make_cohort(IDS, deals_with(discount_pct=[0.0, 0.0, 0.0, 0.0, 20.0]), PERIODS, pull=part))
    assert score == pytest.approx([0.6] * 4 + [0.1])
    assert pull == [4, 4, 4, 4, 1]


def test_customers_are_compared_with_those_started_in_the_same_12_months(make_cohort):
    # Counted back from 2026-06-30: A and B started 12 to 24 months before it, C, D and E 24 to 36.
    starts = ["2025-06-30", "2024-07-01", "2024-06-30", "2024-01-01", "2023-07-01"]
    periods = [(a, start, None, 1.0) for a, start in zip(IDS, starts, strict=True)]
    deals = [(f"D{i}", a, "2023-01-01", "2023-02-01", "won", {"amount": i}) for i, a in enumerate(IDS)]
    score, _ = pull_of(make_cohort(IDS, deals, periods, pull=[{"opportunity": "amount"}]))
    assert score == pytest.approx([1 / 4, 3 / 4, 1 / 6, 1 / 2, 5 / 6])


def test_the_mean_of_the_parts_present_needs_at_least_half_of_them(make_cohort):
    parts = [{"opportunity": "amount"}, {"opportunity": "discount_pct"}, {"opportunity": "sales_cycle_days"}]
    deals = deals_with(amount=[1.0, 2.0, None, None, None], discount_pct=[1.0, None, None, None, None])
    deals[4] = ("D4", "E", "2024-12-01", None, "won", {})  # no cycle either: nothing is present
    cohort = make_cohort(IDS, deals, PERIODS, pull=parts)
    # Cycle percentiles of A to D: 1/8, 3/8, 5/8, 7/8. A has all three parts, B two, C and D one.
    assert pull_of(cohort)[0] == pytest.approx(
        [(1 / 4 + 1 / 2 + 1 / 8) / 3, (3 / 4 + 3 / 8) / 2] + [np.nan] * 3, nan_ok=True
    )
    assert cohort.accounts["pull"].isna().tolist() == [False, False, True, True, True]


def test_one_of_two_parts_is_half_and_enough(make_cohort):
    parts = [{"opportunity": "amount"}, {"opportunity": "discount_pct"}]
    deals = deals_with(amount=[1.0, 2.0, None, None, None], discount_pct=[None] * 5)
    score, _ = pull_of(make_cohort(IDS, deals, PERIODS, pull=parts))
    assert score == pytest.approx([1 / 4, 3 / 4] + [np.nan] * 3, nan_ok=True)


def test_only_signals_within_the_window_from_the_first_start_count(make_cohort):
    signals = [
        ("A", "2024-12-31", "usage", 90.0),  # before the start
        ("A", "2025-01-01", "usage", 10.0),
        ("A", "2025-01-31", "usage", 30.0),  # day 30, the last one
        ("A", "2025-02-01", "usage", 90.0),
        ("B", "2025-01-10", "usage", 15.0),
        ("C", "2025-01-10", "other", 99.0),
    ]
    part = [{"signal": "usage", "window_days": 30}]
    # A: (10 + 30) / 2 = 20, above the 15 of B.
    score, _ = pull_of(make_cohort(IDS, None, PERIODS, signals, pull=part))
    assert score == pytest.approx([3 / 4, 1 / 4, np.nan, np.nan, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("aggregate", "values"),
    [
        ("mean", [4.0, 6.0, np.nan]),
        ("max", [7.0, 6.0, np.nan]),
        ("min", [1.0, 6.0, np.nan]),
        ("last", [7.0, 6.0, np.nan]),
        ("sum", [8.0, 6.0, 0.0]),
        ("count", [2.0, 1.0, 0.0]),
    ],
)
def test_how_a_signals_values_become_one(make_cohort, aggregate, values):
    signals = [("A", "2025-03-01", "s", 7.0), ("A", "2025-02-01", "s", 1.0), ("B", "2025-02-01", "s", 6.0)]
    part = [{"signal": "s", "aggregate": aggregate}]
    score, _ = pull_of(make_cohort(["A", "B", "C"], None, PERIODS[:3], signals, pull=part))
    known = [v for v in values if not np.isnan(v)]
    ranks = [np.nan if np.isnan(v) else (sum(k < v for k in known) + 0.5) / len(known) for v in values]
    assert score == pytest.approx(ranks, nan_ok=True)


def test_a_part_whose_window_has_not_passed_is_unmeasured_not_low(make_cohort):
    periods = [("A", "2026-05-31", None, 1.0), ("B", "2026-06-01", None, 1.0)]
    signals = [("A", "2026-06-01", "referral", 1.0), ("B", "2026-06-02", "referral", 1.0)]
    part = [{"signal": "referral", "aggregate": "count", "window_days": 30}]
    assert make_cohort(["A", "B"], None, periods, signals, pull=part).accounts["pull"].isna().tolist() == [False, True]


def test_a_signal_that_never_occurs_is_unmeasured_and_named_with_the_nearest(make_cohort):
    part = [{"signal": "referal", "aggregate": "count"}]
    cohort = make_cohort(["A"], None, PERIODS[:1], [("A", "2025-02-01", "referral", 1.0)], pull=part)
    assert cohort.accounts["pull"].isna().all()
    assert "pull: no signal 'referal' occurs (did you mean 'referral'?); this part is unmeasured" in cohort.notes


def test_a_signal_that_occurs_only_after_as_of_has_not_occurred(make_cohort):
    part = [{"signal": "referral", "aggregate": "count", "window_days": 30}]
    cohort = make_cohort(["A"], None, PERIODS[:1], [("A", "2026-07-01", "referral", 1.0)], pull=part)
    assert "pull: no signal 'referral' occurs; this part is unmeasured" in cohort.notes


def test_an_unknown_behaviour_of_the_deal_is_an_error_that_names_the_nearest(make_cohort):
    with pytest.raises(ConfigError, match=r"pull\[0\].opportunity must be one of .*\(did you mean 'sales_cycle_days'"):
        make_cohort(IDS, deals_with(), PERIODS, pull=[{"opportunity": "sale_cycle_days"}])


def test_lost_accounts_have_no_pull(make_cohort):
    deals = [*deals_with(), ("D9", "L", "2024-12-01", "2024-12-10", "lost")]
    cohort = make_cohort([*IDS, "L"], deals, PERIODS, pull=[{"opportunity": "sales_cycle_days"}])
    assert np.isnan(cohort.accounts.loc["L", "pull"])
    assert cohort.accounts["pull"].tolist()[:5] == [1, 2, 3, 4, 5]


def test_without_subscriptions_the_close_of_the_won_deal_stands_for_the_start(make_cohort):
    cohort = make_cohort(IDS, deals_with(), None, pull=[{"opportunity": "sales_cycle_days"}])
    assert cohort.accounts["pull"].tolist() == [1, 2, 3, 4, 5]
