"""Random accounts in the columns of the sample, as many as wanted, in one Parquet file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from icp_ml.tables.parsing import literal
from icp_ml.tables.sources import engine

# Levels of the sample, and in each column one that no rule or model has seen.
INDUSTRIES = ("b2b_saas", "fintech", "healthtech", "agencies", "consumer_apps", "professional_services", "not seen")
REGIONS = ("DACH", "Benelux", "Nordics", "UK", "elsewhere")
TOOLS = ("salesforce", "hubspot", "slack", "jira", "zendesk", "snowflake", "spreadsheets", "not seen")
MONTHS = ("December", "June", "March", "not seen")
COLOURS = ("red", "blue", "green", "not seen")
MISSING = 0.05
TAKEN = 0.35  # chance of each tool


def accounts_sql(rows: int, missing: float = MISSING) -> str:
    """Return SQL giving so many random accounts, seeded by the connection."""
    tools = " || ".join(f"CASE WHEN random() < {TAKEN} THEN {literal(tool + ';')} ELSE '' END" for tool in TOOLS)
    columns = {
        "account_id": "'A' || lpad(CAST(i AS VARCHAR), 9, '0')",
        "industry": _gap(_one_of(INDUSTRIES), missing),
        "region": _gap(_one_of(REGIONS), missing),
        "employee_count": _gap("CAST(exp(random() * 8) AS INTEGER)", missing),
        "annual_revenue": _gap("CAST(exp(random() * 8) AS BIGINT) * 10000", missing),
        "has_revops": _gap("random() < 0.4", missing),
        "tech_stack": f"rtrim({tools}, ';')",
        "recent_funding": _gap("random() < 0.3", missing),
        "employee_growth_pct": _gap("CAST(random() * 100 - 20 AS INTEGER)", missing),
        "hq_floor": _gap("CAST(random() * 10 AS INTEGER)", missing),
        "domain_age_years": _gap("CAST(random() * 30 AS INTEGER)", missing),
        "fiscal_year_end": _gap(_one_of(MONTHS), missing),
        "logo_color": _gap(_one_of(COLOURS), missing),
    }
    return f"SELECT {', '.join(f'{sql} AS {name}' for name, sql in columns.items())} FROM range({rows}) AS t(i)"


def write_accounts(path: Path, rows: int, seed: float = 0.5) -> Path:
    """Write random accounts as Parquet and return the path."""
    with engine() as (connection, _):
        connection.execute(f"SELECT setseed({seed})").fetchall()
        connection.execute(f"COPY ({accounts_sql(rows)}) TO {literal(str(path))} (FORMAT parquet)").fetchall()
    return path


def _one_of(levels: Sequence[str]) -> str:
    listed = ", ".join(literal(level) for level in levels)
    return f"([{listed}])[1 + CAST(floor(random() * {len(levels)}) AS INTEGER)]"


def _gap(value: str, missing: float) -> str:
    return f"CASE WHEN random() < {missing} THEN NULL ELSE {value} END"
