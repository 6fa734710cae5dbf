"""What a condition means to a language that is told nothing of operators."""

from __future__ import annotations

import pytest

from icp_ml.conditions import Condition, Rule, write_rule


class Words:
    """A language of plain words."""

    def known(self, attribute):
        return f"{attribute}?"

    def compare(self, attribute, symbol, number):
        return f"{attribute}{symbol}{number:g}"

    def one_of(self, attribute, levels):
        return f"{attribute}:{'/'.join(levels)}"

    def is_value(self, attribute, value):
        return f"{attribute}={value}"

    def has_any(self, attribute, tags):
        return f"{attribute}~{'/'.join(tags)}"

    def every(self, parts):
        return f"({' & '.join(parts)})"

    def some(self, parts):
        return f"({' | '.join(parts)})"

    def negation(self, part):
        return f"!{part}"

    def always(self):
        return "always"


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (Condition("n", "between", (1.0, 2.0)), "(n>=1 & n<=2)"),
        (Condition("n", "at_least", 1.0), "n>=1"),
        (Condition("n", "at_most", 1.0), "n<=1"),
        (Condition("n", "above", 1.0), "n>1"),
        (Condition("n", "below", 1.0), "n<1"),
        (Condition("c", "in", ("a", "b")), "c:a/b"),
        (Condition("c", "not_in", ("a",)), "(c? & !c:a)"),
        (Condition("b", "is", False), "b=False"),
        (Condition("t", "has", "x"), "t~x"),
        (Condition("t", "has_any", ("x", "y")), "t~x/y"),
        (Condition("t", "has_none", ("x",)), "(t? & !t~x)"),
        (Condition("n", "below", 1.0, or_unknown=True), "(!n? | n<1)"),
        (Condition("c", "not_in", ("a",), or_unknown=True), "(!c? | (c? & !c:a))"),
    ],
)
def test_each_operator_is_said_in_statements_that_every_language_has(condition, said):
    assert write_rule(Rule((condition,)), Words()) == said


def test_a_rule_is_all_its_conditions_and_one_without_any_holds_for_everybody():
    both = Rule((Condition("n", "below", 1.0), Condition("b", "is", True)))
    assert write_rule(both, Words()) == "(n<1 & b=True)"
    assert write_rule(Rule(()), Words()) == "always"
