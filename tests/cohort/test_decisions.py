from __future__ import annotations

import pandas as pd
import pytest


def day(value):
    return pd.Timestamp(value)


def test_the_first_won_new_deal_decides_dated_by_its_creation(make_cohort):
    deals = [
        ("D1", "A", "2024-01-10", "2024-02-10", "lost"),
        ("D2", "A", "2024-05-01", "2024-07-01", "won"),
        ("D3", "A", "2024-06-01", "2024-06-15", "won"),
        ("D4", "A", "2025-01-01", "2025-02-01", "lost"),
    ]
    account = make_cohort(["A"], deals).accounts.loc["A"]
    assert (account.outcome, account.opportunity_id) == ("won", "D2")
    assert (account.decided_at, account.closed_at, account.cycle_days) == (day("2024-05-01"), day("2024-07-01"), 61)


def test_without_a_win_the_last_lost_deal_decides(make_cohort):
    deals = [
        ("D1", "A", "2024-05-01", "2024-06-01", "lost", {"loss_reason": "price", "owner": "Kim", "competitor": "Acme"}),
        ("D2", "A", "2024-01-01", "2024-12-01", "lost", {"loss_reason": "timing", "owner": "Lou"}),
    ]
    account = make_cohort(["A"], deals).accounts.loc["A"]
    assert (account.status, account.outcome, account.opportunity_id) == ("lost", "lost", "D1")
    assert (account.loss_reason, account.owner, account.competitor) == ("price", "Kim", "Acme")


def test_expansions_and_renewals_decide_nothing(make_cohort):
    deals = [
        ("D1", "A", "2024-01-01", "2024-02-01", "lost"),
        ("D2", "A", "2024-03-01", "2024-04-01", "won", {"kind": "expansion"}),
        ("D3", "A", "2024-03-01", "2024-04-01", "lost", {"kind": "renewal"}),
    ]
    account = make_cohort(["A"], deals).accounts.loc["A"]
    assert (account.outcome, account.opportunity_id) == ("lost", "D1")


def test_a_declined_deal_is_never_a_loss(make_cohort):
    deals = [
        ("D1", "A", "2024-01-01", "2024-02-01", "refused"),
        ("D2", "B", "2024-01-01", "2024-02-01", "lost", {"loss_reason": "Not ICP"}),
        ("D3", "C", "2024-01-01", "2024-02-01", "lost"),
        ("D4", "C", "2024-03-01", "2024-04-01", "refused"),
    ]
    cohort = make_cohort(["A", "B", "C"], deals, outcomes={"refused_reasons": ["Not ICP"]})
    assert cohort.accounts["status"].tolist() == ["refused", "refused", "lost"]
    assert cohort.accounts["outcome"].isna().tolist() == [True, True, False]
    assert cohort.accounts.loc["C", "opportunity_id"] == "D3"
    assert cohort.accounts.loc["A", "left_out"] == "declined by us, which is no loss"
    assert cohort.counts["refused"] == 2


def test_open_accounts_are_prospects_and_never_counted(make_cohort):
    deals = [
        ("D1", "A", "2026-05-01", "2026-06-01", "open", {"amount": 100.0}),
        ("D2", "A", "2026-05-02", None, "open", {"amount": 50.0}),
        ("D3", "B", "2025-01-01", "2025-02-01", "lost", {"amount": 7.0}),
        ("D4", "B", "2026-01-01", "2026-12-01", "open", {"amount": None}),
    ]
    cohort = make_cohort(["A", "B", "N"], deals)
    assert cohort.accounts["status"].tolist() == ["open", "lost", "never worked"]
    assert cohort.decided.tolist() == [False, True, False]
    assert cohort.accounts["open_pipeline"].tolist() == [150.0, 0.0, 0.0]
    assert pd.isna(cohort.accounts.loc["A", "closed_at"])
    assert cohort.accounts.loc["N", "left_out"] == "never worked"


def test_a_deal_created_by_as_of_and_closed_later_is_open(make_cohort):
    deals = [
        ("D1", "A", "2024-01-01", "2024-03-01", "won", {"amount": 10.0}),
        ("D2", "B", "2024-03-01", "2024-04-01", "lost"),
    ]
    cohort = make_cohort(["A", "B"], deals, as_of="2024-02-15")
    assert cohort.accounts["status"].tolist() == ["open", "never worked"]
    assert cohort.accounts.loc["A", "open_pipeline"] == 10.0


def test_a_deal_closed_on_the_last_day_covered_is_closed(make_cohort):
    cohort = make_cohort(["A"], [("D1", "A", "2024-01-01", "2024-02-15", "won")], as_of="2024-02-15")
    assert cohort.accounts.loc["A", "outcome"] == "won"


def test_closed_before_created_dates_the_decision_by_the_earlier_day_and_has_no_cycle(make_cohort):
    cohort = make_cohort(["A"], [("D1", "A", "2024-05-10", "2024-05-01", "won")])
    account = cohort.accounts.loc["A"]
    assert account.decided_at == day("2024-05-01")
    assert pd.isna(account.cycle_days)
    assert cohort.counts["closed_before_created"] == 1


def test_a_first_period_before_any_won_deal_decides_by_its_start(make_cohort):
    deals = [
        ("D1", "A", "2024-05-01", "2024-06-01", "won"),
        ("D2", "B", "2024-05-01", "2024-06-01", "won"),
        ("D3", "C", "2022-05-01", "2022-06-01", "lost"),
    ]
    periods = [("A", "2023-01-01", None, 10.0), ("B", "2024-05-01", None, 10.0), ("C", "2023-01-01", None, 10.0)]
    cohort = make_cohort(["A", "B", "C"], deals, periods)
    assert cohort.accounts["outcome"].tolist() == ["won"] * 3
    assert cohort.accounts["decided_at"].tolist() == [day("2023-01-01"), day("2024-05-01"), day("2023-01-01")]
    assert cohort.accounts["opportunity_id"].fillna("-").tolist() == ["-", "D2", "-"]
    assert cohort.counts["dated_by_start"] == 2


def test_a_won_deal_without_any_period_is_counted_apart(make_cohort):
    deals = [("D1", "A", "2024-01-01", "2024-02-01", "won"), ("D2", "B", "2024-01-01", "2024-02-01", "won")]
    cohort = make_cohort(["A", "B"], deals, [("A", "2024-02-01", None, 5.0), ("B", "2024-02-01", None, 0.0)])
    assert cohort.accounts["won_without_period"].tolist() == [False, True]
    assert cohort.accounts["status"].tolist() == ["customer", "customer"]
    assert cohort.customers.tolist() == [True, False]
    assert not cohort.accounts.loc["B", "churned"]
    assert pd.isna(cohort.accounts.loc["B", "follow_up_months"])
    assert cohort.counts["won_without_period"] == 1
    assert cohort.counts["periods_without_arr"] == 1


def test_without_subscriptions_no_win_lacks_a_period_and_churn_is_not_measured(make_cohort):
    deals = [("D1", "A", "2024-01-01", "2024-02-01", "won"), ("D2", "B", "2024-01-01", "2024-02-01", "lost")]
    cohort = make_cohort(["A", "B"], deals)
    assert (cohort.has_wins, cohort.has_churn) == (True, False)
    assert not cohort.accounts["won_without_period"].any()
    assert any("churn was not measured" in note for note in cohort.notes)


def test_without_opportunities_every_customer_is_won_on_its_start_and_winning_is_not_measured(make_cohort):
    cohort = make_cohort(["A"], None, [("A", "2024-02-01", None, 5.0)])
    assert (cohort.has_wins, cohort.has_churn) == (False, True)
    assert cohort.accounts.loc["A", "decided_at"] == day("2024-02-01")
    assert any("winning was not measured" in note for note in cohort.notes)


@pytest.mark.parametrize("lone", ["won", "lost"])
def test_wins_alone_or_losses_alone_cannot_be_compared(make_cohort, lone):
    cohort = make_cohort(["A"], [("D1", "A", "2024-01-01", "2024-02-01", lone)])
    assert not cohort.has_wins
    assert any("on record: winning was not measured" in note for note in cohort.notes)
