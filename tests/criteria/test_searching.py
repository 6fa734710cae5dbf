import numpy as np
import pandas as pd
import pytest
from worlds import ATTRIBUTES, config, world

from icp_ml.criteria.outcomes import churn_outcome
from icp_ml.criteria.searching import Search, _Running, run_search, smallest_group


def _search(cohort, **changes) -> Search:
    outcome = churn_outcome(cohort, 12)
    frame = cohort.attributes.iloc[outcome.rows]
    return Search(outcome, frame, config().attributes, list(ATTRIBUTES), 1, 0.025, seed=7, **changes)


def test_a_certain_but_small_difference_is_no_rule():
    cohort, _ = world(1, 12_000, churn_in=0.22, churn=0.10, win_in=0.8)
    assert run_search(_search(cohort)).rules
    assert run_search(_search(cohort, least=0.25)).rules == ()


def test_a_rule_that_would_cover_too_much_is_none():
    cohort, _ = world(1)
    everybody_else = run_search(_search(cohort, most_covered=0.01))
    assert everybody_else.rules == ()


def test_no_rule_has_more_conditions_than_allowed():
    cohort, _ = world(1)
    assert max(r.region.size for r in run_search(_search(cohort, max_conditions=1)).rules) == 1


def test_a_rule_inside_another_says_nothing_new():
    cohort, _ = world(1)
    search = _search(cohort)
    rule = run_search(search).rules[0]
    wide = type(rule)(rule.region.without(rule.region.parts[0]), rule.outcome, 1, rule.statistic - 1, rule.gate, 0.01)
    assert _Running(search)._without_redundant([rule, wide]) == [wide]


def test_a_search_among_too_few_accounts_finds_nothing_and_does_not_fail():
    cohort, _ = world(1, 60)
    assert run_search(_search(cohort)).rules == ()


@pytest.mark.parametrize(("accounts", "least"), [(100, 15), (1000, 20), (4000, 80)])
def test_a_rule_covers_two_percent_and_never_a_handful(accounts, least):
    assert smallest_group(accounts) == least


def test_shuffled_outcomes_take_the_planted_rule_away():
    cohort, _ = world(1)
    search = _search(cohort)
    order = np.random.default_rng(0).permutation(len(search.frame))
    shuffled = pd.DataFrame(search.frame.iloc[order]).set_axis(search.frame.index)
    assert run_search(type(search)(**{**vars(search), "frame": shuffled})).rules == ()
