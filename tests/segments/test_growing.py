from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom
from small_searches import crossed, every_rule, naive_hurdle, place, search_of, told, won_of

from icp_ml.segments.growing import _exchanged, extended, grow, ordered, pruned, searched_again, worth
from icp_ml.segments.search import MOST_SEGMENTS, Candidate, RuleSearch
from icp_ml.segments.targets import Targets

INSIDE = crossed(100, "abc", {"AB": 0.9, "A": 0.6}, rest=0.3)
SHARED = crossed(100, "abc", {"AB": 0.9, "AC": 0.1}, rest=0.5)
NOTHING = crossed(100, "abc", {}, rest=0.5)


def built(cells, **limits: int) -> RuleSearch:
    return search_of(*won_of(cells), **limits)


def naive_worth(rules, own_conditions, search: RuleSearch) -> float:
    """Add up cells account by account, and hurdles of the conditions that each rule pays for."""
    sums, sizes = {}, {}
    for at in range(len(search.targets.scores)):
        cell = next((i for i, r in enumerate(rules) if all(search.grid.mask(c)[at] for c in r)), -1)
        sums[cell] = sums.get(cell, 0.0) + search.targets.scores[at, 0]
        sizes[cell] = sizes.get(cell, 0) + 1
    price = sum(naive_hurdle(sum(search.grid.cost[c] for c in own)) for own in own_conditions)
    return sum(s**2 / sizes[cell] for cell, s in sums.items()) - price


def test_a_rule_planted_inside_a_rule_comes_out_before_it():
    search = built(INSIDE)
    assert told(grow(search), search) == ["AB", "A"]


def test_two_regions_that_share_a_level_come_out_as_two_and_not_as_one_merged():
    search = built(SHARED)
    assert sorted(told(grow(search), search)) == ["AB", "AC"]


def test_where_nothing_differs_nothing_is_grown():
    assert grow(built(NOTHING)) == []


def test_a_list_is_worth_its_cells_less_the_hurdle_of_each_rule():
    search = built(SHARED[:3], smallest=5)
    rules = [place(search, "AB"), place(search, "A")]
    # The first rule is part of the second, which has paid for A.
    assert worth(rules, search) == pytest.approx(naive_worth(rules, [place(search, "B"), rules[1]], search))
    # The other way round it is part of no later one, and pays for both.
    assert worth(rules[::-1], search) == pytest.approx(naive_worth(rules[::-1], rules, search))
    assert worth([], search) == pytest.approx(0.0, abs=1e-9)


def test_a_part_of_a_rule_is_tried_right_before_it_and_what_is_split_off_the_rest_after_all():
    inside, beside = built(INSIDE), built(crossed(100, "abc", {"A": 0.9, "B": 0.8}, rest=0.4))
    assert told(extended([place(inside, "A")], inside), inside) == ["AB", "A"]
    assert told(extended([place(beside, "A")], beside), beside) == ["A", "B"]


def test_a_rule_is_widened_by_leaving_conditions_out_where_that_tells_more_of_the_rest():
    # Those with A but not B win more than the rest, by so little that A is not found in a search of all conditions.
    cells = crossed(100, "ab", {"AB": 0.9, "A": 0.6}, rest=0.45)
    cells = [({**known, **{name: bool(at % 2) for at, name in enumerate("cdefgh")}}, n, w) for known, n, w in cells]
    search = built(cells)
    rest = ~search.mask(place(search, "AB"))
    gain = search.gain_of(search.mask(place(search, "A")), rest)
    assert search.hurdle_among(2) < gain < search.hurdle(place(search, "A"))
    assert search.best(rest) is None
    assert told(extended([place(search, "AB")], search), search) == ["AB", "A"]


def test_at_most_eight_rules_are_grown():
    rates = {**dict.fromkeys("abcdef", 95), **dict.fromkeys("ghijk", 5)}
    cells = [({name: name == own for name in "abcdefghijk"}, 100, rates.get(own, 50)) for own in "----abcdefghijk"]
    search = built(cells, deepest=1)
    assert told(extended([], search), search) == list("GHIJKABC")
    assert MOST_SEGMENTS == 8


def test_a_rule_found_too_wide_is_searched_again_once_others_are_known():
    search = built(crossed(100, "abc", {"AB": 0.95}, rest=0.3))
    assert told(searched_again([place(search, "A")], search), search) == ["AB"]


def test_a_part_of_a_rule_is_searched_again_inside_it():
    search = built(INSIDE)
    assert told(searched_again([place(search, "AC"), place(search, "A")], search), search) == ["AB", "A"]


def test_a_list_that_no_change_makes_worth_more_stays():
    search = built(INSIDE)
    best = [place(search, "AB"), place(search, "A")]
    assert searched_again(best, search) == best


def test_parts_follow_the_rule_that_they_are_part_of():
    # From 20 on more are won, with B most; too few are between 20 and 50 for the part to be moved by itself.
    sizes = [(10.0, 150), (11.0, 150), (30.0, 20), (70.0, 100), (71.0, 100)]
    rates = {(True, True): 0.9, (True, False): 0.6}
    cells = [
        ({"size": size, "b": b}, n, round(n * rates.get((size >= 30, b), 0.3)))
        for size, n in sizes
        for b in (True, False)
    ]
    search = built(cells)
    conditions = {search.grid.condition(i).text(): i for i in range(len(search.grid.cost))}
    yes, twenty, fifty = (conditions[text] for text in ("b is yes", "size at least 20", "size at least 50"))
    assert searched_again([(fifty, yes), (fifty,)], search) == [(twenty, yes), (twenty,)]


def test_no_rule_gets_more_conditions_than_allowed_when_the_one_it_is_part_of_changes():
    rng = np.random.default_rng(3)
    deepest = []
    for _ in range(12):
        rates = rng.random(32)
        names = "abcde"
        cells = [
            ({name: bool(number >> at & 1) for at, name in enumerate(names)}, 40, round(40 * rates[number]))
            for number in range(32)
        ]
        search = built(cells, deepest=2)
        start = [place(search, "AB"), place(search, "A"), place(search, "CD"), place(search, "C")]
        deepest += [len(rule) for rule in searched_again(start, search)]
    assert max(deepest) == 2


def test_of_two_bounds_of_one_number_a_part_says_the_narrower():
    search = built([({"size": float(size), "b": b}, 60, 30) for size in range(10, 90, 10) for b in (True, False)])
    conditions = {search.grid.condition(i).text(): i for i in range(len(search.grid.cost))}
    yes, no, wide, middle, narrow = (
        conditions[text] for text in ("b is yes", "b is no", "size at least 20", "size at least 40", "size at least 70")
    )
    rules, found = [(narrow,), (middle,)], Candidate((wide, yes), 1.0, 1.0)
    assert _exchanged(rules, 1, found, search, [0]) == [tuple(sorted((narrow, yes))), (wide, yes)]
    # A part that says "b is no" cannot be part of a rule that says "b is yes".
    rules = [tuple(sorted((middle, no))), (middle,)]
    assert _exchanged(rules, 1, found, search, [0]) is None
    assert _exchanged(rules, 1, None, search, [0]) is None


def test_a_rule_is_narrowed_on_its_own_attribute():
    sizes = [5.0, 15.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0]
    search = built([({"size": s}, 100, w) for s, w in zip(sizes, [20, 20, 20, 20, 60, 60, 95, 95], strict=True)])
    assert [search.grid.condition(c).text() for (c,) in grow(search)] == ["size at least 60", "size at least 40"]


def test_a_rule_whose_loss_costs_less_than_its_hurdle_is_dropped_and_the_others_stay():
    search = built(INSIDE)
    good = [place(search, "AB"), place(search, "A")]
    assert pruned([*good, place(search, "C")], search) == good
    assert pruned([place(search, "C")], search) == []


def test_a_rule_that_tells_parts_from_nobody_else_is_dropped_though_they_then_pay_for_all_their_conditions():
    search = built(crossed(100, "abc", {"AB": 0.9, "AC": 0.1, "A": 0.55}, rest=0.5))
    parts = [place(search, "AB"), place(search, "AbC")]
    rules = [*parts, place(search, "A")]
    # Both parts pay for A when the rule goes, about as much as the rule saves; what it tells, chance tells as often.
    assert naive_worth(rules, [place(search, "B"), place(search, "bC"), rules[2]], search) > naive_worth(
        parts, parts, search
    )
    assert pruned(rules, search) == parts


def test_where_outcomes_scatter_more_a_rule_has_to_tell_more():
    # Inside A about half are won, outside 5 %: there chance moves as many accounts three times as far.
    cells = [({"a": True, "b": True}, 100, 62), ({"a": True, "b": False}, 100, 46)]
    search = built([*cells, ({"a": False, "b": True}, 700, 35), ({"a": False, "b": False}, 700, 35)])
    rules = [place(search, "AB"), place(search, "A")]
    assert worth(rules, search) > worth(rules[1:], search)
    assert pruned(rules, search) == rules[1:]


def test_a_rule_for_too_few_accounts_is_dropped_however_much_they_differ():
    cells = [({"a": True}, 19, 19), ({"a": False}, 200, 10)]
    for smallest, left in ((20, 0), (19, 1)):
        search = built(cells, smallest=smallest)
        assert len(pruned([place(search, "A")], search)) == left


def test_a_rule_that_earlier_ones_leave_too_few_accounts_is_dropped():
    search = built(INSIDE)
    good = [place(search, "AB"), place(search, "A")]
    assert pruned([place(search, "AB"), place(search, "ABC"), place(search, "A")], search) == good


def test_the_same_accounts_grow_the_same_list_whatever_was_searched_before():
    first, second = built(SHARED), built(SHARED)
    second.best(second.mask(place(second, "C")))
    assert grow(first) == grow(first) == grow(second)


def test_the_order_of_accounts_does_not_matter():
    frame, targets = won_of(SHARED)
    rows = np.random.default_rng(0).permutation(len(frame))
    shuffled = search_of(frame.iloc[rows], targets.rows(rows))
    assert grow(shuffled) == grow(search_of(frame, targets))


@pytest.mark.parametrize(
    ("n", "rates", "pulled", "grown"),
    [
        # From all outcomes at once, "Z" hides who wins: "AZ", "Z" and "A" are grown.
        (100, {"A": 0.6, "B": 0.5}, "Z", ["abZ", "ab", "Z"]),
        # From winning alone, "A" is parted by pull, and "ABZ", "A" and "BZ" are grown.
        (50, {"A": 0.65}, "BZ", ["A", "BZ"]),
    ],
)
def test_of_lists_grown_from_all_outcomes_and_from_those_that_decide_value_the_one_worth_more_counts(
    n, rates, pulled, grown
):
    frame, won = won_of(crossed(n, "abz", rates, rest=0.35))
    eager = frame[[letter.lower() for letter in pulled]].all(axis=1)
    pull = np.where(eager, 1.0, 0.0) + np.tile([1.0, -1.0], len(frame) // 2)
    scores = np.column_stack([won.scores[:, 0], (pull - pull.mean()) / pull.std()])
    search = search_of(frame, Targets(("win", "pull"), scores, np.ones_like(scores), {}))
    assert sorted(told(grow(search), search)) == sorted(grown)


def test_noise_grows_a_list_no_oftener_than_a_search_finds_a_rule_by_chance():
    rng = np.random.default_rng(11)
    draws, grown = 150, 0
    frame, targets = won_of(crossed(30, "abc", {}, rest=0.5))
    search = search_of(frame, targets)
    for _ in range(draws):
        grown += bool(grow(search.on(targets.rows(rng.permutation(len(frame))))))
    # More than this has probability 1 in 1,000 at 5 %.
    assert grown <= binom.isf(1e-3, draws, 0.05)


def test_every_rule_of_a_grown_list_beats_the_list_without_it_by_more_than_its_hurdle():
    search = built(SHARED)
    rules = grow(search)
    for at in range(len(rules)):
        assert worth(rules, search) > worth(rules[:at] + rules[at + 1 :], search)


def test_no_single_rule_is_worth_more_than_a_grown_list():
    search = built(SHARED, deepest=2)
    assert worth(grow(search), search) > max(worth([rule], search) for rule in every_rule(search))


def test_of_rules_that_share_accounts_the_one_that_says_more_of_what_decides_value_is_tried_first():
    # Who has both wins as often as those with either, more or less: whose they are hardly matters.
    search, deciding = _won_and_pulled({"AB": 0.7, "B": 0.8, "A": 0.6})
    best = [place(search, "B"), place(search, "A")]
    assert ordered(best[::-1], search, deciding) == ordered(best, search, deciding) == best
    # A part stays before its whole, and rules that share nobody stay as they are.
    for rules in (["AB", "B"], ["aC", "AB"]):
        assert told(ordered([place(search, r) for r in rules], search, deciding), search) == rules


def test_rules_stay_in_the_order_that_fits_where_it_matters_whose_shared_accounts_are():
    # B says more of who wins, but those with both win as those with A do.
    search, deciding = _won_and_pulled({"AB": 0.6, "B": 0.95, "A": 0.6})
    fits = [place(search, "A"), place(search, "B")]
    assert search.fit(fits) > search.fit(fits[::-1]) + 6
    assert ordered(fits, search, deciding) == fits


def _won_and_pulled(rates: dict[str, float]) -> tuple[RuleSearch, RuleSearch]:
    """Return a search on winning and a pull that tells nothing, and one on winning alone."""
    frame, won = won_of(crossed(100, "abc", rates, rest=0.4))
    scores = np.column_stack([won.scores[:, 0], np.tile([1.0, -1.0], len(frame) // 2)])
    search = search_of(frame, Targets(("win", "pull"), scores, np.ones_like(scores), {}))
    return search, search.on(search.targets.on(("win",)))
