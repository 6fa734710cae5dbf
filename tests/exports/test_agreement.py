"""Every engine gives the same score, tier, matched criteria and segment as the reference, on hostile accounts."""

from __future__ import annotations

import pytest

from benchmarks.engine_answers import (
    differences,
    duckdb_answers,
    file_answers,
    node_answers,
    node_is_here,
    postgres_answers,
    python_answers,
    typed_accounts,
)
from benchmarks.engine_worlds import KINDS, random_accounts, random_release
from icp_ml.conditions import Condition, Rule
from icp_ml.exports.dialects import dialect_of
from icp_ml.exports.scope import Scope
from icp_ml.exports.sql import sql_text
from tests.exports.conftest import ATTRIBUTES, MIDDLE, criterion

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


@pytest.mark.parametrize(("seed", "kind"), WORLDS)
def test_postgres_answers_as_the_rules_say(seed, kind, postgres_url):
    accounts, release = random_accounts(ROWS, seed, kind), random_release(seed)
    reference = python_answers(typed_accounts(accounts, release), release)
    answers = postgres_answers(accounts, release, postgres_url.replace("+psycopg", ""))
    assert differences(reference, answers).empty


def test_postgres_reads_arrays_of_tags_days_and_numbers_of_any_type(release, postgres_url):
    import psycopg

    days = Rule((Condition("industry", "in", ("2024-01-31", "5")),))
    release.criteria["criteria"] = [
        criterion("C1", MIDDLE),
        criterion("C2", days),
        criterion("C3", Rule((Condition("stack", "has", "a b"),))),
    ]
    columns = '"Id", "NumberOfEmployees", "Industry", "Is_B2B__c", "Tech Stack"'
    kinds = {**ATTRIBUTES, "industry": {**ATTRIBUTES["industry"], "booleans": {"true": "5", "false": "No"}}}
    release.criteria["attributes"] = kinds
    stored = {
        "boolean": ("60", "true", "true", "'a b'"),
        "numeric": ("60.00::numeric", "'2024-01-31'::date", "true", "ARRAY['a b', 'c']"),
        "double": ("60::float8", "'2024-01-31'::timestamp", "1", "ARRAY[' a b ']"),
        "text": ("' 60 '", "'5'", "'YES '", "'c; a b ;'"),
        "whole": ("60", "5.00::numeric(5, 2)", "'t'", "'a b'"),
        "real": ("60::float4", "5::float8", "1.0::numeric", "'a b'::varchar(9)"),
    }
    query = sql_text(Scope(release), dialect_of("postgres"), "kinds")
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        for name, cells in stored.items():
            connection.execute(
                f"CREATE TEMP TABLE kinds AS SELECT * FROM (SELECT '{name}', {', '.join(cells)}) AS t({columns})"
            )
            assert connection.execute(query).fetchall() == [(name, 77, "green", "C1;C2;C3")], name
            connection.execute("DROP TABLE kinds")


def test_the_worlds_hold_rules_that_matter():
    tiers, matched = set(), set()
    for seed, kind in WORLDS:
        accounts, release = random_accounts(ROWS, seed, kind), random_release(seed)
        answers = python_answers(typed_accounts(accounts, release), release)
        tiers |= set(answers["icp_tier"])
        matched.add(answers["matched_criteria"].nunique())
    assert tiers == {"green", "yellow", "red"}
    assert min(matched) > 3
