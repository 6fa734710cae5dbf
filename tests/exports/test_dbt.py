from __future__ import annotations

from types import SimpleNamespace

import pytest
import sqlglot
from jinja2 import Environment, StrictUndefined
from ruamel.yaml import YAML

from icp_ml.conditions import Condition, Rule
from icp_ml.errors import ConfigError
from icp_ml.exports.cells import written
from icp_ml.exports.dbt import dbt_files
from icp_ml.exports.dialects import dialect_of
from icp_ml.exports.scope import Scope
from icp_ml.exports.sql import sql_query
from tests.exports.conftest import criterion

TARGETS = ["duckdb", "postgres", "snowflake", "bigquery", "redshift", "databricks", "spark", "sqlserver", "mysql"]


def rendered(model, target):
    """Return the SQL that dbt would send."""
    place = {
        "ref": lambda name: f'"main"."{name}"' if target not in ("bigquery", "mysql", "spark", "databricks") else name,
        "source": lambda schema, name: f"{schema}.{name}",
        "target": SimpleNamespace(type=target),
    }
    sql = Environment(undefined=StrictUndefined).from_string(model).render(**place)
    return sql


@pytest.mark.parametrize("target", TARGETS)
def test_the_model_is_the_select_of_the_targets_dialect(release, target):
    hostile = ("{{ 1/0 }}", "{% raw %}", "{# x #}", "it's")
    release.criteria["criteria"] = [criterion("C1", Rule((Condition("industry", "in", hostile),)), text="{{ 1/0 }}")]
    model = dbt_files(Scope(release), "accounts")["models/icp_scores.sql"]
    dialect = dialect_of(target)
    found = sqlglot.parse_one(rendered(model, target), read=dialect.sqlglot)
    wanted = written(sql_query(Scope(release), dialect, "accounts"), dialect)
    # All but the name of the table, which is dbt's.
    for tree in (found, plain := sqlglot.parse_one(wanted, read=dialect.sqlglot)):
        for table in tree.find_all(sqlglot.exp.Table):
            table.replace(sqlglot.exp.to_table("t"))
    assert found.sql(dialect.sqlglot, comments=False) == plain.sql(dialect.sqlglot, comments=False)


def test_a_source_is_named_by_its_two_parts(release):
    model = dbt_files(Scope(release), "crm.accounts", dialect_of("postgres"))["models/icp_scores.sql"]
    assert "{{ source('crm', 'accounts') }}" in model
    assert "target.type" not in model


def test_an_unknown_target_stops_the_run_instead_of_scoring_wrongly(release):
    model = dbt_files(Scope(release), "accounts")["models/icp_scores.sql"]
    assert "raise_compiler_error('icp_scores: no SQL for ' ~ target.type)" in model.split("{% else %}")[1]


def test_docs_and_tests_come_along(release):
    files = dbt_files(Scope(release), "accounts")
    model = YAML(typ="safe").load(files["models/icp_scores.yml"])["models"][0]
    assert [c["name"] for c in model["columns"]] == ["account_id", "icp_score", "icp_tier", "matched_criteria"]
    assert "- X1 (refuse, proposed): " in model["description"]
    assert files["models/icp_scores.yml"].splitlines()[1].startswith("# Not reviewed")
    assert files["models/icp_scores.sql"].splitlines()[1].startswith("-- Not reviewed")
    assert "not in ('green', 'yellow', 'red')" in files["tests/icp_scores_have_a_tier.sql"]


@pytest.mark.parametrize("table", ["a b", "x'); drop", "a.b.c", "{{ x }}"])
def test_a_name_that_dbt_cannot_refer_to_is_refused(release, table):
    with pytest.raises(ConfigError, match="for dbt give a model"):
        dbt_files(Scope(release), table)
