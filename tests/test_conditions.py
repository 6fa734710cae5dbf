"""Every view of a condition means the same: mask, JsonLogic, SQL, and both ways back."""

from __future__ import annotations

import math
from itertools import pairwise

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icp_ml.conditions import Condition, Rule
from icp_ml.config.schema import Attribute
from icp_ml.errors import ConfigError

HOSTILE_NAMES = ['say "hi"', "it's", "naïve größe", "a b", "業種", "select", "1", "x;--", "back\\slash", "{{x}}", "%s"]
LEVELS = ["a", "A", " a", "0", "NA", "it's", 'quo"te', "ünï", "a;b", "\\", "null", "%", "\n"]
NUMBERS = st.one_of(
    st.sampled_from([0.0, -0.0, 0.1, 0.1 + 0.2, 1e-9, 40.0, 40.5, -1.0, 1e300, 2.0**53, 123456789.123456789]),
    st.floats(allow_nan=False, allow_infinity=False),
)


def evaluate(logic, row):
    """Evaluate JsonLogic naively, with the meaning its reference implementation gives the operators used."""
    if not isinstance(logic, dict):
        return logic
    ((op, args),) = logic.items()
    if op == "var":
        return row.get(args)
    values = [evaluate(arg, row) for arg in args]
    if op == "and":
        return all(values)
    if op == "or":
        return any(values)
    if op == "!":
        return not values[0]
    if op in ("==", "!="):
        equal = values[0] == values[1] if None not in values else values[0] is values[1]
        return equal == (op == "==")
    if op == "in":
        return values[1] is not None and values[0] in values[1]
    numbers = [0 if value is None else value for value in values]  # as JavaScript compares null
    compare = {"<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b}
    return all(compare[op](a, b) for a, b in pairwise(numbers))


def by_sql(rule, frame):
    """Run the rule in DuckDB on the frame, each attribute under its own, quoted name."""
    columns = {name: '"' + name.replace('"', '""') + '"' for name in frame.columns}
    connection = duckdb.connect()
    types = {
        name: "VARCHAR[]" if kind == "tags" else {"number": "DOUBLE", "boolean": "BOOLEAN"}.get(kind, "VARCHAR")
        for name, kind in frame.attrs["types"].items()
    }
    connection.execute(
        f"CREATE TABLE t (row_number INTEGER, {', '.join(f'{columns[n]} {t}' for n, t in types.items())})"
    )
    holes = ", ".join("?" * (len(types) + 1))
    for number, row in enumerate(rows_of(frame)):
        connection.execute(f"INSERT INTO t VALUES ({holes})", [number, *(row[name] for name in types)])
    found = connection.execute(f"SELECT {rule.sql(columns)} FROM t ORDER BY row_number").fetchall()
    connection.close()
    return [value for (value,) in found]


def rows_of(frame):
    """Return each row as the typed JSON object a rule expects."""
    rows = []
    for _, row in frame.iterrows():
        found = {}
        for name, kind in frame.attrs["types"].items():
            value = row[name]
            missing = not isinstance(value, tuple) and pd.isna(value)
            found[name] = None if missing else list(value) if kind == "tags" else value
            if kind == "boolean" and not missing:
                found[name] = bool(value)
        rows.append(found)
    return rows


def frame_of(name, kind, values):
    """Return a frame of one attribute, typed as the library types it."""
    if kind == "number":
        column = pd.Series([math.nan if v is None else v for v in values], dtype="float64")
    elif kind == "boolean":
        column = pd.Series(values, dtype="boolean")
    else:
        column = pd.Series([np.nan if v is None and kind == "category" else v for v in values], dtype=object)
    frame = pd.DataFrame({name: column})
    frame.attrs["types"] = {name: kind}
    return frame


def values_of(kind):
    """Return a strategy of attribute values, missing ones among them."""
    level = st.sampled_from(LEVELS)
    known = {
        "number": NUMBERS,
        "category": level,
        "boolean": st.booleans(),
        "tags": st.lists(level, max_size=3).map(tuple),
    }[kind]
    return st.none() | known


def conditions_on(name, kind):
    """Return a strategy of conditions on an attribute of the type."""
    or_unknown = st.booleans()
    several = st.lists(st.sampled_from(LEVELS), min_size=1, max_size=3, unique=True).map(tuple)
    if kind == "number":
        single = st.builds(
            Condition, st.just(name), st.sampled_from(["at_least", "at_most", "above", "below"]), NUMBERS, or_unknown
        )
        ends = st.tuples(NUMBERS, NUMBERS).map(lambda pair: tuple(sorted(pair)))
        return single | st.builds(Condition, st.just(name), st.just("between"), ends, or_unknown)
    if kind == "boolean":
        return st.builds(Condition, st.just(name), st.just("is"), st.booleans(), or_unknown)
    if kind == "category":
        return st.builds(Condition, st.just(name), st.sampled_from(["in", "not_in"]), several, or_unknown)
    having = st.builds(Condition, st.just(name), st.just("has"), st.sampled_from(LEVELS), or_unknown)
    return having | st.builds(Condition, st.just(name), st.sampled_from(["has_any", "has_none"]), several, or_unknown)


@st.composite
def rules_and_frames(draw):
    """Draw a rule of one to three conditions on one attribute, and values to try it on."""
    name = draw(st.sampled_from(HOSTILE_NAMES))
    kind = draw(st.sampled_from(["number", "category", "boolean", "tags"]))
    conditions = draw(st.lists(conditions_on(name, kind), min_size=1, max_size=3))
    thresholds = [
        value
        for c in conditions
        if kind == "number"
        for value in (c.value if isinstance(c.value, tuple) else (c.value,))
    ]
    values = draw(st.lists(values_of(kind), min_size=1, max_size=6))
    return Rule(tuple(conditions)), frame_of(name, kind, values + thresholds)


@settings(deadline=None, max_examples=300)
@given(rules_and_frames())
def test_mask_and_jsonlogic_mean_the_same(drawn):
    rule, frame = drawn
    assert rule.mask(frame).tolist() == [bool(evaluate(rule.jsonlogic(), row)) for row in rows_of(frame)]


@settings(deadline=None, max_examples=150)
@given(rules_and_frames())
def test_mask_and_sql_mean_the_same_and_sql_is_never_null(drawn):
    rule, frame = drawn
    assert rule.mask(frame).tolist() == by_sql(rule, frame)


@settings(deadline=None, max_examples=300)
@given(rules_and_frames())
def test_a_rule_is_read_back_from_its_jsonlogic(drawn):
    rule, _ = drawn
    assert Rule.from_jsonlogic(rule.jsonlogic()) == rule


@settings(deadline=None, max_examples=300)
@given(rules_and_frames())
def test_a_rule_is_read_back_from_the_configs_spelling(drawn):
    rule, frame = drawn
    attributes = {name: Attribute(type=kind) for name, kind in frame.attrs["types"].items()}
    assert Rule.parse([c.to_config() for c in rule.conditions], attributes) == rule


@settings(deadline=None)
@given(rules_and_frames())
def test_a_rules_mask_changes_nothing_in_the_frame(drawn):
    rule, frame = drawn
    before = frame.copy(deep=True)
    rule.mask(frame)
    pd.testing.assert_frame_equal(frame, before)


NUMBER = frame_of("n", "number", [None, 39.0, 40.0, 50.0, 51.0])
CATEGORY = frame_of("c", "category", [None, "x", "X", "x "])
BOOLEAN = frame_of("b", "boolean", [None, True, False])
TAGS = frame_of("t", "tags", [None, (), ("x",), ("x", "y"), ("z",)])


@pytest.mark.parametrize(
    ("condition", "frame", "expected"),
    [
        (Condition("n", "between", (40.0, 50.0)), NUMBER, [False, False, True, True, False]),
        (Condition("n", "at_least", 40.0), NUMBER, [False, False, True, True, True]),
        (Condition("n", "at_most", 40.0), NUMBER, [False, True, True, False, False]),
        (Condition("n", "above", 40.0), NUMBER, [False, False, False, True, True]),
        (Condition("n", "below", 40.0), NUMBER, [False, True, False, False, False]),
        (Condition("n", "below", 40.0, or_unknown=True), NUMBER, [True, True, False, False, False]),
        (Condition("c", "in", ("x", "y")), CATEGORY, [False, True, False, False]),
        (Condition("c", "not_in", ("x", "y")), CATEGORY, [False, False, True, True]),
        (Condition("c", "not_in", ("x",), or_unknown=True), CATEGORY, [True, False, True, True]),
        (Condition("b", "is", True), BOOLEAN, [False, True, False]),
        (Condition("b", "is", False), BOOLEAN, [False, False, True]),
        (Condition("b", "is", False, or_unknown=True), BOOLEAN, [True, False, True]),
        (Condition("t", "has", "x"), TAGS, [False, False, True, True, False]),
        (Condition("t", "has_any", ("y", "z")), TAGS, [False, False, False, True, True]),
        (Condition("t", "has_none", ("y", "z")), TAGS, [False, True, True, False, False]),
        (Condition("t", "has_none", ("x",), or_unknown=True), TAGS, [True, True, False, False, True]),
    ],
)
def test_both_ends_count_and_a_missing_value_satisfies_nothing_but_or_unknown(condition, frame, expected):
    rule = Rule((condition,))
    assert condition.mask(frame).tolist() == expected
    assert [evaluate(condition.jsonlogic(), row) for row in rows_of(frame)] == expected
    assert by_sql(rule, frame) == expected


def test_tags_that_a_merge_left_as_nan_are_missing_too():
    frame = pd.DataFrame({"t": pd.Series([np.nan, ("x",)], dtype=object)})
    assert Condition("t", "has_none", ("y",)).mask(frame).tolist() == [False, True]


def test_a_rule_holds_where_all_its_conditions_hold_and_an_empty_one_everywhere():
    frame = pd.DataFrame({"n": [1.0, 5.0, 9.0], "c": ["x", "x", "y"]})
    both = Rule((Condition("n", "above", 2.0), Condition("c", "in", ("x",))))
    nothing = Rule(())
    assert both.mask(frame).tolist() == [False, True, False]
    assert nothing.mask(frame).tolist() == [True, True, True]
    assert evaluate(nothing.jsonlogic(), {}) is True
    assert Rule.from_jsonlogic(nothing.jsonlogic()) == nothing
    assert nothing.sql({}) == "TRUE"


def test_jsonlogic_has_the_contracts_shapes():
    assert Condition("employee_count", "between", (50.0, 500.0)).jsonlogic() == {
        "and": [{"!=": [{"var": "employee_count"}, None]}, {"<=": [50, {"var": "employee_count"}, 500]}]
    }
    assert Condition("tech_stack", "has", "zendesk").jsonlogic() == {"in": ["zendesk", {"var": "tech_stack"}]}
    assert repr(Condition("n", "below", 40.0).jsonlogic()).endswith("40]}]}")


def test_the_key_ignores_order_and_repetition_and_sees_every_difference():
    first, second = Condition("n", "below", 40.0), Condition("c", "in", ("x", "y"))
    key = Rule((first, second)).key()
    assert Rule((Condition("c", "in", ("y", "x")), first, first)).key() == key
    assert Rule((Condition("t", "has", "x"),)).key() == Rule((Condition("t", "has_any", ("x",)),)).key()
    others = [
        Rule((first,)),
        Rule((Condition("n", "at_most", 40.0), second)),
        Rule((Condition("n", "below", 41.0), second)),
        Rule((Condition("n", "below", 40.0, or_unknown=True), second)),
        Rule((first, Condition("c", "not_in", ("x", "y")))),
    ]
    assert len({key, *(rule.key() for rule in others)}) == 6


def test_a_rule_says_in_words_what_it_asks_or_unknown_included():
    attributes = {"age": Attribute(type="number", unit="years")}
    rule = Rule((Condition("age", "at_least", 2.0, or_unknown=True), Condition("has_revops", "is", True)))
    assert rule.text(attributes) == "Age at least 2 years (or unknown) and has revops"
    assert Rule(()).text() == "Every account"
    assert rule.attributes == ("age", "has_revops")


@pytest.mark.parametrize(
    "logic",
    [
        {"<": [{"var": "n"}, 40]},
        {"and": [{"!=": [{"var": "a"}, None]}, {"<": [{"var": "b"}, 40]}]},
        {"and": [{"!=": [{"var": "n"}, 0]}, {"<": [{"var": "n"}, 40]}]},
        {"==": [{"var": "b"}, 1]},
        {"in": [{"var": "c"}, "abc"]},
        {"or": [{"in": ["x", {"var": "t"}]}, {"in": ["y", {"var": "u"}]}]},
        {"and": [{"and": [{"and": []}]}]},
        {"xor": []},
        {"and": [], "or": []},
        {},
        [],
        "true",
    ],
)
def test_jsonlogic_of_another_shape_is_refused_with_what_was_found(logic):
    with pytest.raises(ConfigError, match="a rule's JsonLogic must have the shape this program writes; found"):
        Rule.from_jsonlogic(logic)


def test_a_whole_number_that_another_tool_wrote_as_a_float_is_read_back():
    logic = {"and": [{"!=": [{"var": "n"}, None]}, {"<=": [50.0, {"var": "n"}, 500.0]}]}
    assert Rule.from_jsonlogic(logic) == Rule((Condition("n", "between", (50.0, 500.0)),))


ATTRIBUTES = {
    "employee_count": Attribute(type="number"),
    "industry": Attribute(type="category"),
    "size_band": Attribute(type="category", order=["1-10", "11-50", "51-200"]),
    "has_revops": Attribute(type="boolean"),
    "tech_stack": Attribute(type="tags"),
}


@pytest.mark.parametrize(
    ("spelled", "expected"),
    [
        ({"attribute": "employee_count", "at_least": 5}, Condition("employee_count", "at_least", 5.0)),
        ({"attribute": "employee_count", "between": [5, 5]}, Condition("employee_count", "between", (5.0, 5.0))),
        ({"attribute": "has_revops", "is": False}, Condition("has_revops", "is", False)),
        ({"attribute": "has_revops", "is": "Yes"}, Condition("has_revops", "is", True)),
        ({"attribute": "industry", "in": ["a", "b", "a"]}, Condition("industry", "in", ("a", "b"))),
        ({"attribute": "industry", "in": "a"}, Condition("industry", "in", ("a",))),
        ({"attribute": "industry", "not_in": [0, True]}, Condition("industry", "not_in", ("0", "true"))),
        (
            {"attribute": "industry", "in": ["a"], "or_unknown": True},
            Condition("industry", "in", ("a",), or_unknown=True),
        ),
        ({"attribute": "tech_stack", "has": "x"}, Condition("tech_stack", "has", "x")),
        ({"attribute": "tech_stack", "has_none": ["x"]}, Condition("tech_stack", "has_none", ("x",))),
        ({"attribute": "size_band", "at_least": "11-50"}, Condition("size_band", "in", ("11-50", "51-200"))),
        ({"attribute": "size_band", "above": "11-50"}, Condition("size_band", "in", ("51-200",))),
        ({"attribute": "size_band", "at_most": "11-50"}, Condition("size_band", "in", ("1-10", "11-50"))),
        ({"attribute": "size_band", "below": "11-50"}, Condition("size_band", "in", ("1-10",))),
        ({"attribute": "size_band", "between": ["1-10", "11-50"]}, Condition("size_band", "in", ("1-10", "11-50"))),
    ],
)
def test_the_configs_spelling_is_read(spelled, expected):
    assert Condition.parse(spelled, ATTRIBUTES) == expected


@pytest.mark.parametrize(
    ("spelled", "message"),
    [
        (
            {"attribute": "employe_count", "below": 3},
            "attribute 'employe_count' is not declared under 'attributes' (did",
        ),
        ({"attribute": "employe_count", "below": 3}, "did you mean 'employee_count'?); declare it there, or correct"),
        ({"below": 3}, "attribute None is not declared"),
        ({"attribute": "industry"}, "needs exactly one of between, at_least"),
        ({"attribute": "industry"}, "found none"),
        (
            {"attribute": "employee_count", "at_least": 1, "at_most": 2},
            "found 'at_least' and 'at_most'; write each as a condition of its own",
        ),
        ({"attribute": "employee_count", "betwen": [1, 2]}, "unknown operator 'betwen' (did you mean 'between'?)"),
        ({"attribute": "employee_count", "at_least": 1, "or_unknwon": True}, "unknown operator 'or_unknwon'"),
        (
            {"attribute": "employee_count", "in": [1]},
            "'in' does not fit 'employee_count', which is of type number; use",
        ),
        ({"attribute": "has_revops", "at_least": 1}, "which is of type boolean; use one of is"),
        ({"attribute": "employee_count", "between": [500, 50]}, "needs the low end first; found [500, 50]"),
        ({"attribute": "employee_count", "between": [50]}, "'between' needs [low, high]; found [50]"),
        ({"attribute": "employee_count", "between": 50}, "'between' needs [low, high]; found 50"),
        ({"attribute": "employee_count", "above": "50"}, "'above' needs a number; found '50'"),
        ({"attribute": "employee_count", "above": True}, "'above' needs a number; found True"),
        ({"attribute": "employee_count", "above": math.inf}, "'above' needs a number; found inf"),
        ({"attribute": "has_revops", "is": "perhaps"}, "'is' needs true or false; found 'perhaps'"),
        ({"attribute": "industry", "in": []}, "'in' needs at least one value; found an empty list"),
        (
            {"attribute": "industry", "in": [None]},
            "'in' needs texts; found None; a missing value satisfies no condition",
        ),
        ({"attribute": "industry", "in": {"a": 1}}, "'in' needs texts; found {'a': 1}"),
        ({"attribute": "industry", "in": ["a"], "or_unknown": "no"}, "'or_unknown' needs true or false; found 'no'"),
        (
            {"attribute": "tech_stack", "has": ["x", "y"]},
            "'has' needs one tag; found ['x', 'y']; for several use 'has_any'",
        ),
        (
            {"attribute": "industry", "above": "a"},
            "'above' needs ordered levels; give the attribute an 'order', or use",
        ),
        ({"attribute": "size_band", "above": "11-5"}, "needs one level of the order ['1-10', '11-50', '51-200']"),
        ({"attribute": "size_band", "above": "11-5"}, "found '11-5' (did you mean '11-50'?)"),
        ({"attribute": "size_band", "between": ["1-10"]}, "'between' needs two levels of the order"),
        ({"attribute": "size_band", "above": "51-200"}, "leaves no level of the order"),
        (
            "employee_count > 5",
            "a condition is a mapping such as {attribute: employee_count, at_least: 50}; found 'emp",
        ),
    ],
)
def test_a_wrong_spelling_is_refused_with_the_place_what_was_found_and_the_way_out(spelled, message):
    with pytest.raises(ConfigError) as caught:
        Rule.parse([{"attribute": "employee_count", "at_least": 1}, spelled], ATTRIBUTES, "stated_icp")
    assert str(caught.value).startswith("stated_icp[1]: ")
    assert message in str(caught.value)


def test_a_rule_that_is_no_list_is_refused():
    with pytest.raises(ConfigError, match=r"stated_icp: a rule is a list of conditions; found \{.*put a '-' before"):
        Rule.parse({"attribute": "employee_count", "at_least": 1}, ATTRIBUTES, "stated_icp")
