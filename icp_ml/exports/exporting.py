"""A release in the form another system takes: which forms there are, and their files' content."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from icp_ml.errors import ConfigError, nearest
from icp_ml.exports.dbt import dbt_files
from icp_ml.exports.dialects import DIALECTS, Dialect, dialect_of
from icp_ml.exports.hubspot import HUBSPOT_LIMITS, hubspot_files
from icp_ml.exports.logic import JSON_LIMITS, LOGIC_LIMITS, json_document, logic_document
from icp_ml.exports.people import PEOPLE_LIMITS, csv_of_rules, workbook_of_rules
from icp_ml.exports.salesforce import SALESFORCE_LIMITS, salesforce_files
from icp_ml.exports.scope import Names, Scope
from icp_ml.exports.sql import sql_limits, sql_text
from icp_ml.release.folder import Release

FORMATS = ("json", "jsonlogic", "sql:DIALECT", "dbt", "dbt:DIALECT", "salesforce", "hubspot", "csv", "xlsx")
ALONE = ""
"""Path of the only file of a form that has one."""
_TYPED = ("json", "jsonlogic")
_OVER_A_TABLE = ("sql", "dbt")


@dataclass(frozen=True)
class Export:
    """What an export is made of.

    Parameters
    ----------
    files : dict
        Path to content; the path is :data:`ALONE` where the form is one file.
    limits : tuple of str
        What this form cannot say, or needs.
    rules, of : int
        Rules carried, and rules of the release.
    reviewed : bool
        Whether a person has reviewed the release.
    reads_table : bool
        Whether the form is a query over a table.
    """

    files: dict[str, bytes]
    limits: tuple[str, ...]
    rules: int
    of: int
    reviewed: bool
    reads_table: bool = False

    @property
    def is_folder(self) -> bool:
        """Whether the form has several files."""
        return ALONE not in self.files


def export_release(
    release: Release,
    form: str,
    *,
    table: str = "accounts",
    names: Names | None = None,
    accepted_only: bool = False,
    segment: bool = False,
) -> Export:
    """Return a release in another form.

    Parameters
    ----------
    release : Release
        What is exported.
    form : str
        One of :data:`FORMATS`; plain ``sql`` is for DuckDB, the engine of icp score.
    table : str, default "accounts"
        Table or dbt model that SQL reads.
    names : {"source", "standard"}, optional
        What columns are called; default: as in the source, but for JSON, whose objects have standard names.
    accepted_only : bool, default False
        Carry only rules that a person accepted, edited or added.
    segment : bool, default False
        Whether SQL gives the segment too, as a fifth column.

    Raises
    ------
    ConfigError
        If there is no such form or dialect, or it cannot have what is asked.
    DataError
        If the form cannot hold a rule.
    """
    kind, colon, dialect = form.partition(":")
    if kind in _TYPED and names == "source":
        raise ConfigError(f"--names source: {kind} describes typed objects under standard names; leave --names away")
    if segment and kind != "sql":
        raise ConfigError(
            f"--segment: {form} has no such choice; it is for sql:DIALECT, {' and '.join(_TYPED)} always have it"
        )
    if kind in _OVER_A_TABLE and not all(part.strip() for part in table.split(".")):
        raise ConfigError(f"--table {table!r} names no table; write table or schema.table")
    scope = Scope(release, names or ("standard" if kind in _TYPED else "source"), accepted_only)
    writers: dict[str, Callable[[], tuple[dict[str, str | bytes], tuple[str, ...]]]] = {
        "json": lambda: ({ALONE: _json(json_document(scope))}, JSON_LIMITS),
        "jsonlogic": lambda: ({ALONE: _json(logic_document(scope))}, LOGIC_LIMITS),
        "sql": lambda: _sql(scope, dialect_of(dialect or "duckdb"), table, segment),
        "dbt": lambda: _dbt(scope, table, dialect_of(dialect) if dialect else None),
        "salesforce": lambda: (dict(salesforce_files(scope)), SALESFORCE_LIMITS),
        "hubspot": lambda: (dict(hubspot_files(scope)), HUBSPOT_LIMITS),
        "csv": lambda: ({ALONE: csv_of_rules(scope)}, PEOPLE_LIMITS),
        "xlsx": lambda: ({ALONE: workbook_of_rules(scope)}, PEOPLE_LIMITS),
    }
    if kind not in writers or (colon and (not dialect or kind not in _OVER_A_TABLE)):
        raise ConfigError(f"--to {form}: no such form{nearest(kind, writers)}; known: {', '.join(FORMATS)}")
    files, limits = writers[kind]()
    content = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    carried, of = len(scope.document["criteria"]), len(release.criteria["criteria"])
    return Export(content, limits, carried, of, scope.document["review"] is not None, kind in _OVER_A_TABLE)


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _sql(scope: Scope, dialect: Dialect, table: str, segment: bool) -> tuple[dict[str, str | bytes], tuple[str, ...]]:
    limits = tuple(sql_limits(scope, dialect, segment=segment))
    return {ALONE: sql_text(scope, dialect, table, segment=segment)}, limits


def _dbt(scope: Scope, table: str, dialect: Dialect | None) -> tuple[dict[str, str | bytes], tuple[str, ...]]:
    limits = tuple(sql_limits(scope, dialect or DIALECTS["duckdb"]))
    return dict(dbt_files(scope, table, dialect)), limits
