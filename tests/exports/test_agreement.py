"""Every engine gives the same score, tier, matched criteria and segment as the reference, on hostile accounts."""

from __future__ import annotations

import pytest

from benchmarks.engine_answers import (
    differences,
    duckdb_answers,
    file_answers,
    node_answers,
    node_is_here,
    python_answers,
    typed_accounts,
)
from benchmarks.engine_worlds import KINDS, random_accounts, random_release

ROWS = 1_500
WORLDS = [(seed, kind) for seed in range(6) for kind in KINDS]


@pytest.mark.parametrize(("seed", "kind"), WORLDS)
def test_a_file_is_scored_as_the_rules_say(seed, kind):
    accounts, release = random_accounts(ROWS, seed, kind), random_release(seed)
    reference = python_answers(typed_accounts(accounts, release), release)
    assert differences(reference, file_answers(accounts, release)).empty


@pytest.mark.parametrize(("seed", "kind"), WORLDS)
def test_duckdb_answers_as_the_rules_say(seed, kind):
    accounts, release = random_accounts(ROWS, seed, kind), random_release(seed)
    reference = python_answers(typed_accounts(accounts, release), release)
    assert differences(reference, duckdb_answers(accounts, release)).empty


@pytest.mark.skipif(not node_is_here(), reason="Node with json-logic-js is not here; make engines installs it")
@pytest.mark.parametrize(("seed", "kind"), WORLDS[:4])
def test_json_logic_on_node_answers_as_the_rules_say(seed, kind):
    accounts, release = random_accounts(ROWS, seed, kind), random_release(seed)
    typed = typed_accounts(accounts, release)
    assert differences(python_answers(typed, release), node_answers(typed, release)).empty


def test_the_worlds_hold_rules_that_matter():
    tiers, matched = set(), set()
    for seed, kind in WORLDS:
        accounts, release = random_accounts(ROWS, seed, kind), random_release(seed)
        answers = python_answers(typed_accounts(accounts, release), release)
        tiers |= set(answers["icp_tier"])
        matched.add(answers["matched_criteria"].nunique())
    assert tiers == {"green", "yellow", "red"}
    assert min(matched) > 3
