"""A world is what its recipe says, the same for the same seed, and counted as the product must count it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from benchmarks.worlds import KINDS, RECIPES, make_world
from icp_ml.cohort.build import build_cohort
from icp_ml.conditions import OPS

UNTOLD = ["left_out"]  # the product's own words


def assert_within_binomial_error(events, of, probability):
    """Fail where a count is one that its probability gives less often than once in 10,000 times."""
    assert stats.binomtest(int(events), int(of), probability).pvalue > 1e-4, (events, of, probability)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_world_and_another_seed_another(kind):
    one, again, other = (make_world(kind, seed, accounts=300) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(one.known, again.known)
    pd.testing.assert_frame_equal(one.cohort.accounts, again.cohort.accounts)
    pd.testing.assert_frame_equal(one.tables.opportunities, again.tables.opportunities)
    assert not one.known.equals(other.known)


@pytest.mark.parametrize("kind", KINDS)
def test_the_cohort_counted_here_is_the_one_the_product_builds_from_the_tables(kind):
    world = make_world(kind, 11, accounts=600)
    built = build_cohort(world.tables, world.config)
    counted = world.cohort
    ours, theirs = (c.accounts.drop(columns=UNTOLD) for c in (counted, built))
    assert sorted(ours) == sorted(theirs)
    pd.testing.assert_frame_equal(ours[list(theirs)], theirs, check_dtype=False, check_exact=True)
    pd.testing.assert_frame_equal(counted.attributes, built.attributes)
    pd.testing.assert_frame_equal(counted.latest, built.latest)
    for name in ("horizon", "as_of", "follow_up_until", "has_wins", "has_churn", "currency"):
        assert getattr(counted, name) == getattr(built, name), name


@pytest.mark.parametrize("kind", [k for k in KINDS if not RECIPES[k].churn_drift and not RECIPES[k].discounting])
def test_planted_rates_are_realised_inside_each_region_and_elsewhere(kind):
    recipe = RECIPES[kind]
    worlds = [make_world(kind, seed, missing=0.0, years=4.0) for seed in range(50, 53)]
    known = pd.concat([w.known for w in worlds])
    table = pd.concat([w.cohort.accounts for w in worlds])
    free = np.ones(len(known), dtype=bool)
    regions = []
    for effect in recipe.effects:
        inside = effect.rule.mask(known) & free
        free &= ~inside
        regions.append((inside, effect.win, effect.churn))
    grown = (table["is_customer"] & table["horizon_passed"]).to_numpy()
    decided = table["outcome"].notna().to_numpy()
    churned = (table["churned"] & (table["follow_up_months"] <= 12)).to_numpy()
    for inside, win, churn in [*regions, (free, recipe.win, recipe.churn)]:
        assert_within_binomial_error((table["outcome"] == "won")[inside].sum(), (inside & decided).sum(), win)
        assert_within_binomial_error((inside & grown & churned).sum(), (inside & grown).sum(), churn)


def test_churn_and_winning_drift_while_the_planted_difference_stays():
    recipe = RECIPES["drift"]
    worlds = [make_world("drift", seed, missing=0.0) for seed in range(4)]
    table = pd.concat([w.cohort.accounts for w in worlds])
    small = np.concatenate([w.excluded[0].mask(w.known) for w in worlds])
    probability = pd.concat([w.probabilities for w in worlds])
    days = (table["decided_at"] - table["decided_at"].min()).dt.days.to_numpy()
    early, late = days < days[days >= 0].max() * 0.25, days > np.nanmax(days) * 0.75
    won = (table["outcome"] == "won").to_numpy()
    assert won[late].mean() - won[early].mean() == pytest.approx(0.75 * recipe.win_drift, abs=0.03)
    for part in (early, late):
        inside, outside = (probability["churn"].to_numpy()[part & where].mean() for where in (small, ~small))
        assert inside - outside == pytest.approx(0.33, abs=0.005)
    assert probability["churn"][late].mean() - probability["churn"][early].mean() == pytest.approx(-0.12, abs=0.01)
    assert (pd.concat([w.known for w in worlds])["platform"] == "cloud").to_numpy()[late].mean() > 0.75


def test_an_attribute_that_only_follows_time_means_nothing_for_accounts_met_now():
    known, truth = make_world("drift", 1).fresh(50_000, 5)
    inside = (known["region"] == "overseas").to_numpy()
    assert truth["churn"][inside].mean() == pytest.approx(truth["churn"][~inside].mean(), abs=0.005)
    assert inside.mean() == pytest.approx(0.45 * 0.97, abs=0.01)


def test_the_discount_alone_drives_churn_in_the_confounded_world():
    worlds = [make_world("confounded", seed, missing=0.0) for seed in range(6)]
    table = pd.concat([w.cohort.accounts for w in worlds])
    overseas = np.concatenate([(w.known["region"] == "overseas").to_numpy() for w in worlds])
    customers = (table["is_customer"] & table["horizon_passed"]).to_numpy()
    churned = (table["churned"] & (table["follow_up_months"] <= 12)).to_numpy()
    large = (table["discount_pct"] >= 20).to_numpy()
    for where in (overseas, ~overseas):
        for discounted, rate in ((large, 0.5), (~large, 0.1)):
            group = customers & where & discounted
            assert_within_binomial_error(churned[group].sum(), group.sum(), rate)
    assert churned[customers & overseas].mean() - churned[customers & ~overseas].mean() > 0.25
    deals = worlds[0].tables.opportunities.set_index("account_id")["discount_pct"]
    noted = worlds[0].cohort.accounts["discount_pct"].dropna()
    pd.testing.assert_series_equal(deals.reindex(noted.index), noted)


def test_in_the_confounded_world_no_attribute_has_an_effect_of_its_own():
    known, truth = make_world("confounded", 1).fresh(20_000, 5)
    overseas = (known["region"] == "overseas").to_numpy()
    assert (truth["churn_own"] == 0.10).all()
    assert truth["churn"][overseas].mean() - truth["churn"][~overseas].mean() == pytest.approx(0.8 * 0.4, abs=0.02)


def test_fresh_accounts_carry_the_probabilities_their_true_attributes_give():
    world = make_world("two_and_two", 1, missing=0.0)
    known, truth = world.fresh(2_000, 9)
    agencies = known["industry"].isin(["agencies", "media"]).to_numpy() & (known["employee_count"] < 60).to_numpy()
    manual = ~known["has_revops"].to_numpy(dtype=bool) & np.array(["spreadsheets" in t for t in known["tech_stack"]])
    assert set(truth["churn"][agencies]) == {0.58}
    assert set(truth["churn"][manual & ~agencies]) == {0.50}
    assert set(truth["win"][~agencies & ~manual]) == {0.34, 0.60, 0.62}
    pd.testing.assert_frame_equal(known, world.fresh(2_000, 9)[0])
    assert not known.equals(world.fresh(2_000, 10)[0])


def test_a_value_the_crm_does_not_know_is_outside_every_planted_region():
    world = make_world("missing", 1)
    known, truth = world.fresh(5_000, 9)
    unknown = known["employee_count"].isna().to_numpy()
    assert unknown.mean() == pytest.approx(0.3, abs=0.03)
    assert not world.excluded[0].mask(known)[unknown].any()
    assert (truth["churn"][unknown] == 0.45).any()


def test_delivered_rates_are_the_true_ones():
    rates = make_world("main_effects", 1, missing=0.0).delivered(make_world("main_effects", 1).excluded[0])
    assert rates["churn"] == pytest.approx(0.45)
    assert rates["win"] == pytest.approx(0.40)
    assert rates["won_and_kept"] == pytest.approx(0.40 * 0.55)


@pytest.mark.parametrize(("months", "share"), [(12, 1.0), (24, 1.0), (6, 0.2 * 5.5 / 11.5), (0, 0.0)])
def test_churn_before_the_anniversary_is_the_even_part_of_a_year(months, share):
    assert make_world("noise", 1, accounts=10).churn_within(months) == pytest.approx(share)


def test_churn_within_eight_months_happens_as_often_as_said():
    worlds = [make_world("monthly", seed, churn=0.45) for seed in range(3)]
    table = pd.concat([w.cohort.accounts for w in worlds])
    grown = table[table["is_customer"] & table["horizon_passed"]]
    left = grown["churned"] & (grown["follow_up_months"] <= 8)
    assert_within_binomial_error(left.sum(), len(left), 0.45 * worlds[0].churn_within(8))


def test_every_type_of_condition_is_planted_somewhere():
    planted = {c.op for recipe in RECIPES.values() for e in recipe.effects for c in e.rule.conditions}
    assert planted >= {"below", "above", "between", "at_most", "in", "not_in", "is", "has", "has_any", "has_none"}
    assert planted <= set(OPS)


def test_the_share_of_young_customers_grows_as_the_history_shortens():
    shares = [make_world("censored", 1, years=years).censored_share for years in (4.0, 2.0, 1.4)]
    assert 0.2 < shares[0] < 0.35 < shares[1] < 0.7 < shares[2] < 0.9


def test_the_rare_region_is_three_to_four_percent_of_the_accounts():
    world = make_world("rare_region", 1, accounts=50_000)
    assert 0.03 < world.excluded[0].mask(world.known).mean() < 0.04


def test_noise_columns_repeat_each_other_and_rare_levels_are_rare():
    known = make_world("noise_correlated", 1, missing=0.0).known
    size = np.log(known["employee_count"])
    assert np.corrcoef(size, np.log(known["it_budget"]))[0, 1] > 0.9
    assert (known["has_bi_tool"] == known["has_revops"]).mean() > 0.9
    first = 1 / sum(k**-1.8 for k in range(1, 31))
    assert known["crm_vendor"].value_counts(normalize=True).iloc[0] == pytest.approx(first, abs=0.04)
    assert (known["crm_vendor"].value_counts() < 40).sum() >= 10
    assert known[["sub_industry", "sales_channel"]].nunique().tolist() == [12, 12]


def test_ordered_levels_are_named_low_to_high_in_the_config():
    world = make_world("ordered", 1, accounts=300)
    assert world.config.attributes["headcount_band"].order == ["1-10", "11-50", "51-200", "201-1000", "1000+"]
    assert "employee_count" not in world.config.attributes


def test_only_what_is_won_far_more_often_is_an_easy_win():
    assert {kind for kind in KINDS if make_world(kind, 1, accounts=60).easy_to_win} == {
        "easy_win_quick_churn",
        "two_and_two",
    }
