"""Decisions are read from the command line and from files, and what is wrong with them is said."""

from __future__ import annotations

import json

import pytest

from icp_ml.errors import ConfigError
from icp_ml.review.decisions import Decisions, Edges, parse_rename, parse_threshold, read_decisions, read_new_rules

FULL = {
    "schema_version": "1.0",
    "release_id": "r1",
    "by": "Ann",
    "note": "board",
    "accept": ["C1"],
    "reject": ["X2"],
    "tiers": {"green": 75},
}


def test_a_file_of_the_report_is_read_whole():
    found = read_decisions(json.dumps(FULL), "d.json")
    assert found == Decisions(
        by="Ann", note="board", accept=("C1",), reject=("X2",), tiers=Edges(green=75), release_id="r1"
    )
    assert found.anything


def test_a_file_may_be_yaml_and_rename_edit_and_add():
    text = (
        "rename: {C1: Core}\nedit: {X1: [{attribute: n, below: 20}]}\n"
        "add: [{kind: exclude, when: [{attribute: n, is: true}]}]"
    )
    found = read_decisions(text, "d.yaml")
    assert found.rename == {"C1": "Core"}
    assert found.edit == {"X1": [{"attribute": "n", "below": 20}]}
    assert found.add[0].kind == "exclude"
    assert found.by == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "d: decisions must be a mapping .* found nothing"),
        ("[C1]", "found a list"),
        ("{accpt: [C1]}", "accpt: no such key"),
        ("{accept: [one]}", r"accept\.0: string should match"),
        ("{schema_version: '2.0'}", "schema_version: string should match"),
        ("{tiers: {green: 101}}", r"tiers\.green: input should be less than or equal to 100"),
        ("{tiers: {yellow: 60}}", r"tiers\.yellow: no such key"),
        ("{rename: {C1: ''}}", r"rename\.C1: string should have at least 1 character"),
        ("{add: [{kind: exclude, when: []}]}", r"add\.0\.when: list should have at least 1 item"),
        ("{add: [{kind: refuse, when: [{}]}]}", r"add\.0\.kind: input should be 'include' or 'exclude'"),
        ("{accept: ", "d"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_place(text, said):
    with pytest.raises(ConfigError, match=said):
        read_decisions(text, "d")


def test_rules_to_add_may_be_one_or_several():
    one = "kind: include\nwhen: [{attribute: n, at_least: 5}]\ntext: Five or more"
    assert read_new_rules(one, "a.yaml")[0].text == "Five or more"
    assert len(read_new_rules(f"- {{kind: include, when: [{{attribute: n, at_least: {5}}}]}}\n" * 2, "a.yaml")) == 2
    with pytest.raises(ConfigError, match=r"a\.yaml, rule 1: when: field required"):
        read_new_rules("kind: include", "a.yaml")
    with pytest.raises(ConfigError, match="each rule to add must be a mapping"):
        read_new_rules("- X1", "a.yaml")


def test_values_on_the_command_line():
    assert parse_rename("C1= Large = good ") == ("C1", "Large = good")
    threshold = parse_threshold("X2.employee count.between=[50, 400]")
    assert (threshold.rule, threshold.attribute, threshold.operator) == ("X2", "employee count", "between")
    assert threshold.value == [50, 400]
    for wrong in ("X2.n=5", "X2.n.below", "X2.n.below=", ".n.below=5"):
        with pytest.raises(ConfigError, match=r"must be RULE\.ATTRIBUTE\.OPERATOR=VALUE"):
            parse_threshold(wrong)
    for wrong in ("C1", "C1= "):
        with pytest.raises(ConfigError, match="must be a rule and its new words"):
            parse_rename(wrong)


def test_what_is_said_on_the_command_line_counts_beside_a_file():
    given = Decisions(by="Bob", accept=("C2",), tiers=Edges(red=40))
    both = given.beside(read_decisions(json.dumps(FULL), "d.json"))
    assert (both.by, both.note, both.release_id) == ("Bob", "board", "r1")
    assert both.accept == ("C1", "C2")
    assert both.tiers == Edges(green=75, red=40)
    assert not Decisions(by="Bob").anything
