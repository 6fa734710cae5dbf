"""The sample keeps the contract, and what was planted can be counted in it by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from icp_ml.sample.draws import Draws
from icp_ml.sample.tables import make_sample
from icp_ml.sample.truth import Truth

AS_OF = "2026-06-30"
Sample = tuple[dict[str, pd.DataFrame], Truth]


@pytest.fixture(scope="module")
def sample() -> Sample:
    return make_sample(Draws(11), 8000)


def _naive_customers(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """First relationship of each customer, recomputed period by period."""
    rows = []
    for account, periods in tables["subscriptions"].groupby("account_id"):
        end = ""
        for period in periods.sort_values("started_at").itertuples():
            late = end and (pd.Timestamp(period.started_at) - pd.Timestamp(end)).days > 30
            if late:
                break
            end = max(end, period.ended_at or "9999-12-31") if end else period.ended_at or "9999-12-31"
            if end.startswith("9999"):
                break
        rows.append((account, periods["started_at"].min(), "" if end.startswith("9999") else end))
    frame = pd.DataFrame(rows, columns=["account_id", "start", "end"])
    anniversary = pd.to_datetime(frame["start"]) + pd.DateOffset(months=12)
    frame["followed"] = anniversary <= pd.Timestamp("2026-05-31")
    frame["churned_12m"] = (pd.to_datetime(frame["end"], errors="coerce") <= anniversary).to_numpy()
    return frame


def _inside(accounts: pd.DataFrame, when: list[dict[str, object]]) -> pd.Series:
    inside = pd.Series(True, index=accounts.index)
    for condition in when:
        column = accounts[str(condition["attribute"])]
        number = pd.to_numeric(column, errors="coerce")
        if "in" in condition:
            inside &= column.isin(condition["in"])  # type: ignore[arg-type]  # a list in the config's spelling
        elif "is" in condition:
            inside &= column == ("true" if condition["is"] else "false")
        elif "has" in condition:
            inside &= column.str.split(";").apply(lambda tags, tag=condition["has"]: tag in tags)
        elif "between" in condition:
            low, high = condition["between"]  # type: ignore[misc]  # two numbers in the config's spelling
            inside &= number.between(low, high)
        else:
            inside &= number < condition["below"] if "below" in condition else number >= condition["at_least"]  # type: ignore[operator]
    return inside


def test_keys_are_unique_and_every_row_belongs_to_an_account(sample: Sample) -> None:
    tables, _ = sample
    assert tables["accounts"]["account_id"].is_unique
    assert tables["opportunities"]["opportunity_id"].is_unique
    known = set(tables["accounts"]["account_id"])
    for name in ("opportunities", "subscriptions", "signals"):
        assert set(tables[name]["account_id"]) <= known


def test_nothing_has_happened_after_the_as_of_day_but_forecasts(sample: Sample) -> None:
    tables, _ = sample
    deals = tables["opportunities"]
    assert deals["created_at"].max() <= AS_OF
    assert deals.loc[deals["outcome"] != "open", "closed_at"].between("2022-07-01", AS_OF).all()
    assert (deals.loc[deals["outcome"] == "open", "closed_at"] > AS_OF).any()
    assert tables["subscriptions"][["started_at", "ended_at"]].max().max() <= AS_OF
    assert tables["signals"]["occurred_at"].max() <= AS_OF


def test_no_deal_closes_before_it_was_created_and_no_period_ends_before_it_starts(sample: Sample) -> None:
    tables, _ = sample
    deals, periods = tables["opportunities"], tables["subscriptions"]
    closed = deals[deals["closed_at"] != ""]
    assert (closed["closed_at"] >= closed["created_at"]).all()
    ended = periods[periods["ended_at"] != ""]
    assert (ended["ended_at"] > ended["started_at"]).all()


def test_every_kind_and_outcome_and_signal_of_the_contract_occurs(sample: Sample) -> None:
    tables, _ = sample
    deals = tables["opportunities"]
    assert set(deals["kind"]) == {"new", "expansion", "renewal"}
    assert set(deals["outcome"]) == {"won", "lost", "refused", "open"}
    assert set(tables["signals"]["signal"]) == {
        "onboarding_days",
        "usage_breadth_pct",
        "support_hours",
        "referral",
        "reference",
        "feature_request",
    }
    won = deals[(deals["kind"] == "new") & (deals["outcome"] == "won")]["account_id"]
    customers = set(tables["subscriptions"]["account_id"])
    assert set(won) - customers, "won deals without a period"
    assert customers - set(won), "customers without a deal"


def test_win_rates_are_those_planted_segment_by_segment(sample: Sample) -> None:
    tables, truth = sample
    accounts, deals = tables["accounts"], tables["opportunities"]
    new = deals[deals["kind"] == "new"]
    won = accounts["account_id"].isin(new.loc[new["outcome"] == "won", "account_id"])
    lost = accounts["account_id"].isin(new.loc[new["outcome"] == "lost", "account_id"]) & ~won
    for rule in (*truth.exclusions, *truth.criteria):
        inside = _inside(accounts, rule.when)
        assert inside.sum() == rule.accounts
        n = (inside & (won | lost)).sum()
        assert abs((inside & won).sum() / n - rule.win) < 3.5 * (rule.win * (1 - rule.win) / n) ** 0.5


def test_twelve_month_churn_is_that_planted_and_sits_at_the_anniversary(sample: Sample) -> None:
    tables, truth = sample
    customers = _naive_customers(tables)
    followed = customers[customers["followed"]]
    accounts = tables["accounts"].set_index("account_id").loc[followed["account_id"]].reset_index()
    churned = followed["churned_12m"].to_numpy()
    for rule in (*truth.exclusions, *truth.criteria, truth.segments[-1]):
        inside = _inside(accounts, rule.when).to_numpy()
        if not rule.when:
            for other in (*truth.exclusions, *truth.criteria):
                inside = inside & ~_inside(accounts, other.when).to_numpy()
        n, expected = inside.sum(), rule.churn_12m
        assert abs(churned[inside].mean() - expected) < 3.5 * (expected * (1 - expected) / n) ** 0.5, rule.name
    start, end = pd.to_datetime(followed["start"])[churned], pd.to_datetime(followed["end"])[churned]
    at_anniversary = (end == start + pd.DateOffset(months=12)).mean()
    assert 0.75 < at_anniversary < 0.95
    assert 0.15 < churned.mean() < 0.25


def test_the_misleading_column_is_kept_for_customers_only_and_tells_who_left(sample: Sample) -> None:
    tables, truth = sample
    accounts = tables["accounts"].set_index("account_id")
    health = accounts[truth.misleading_column]
    customers = _naive_customers(tables).set_index("account_id")
    assert set(health[health != ""].index) <= set(customers.index)
    assert (health.loc[customers.index] != "").mean() > 0.94
    left = customers["end"] != ""
    assert (health.loc[customers.index[left]] == "red").mean() > 0.7
    assert (health.loc[customers.index[~left]] == "red").mean() < 0.1


def test_pull_shows_in_the_signals_of_zendesk_users(sample: Sample) -> None:
    tables, _ = sample
    signals = tables["signals"].assign(value=pd.to_numeric(tables["signals"]["value"]))
    tools = tables["accounts"].set_index("account_id")["tech_stack"].str.split(";")
    uses = signals["account_id"].map(tools.apply(lambda tags: "zendesk" in tags))
    mean = signals.assign(uses=uses).groupby(["signal", "uses"])["value"].mean().unstack()
    assert mean.loc["onboarding_days", True] < 0.85 * mean.loc["onboarding_days", False]
    assert mean.loc["usage_breadth_pct", True] > mean.loc["usage_breadth_pct", False] + 8


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 2**31])
def test_any_seed_and_a_small_number_of_accounts_give_whole_tables(seed: int) -> None:
    tables, truth = make_sample(Draws(seed), 200)
    assert len(tables["accounts"]) == 200
    assert 30 <= truth.counts["customers"] <= 110
    assert (tables["subscriptions"]["arr"].astype(int) > 0).all()
