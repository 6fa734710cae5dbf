from __future__ import annotations

from small_searches import crossed, place, search_of, told, won_of

from icp_ml.segments.search import MOST_SEGMENTS, RuleSearch
from icp_ml.segments.telling_apart import told_apart


def built(cells, **limits: int) -> RuleSearch:
    return search_of(*won_of(cells), **limits)


CROSSED = built(crossed(100, "ab", {"AB": 0.9, "A": 0.6, "B": 0.4}, rest=0.1))


def apart(*rules: str, search: RuleSearch = CROSSED) -> list[str]:
    return told(told_apart([place(search, rule) for rule in rules], search), search)


def test_of_two_halves_both_are_named_whichever_came_first():
    assert apart("A") == ["A", "a"]
    assert apart("a") == ["a", "A"]


def test_a_rule_tried_after_another_says_by_itself_whom_it_means():
    assert apart("b", "A")[:2] == ["b", "AB"]


def test_two_rules_that_share_an_attribute_are_told_apart_from_the_one_before():
    assert apart("AB", "A", "B") == ["AB", "Ab", "aB", "ab"]


def test_a_rule_whose_accounts_are_nearly_all_its_own_stays_as_it_is():
    # Of 200 accounts with A an earlier rule takes 10: A alone misleads nobody.
    cells = [({"a": True, "b": False}, 190, 95), ({"a": True, "b": True}, 10, 9), ({"a": False, "b": False}, 100, 20)]
    search = built([*cells, ({"a": False, "b": True}, 100, 90)], smallest=10)
    assert apart("B", "A", search=search)[:2] == ["B", "A"]


def test_a_rule_of_as_many_conditions_as_allowed_gets_no_further_one():
    search = built(crossed(100, "abc", {}, rest=0.5), deepest=2)
    assert apart("C", "AB", search=search)[:2] == ["C", "AB"]


def test_who_is_left_gets_no_name_where_no_plain_one_holds():
    # Without AB, AC and BC those are left of whom at most one of three holds: no rule says that.
    search = built(crossed(100, "abc", {}, rest=0.5))
    assert apart("AB", "AC", "BC", search=search) == ["AB", "AbC", "aBC"]


def test_who_is_left_is_named_by_the_shortest_rule_that_holds():
    search = built(crossed(100, "abc", {}, rest=0.5))
    assert apart("AB", "Ab", search=search) == ["AB", "Ab", "a"]


def test_too_few_left_are_not_named():
    cells = [({"a": True}, 200, 150), ({"a": False}, 19, 2)]
    assert apart("A", search=built(cells, smallest=20)) == ["A"]
    assert apart("A", search=built(cells, smallest=19)) == ["A", "a"]


def test_of_levels_what_all_rules_on_them_leave_is_named_together():
    cells = [({"level": level}, 100, won) for level, won in (("x", 90), ("y", 10), ("z", 50), ("w", 50))]
    search = built(cells)
    conditions = {search.grid.condition(i).text(): (i,) for i in range(len(search.grid.cost))}
    rules = told_apart([conditions["level is x"], conditions["level is y"]], search)
    assert [search.grid.condition(c).tags for (c,) in rules] == [("x",), ("y",), ("w", "z")]


def test_a_name_may_lack_accounts_with_missing_values_but_not_too_many_of_them():
    known = [({"a": True}, 200, 150)]
    few = [*known, ({"a": False}, 130, 20), ({"a": None}, 70, 10)]
    many = [*known, ({"a": False}, 110, 20), ({"a": None}, 90, 10)]
    for cells, names in ((few, ["A", "a"]), (many, ["A"])):
        frame, targets = won_of(cells)
        search = search_of(frame.astype({"a": "boolean"}), targets)
        assert apart("A", search=search) == names


def test_a_rule_gets_no_words_that_cannot_be_told_of_many_of_its_accounts():
    for unknown, told_as in ((40, "Ab"), (41, "A")):
        cells = [({"a": True, "b": False}, 100 - unknown, 30), ({"a": True, "b": None}, unknown, 20)]
        cells += [
            ({"a": True, "b": True}, 50, 45),
            ({"a": False, "b": True}, 50, 45),
            ({"a": False, "b": False}, 200, 20),
        ]
        frame, targets = won_of(cells)
        search = search_of(frame.astype({"b": "boolean"}), targets)
        assert apart("B", "A", search=search)[1] == told_as


def test_a_name_that_lets_in_more_than_a_tenth_of_others_is_none():
    # Left are those without A and without B; "without A", all that one condition can say, also holds for some with B.
    cells = [({"a": True, "b": False}, 100, 90), ({"a": False, "b": False}, 100, 10)]
    for strays, names in ((10, ["A", "B", "a"]), (11, ["A", "B"])):
        search = built([*cells, ({"a": False, "b": True}, strays, strays)], smallest=5, deepest=1)
        assert apart("A", "B", search=search) == names


def test_of_two_names_the_one_that_lets_in_fewer_others_is_taken_though_it_is_longer():
    cells = [({"a": True, "b": False}, 100, 90), ({"a": False, "b": False}, 100, 10), ({"a": False, "b": True}, 10, 10)]
    assert apart("A", "B", search=built(cells, smallest=5)) == ["A", "B", "ab"]


def test_a_name_that_holds_for_less_than_nine_tenths_of_those_left_is_none():
    # Of those left 70 are without A and 65 without B; "without A" is wrong for nobody, but leaves out 30.
    cells = [({"a": True, "b": True}, 100, 90), ({"a": True, "b": False}, 30, 5)]
    search = built([*cells, ({"a": False, "b": False}, 35, 5), ({"a": False, "b": True}, 35, 5)])
    assert apart("AB", search=search) == ["AB"]


def test_a_rule_is_told_apart_by_other_attributes_than_its_own():
    search = built([({"size": float(size)}, 60, 30) for size in range(10, 90, 10)])
    conditions = {search.grid.condition(i).text(): (i,) for i in range(len(search.grid.cost))}
    rules = told_apart([conditions["size at least 60"], conditions["size at least 30"]], search)
    assert [len(rule) for rule in rules] == [1, 1, 1]
    assert [search.grid.condition(c).text() for (c,) in rules] == [
        "size at least 60", "size at least 30", "size below 30",
    ]  # fmt: skip


def test_a_name_says_each_attribute_once():
    # Two sets of levels are left out; what is left, s to v, is no set that a rule can name at once.
    rates = dict(zip("pqrstuvwx", (90, 85, 80, 50, 52, 51, 53, 10, 12), strict=True))
    search = built([({"level": level}, 100, won) for level, won in rates.items()])
    sets = {frozenset(search.grid.condition(i).tags): (i,) for i in range(len(search.grid.cost))
            if search.grid.condition(i).op == "in"}  # fmt: skip
    rules = [sets[frozenset("pqr")], sets[frozenset("wx")]]
    assert all(len({int(search.grid.axis_of[c]) for c in rule}) == len(rule) for rule in told_apart(rules, search))


def test_eight_segments_are_the_most():
    search = built(crossed(100, "abc", {}, rest=0.5))
    eight = ["ABC", "ABc", "AbC", "Abc", "aBC", "aBc", "abC", "abc"]
    assert apart(*eight, search=search) == eight
    assert len(eight) == MOST_SEGMENTS
    assert apart(*eight[:7], search=search) == eight


def test_no_ninth_segment_is_named():
    search = built([({"level": level}, 100, 50) for level in "pqrstuvwx"])
    sets = {frozenset(search.grid.condition(i).tags): (i,) for i in range(len(search.grid.cost))
            if search.grid.condition(i).op == "in"}  # fmt: skip
    single = [sets[frozenset(level)] for level in "pqrstuvwx"]
    assert told_apart(single[:7], search)[:7] == single[:7]
    assert told_apart(single[:8], search) == single[:8]


def test_no_rules_stay_none():
    assert apart() == []
