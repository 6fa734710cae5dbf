"""The accounts: what is true of each, and what the CRM happens to know."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.sample.draws import Draws
from icp_ml.sample.names import INDUSTRIES, REGIONS, company_names

_INDUSTRY_WEIGHTS = (0.16, 0.11, 0.09, 0.13, 0.10, 0.08, 0.11, 0.08, 0.07, 0.04, 0.03)
_MEDIAN_EMPLOYEES = {
    "b2b_saas": 110, "fintech": 130, "healthtech": 140, "manufacturing": 180, "agencies": 22, "consumer_apps": 24,
    "ecommerce": 60, "logistics": 120, "professional_services": 45, "media": 60, "education": 80,
}  # fmt: skip
_REVENUE_PER_HEAD = {
    "b2b_saas": 150_000, "fintech": 170_000, "healthtech": 140_000, "manufacturing": 200_000, "agencies": 95_000,
    "consumer_apps": 110_000, "ecommerce": 240_000, "logistics": 180_000, "professional_services": 120_000,
    "media": 115_000, "education": 75_000,
}  # fmt: skip
_REGION_WEIGHTS = (0.28, 0.12, 0.17, 0.10, 0.10, 0.08, 0.15)
_TOOL_SHARES = {
    "hubspot": 0.30, "intercom": 0.14, "jira": 0.42, "salesforce": 0.36, "sap": 0.15, "segment": 0.10, "slack": 0.50,
    "snowflake": 0.18, "zendesk": 0.24,
}  # fmt: skip
_MANUAL_TOOL = "spreadsheets"
_COLORS = ("blue", "green", "red", "black", "orange", "violet", "grey")
_YEAR_ENDS = ("December", "March", "June", "September")


@dataclass(frozen=True)
class Population:
    """All accounts.

    Parameters
    ----------
    true : DataFrame
        Every attribute without gaps, typed as :mod:`icp_ml.conditions` says, indexed by ``account_id``.
    known : DataFrame
        The same with what the CRM does not know missing.
    name, website : ndarray of str
        Shape (n,).
    """

    true: pd.DataFrame
    known: pd.DataFrame
    name: np.ndarray
    website: np.ndarray


def draw_population(draws: Draws, n: int) -> Population:
    """Draw ``n`` accounts."""
    industry = draws.pick("industry", INDUSTRIES, n, _INDUSTRY_WEIGHTS)
    region = draws.pick("region", REGIONS, n, _REGION_WEIGHTS)
    employees = _employees(draws, industry)
    has_revops = draws.chance(
        "has_revops", np.select([employees < 20, employees < 100, employees < 500], [0.25, 0.42, 0.58], 0.72), n
    )
    name, website = company_names(draws, industry, region)
    true = pd.DataFrame(
        {
            "industry": industry,
            "region": region,
            "employee_count": employees.astype(float),
            "annual_revenue": _revenue(draws, industry, employees),
            "has_revops": pd.array(has_revops, dtype="boolean"),
            "tech_stack": _tech_stacks(draws, employees),
            "recent_funding": pd.array(draws.chance("recent_funding", 0.18, n), dtype="boolean"),
            "employee_growth_pct": np.rint(8 + 18 * draws.normal("employee_growth_pct", n)).clip(-60, 150),
            "hq_floor": draws.integers("hq_floor", 0, 14, n).astype(float),
            "domain_age_years": draws.integers("domain_age_years", 1, 26, n).astype(float),
            "fiscal_year_end": draws.pick("fiscal_year_end", _YEAR_ENDS, n, (0.7, 0.12, 0.1, 0.08)),
            "logo_color": draws.pick("logo_color", _COLORS, n),
        },
        index=pd.Index([f"A{i:06d}" for i in range(1, n + 1)], name="account_id"),
    )
    return Population(true, _with_gaps(draws, true), name, website)


def _employees(draws: Draws, industry: np.ndarray) -> np.ndarray:
    """Draw headcounts, lognormal around the industry's median."""
    median = np.array([_MEDIAN_EMPLOYEES[i] for i in industry], dtype=float)
    drawn = np.rint(median * np.exp(1.15 * draws.normal("employee_count", len(industry))))
    return np.clip(drawn, 2, 40_000).astype(np.int64)


def _revenue(draws: Draws, industry: np.ndarray, employees: np.ndarray) -> np.ndarray:
    """Draw revenue as headcount times the industry's productivity, rounded to 10,000: a proxy of headcount."""
    per_head = np.array([_REVENUE_PER_HEAD[i] for i in industry], dtype=float)
    drawn = employees * per_head * np.exp(0.35 * draws.normal("annual_revenue", len(industry)))
    return np.maximum(np.rint(drawn / 10_000), 1) * 10_000


def _tech_stacks(draws: Draws, employees: np.ndarray) -> list[tuple[str, ...]]:
    """Draw the tools each account is known to use."""
    n = len(employees)
    has = {tool: draws.chance(f"tool {tool}", share, n) for tool, share in _TOOL_SHARES.items()}
    manual = np.select([employees < 50, employees < 500], [0.42, 0.34], 0.24)
    has[_MANUAL_TOOL] = draws.chance(f"tool {_MANUAL_TOOL}", manual, n)
    tools = sorted(has)
    return [
        tuple(t for t, there in zip(tools, row, strict=True) if there)
        for row in zip(*(has[t] for t in tools), strict=True)
    ]


def _with_gaps(draws: Draws, true: pd.DataFrame) -> pd.DataFrame:
    """Return what the CRM knows: some cells are missing at random."""
    known = true.copy()
    gaps = {
        "employee_count": 0.03,
        "annual_revenue": 0.16,
        "has_revops": 0.06,
        "industry": 0.01,
        "employee_growth_pct": 0.12,
        "domain_age_years": 0.05,
    }
    for column, share in gaps.items():
        missing = draws.chance(f"gap {column}", share, len(true))
        known[column] = known[column].mask(missing)
    return known
