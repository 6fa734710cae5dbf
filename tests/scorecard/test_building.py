import numpy as np
import pandas as pd
from worlds import ATTRIBUTES, config, world

from icp_ml.conditions import Condition, Rule
from icp_ml.criteria.discovery import discover_criteria
from icp_ml.criteria.outcomes import won_outcome
from icp_ml.criteria.types import Evidence, Interval, Proposal
from icp_ml.models import Models, fit_models
from icp_ml.scorecard.building import binary_target, build_scorecard, tiers_of
from icp_ml.scorecard.judging import _as_known

AGENCY = Rule((Condition("industry", "in", ("agency",)),))
RETAIL = Rule((Condition("industry", "in", ("retail",)),))


def _proposal(identity: str, kind: str, rule: Rule) -> Proposal:
    evidence = Evidence("won", 1, 1, 0.5, 0.4, Interval(0.1, 0.05, 0.15), 0.01)
    return Proposal(identity, kind, rule, rule.text(), evidence)


def test_without_proposals_every_account_is_yellow_midway_between_the_edges():
    cohort, _ = world(1, 500)
    card = build_scorecard(cohort, (), config(scorecard={"green": 80, "red": 50}), 12)
    assert (card.base, card.items) == (65, ())
    outcome = won_outcome(cohort, 12, kept=True)
    assert set(tiers_of(card, (), cohort, outcome)) == {"yellow"}


def test_twenty_points_double_the_odds_and_sixty_are_average():
    """Odds of winning 1 elsewhere and 4 in the rule, which holds for half: twice doubled is 40 points."""
    cohort, _ = world(1, 3000, keeping=False)
    industry = pd.Series(np.where(np.arange(3000) % 2, "agency", "retail"), index=cohort.accounts.index)
    won = np.where(np.arange(3000) % 2, (np.arange(3000) // 2) % 10 < 8, (np.arange(3000) // 2) % 10 < 5)
    accounts = cohort.accounts.assign(outcome=np.where(won, "won", "lost"))
    cohort = type(cohort)(
        **{**vars(cohort), "accounts": accounts, "attributes": cohort.attributes.assign(industry=industry)}
    )
    card = build_scorecard(cohort, (_proposal("C1", "include", AGENCY),), config(), 12)
    assert card.target == "won"
    assert [i.points for i in card.items] == [40]
    # average odds 0.65 / 0.35; elsewhere 1: 60 + 20 * log2(0.35 / 0.65) = 42.1
    assert card.base == 42


def test_an_exclusion_never_earns_points():
    cohort, _ = world(1, 3000)
    card = build_scorecard(
        cohort, (_proposal("X1", "exclude", RETAIL), _proposal("C1", "include", AGENCY)), config(), 12
    )
    assert all(i.points < 0 for i in card.items if i.criterion == "X1")
    assert all(i.points > 0 for i in card.items if i.criterion == "C1")


def test_an_account_that_an_exclusion_hits_is_red_whatever_its_score():
    cohort, _ = world(1)
    result = discover_criteria(cohort, config(), list(ATTRIBUTES), seed=7)
    card = build_scorecard(cohort, result.proposals, config(), 12)
    outcome = won_outcome(cohort, 12, kept=True)
    tiers = tiers_of(card, result.proposals, cohort, outcome)
    hit = np.any([p.rule.mask(cohort.attributes) for p in result.proposals if p.kind == "exclude"], axis=0)[
        outcome.rows
    ]
    assert hit.sum() > 50
    assert set(tiers[hit]) == {"red"}
    rates = card.figures["tiers"]
    assert rates["red"]["high"] < rates["yellow"]["low"]


def test_the_target_counts_the_lost_and_the_churned_as_none_and_weights_for_the_censored():
    cohort, _ = world(2, 400)
    outcome = won_outcome(cohort, 12, kept=True)
    labels, weights = binary_target(outcome)
    table = cohort.accounts
    lost = (table["outcome"] == "lost").to_numpy()
    assert np.all(weights[lost] == 1)
    assert not labels[lost].any()
    months = table["follow_up_months"].to_numpy()
    open_ended = ~lost & ~table["churned"].to_numpy() & (months < 12)
    assert np.all(weights[open_ended] == 0)
    known = ~lost & ~open_ended
    left = table["churned"].to_numpy() & (months <= 12)
    assert np.array_equal(labels[known] == 1, ~left[known])


def test_the_ranking_of_later_accounts_is_told_beside_the_models():
    cohort, _ = world(1, 4000, churn_in=0.7)
    names = ["employee_count", "industry", "has_revops"]
    result = discover_criteria(cohort, config(), names, seed=7)
    models = fit_models(cohort, config(), names)
    ranking = build_scorecard(cohort, result.proposals, config(), 12, models).figures["ranking"]
    assert ranking["scorecard"]["low"] > 0.5
    assert ranking["scorecard"]["n"] == ranking["models"]["n"]
    assert "2022-07-01" < ranking["cut_off"] < "2026-06-30"


def test_the_points_judged_on_later_accounts_do_not_know_what_came_after_the_cut_off():
    """Changing every outcome after the cut-off changes the labels judged, not the scores that rank them."""
    cohort, _ = world(1)
    outcome = won_outcome(cohort, 12, kept=True)
    cut = pd.Timestamp("2024-06-30")
    seen = _as_known(outcome, cohort, cut)
    started = cohort.accounts["started_at"].iloc[outcome.rows]
    months = (cut - started).dt.days.to_numpy() / 30.436875
    assert np.nanmax(seen.time - np.maximum(months, 0.01)) <= 1e-9
    assert not (seen.churned & (outcome.time > months)).any()


def test_too_few_later_outcomes_are_said_to_be_too_few():
    cohort, _ = world(1, 60)
    result = discover_criteria(world(1)[0], config(), list(ATTRIBUTES), seed=7)
    card = build_scorecard(cohort, result.proposals, config(), 12, Models(None, None))
    assert "later accounts with the rarer outcome" in card.figures["ranking"]["absent"]


def test_the_weighted_target_averages_to_win_rate_times_retention():
    cohort, _ = world(2, 2000)
    cohort.accounts.loc[cohort.accounts.index[cohort.customers][:40], ["is_customer"]] = False
    outcome = won_outcome(cohort, 12, kept=True)
    labels, weights = binary_target(outcome)
    assert np.isclose(np.average(labels, weights=weights), outcome.rate(np.ones(len(labels), bool)).estimate)
