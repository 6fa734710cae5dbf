from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from small_searches import crossed, every_rule, naive_hurdle, place, search_of, told, won_of

from icp_ml.segments.search import Candidate, RuleSearch
from icp_ml.segments.targets import Targets


def built(cells, **limits: int) -> RuleSearch:
    return search_of(*won_of(cells), **limits)


def drawn(seed: int, names: str = "abc", n: int = 40, **limits: int) -> RuleSearch:
    """Return a search over accounts whose chance to be won differs by cell, as drawn."""
    rng = np.random.default_rng(seed)
    cells = [
        (
            {name: bool(number >> at & 1) for at, name in enumerate(names)},
            n,
            int(rng.binomial(n, rng.uniform(0.3, 0.7))),
        )
        for number in range(2 ** len(names))
    ]
    return built(cells, **limits)


def naive_gain(inside: np.ndarray, free: np.ndarray, search: RuleSearch) -> float:
    """Return the sum of squares between two groups of one outcome, over the variance inside both together."""
    scores = search.targets.scores[:, 0]
    groups = [scores[free & inside], scores[free & ~inside]]
    if min(map(len, groups)) < max(search.limits.smallest, 15):
        return 0.0
    between = sum(len(g) * (g.mean() - scores[free].mean()) ** 2 for g in groups)
    return float(between / np.clip(scores[free].var(), 1, 4))


def holds(rule: tuple[int, ...], search: RuleSearch) -> np.ndarray:
    return np.all([search.grid.mask(c) for c in rule], axis=0)


def everybody(search: RuleSearch) -> np.ndarray:
    return np.ones(len(search.targets.scores), dtype=bool)


def test_a_gain_is_the_variance_between_inside_and_outside():
    search = built(crossed(50, "ab", {"A": 0.8}, rest=0.4))
    inside = holds(place(search, "A"), search)
    # 80 and 40 won of 100 each, of all 60 %: 200 accounts at 0.2 from the mean, over a variance of 0.24.
    assert search.gain_of(inside, everybody(search)) == pytest.approx(200 * 0.04 / 0.24)
    only_b = holds(place(search, "B"), search)
    assert search.gain_of(inside, only_b) == pytest.approx(100 * 0.04 / 0.24)


def test_a_side_too_small_to_judge_gains_nothing():
    search = built([({"a": True}, 30, 30), ({"a": False}, 70, 10)], smallest=30)
    inside = search.mask(place(search, "A"))
    assert search.gain_of(inside, everybody(search)) > 0
    assert search.gain_of(inside & (np.arange(100) > 0), everybody(search)) == 0.0


@pytest.mark.parametrize("seed", range(8))
def test_the_best_part_is_the_best_that_trying_everything_finds(seed):
    search = drawn(seed, deepest=2)
    base = place(search, "A")
    free = search.mask(base)
    tried = {rule: naive_gain(holds(rule, search), free, search) for rule in every_rule(search) if base[0] in rule[:1]}
    excess = {
        rule: gain - naive_hurdle(sum(search.grid.cost[c] for c in rule if c not in base))
        for rule, gain in tried.items()
        if len(rule) == 2
    }
    best, found = max(excess.values()), search.best_part(free, base)
    if best <= 0:
        assert found is None
    else:
        assert found.excess == pytest.approx(best)
        assert found.gain == pytest.approx(tried[found.conditions])


@pytest.mark.parametrize("seed", range(12))
def test_the_best_rule_is_about_the_best_that_trying_everything_finds(seed):
    search = drawn(seed, n=100, deepest=3)
    free = everybody(search)
    excess = {
        rule: naive_gain(holds(rule, search), free, search) - naive_hurdle(search.grid.cost[list(rule)].sum())
        for rule in every_rule(search)
    }
    found = search.best(free)
    if max(excess.values()) <= 0:
        assert found is None
    else:
        assert found.excess == pytest.approx(excess[found.conditions], abs=0.1)
        # Idle conditions are dropped, and the side that stands out is named: at most that much is given up for it.
        assert found.excess >= 0.6 * max(excess.values())


def test_a_rule_is_narrowed_on_its_own_attribute_where_that_is_the_best_part():
    levels = [("x", 90), ("y", 50), ("z", 50), ("w", 20)]
    search = built([({"level": level}, 100, won) for level, won in levels])
    conditions = {search.grid.condition(i).text(): i for i in range(len(search.grid.cost))}
    base = (conditions["level is not w"],)
    found = search.best_part(search.mask(base), base)
    assert search.grid.condition(found.conditions[0]).text() == "level is x"
    # 90 of 100 against 100 of 200: all 300 won at 190 / 300.
    rate = 190 / 300
    scattered = max(rate * (1 - rate) / (0.525 * 0.475), 1)
    gain = (100 * (0.9 - rate) ** 2 + 200 * (0.5 - rate) ** 2) / (0.525 * 0.475) / scattered
    assert found.gain == pytest.approx(gain)
    assert found.excess == pytest.approx(gain - naive_hurdle(search.grid.cost[found.conditions[0]]))


def test_a_part_keeps_the_conditions_of_its_rule():
    search = built(crossed(100, "abc", {"AB": 0.9, "A": 0.5}, rest=0.3))
    base = place(search, "A")
    assert told([search.best_part(search.mask(base), base).conditions], search) == ["AB"]


def test_a_rule_as_deep_as_allowed_has_no_part_by_further_conditions():
    search = built(crossed(100, "abc", {"AB": 0.9, "A": 0.5}, rest=0.3), deepest=1)
    base = place(search, "A")
    assert search.best_part(search.mask(base), base) is None


def test_one_rule_is_part_of_another_as_their_conditions_say():
    cells = [({"a": bool(i % 2), "size": float(10 * (i // 2))}, 40, 20) for i in range(12)]
    search = built(cells)
    conditions = {search.grid.condition(i).text(): i for i in range(len(search.grid.cost))}
    yes, no = conditions["a is yes"], conditions["a is no"]
    wide, narrow, other = (conditions[f"size {text}"] for text in ("at least 20", "at least 40", "below 40"))
    assert search.is_part((yes, wide), (wide,))
    assert search.is_part((narrow,), (wide,))
    assert search.is_part((yes, narrow), (wide,))
    assert search.is_part((yes, narrow), (yes, wide))
    for rule, whole in [((wide,), (narrow,)), ((wide,), (wide,)), ((yes, wide), (wide, yes)), ((wide,), (yes, wide))]:
        assert not search.is_part(rule, whole)
    assert not search.is_part((no, narrow), (yes, wide))
    assert not search.is_part((other,), (wide,))


def test_a_rule_says_at_most_one_thing_of_an_axis_and_no_more_than_allowed():
    cells = [({"a": bool(i % 2), "size": float(10 * (i // 2))}, 40, 20) for i in range(12)]
    search = built(cells, deepest=2)
    conditions = {search.grid.condition(i).text(): i for i in range(len(search.grid.cost))}
    yes, wide, narrow = (conditions[text] for text in ("a is yes", "size at least 20", "size at least 40"))
    assert search.can_say((yes, wide))
    assert not search.can_say((narrow, wide))
    assert not built(cells, deepest=1).can_say((yes, wide))


def test_the_best_of_many_given_rules_has_to_gain_more_than_the_best_of_few():
    search = drawn(0)
    assert search.hurdle_among(1) == pytest.approx(naive_hurdle(0.0))
    assert search.hurdle_among(7) == pytest.approx(naive_hurdle(np.log(7)))


def test_a_rule_has_to_gain_more_the_more_rules_of_its_kind_were_tried():
    search = drawn(0)
    rule = place(search, "AB")
    # Three axes of two levels: six tries for one condition, 36 for two.
    assert search.hurdle(rule[:1]) == pytest.approx(naive_hurdle(np.log(6)))
    assert search.hurdle(rule) == pytest.approx(naive_hurdle(2 * np.log(6)))
    assert search.hurdle(()) == 0.0


def test_the_smaller_side_is_named():
    few_good = built([({"a": True}, 100, 90), ({"a": False}, 300, 120)])
    few_bad = built([({"a": True}, 100, 10), ({"a": False}, 300, 180)])
    for search in (few_good, few_bad):
        assert told([search.best(everybody(search)).conditions], search) == ["A"]


def test_of_two_sides_about_as_large_the_one_that_fares_better_is_named():
    for n, name in ((230, "a"), (300, "A")):
        # With A fewer are won: 500 - n without, which stand out only where they are clearly the fewer.
        search = built([({"a": True}, 500 - n, 50), ({"a": False}, n, n - 40)])
        assert told([search.best(everybody(search)).conditions], search) == [name]


def test_whoever_stays_fares_better_though_churn_scores_are_lower():
    scores = np.repeat([-1.0, 1.0], 100)[:, None]
    frame = pd.DataFrame({"a": np.repeat([True, False], 100)})
    for outcome, name in (("churn", "A"), ("win", "a")):
        search = search_of(frame, Targets((outcome,), scores, np.ones((200, 1)), {}))
        assert told([search.best(everybody(search)).conditions], search) == [name]


def test_the_side_not_to_be_named_ranks_lower_also_where_neither_clears_its_hurdle():
    search = built([({"a": True}, 100, 55), ({"a": False}, 300, 150)])
    small, large = (Candidate(place(search, letter), 1.0, -5.0) for letter in "Aa")
    assert max([small, large], key=lambda c: search._merit(c, everybody(search))) == small


def test_conditions_without_which_a_rule_does_as_well_are_dropped():
    search = built(crossed(100, "abc", {"A": 0.9}, rest=0.3))
    whole = everybody(search)
    start = Candidate(place(search, "AB"), search.gain_of(search.mask(place(search, "AB")), whole), 50.0)
    found = search._to_the_point(start, whole, ())
    assert found.conditions == place(search, "A")
    assert found.gain == pytest.approx(naive_gain(search.mask(found.conditions), whole, search))
    assert found.excess == pytest.approx(found.gain - naive_hurdle(np.log(6)))


def test_conditions_that_add_something_stay_and_so_do_those_of_the_base():
    search = built(crossed(100, "abc", {"AB": 0.9}, rest=0.3))
    whole = everybody(search)
    both = Candidate(place(search, "AB"), 1.0, 1.0)
    assert search._to_the_point(both, whole, ()) == both
    idle = Candidate(place(search, "ABC"), 1.0, 1.0)
    base = place(search, "C")
    assert search._to_the_point(idle, search.mask(base), base) == idle


def test_a_condition_is_idle_where_it_adds_less_than_an_even_chance_would():
    # With B 58 to 66 of 100 are won, without it 50, among those with A alone.
    dropped = []
    for won in (56, 58, 60, 62, 64, 66):
        cells = [({"a": True, "b": True}, 100, won), ({"a": True, "b": False}, 100, 50), ({"a": False}, 200, 20)]
        cells = [
            (known | ({"b": bool(i)} if "b" not in known else {}), n // 2, w // 2)
            for known, n, w in cells
            for i in (0, 1)
        ]
        search = built(cells)
        among = search.mask(place(search, "A"))
        added = naive_gain(search.mask(place(search, "B")), among, search)
        start = Candidate(place(search, "AB"), 100.0, 50.0)
        found = search._to_the_point(start, everybody(search), ())
        idle = added < naive_hurdle(np.log(4), chance=0.5)
        assert (found.conditions == place(search, "A")) == idle
        dropped.append(idle)
    assert 0 < sum(dropped) < len(dropped)


def test_what_was_found_does_not_depend_on_what_was_searched_before():
    first, second = drawn(3, n=100), drawn(3, n=100)
    part = second.mask(place(second, "A"))
    second.best(part, place(second, "A"))
    second.best(~part)
    assert first.best(everybody(first)) == second.best(everybody(second)) == second.best(everybody(second))


def test_accounts_changed_in_place_are_searched_anew():
    search = built(crossed(100, "ab", {"A": 0.9}, rest=0.3))
    free = everybody(search)
    assert search.best(free).conditions == place(search, "A")
    free[~search.mask(place(search, "A"))] = False
    assert search.best(free) is None


def test_noise_gives_a_rule_at_the_stated_rate():
    rng = np.random.default_rng(5)
    draws, found = 200, 0
    frame, targets = won_of(crossed(30, "abc", {}, rest=0.5))
    over = search_of(frame, targets)
    for _ in range(draws):
        search = over.on(targets.rows(rng.permutation(len(frame))))
        found += search.best(everybody(search)) is not None
    # More than this has probability 1 in 1,000 at 5 %.
    assert found <= binom.isf(1e-3, draws, search.limits.chance)


def test_without_an_outcome_nothing_is_found():
    frame, _ = won_of(crossed(50, "ab", {}, rest=0.5))
    search = search_of(frame, Targets((), np.empty((200, 0)), np.empty((200, 0)), {}))
    assert search.best(everybody(search)) is None
    assert search.best_part(everybody(search), place(search, "A")) is None
