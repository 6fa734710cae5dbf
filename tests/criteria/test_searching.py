import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from worlds import ATTRIBUTES, config, world

from icp_ml.conditions import Condition
from icp_ml.config.schema import Attribute
from icp_ml.criteria.optimism import boundary_optimism
from icp_ml.criteria.outcomes import Outcome, churn_outcome
from icp_ml.criteria.region import Region
from icp_ml.criteria.searching import FoundRule, Search, _Running, run_search, smallest_group


def _search(cohort, **changes) -> Search:
    outcome = churn_outcome(cohort, 12)
    frame = cohort.attributes.iloc[outcome.rows]
    return Search(outcome, frame, config().attributes, list(ATTRIBUTES), 1, 0.025, seed=7, **changes)


FLAG, TRIED = Condition("flag", "is", True), Condition("tried", "is", True)


def _accounts(seed: int, n: int) -> pd.DataFrame:
    rng = np.random.default_rng([seed, n])
    return pd.DataFrame(
        {
            "size": np.round(rng.normal(50, 15, n)),
            "flag": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "tried": pd.array(rng.random(n) < 0.5, dtype="boolean"),
            "level": rng.choice(list("abcde"), n),
        }
    )


SPECS = {
    "size": Attribute(type="number"),
    "flag": Attribute(type="boolean"),
    "tried": Attribute(type="boolean"),
    "level": Attribute(type="category"),
}


def _won_search(seed: int, chance: np.ndarray, budget: float = 0.025, sign: int = 1, **changes) -> Search:
    """A search for winning, each account won by its chance."""
    n = len(chance)
    won = (np.random.default_rng(seed).random(n) < chance).astype(float)
    nothing, never = np.full(n, np.nan), np.zeros(n, bool)
    outcome = Outcome("won", np.arange(n), np.zeros(n, int), 12, won, nothing, nothing, never, np.empty(0))
    return Search(outcome, _accounts(seed, n), SPECS, list(SPECS), sign, budget, seed=7, **changes)


def test_a_certain_but_small_difference_is_no_rule():
    cohort, _ = world(1, 6000, churn_in=0.25, churn=0.10, win_in=0.8)
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


def _running(budget: float = 0.025, accounts: int = 3000, **changes) -> _Running:
    cohort, _ = world(1, accounts)
    search = _search(cohort, **changes)
    return _Running(replace(search, budget=budget))


def test_before_any_rule_the_rates_of_all_depths_add_up_to_the_budget():
    for accounts in (400, 3000):  # 22 and 128 events
        running = _running(0.02, accounts)
        assert np.isclose(sum(running.allowed(0).values()), 0.02)


def test_every_rule_found_here_or_before_raises_the_rate_of_every_depth_by_the_budget():
    first, second = _running(0.02).allowed(0), _running(0.02).allowed(1)
    assert {d: r / first[d] for d, r in second.items()} == pytest.approx({1: 2, 2: 2, 3: 2})
    assert _running(0.02).allowed(3) == pytest.approx(_running(0.02, before=2).allowed(1))


def test_with_few_events_the_rate_shifts_to_single_conditions():
    few, many = _running(0.02, 400), _running(0.02, 3000)
    assert few.search.outcome.fewer_events < 80 < many.search.outcome.fewer_events
    assert few.allowed(0)[1] > 0.75 * 0.02 > many.allowed(0)[1]
    assert few.allowed(0)[3] < many.allowed(0)[3]


def test_a_false_rule_is_as_rare_on_noise_as_the_budget_says():
    """Sixteen searches at 1 in 10: more than 5 with a rule would have a chance of 1 in 300 (binomial)."""
    noise = (_won_search(seed, np.full(250, 0.3), budget=0.1) for seed in range(16))
    found = [run_search(replace(search, names=["size", "flag"])).rules for search in noise]
    assert sum(bool(rules) for rules in found) <= 5


def _found(region: Region, statistic: float = 5.0) -> FoundRule:
    return FoundRule(region, "won", 1, statistic, 4.0, 0.01)


SMALL_AND_TRIED = Region({"size": (-math.inf, 50.0)}, fixed=(TRIED,))
LARGE_WITH_FLAG = Region({"size": (50.0, math.inf)}, fixed=(FLAG,))


def _two_regions(seed: int, n: int = 1500) -> Search:
    """Small accounts win if they tried; large ones with a flag do too, which hides that size matters to the first."""
    frame = _accounts(seed, n)
    hit = [region.mask(frame) for region in (SMALL_AND_TRIED, LARGE_WITH_FLAG)]
    return _won_search(seed, np.where(hit[1], 0.4, np.where(hit[0], 0.3, 0.12)))


@pytest.mark.parametrize("seed", range(3))
def test_a_weak_second_condition_shows_once_the_other_region_is_out_of_the_way(seed):
    running, tried = _Running(_two_regions(seed)), Region(fixed=(TRIED,))
    truth = SMALL_AND_TRIED.mask(running.search.frame)
    among_all = running.step(np.ones(1500, bool)).shape(tried)
    reshaped = running._reshaped(_found(tried), [LARGE_WITH_FLAG])
    assert _jaccard(among_all.mask(running.search.frame), truth) < 0.5
    assert reshaped.region.attributes == {"tried", "size"}
    assert _jaccard(reshaped.region.mask(running.search.frame), truth) > 0.9
    assert replace(reshaped, region=tried) == _found(tried)  # only where it is has changed


@pytest.mark.parametrize("seed", range(3))
def test_two_planted_regions_come_out_as_two_rules(seed):
    search = _two_regions(seed)
    rules = run_search(search).rules
    truths = [region.mask(search.frame) for region in (LARGE_WITH_FLAG, SMALL_AND_TRIED)]
    assert len(rules) == 2
    assert all(_jaccard(r.region.mask(search.frame), truth) > 0.85 for r, truth in zip(rules, truths, strict=True))


def test_a_region_that_would_differ_by_too_little_when_reshaped_stays_as_it_was():
    running = _Running(replace(_two_regions(1), least=0.9))
    rule = _found(Region(fixed=(TRIED,)))
    assert running._reshaped(rule, [LARGE_WITH_FLAG]) == rule


def test_fragments_of_one_region_become_one_rule():
    frame = _accounts(1, 1500)
    whole = Region({"size": (40.0, 70.0)})
    running = _Running(_won_search(1, np.where(whole.mask(frame), 0.5, 0.1)))
    parts = [_found(Region({"size": bounds}), value) for bounds, value in (((40.0, 55.0), 9.0), ((55.0, 70.0), 8.0))]
    (merged,) = running.settled(parts)
    assert _jaccard(merged.region.mask(frame), whole.mask(frame)) > 0.9
    assert merged.statistic == 9.0


def test_two_regions_of_the_same_attributes_with_a_gap_between_them_stay_two():
    frame = _accounts(1, 1500)
    ends = [Region({"size": bounds}) for bounds in ((20.0, 40.0), (60.0, 80.0))]
    running = _Running(_won_search(1, np.where(ends[0].mask(frame) | ends[1].mask(frame), 0.5, 0.1)))
    settled = running.settled([_found(ends[0], 9.0), _found(ends[1], 8.0)])
    assert all(_jaccard(r.region.mask(frame), end.mask(frame)) > 0.85 for r, end in zip(settled, ends, strict=True))


def test_the_optimism_of_a_rule_is_measured_where_no_other_rule_holds():
    search = _two_regions(1)
    running, idle = _Running(search), Region({"size": (-math.inf, 45.0)}, {"level": frozenset("ab")})
    rules = [_found(LARGE_WITH_FLAG), _found(idle)]
    free = ~LARGE_WITH_FLAG.mask(search.frame)
    alone = boundary_optimism(idle, search.outcome.subset(free), search.frame[free], running.terms)
    assert running.optimism(1, rules) == alone > 0
    assert running.optimism(0, [rules[1]]) != alone


def test_no_q_value_is_below_that_of_a_rule_found_before():
    rules = run_search(_two_regions(2)).rules
    assert [r.q_value for r in rules] == sorted(r.q_value for r in rules)
    assert all(0 < r.q_value <= 1 and r.statistic > r.gate for r in rules)


def test_the_same_search_gives_the_same_rules_and_leaves_the_accounts_as_they_were():
    search = _won_search(1, np.where(Region(fixed=(FLAG,)).mask(_accounts(1, 400)), 0.5, 0.1))
    before = search.frame.copy()
    assert run_search(search).rules
    assert run_search(search) == run_search(search)
    pd.testing.assert_frame_equal(search.frame, before)


def _jaccard(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())
