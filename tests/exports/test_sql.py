"""The exported SELECT: one statement in every dialect, whose text no name or level can break out of."""

from __future__ import annotations

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from benchmarks.engine_worlds import random_release
from icp_ml.conditions import Condition, Rule
from icp_ml.errors import ConfigError
from icp_ml.exports.dialects import DIALECTS, dialect_of
from icp_ml.exports.scope import Scope
from icp_ml.exports.sql import sql_text
from tests.exports.conftest import ATTRIBUTES, criterion

NAMES = sorted({dialect.sqlglot: name for name, dialect in DIALECTS.items()}.values())
DUCKDB = dialect_of("duckdb")
HOSTILE = "x'); DROP TABLE accounts; --"


def run(release, rows, **choices):
    """Answer the SELECT of a release over rows under their source names."""
    table = choices.pop("table", "accounts")
    scope = Scope(release, **{k: choices.pop(k) for k in ("names", "accepted_only") if k in choices})
    with duckdb.connect() as connection:
        connection.execute(f'CREATE TABLE "{table}" AS {rows}')
        return connection.execute(sql_text(scope, DUCKDB, table, **choices)).fetchall()


def rows(*values, names=("Id", "NumberOfEmployees", "Industry", "Is_B2B__c", "Tech Stack")):
    listed = ", ".join(f'"{name}"' for name in names)
    return f"SELECT * FROM (VALUES {', '.join(values)}) AS t({listed})"


def test_scores_are_those_worked_out_by_hand(release):
    # base 52; X1 (under 40): -70; C1 (50 to 500 and B2B): +25; X2 is rejected
    found = run(
        release,
        rows(
            "('a', 30.0, 'saas', true, 'zendesk')",
            "('b', 50, 'retail', true, NULL)",
            "('c', 49.999999, 'Retail', false, '')",
            "('d', NULL, NULL, NULL, NULL)",
        ),
    )
    assert found == [
        ("a", 0, "red", "X1;C2"),
        ("b", 77, "green", "C1"),
        ("c", 52, "yellow", "C2"),
        ("d", 52, "yellow", ""),
    ]


def test_the_columns_are_those_of_the_contract_and_the_segment_where_it_is_asked_for(release):
    for name in NAMES:
        dialect = dialect_of(name)
        bare = sqlglot.parse_one(sql_text(Scope(release), dialect, "accounts"), read=dialect.sqlglot)
        assert bare.named_selects == ["account_id", "icp_score", "icp_tier", "matched_criteria"]
    with_segment = run(release, rows("('a', 1, 'x', true, ' jira ;b')", "('b', 1, 'x', true, 'Jira')"), segment=True)
    assert [row[-1] for row in with_segment] == ["S1", ""]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_hostile_names_and_levels_stay_names_and_levels_in_every_dialect(name, seed):
    dialect = dialect_of(name)
    text = sql_text(Scope(random_release(seed)), dialect, HOSTILE.replace(".", ""), segment=True)
    statements = sqlglot.parse(text, read=dialect.sqlglot)
    assert len(statements) == 1
    assert isinstance(statements[0], exp.Select)
    tables = [table.name for table in statements[0].find_all(exp.Table) if table.name]
    assert set(tables) <= {HOSTILE.replace(".", "")}
    assert not list(statements[0].find_all(exp.Drop, exp.Command))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "level", ["it's", "a\\", "\\' OR 1=1 --", '"q"', "`b`", "]", "{{ x }}", "line\nbreak", "ß😀", "'' ''"]
)
def test_a_level_comes_back_from_every_dialect_as_it_went_in(release, name, level):
    dialect = dialect_of(name)
    release.criteria["criteria"] = [criterion("C1", Rule((Condition("industry", "in", (level,)),)))]
    tree = sqlglot.parse_one(sql_text(Scope(release), dialect, "accounts"), read=dialect.sqlglot)
    listed = [literal_text(node) for condition in tree.find_all(exp.In) for node in condition.expressions]
    assert level + dialect.suffix in listed


def literal_text(node):
    """Return the text a literal, or a sum of literals and characters by number, stands for."""
    if isinstance(node, exp.Paren):
        return literal_text(node.this)
    if isinstance(node, exp.DPipe):
        return literal_text(node.this) + literal_text(node.expression)
    if isinstance(node, exp.Chr):
        return chr(int(node.expressions[0].name))
    return node.name


@pytest.mark.parametrize("name", ["sqlserver", "mysql", "redshift"])
def test_where_an_engine_ignores_spaces_at_the_end_both_sides_end_in_a_sign(release, name):
    text = sql_text(Scope(release), dialect_of(name), "accounts")
    assert "'retail|'" in text
    assert "'retail'" not in text
    assert "|' END AS a_industry" in " ".join(text.split()) or "'|') END AS a_industry" in " ".join(text.split())


def test_redshift_is_given_nothing_that_could_be_read_as_an_escape(release):
    release.criteria["criteria"] = [criterion("C1", Rule((Condition("industry", "in", ("it's a\\b\n",)),)))]
    text = sql_text(Scope(release), dialect_of("redshift"), "accounts")
    assert "('it' || CHR(39) || 's a' || CHR(92) || 'b' || CHR(10) || '|')" in " ".join(text.split()).replace(
        "( ", "("
    ).replace(" )", ")")


def test_a_table_in_a_schema_is_named_by_its_parts(release):
    assert 'FROM "crm"."accounts"' in sql_text(Scope(release), dialect_of("redshift"), "crm.accounts")


def test_the_first_lines_say_whether_a_person_has_reviewed_the_release(release):
    text = sql_text(Scope(release), DUCKDB, "accounts")
    assert text.splitlines()[1] == "-- Not reviewed: every rule is a proposal that no person has decided on."
    release.criteria["review"] = {"by": "Ann\n; DROP TABLE x", "on": "2026-11-23"}
    text = sql_text(Scope(release), DUCKDB, "accounts")
    assert text.splitlines()[1] == "-- Reviewed by Ann ; DROP TABLE x on 2026-11-23."


def test_accepted_rules_alone_score_where_that_is_asked_for(release):
    found = run(release, rows("('a', 30.0, 'saas', true, '')", "('b', 50, 'x', true, '')"), accepted_only=True)
    assert found == [("a", 52, "yellow", ""), ("b", 77, "green", "C1")]


def test_standard_names_are_used_where_that_is_asked_for(release):
    names = ("account_id", "size", "industry", "b2b", "stack")
    found = run(release, rows("('a', 30.0, 'saas', true, '')", names=names), names="standard")
    assert found == [("a", 0, "red", "X1;C2")]


def test_without_any_rule_every_account_has_the_base_and_no_id(release):
    release.criteria["criteria"] = []
    assert run(release, rows("('a', 30.0, 'saas', true, '')")) == [("a", 52, "yellow", "")]


@pytest.mark.parametrize(("base", "tier"), [(49, "red"), (50, "yellow"), (69, "yellow"), (70, "green")])
def test_tier_edges_count_as_the_contract_says(release, base, tier):
    release.criteria["criteria"] = []
    release.criteria["scorecard"]["base"] = base
    assert run(release, rows("('a', 30.0, 'saas', true, '')")) == [("a", base, tier, "")]


def test_of_dated_rows_each_account_has_its_latest(release):
    release.criteria["found_columns"] = {"account_id": "Id", "observed_at": "Seen On"}
    names = ("Id", "Seen On", "NumberOfEmployees", "Industry", "Is_B2B__c", "Tech Stack")
    found = run(
        release,
        rows(
            "('a', DATE '2025-01-01', 30, 'x', true, '')",
            "('a', DATE '2026-01-01', 60, 'x', true, '')",
            "('a', NULL, 30, 'x', true, '')",
            "('b', NULL, 30, 'x', true, '')",
            names=names,
        ),
    )
    assert sorted(found) == [("a", 77, "green", "C1;C2"), ("b", 0, "red", "X1;C2")]


def test_the_account_is_found_under_the_name_that_the_source_had(release):
    release.criteria["found_columns"] = {"account_id": "Account ID 18"}
    assert '"Account ID 18" AS account_id' in sql_text(Scope(release), DUCKDB, "accounts")


@pytest.mark.parametrize("stored", ["true", "1", "1.0", "'Yes'", "' T '", "CAST(1 AS DECIMAL(3, 1))"])
def test_booleans_are_read_from_whatever_holds_them(release, stored):
    assert run(release, rows(f"('a', 60, 'x', {stored}, '')"))[0][1] == 77


@pytest.mark.parametrize("stored", ["5.0::DOUBLE", "5", "'5'", "5.00::DECIMAL(5, 2)"])
def test_a_category_held_as_a_number_is_its_whole_number_as_text(release, stored):
    release.criteria["criteria"] = [criterion("C1", Rule((Condition("industry", "in", ("5",)),)))]
    assert run(release, rows(f"('a', 60, {stored}, true, '')"))[0][3] == "C1"


@pytest.mark.parametrize("stored", ["'NaN'::DOUBLE", "'inf'::FLOAT", "NULL", "''"])
def test_a_category_that_is_no_number_where_it_is_held_as_one_is_missing(release, stored):
    assert run(release, rows(f"('a', 60, {stored}, true, '')"))[0][3] == "C1"  # not C2: neither retail nor O'Neil


def test_a_category_of_yes_and_no_that_was_loaded_as_booleans_has_its_words(release):
    entry = {**ATTRIBUTES["industry"], "booleans": {"true": "Yes", "false": "No"}}
    release.criteria["attributes"] = {**ATTRIBUTES, "industry": entry}
    release.criteria["criteria"] = [
        criterion("C1", Rule((Condition("industry", "in", ("Yes",)),))),
        criterion("C2", Rule((Condition("industry", "not_in", ("Yes",)),))),
    ]
    found = run(release, rows("('a', 1, true, true, '')", "('b', 1, false, true, '')", "('c', 1, NULL, true, '')"))
    assert [row[3] for row in found] == ["C1", "C2", ""]
    assert [row[3] for row in run(release, rows("('a', 1, 'Yes', true, '')", "('b', 1, 'yes', true, '')"))] == [
        "C1",
        "C2",
    ]


def test_a_category_held_as_a_time_is_its_day(release):
    release.criteria["criteria"] = [criterion("C1", Rule((Condition("industry", "in", ("2024-01-31",)),)))]
    assert run(release, rows("('a', 60, TIMESTAMP '2024-01-31 00:00:00', true, '')"))[0][3] == "C1"


def test_tags_are_read_from_lists_too(release):
    release.criteria["criteria"] = [criterion("C1", ZENDESK_RULE)]
    assert run(release, rows("('a', 60, 'x', true, ['a', ' zendesk '])"))[0][3] == "C1"


ZENDESK_RULE = Rule((Condition("stack", "has", "zendesk"),))


def test_a_tag_that_no_cell_can_hold_is_found_nowhere(release):
    rule = Rule((Condition("stack", "has_any", ("a;b", " a", "")),))
    release.criteria["criteria"] = [criterion("C1", rule)]
    assert run(release, rows("('a', 60, 'x', true, 'a;b; a;;')"))[0][3] == ""


def test_what_a_dialect_cannot_say_is_said(release):
    assert "'1,234'" in sql_text(Scope(release), dialect_of("snowflake"), "accounts")
    assert "one row an account" in sql_text(Scope(release), DUCKDB, "accounts")


def test_a_decimal_comma_that_an_engine_would_read_wrongly_is_said(release):
    release.criteria["attributes"] = {**ATTRIBUTES, "size": {**ATTRIBUTES["size"], "decimal": ","}}
    assert "size: text with a decimal comma" in sql_text(Scope(release), dialect_of("snowflake"), "accounts")
    assert "decimal comma" not in sql_text(Scope(release), DUCKDB, "accounts")


def test_a_decimal_point_needs_no_saying(release):
    assert "decimal comma" not in sql_text(Scope(release), dialect_of("snowflake"), "accounts")


def test_an_unknown_dialect_names_the_nearest():
    with pytest.raises(ConfigError, match=r"no such dialect \(did you mean 'snowflake'\?\)"):
        dialect_of("snowflke")
