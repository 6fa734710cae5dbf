"""The SELECT as a dbt model with tests and docs: one branch a warehouse, chosen by the target's type."""

from __future__ import annotations

import io
import re

from ruamel.yaml import YAML

from icp_ml.errors import ConfigError
from icp_ml.exports.cells import written
from icp_ml.exports.dialects import DIALECTS, Dialect
from icp_ml.exports.scope import Scope, plain
from icp_ml.exports.sql import sql_limits, sql_query
from icp_ml.release.rules import GREEN, RED, YELLOW

MODEL = "icp_scores"
_TARGETS = ("duckdb", "postgres", "snowflake", "bigquery", "redshift", "databricks", "spark", "sqlserver", "mysql")
_PLACE = "__icp_accounts__"
_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?")


def dbt_files(scope: Scope, table: str, dialect: Dialect | None = None) -> dict[str, str]:
    """Return the files of a dbt project's ``models`` and ``tests``, by path.

    Parameters
    ----------
    scope : Scope
        What is exported.
    table : str
        A model (``accounts``) or a source and its table (``crm.accounts``).
    dialect : Dialect, optional
        The one warehouse the model is for; without it the model has a branch for each.

    Raises
    ------
    ConfigError
        If the table is not a name dbt can refer to.
    """
    if not _SIMPLE.fullmatch(table):
        raise ConfigError(
            f"--table {table!r}: for dbt give a model (accounts) or a source and its table (crm.accounts), in letters, "
            "digits and underscores"
        )
    return {
        f"models/{MODEL}.sql": _model(scope, table, dialect),
        f"models/{MODEL}.yml": _properties(scope, dialect),
        # Not among the model's own tests: those that take arguments are spelled otherwise from one dbt to the next.
        f"tests/{MODEL}_are_between_0_and_100.sql": _test("icp_score is null or icp_score < 0 or icp_score > 100"),
        f"tests/{MODEL}_have_a_tier.sql": _test(
            f"icp_tier is null or icp_tier not in ('{GREEN}', '{YELLOW}', '{RED}')"
        ),
    }


def _test(wrong: str) -> str:
    return f"-- Fails with the rows that must not be there.\nselect * from {{{{ ref('{MODEL}') }}}}\nwhere {wrong}\n"


def _model(scope: Scope, table: str, dialect: Dialect | None) -> str:
    lines = [
        *scope.heading(),
        *(f"  {line}" for line in scope.rule_lines()),
        "What this form cannot say, or needs:",
        *(f"  - {limit}" for limit in _limits(scope, dialect)),
    ]
    heading = "".join(f"-- {_unjinja(line)}\n" for line in lines)
    source, *rest = table.split(".")
    place = f"{{{{ source('{source}', '{rest[0]}') }}}}" if rest else f"{{{{ ref('{source}') }}}}"
    if dialect is not None:
        return f"{heading}{_select(scope, dialect, place)}\n"
    branches = [
        f"{{% {'if' if number == 0 else 'elif'} target.type == '{name}' %}}\n{_select(scope, DIALECTS[name], place)}\n"
        for number, name in enumerate(_TARGETS)
    ]
    unknown = f"{{{{ exceptions.raise_compiler_error('{MODEL}: no SQL for ' ~ target.type) }}}}"
    return f"{heading}{''.join(branches)}{{% else %}}\n{unknown}\n{{% endif %}}\n"


def _select(scope: Scope, dialect: Dialect, place: str) -> str:
    sql = _unjinja(written(sql_query(scope, dialect, _PLACE), dialect))
    return re.sub(rf"[\"`\[]{_PLACE}[\"`\]]", lambda _: place, sql)


def _unjinja(text: str) -> str:
    """Return text in which a template engine finds nothing to run."""
    return re.sub(r"\{(?=[{%#])", "{{ '{' }}", text)


def _limits(scope: Scope, dialect: Dialect | None) -> list[str]:
    """Return what the model cannot say; of several warehouses, each with its name."""
    if dialect is not None:
        return sql_limits(scope, dialect)
    shared = sql_limits(scope, DIALECTS["duckdb"])
    return shared + [f"{DIALECTS[n].name}: {limit}" for n in _TARGETS for limit in DIALECTS[n].limits]


def _properties(scope: Scope, dialect: Dialect | None) -> str:
    rules = "\n".join(f"- {line}" for line in scope.rule_lines()) or "- none"
    about = "\n".join([*scope.heading(), "", rules])
    tiers = scope.document["tiers"]["actions"]
    columns = [
        _column("account_id", "The account.", ["not_null", "unique"]),
        _column("icp_score", "0 to 100: the points of the rules that hold, added.", ["not_null"]),
        _column(
            "icp_tier",
            "; ".join(f"{tier}: {plain(action)}" for tier, action in tiers.items()),
            ["not_null"],
        ),
        _column("matched_criteria", "Ids of the rules that hold, joined by ';'.", ["not_null"]),
    ]
    document = {"version": 2, "models": [{"name": MODEL, "description": _unjinja(about), "columns": columns}]}
    out = io.StringIO()
    yaml = YAML()
    yaml.width = 10_000
    yaml.dump(document, out)
    return "".join(f"# {line}\n" for line in scope.heading()) + out.getvalue()


def _column(name: str, description: str, tests: list[str]) -> dict[str, object]:
    return {"name": name, "description": _unjinja(description), "data_tests": tests}
